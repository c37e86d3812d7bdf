"""Parts of arrays as code: whatever the strides, the code reads those cells and no others."""

from math import prod

import numpy as np
import pytest

from autograd_nn.jit.backends.text.python.arrays import Array, Place
from autograd_nn.jit.backends.text.python.views import aligned, shift, view_of


def held(shape):
    """An array, and its numbers under the name that the code has for it."""
    size = prod(shape)
    array = Array(shape, np.arange(size), False, [], "x")
    return array, np.arange(float(size)).reshape(shape)


def read(shape, offset, strides, axes, target, loops=(), steps=()):
    """What the code of a place gives, for all rounds of the loops around."""
    array, x = held(shape)
    tables = {}

    def table(numbers):
        return tables.setdefault(numbers.tobytes(), (f"T{len(tables)}", numbers))[0]

    place = Place(array, offset, strides, steps)
    view = view_of("x", place, axes, loops, -1, table)
    code = str(aligned(view, target, axes))
    names = {"x": x, "np": np, **dict(tables.values())}
    counts = [count for _, count in loops]
    found = []
    for rounds in np.ndindex(*counts):
        variables = {name: t for (name, _), t in zip(loops, rounds, strict=True)}
        part = np.asarray(eval(code, {**names, **variables}))
        found.append(np.broadcast_to(part, [axes[axis] for axis in target]))
    return code, np.array(found).reshape((*counts, *found[0].shape))


def expected(offset, strides, axes, target, loops=(), steps=()):
    cells = np.full((), offset)
    every = [*zip([n for _, n in loops], steps, strict=True), *zip(axes, strides, strict=True)]
    for n, stride in every:
        cells = cells[..., None] + stride * np.arange(n)
    first = len(loops)
    return cells.transpose([*range(first), *(first + axis for axis in target)])


@pytest.mark.parametrize(
    ("shape", "offset", "strides", "axes", "target", "code"),
    [
        ((4, 3), 0, (3, 1), (4, 3), (0, 1), "x"),
        ((4, 3), 0, (3, 1), (4, 3), (1, 0), "x.T"),
        ((4, 3), 1, (3,), (4,), (0,), "x[:, 1]"),
        ((4, 3), 3, (1,), (3,), (0,), "x[1]"),
        ((4, 3), 0, (6, 1), (2, 3), (0, 1), "x[::2]"),
        ((4, 3), 9, (-3, 1), (4, 3), (0, 1), "x[::-1]"),
        ((48,), 0, (3, 1), (16, 2), (0, 1), "x.reshape(16, 3)[:, :2]"),
        ((50,), 2, (3, 1), (16, 3), (0, 1), "x[2:].reshape(16, 3)"),
        ((48,), 2, (3,), (16,), (0,), "x[2::3]"),
        ((4, 3), 0, (1,), (12,), (0,), "x.reshape(-1)"),
        ((9,), 0, (1, 1), (5, 5), (0, 1), "x[T0]"),
        ((4, 4), 0, (5,), (4,), (0,), "x.reshape(-1)[::5]"),
        ((2, 3, 4), 0, (12, 4, 1), (2, 3, 4), (2, 0, 1), "x.transpose(2, 0, 1)"),
    ],
)
def test_strides_become_slices(shape, offset, strides, axes, target, code):
    written, found = read(shape, offset, strides, axes, target)
    assert written == code
    np.testing.assert_array_equal(found, expected(offset, strides, axes, target))


def test_an_axis_that_is_missing_is_broadcast():
    array, _ = held((4,))
    view = view_of("x", Place(array, 0, (1, 0)), (4, 5), (), -1, str)
    assert str(aligned(view, (0, 1), (4, 5))) == "x[:, None]"
    assert str(aligned(view, (1, 0), (4, 5))) == "x"


@pytest.mark.parametrize(
    ("shape", "offset", "strides", "axes", "steps", "code"),
    [
        ((5, 3), 3, (1,), (3,), (3,), "x[t + 1]"),
        ((5, 3), 12, (1,), (3,), (-3,), "x[4 - t]"),
        ((20,), 2, (1,), (3,), (4,), "x[4 * t + 2:4 * t + 5]"),
        ((5, 3), 2, (), (), (3,), "x[t, 2]"),
        ((20,), 3, (-1,), (3,), (4,), "x[4 * t + 3 + -1 * np.arange(3)]"),
    ],
)
def test_rounds_of_a_loop_move_the_index(shape, offset, strides, axes, steps, code):
    loops = (("t", 4),)
    target = tuple(range(len(axes)))
    written, found = read(shape, offset, strides, axes, target, loops, steps)
    assert written == code
    np.testing.assert_array_equal(found, expected(offset, strides, axes, target, loops, steps))


def test_random_places():
    """Slices, reshaped runs, tables: each reads the cells that the strides say."""
    rng = np.random.default_rng(0)
    for _ in range(400):
        shape = tuple(int(n) for n in rng.integers(1, 5, rng.integers(1, 4)))
        axes = tuple(int(n) for n in rng.integers(1, 5, rng.integers(0, 4)))
        strides = tuple(int(s) for s in rng.integers(-4, 7, len(axes)))
        loops = (("t", int(rng.integers(1, 4))),) if rng.random() < 0.5 else ()
        steps = tuple(int(s) for s in rng.integers(-3, 6, len(loops)))
        cells = expected(0, strides, axes, range(len(axes)), loops, steps)
        room = prod(shape) - 1 - int(cells.max() - cells.min())
        if room < 0:
            continue
        offset = int(rng.integers(0, room + 1)) - int(cells.min())
        target = tuple(int(k) for k in rng.permutation(len(axes)))
        _, found = read(shape, offset, strides, axes, target, loops, steps)
        wanted = expected(offset, strides, axes, target, loops, steps)
        np.testing.assert_array_equal(found, wanted)


def test_sums_of_loop_variables():
    assert shift([(2, "t")], 1) == "2 * t + 1"
    assert shift([(-1, "t")], 4) == "4 - t"
    assert shift([(1, "t"), (-3, "s")], -2) == "t - 3 * s - 2"
    assert shift([], 7) == "7"
