"""Plans as machine code give what the reference interpreter gives, item by item.

A nest whose loops, masks or addresses are wrong in one case gives a user's jitted function wrong
numbers at some sizes; one that writes elsewhere damages other results, or crashes.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
from lifted import plan_of
from random_plans import random_plan

from autograd_nn import functions as fn
from autograd_nn.jit.backends import native
from autograd_nn.jit.backends.native import program
from autograd_nn.jit.backends.native.forms import adds_to
from autograd_nn.jit.backends.native.machine import Target, host
from autograd_nn.jit.backends.native.products import product_of
from autograd_nn.jit.backends.native.program import NativeCode
from autograd_nn.jit.lifting.adjoint import adjoint, whole_way
from autograd_nn.jit.lifting.strips import strips
from autograd_nn.jit.plan import ADJOINTS, VALUES, Access, Loop, Nest, cells_of
from autograd_nn.jit.plan.printing import printed
from autograd_nn.jit.plan.reference import evaluate
from autograd_nn.ops import CODES

SEEDS = range(int(os.environ.get("PLANS", "16")))
TARGETS = {
    "this processor": None,
    "two doubles wide, without fused multiply-add": Target("x86-64", "", 2, False),
    "four doubles wide": Target("haswell", "", 4, True),
}


def target_of(name):
    target = TARGETS[name]
    if target is not None and ("+avx2" not in host().features or "+fma" not in host().features):
        pytest.skip("this processor cannot run the code")
    return target or host()


def run(items, sizes, buffers, target):
    NativeCode(items, sizes, target).bind(buffers)()


def reference(items, buffers):
    with np.errstate(all="ignore"):
        evaluate(items, buffers)


def size_of_terms(item, before, after):
    """How large the contributions to each cell were."""
    if isinstance(item, Nest) and item.kind == "sum":
        sizes = [np.abs(x) for x in before]
        plus = None if item.plus is None else abs(item.plus)
        nest = Nest(**{**vars(item), "factor": abs(item.factor), "plus": plus})
        reference([nest], sizes)
        return sizes
    return [np.maximum(1.0, np.abs(x)) for x in after]


def reads_its_own(item):
    """Whether a nest reads cells that it writes, which no plan of a function does."""
    if isinstance(item, Loop):
        return any(map(reads_its_own, item.items))
    if not isinstance(item, Nest) or item.kind == "drop":
        return False
    inside = [0] * len(item.write.steps)
    written = (item.write.buffer, set(cells_of(item.write, item.axes, inside).ravel().tolist()))
    return any(
        read.buffer == written[0]
        and written[1] & set(cells_of(read, item.axes, inside).ravel().tolist())
        for read in item.reads
    )


def check_item(item, names, before, sizes, target):
    want, found = [x.copy() for x in before], [x.copy() for x in before]
    reference([item], want)
    if reads_its_own(item):
        return want
    run([item], sizes, found, target)
    bound = 1e-9 if isinstance(item, Loop) else 1e-11
    for ours, theirs, size in zip(found, want, size_of_terms(item, before, want), strict=True):
        same = (ours.view(np.int64) == theirs.view(np.int64)) | (np.isnan(ours) & np.isnan(theirs))
        if not getattr(item, "exact", False):
            with np.errstate(invalid="ignore", over="ignore"):
                same |= (ours == theirs) | (np.abs(ours - theirs) <= bound * size)
        wrong = np.flatnonzero(~same)[:3]
        shown = printed([item], names)
        assert wrong.size == 0, f"{wrong}: {ours[wrong]}, not {theirs[wrong]}\n{shown}\n{item}"
    return want


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("seed", SEEDS)
def test_random_plans_item_by_item(seed, name):
    if name != "this processor" and seed % 4:
        return
    target, made = target_of(name), random_plan(seed)
    plan = made.plan
    buffers = plan.buffers()
    plan.load(buffers, made.numbers)
    for item in plan.items:
        buffers = check_item(item, plan.names, buffers, plan.sizes, target)
    for buffer, first, end in made.back.cleared:
        buffers[buffer][first:end] = 0.0
    cells, counts = made.back.seeds
    buffers[ADJOINTS][cells] = counts
    for item in made.back.items:
        buffers = check_item(item, plan.names, buffers, plan.sizes, target)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_a_whole_plan_at_once_and_again(seed):
    made = random_plan(seed, items=25)  # more than one function of machine code
    plan = made.plan
    want = plan.buffers()
    plan.load(want, made.numbers)
    found = [x.copy() for x in want]
    reference(plan.items, want)
    bound = NativeCode(plan.items, plan.sizes, host()).bind(found)
    for _ in range(2):
        bound()
        for ours, theirs in zip(found, want, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)


def test_rows_in_strips_there_and_back():
    """So many rows that they do not fit into the cache: a loop over strips of them."""

    def f(x, w):
        total = 0.0
        for k in range(0, len(x), 8):
            units = [sum(w[8 * j + i] * x[k + i] for i in range(8)).tanh() * w[j] for j in range(4)]
            total = total + fn.logsumexp(units)
        return total

    random = np.random.default_rng(0)
    vectors = [random.normal(size=720 * 8).tolist(), random.normal(size=32).tolist()]
    plan = plan_of(f, *vectors)
    items = [*plan.items, *whole_way(plan, adjoint(plan, (0, 1)))]
    want = plan.buffers()
    plan.load(want, [*vectors, []])
    found = [x.copy() for x in want]
    assert any(isinstance(x, Loop) for x in strips(items, native.CELLS, lambda item: False))
    reference(items, want)
    native.compile(items, plan.sizes).bind(found)()
    for ours, theirs in zip(found, want, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-11)


def matrix_product(m, n, k, buffer=VALUES):
    """``c[m, n] = sum of a[m, k] * b[k, n]``, with a in another buffer if so said."""
    start = 0 if buffer == VALUES else m * k
    a = Access(buffer, 0, (k, 0, 1))
    b = Access(VALUES, m * k - start, (0, 1, n))
    c = Access(VALUES, m * k - start + k * n, (n, 1, 0))
    return Nest("sum", (m, n, k), (a, b), c, summed=1)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("m", [1, 5, 8])
@pytest.mark.parametrize("n", range(1, 18))
def test_every_tail(n, m, name):
    """All lengths of an axis of results, and of a summed one."""
    target = target_of(name)
    random = np.random.default_rng(n)
    for k in (1, n):
        a, b = random.normal(size=(m, k)), random.normal(size=(k, n))
        cells = np.concatenate([a.ravel(), b.ravel(), np.full(m * n, np.nan), [7.0]])
        run([matrix_product(m, n, k)], [cells.size], [cells, np.zeros(cells.size)], target)
        np.testing.assert_allclose(cells[m * k + k * n : -1], (a @ b).ravel(), 1e-12, 1e-13)
        assert cells[-1] == 7.0


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize(("m", "k", "add", "factor"), [(1, 16, True, 1.0), (3, 19, False, -0.5)])
def test_sums_of_vectors_that_lie_side_by_side(m, k, add, factor, name):
    """As the slopes of weights do: several are added up together, whatever their number."""
    random, most, nests, wanted = np.random.default_rng(k), 17, [], []
    a, b = random.normal(size=(m, k)), random.normal(size=(most, k))
    start = (m + most) * k
    for n in range(1, most + 1):
        reads = Access(VALUES, 0, (k, 0, 1)), Access(VALUES, m * k, (0, k, 1))
        write = Access(VALUES, start + m * n * (n - 1) // 2, (n, 1, 0))
        nests.append(Nest("sum", (m, n, k), reads, write, 1, factor=factor, add=add))
        wanted.append((2.0 if add else 0.0) + factor * (a @ b[:n].T).ravel())
    cells = np.concatenate([a.ravel(), b.ravel(), *(np.full(len(x), 2.0) for x in wanted), [7.0]])
    run(nests, [cells.size], [cells, np.zeros(cells.size)], target_of(name))
    np.testing.assert_allclose(cells[start:-1], np.concatenate(wanted), 1e-12, 1e-13)
    assert cells[-1] == 7.0


def test_an_attached_array_is_read_where_it_lies():
    m, n, k = 3, 5, 4
    random = np.random.default_rng(0)
    b = random.normal(size=(k, n))
    values = np.concatenate([b.ravel(), np.zeros(m * n)])
    buffers = [values, np.zeros(values.size), np.zeros(m * k), np.zeros(m * k)]
    code = NativeCode([matrix_product(m, n, k, buffer=2)], [values.size, m * k], host())
    bound = code.bind(buffers)
    for _ in range(2):
        a = random.normal(size=(m, k))
        bound.attach(2, a)
        bound()
        np.testing.assert_allclose(values[k * n :].reshape(m, n), a @ b, 1e-12)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("factor", "add"), [(1.0, False), (-0.5, False), (1.0, True)])
def test_large_products(turned, factor, add):
    """Those of long rows, which a BLAS does, with any operand turned."""
    m, n, k = 70, 65, 1066
    random = np.random.default_rng(0)
    a, b, c = (random.normal(size=shape) for shape in ((m, k), (k, n), (m, n)))
    want = factor * (a @ b) + (c if add else 0.0)
    cells = np.concatenate([x.T.ravel() if turned else x.ravel() for x in (a, b, c)])
    places = zip((0, m * k, m * k + k * n), ((m, k), (k, n), (m, n)), strict=True)
    strides = [(start, (1, p) if turned else (q, 1)) for start, (p, q) in places]
    (at_a, of_a), (at_b, of_b), (at_c, of_c) = strides
    nest = Nest(
        "sum",
        (m, n, k),
        (Access(VALUES, at_a, (of_a[0], 0, of_a[1])), Access(VALUES, at_b, (0, of_b[1], of_b[0]))),
        Access(VALUES, at_c, (*of_c, 0)),
        summed=1,
        factor=factor,
        add=add,
    )
    assert product_of(nest) is not None
    run([nest], [cells.size], [cells, np.zeros(cells.size)], host())
    found = cells[at_c:].reshape((n, m) if turned else (m, n))
    np.testing.assert_allclose(found.T if turned else found, want, 1e-11, 1e-12)


def test_a_large_product_of_an_attached_array():
    m, n, k = 80, 64, 1064
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(size=k * n), np.zeros(m * n)])
    buffers = [values, np.zeros(values.size), np.zeros(m * k), np.zeros(m * k)]
    bound = NativeCode([matrix_product(m, n, k, 2)], [values.size, m * k], host()).bind(buffers)
    a = random.normal(size=(m, k))
    bound.attach(2, a)
    bound()
    want = a @ values[: k * n].reshape(k, n)
    np.testing.assert_allclose(values[k * n :].reshape(m, n), want, 1e-11, 1e-12)


def test_sums_of_negative_zeros_stay_negative():
    cells = np.full(20, -0.0)
    nest = Nest("sum", (2, 9), (Access(VALUES, 0, (9, 1)),), Access(VALUES, 18, (1, 0)), summed=1)
    run([nest], [20], [cells, np.zeros(20)], host())
    assert np.signbit(cells).all()


def test_a_nest_without_points_does_nothing():
    cells = np.ones(3)
    nest = Nest("sum", (0,), (Access(VALUES, 0, (1,)),), Access(VALUES, 1, (1,)))
    run([nest, Loop(0, [nest])], [3], [cells, np.zeros(3)], host())
    np.testing.assert_array_equal(cells, 1.0)


def point(kind, reads, write, name="add", **more):
    """A nest of one point."""
    cells = [Access(VALUES, start, (), steps) for start, steps in (write, *reads)]
    return Nest(kind, (), tuple(cells[1:]), cells[0], code=CODES[name], **more)


def test_single_numbers_are_known_until_their_cells_change():
    """Each reads what the one before wrote, in loops with cells that move, stay, and meet."""
    here, moved = (2,), (3,)
    items = [
        Loop(
            4,
            [
                point("row", [(0, (0,)), (1, (0,))], (2, (1,))),  # cells 2, 3, 4, 5
                point("row", [(2, (1,)), (0, (0,))], (5, (0,)), "mul"),  # and 5 in each round
                point("row", [(2, (1,)), (5, (0,))], (0, (0,)), "atan2"),
                point("row", [(0, (0,))], (1, (0,)), "tanh"),
                point("sum", [(1, (0,)), (2, (1,))], (6, (1,)), add=True),
                Loop(2, [point("row", [(0, (0, 0)), (1, (0, 0))], (0, (0, 0)), "hypot")]),
                point("row", [(0, (0,)), (5, (0,))], (1, (0,)), "sub"),
            ],
        ),
        point("row", [(5, ()), (1, ())], (10, ()), "pow", exact=True),
        Nest("row", here, (Access(VALUES, 0, (1,)),), Access(VALUES, 11, (1,)), code=CODES["sin"]),
        point("row", [(11, ()), (12, ())], (13, ())),
        Nest("row", moved, (Access(VALUES, 11, (1,)),), Access(VALUES, 0, (1,)), code=CODES["neg"]),
        point("row", [(0, ()), (2, ())], (14, ())),
    ]
    want = np.r_[0.7, -1.3, np.zeros(14)]
    found = want.copy()
    reference(items, [want, np.zeros(16)])
    run(items, [16], [found, np.zeros(16)], host())
    np.testing.assert_allclose(found, want, 1e-12)


def test_a_function_in_many_places_is_compiled_once():
    items = [point("row", [(k, ())], (k + 1, ()), "tanh") for k in range(40)]
    items += [point("row", [(k, ())], (k + 1, ()), "tanh", exact=True) for k in range(40, 44)]
    want = np.full(50, 0.9)
    found = want.copy()
    reference(items, [want, np.zeros(50)])
    run(items, [50], [found, np.zeros(50)], host())
    np.testing.assert_allclose(found, want, 1e-13)
    few = len(compiled_code(items[:2]))
    assert len(compiled_code(items[:40])) < 3 * few


def compiled_code(items):
    """The text of items."""
    writer = program._Writer(2, host())
    writer.write(items)
    return writer.text()


def random_access(random, axes, size, buffer=VALUES, start=0):
    """Cells of a region, with strides, broadcasts or a table."""
    strides = [0] * len(axes)
    step = 1
    for k in random.permutation(len(axes)):
        if random.random() < 0.7 and step * axes[k] <= size:
            strides[k] = step
            step *= axes[k]
    table = None
    if axes and random.random() < 0.3:
        shape = [n if random.random() < 0.5 else 1 for n in axes]
        table = random.integers(0, size - step + 1, shape)
        step = size
    return Access(
        buffer, start + int(random.integers(0, size - step + 1)), tuple(strides), (), table
    )


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("seed", range(40))
def test_terms_that_are_added_to_the_nest_before(seed, name):
    """They become part of it, whatever it is and however its results lie."""
    target, random = target_of(name), np.random.default_rng(seed)
    kept = tuple(int(n) for n in random.choice([1, 2, 3, 5, 8, 13, 17], random.integers(0, 4)))
    summed = tuple(int(n) for n in random.choice([1, 2, 6, 9], random.integers(0, 3)))
    size, out = 5000, int(np.prod(kept))
    order = random.permutation(len(kept))
    strides = [0] * len(kept)
    step = 1
    for k in order:
        strides[k], step = step, step * kept[k]
    kind = random.choice(["sum", "row", "slope"])
    if kind == "row":
        summed = ()
    axes = (*kept, *summed)
    reads = tuple(random_access(random, axes, size) for _ in range(3))
    if kind == "row":
        reads = reads[:1]
    write = Access(VALUES, size, (*strides, *[0] * len(summed)))
    code = CODES["tanh"] if kind != "sum" else 0
    items = [
        Nest(kind, axes, reads, write, len(summed), code, factor=float(random.choice([1, -2])))
    ]
    items[0].add = bool(random.integers(0, 2))
    if kind == "row":
        items[0].factor = 1.0
    for _ in range(random.integers(1, 4)):
        reads = tuple(random_access(random, kept, size) for _ in range(random.integers(1, 4)))
        plus = None if random.random() < 0.7 else 0.5
        factor = float(random.choice([1.0, -1.0, 0.3]))
        to = Access(VALUES, size, tuple(strides))
        items.append(Nest("sum", kept, reads, to, factor=factor, plus=plus, add=True))
        assert adds_to(items[0], items[-1])
    want = np.r_[random.normal(size=size), random.normal(size=out), 7.0]
    found = want.copy()
    reference(items, [want, np.zeros(want.size)])
    run(items, [want.size], [found, np.zeros(want.size)], target)
    np.testing.assert_allclose(found, want, 1e-10, 1e-10)
