"""The NumPy backend where random plans are too small or too tame: large nests, many rounds."""

import threading

import numpy as np
import pytest
from plan_agreement import assert_items_agree, prepared

from autograd_nn.jit.backends import numpy as backend
from autograd_nn.jit.backends import reference
from autograd_nn.jit.backends.numpy import binding, sums
from autograd_nn.jit.backends.numpy.after import split
from autograd_nn.jit.plan import PADDING, Access, Lines, Loop, Nest, Place, Plan
from autograd_nn.ops import CODES, PRIMITIVES

FIRST = len(PADDING)


@pytest.fixture(autouse=True)
def calls_only(monkeypatch):
    """What is narrow is run as calls too; ``test_narrow`` shows the other way."""
    monkeypatch.setattr(backend, "_GATHERING", float("inf"))


def agree(items, size=400, seed=0, numbers=None, large=300):
    """Compare on buffers full of random numbers."""
    rng = np.random.default_rng(seed)
    plan = Plan(1, [size, large], [], (np.zeros(0, int), []), items, [], np.zeros((0, 1), int))
    plan.leaves = [Place("x", 0, FIRST, size - FIRST), Place("y", 2, 0, large)]
    given = rng.uniform(-2.0, 2.0, size - FIRST)
    if numbers is not None:
        given[: len(numbers)] = numbers
    buffers = prepared(plan, [given, rng.uniform(-2.0, 2.0, large)])
    buffers[1][:] = rng.uniform(-2.0, 2.0, size)
    buffers[3][:] = rng.uniform(-2.0, 2.0, large)
    assert_items_agree(backend.compile, plan, items, buffers, "")


def affine(start, *strides, steps=(), buffer=0):
    return Access(buffer, start, strides, steps)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 1, 9), (1, 8, 9), (30, 40, 50), (1, 1, 70)])
def test_matrix_products(shape, transposed):
    """A dense layer in every shape: vectors, outer and inner products."""
    n, m, k = shape
    a, b, c = FIRST, FIRST + n * k, FIRST + n * k + k * m
    left = affine(a, k, 0, 1) if not transposed else affine(a, 1, 0, n)
    write = affine(c, m, 1, 0) if not transposed else affine(c, 1, n, 0)
    nest = Nest("sum", (n, m, k), (left, affine(b, 0, 1, m)), write, summed=1, factor=0.5)
    agree([nest], c + n * m)


def test_batched_matrix_products():
    """Attention over several sequences: an axis that both factors and the result have."""
    axes = (3, 4, 5, 6)
    reads = (affine(FIRST, 24, 6, 0, 1), affine(100, 30, 0, 6, 1))
    agree([Nest("sum", axes, reads, affine(200, 20, 5, 1, 0), summed=1)])
    agree([Nest("sum", axes, reads, affine(200, 20, 1, 4, 0), summed=1, factor=-1.0)])


@pytest.mark.parametrize("points", [3, 100])
def test_small_products_of_many_points(points):
    """Rotations of many points, with the points beside each other or apart; inner products."""
    n, out = points, FIRST + 18 * points
    for left, right, write in (
        ((3 * n, 0, n, 1), (0, n, 3 * n, 1), (3 * n, n, 0, 1)),
        ((3, 0, 1, 9), (0, 1, 3, 9), (3, 1, 0, 9)),
        ((3, 0, 1, 9), (0, n, 3 * n, 1), (n, 3 * n, 0, 1)),
    ):
        reads = tuple(
            affine(s, *(x[k] for k in (0, 1, 3, 2)))
            for s, x in ((FIRST, left), (FIRST + 9 * n, right))
        )
        to = affine(out, *(write[k] for k in (0, 1, 3, 2)))
        agree([Nest("sum", (3, 3, n, 3), reads, to, summed=1)], out + 9 * n)
    for strides in ((1, n), (3, 1)):
        reads = (affine(FIRST, *strides), affine(FIRST + 3 * n, *strides))
        agree([Nest("sum", (n, 3), reads, affine(out, 1, 0), summed=1)], out + n)


def test_infinities_are_multiplied_before_they_are_added():
    """``inf * 1 + inf * -2`` is nan, though ``inf * (1 - 2)`` is not."""
    reads = (affine(FIRST, 0), affine(FIRST + 1, 1))
    agree([Nest("sum", (2,), reads, affine(20, 0), summed=1)], numbers=[np.inf, 1.0, -2.0])


@pytest.mark.parametrize("count", [300, 100_000])
def test_exact_sums_of_many_terms(count):
    """A long sum that a guard reads, in pieces: every rounding is the engine's."""
    reads = (affine(FIRST, 0, 1), affine(FIRST + 1, 0, 1))
    nest = Nest("sum", (2, count), reads, affine(FIRST + count + 1, 1, 0), summed=1, exact=True)
    agree([nest], FIRST + count + 3)
    assert 2 * 300 < sums._SIDE_BY_SIDE < 2 * 100_000


@pytest.mark.parametrize("name", ["relu", "maximum", "minimum", "first_max", "rint", "mod"])
@pytest.mark.parametrize("numbers", [[0.0, -0.0, 0.0, -0.0], [-0.0, 0.0, -0.0, 0.0]])
def test_the_sign_of_a_zero_that_a_guard_reads(name, numbers):
    """``1 / relu(-0.0)`` is inf, and a guard may ask."""
    row = PRIMITIVES[CODES[name]]
    reads = (affine(FIRST, 1), affine(FIRST + 1, 1))[: row.arity]
    code = CODES[name]
    agree([Nest("row", (3,), reads, affine(20, 1), code=code, exact=True)], numbers=numbers)
    if name in ("maximum", "minimum"):
        extreme = Nest("extreme", (3,), (reads[0],), affine(20, 0), 1, code, exact=True)
        agree([extreme], numbers=numbers)


@pytest.mark.parametrize("count", [9, 30_000])
def test_plain_sums_and_differences(count):
    """``a + b``, ``a - b``, ``b - a``, also where one lies in the place of the result."""
    a, b, out = FIRST, FIRST + count, FIRST + 2 * count

    def items(factors, to, steps):
        read = [affine(x, 1, steps=steps) for x in (a, b)]
        write = affine(to, 1, steps=steps)
        first = Nest("sum", (count,), (read[0],), write, factor=factors[0])
        return [first, Nest("sum", (count,), (read[1],), write, factor=factors[1], add=True)]

    for factors in ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0), (0.5, 1.0)):
        for to in (out, a, b, a + 1):
            agree(items(factors, to, ()), FIRST + 3 * count + 1)
            agree([Loop(1, items(factors, to, (0,)))], FIRST + 3 * count + 1)


def test_results_in_the_place_of_operands():
    """An operation may overwrite what it reads, or shift it along."""
    tanh, pow_ = CODES["tanh"], CODES["pow"]
    agree([Nest("row", (20,), (affine(10, 1),), affine(10, 1), code=tanh)])
    agree([Nest("row", (20,), (affine(10, 1),), affine(11, 1), code=tanh)])
    agree([Nest("row", (20,), (affine(10, 1),), affine(29, -1), code=tanh)])
    product = (affine(10, 4, 0, 1), affine(30, 0, 4, 1))
    agree([Nest("sum", (4, 4, 4), product, affine(12, 4, 1, 0), summed=1)])
    agree([Nest("sum", (4, 4), (affine(10, 1, 4),), affine(10, 4, 1))])
    d, x, y = affine(10, 1, buffer=1), affine(50, 1), affine(10, 1)
    for code in (tanh, CODES["relu"], CODES["sigmoid"]):
        row = Nest("row", (20,), (x,), y, code=code)
        agree([row, Nest("slope", (20,), (d, x, y), affine(10, 1, buffer=1), code=code)])
    operands = (affine(50, 1), affine(80, 1))
    slope = Nest("slope", (20,), (d, *operands, y), affine(10, 1, buffer=1), code=pow_, operand=1)
    agree([Nest("row", (20,), operands, y, code=pow_), slope])


def test_lines_of_numbers_are_gathered_together():
    """A table along few axes over whole rows."""
    for size in (1, 3, 4, 64):
        table = np.array([[3], [0], [3], [1], [2]]) * size
        read = Access(0, FIRST, (0, 1), (), table)
        write = affine(300, size, 1)
        agree([Nest("sum", (5, size), (read,), write)], 300 + 5 * size)
        shifted = Access(0, FIRST, (0, 1), (), table + np.array([[0], [1], [0], [0], [0]]))
        agree([Nest("sum", (5, size), (shifted,), write)], 300 + 5 * size)
        back = Access(1, FIRST, (0, 1), (), table)
        d = affine(300, size, 1, buffer=1)
        agree([Nest("sum", (5, size), (d,), back, add=True, scatter=True)], 300 + 5 * size)


def test_few_slopes_into_a_large_table():
    """Slopes of a few rows of a large table."""
    table = np.array([5, 80_000, 5, 99_000])
    write = Access(1, FIRST, (0,), (), table)
    nest = Nest("sum", (4,), (affine(FIRST, 1),), write, add=True, scatter=True)
    agree([nest], 100_000)
    entries, columns = np.array([[10], [99_000]]), np.array([0])
    drop = Nest("drop", (4,), (affine(20, 1, buffer=1), affine(FIRST, 1)), affine(20, 1, buffer=1))
    drop.entries, drop.columns = entries, columns
    agree([drop], 100_000, numbers=[1.0, 0.0, 1.0, 1.0])


def test_many_rounds_are_not_all_prepared(monkeypatch):
    """A pendulum of many steps must not fill the memory with arrays."""
    monkeypatch.setattr(binding, "_PREPARED", 10)
    state = affine(FIRST, 1, steps=(0, 2))
    later = affine(FIRST + 2, 1, steps=(0, 2))
    temporary = affine(390, 1, steps=(0, 0))
    inner = [
        Nest("sum", (2,), (state, affine(200, 1, steps=(1, 1))), temporary),
        Nest("row", (2,), (temporary,), later, code=CODES["tanh"]),
        Nest("sum", (), (affine(FIRST, steps=(0, 2)),), affine(300, steps=(20, 1)), factor=3.0),
    ]
    outer = Nest("sum", (2,), (affine(FIRST, 1, steps=(1,)),), affine(380, 1, steps=(0,)))
    agree([Loop(4, [Loop(20, inner), outer])])
    agree([Loop(4, [outer, Loop(20, inner, reverse=True)], reverse=True)])


def test_loops_in_loops_in_loops():
    """Layers inside steps inside sequences."""
    read = affine(FIRST, 1, steps=(30, 6, 2))
    write = affine(200, 1, steps=(30, 6, 2))
    nest = Nest("row", (2,), (read,), write, code=CODES["sin"])
    single = Nest("row", (), (affine(9, steps=(1, 1, 0)),), affine(380, steps=(1, 0, 1)))
    single.code = CODES["exp"]
    for reverse in (False, True):
        agree([Loop(3, [Loop(4, [Loop(3, [nest, single], reverse)])], reverse)])


@pytest.mark.parametrize("name", ["tanh", "relu", "pow", "exp", "lgamma", "add"])
@pytest.mark.parametrize("changed", [False, True])
def test_partials_ahead_of_a_loop(name, changed):
    """Partials of all rounds are computed at once, but not of numbers that the loop changes."""
    code = CODES[name]
    x, other = affine(20, 1, steps=(3,)), affine(90, 1, steps=(0,))
    y, operands = affine(150, 1, steps=(3,)), (x, other)[: PRIMITIVES[code].arity]
    d, to = affine(150, 1, steps=(3,), buffer=1), affine(20, 1, steps=(3,), buffer=1)
    before = affine(17, 1, steps=(3,), buffer=1)
    every = Access(0, 20, (1,)), Access(0, 90, (0,), (), np.array([0, 1, 2] * 10))
    operands_of_all = every[: PRIMITIVES[code].arity]
    row = Nest("row", (30,), operands_of_all, affine(150, 1), code=code)
    body = [
        Nest("slope", (3,), (d, *operands, y), to, code=code),
        Nest("sum", (3,), (to,), before, factor=0.5, add=True),
    ]
    if changed:
        body.append(Nest("sum", (3,), (to,), affine(23, 1, steps=(3,)), factor=0.1, add=True))
        body.append(Nest("row", (3,), operands, y, code=code))
    agree([row, Loop(10, body, reverse=not changed)])
    ahead = backend.compile([Loop(10, body)], [400]).calls
    assert (len(ahead) > 1) == (not changed and name not in ("exp", "add"))


def recurrent_back():
    """The way back of a small recurrent net: the slopes of its weights get a term a step."""
    h = affine(60, 0, 1, steps=(5,))
    turned = affine(65, 1, 0, steps=(5,), buffer=1)
    weights = Nest("sum", (5, 5), (turned, h), affine(10, 5, 1, steps=(0,), buffer=1), add=True)
    w = affine(10, 1, 5, steps=(0,))
    later = affine(65, 0, 1, steps=(5,), buffer=1)
    before = affine(60, 1, 0, steps=(5,), buffer=1)
    state = Nest("sum", (5, 5), (w, later), before, summed=1, add=True)
    bias = Nest("sum", (5,), (affine(65, 1, steps=(5,), buffer=1),), affine(40, 1, steps=(0,)))
    bias.write, bias.add = affine(40, 1, steps=(0,), buffer=1), True
    return Loop(20, [weights, bias, state], reverse=True)


def test_what_a_loop_only_adds_up_is_one_product_after_it():
    """The slopes of a recurrent net's weights are a matrix product over all steps."""
    agree([recurrent_back()])
    loop, after = split(recurrent_back())
    assert len(loop.items) == 1
    assert [nest.axes for nest in after] == [(5, 5, 20), (5, 20)]


@pytest.mark.parametrize(
    "item",
    [
        Nest("sum", (), (affine(12, steps=(0,), buffer=1),), affine(50, steps=(0,))),  # reads it
        Nest("sum", (), (affine(50, steps=(0,)),), affine(12, steps=(0,), buffer=1)),  # sets it
        Nest("sum", (5,), (affine(50, 1, steps=(0,)),), affine(60, 1, steps=(5,))),  # sets operands
    ],
)
def test_what_a_loop_still_needs_stays_in_it(item):
    """A sum that the loop reads, or whose terms are gone when it ends."""
    loop = recurrent_back()
    for at in (0, 3):
        changed = Loop(20, [*loop.items[:at], item, *loop.items[at:]], reverse=True)
        agree([changed])
    changed = Loop(20, [*loop.items, item], reverse=True)
    in_loop, _ = split(changed)
    assert any(len(nest.reads) == 2 and nest.write.start == 10 for nest in in_loop.items)


def test_lines_in_a_loop():
    """Single operations are done in every round, between nests."""
    add = CODES["add"]
    lines = Lines(*(np.array([x]) for x in (add, 50, 51, 52)))
    moved = Nest("sum", (), (affine(50, steps=(0,)),), affine(100, steps=(1,)))
    again = Nest("sum", (), (affine(100, steps=(1,)),), affine(51, steps=(0,)))
    agree([Loop(5, [lines, moved, again])])


@pytest.mark.parametrize("code", [c for c, row in enumerate(PRIMITIVES) if row.name])
def test_every_row_and_slope_at_every_kink(code):
    """All operations at zeros of both signs, ones, infinities, nan, large and small numbers."""
    special = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, np.inf, -np.inf, np.nan, 2.0, -3.0, 1e-5]
    special += [1e5, -1e5, 1e300, 3.0, 0.1]
    n, row = len(special), PRIMITIVES[code]
    reads = (affine(FIRST, 0, 1), affine(FIRST, 1, 0))[: row.arity]
    axes = (n, n)
    y = affine(50, n, 1)
    items = [Nest("row", axes, reads, y, code=code)]
    for k in range(row.arity):
        d = affine(50, n, 1, buffer=1)
        write = affine(400, n, 1)
        items.append(Nest("slope", axes, (d, *reads, y), write, code=code, operand=k))
    agree(items, 700, numbers=special)
    for nest in items:
        nest.exact = True
    agree(items, 700, numbers=special)


def recurrent(counts, large):
    """Items that read a large argument in loops and outside of them."""
    read = Access(2, 1, (1,), (2,))
    loop = [
        Nest("sum", (4,), (read, affine(FIRST, 1, steps=(4,))), affine(FIRST + 4, 1, steps=(4,)))
    ]
    table = Access(2, 0, (0,), (), np.array([5, 9, 5, 0]))
    back = Access(3, 2, (1,), ())
    return [
        Loop(counts, loop),
        Nest("sum", (4,), (table,), affine(100, 1)),
        Nest("sum", (4,), (affine(100, 1),), back, factor=-1.0, add=True),
    ]


def test_attached_arrays_are_read_and_written_where_they_lie():
    """A large argument is not copied; another call brings another array."""
    items, rng = recurrent(10, 40), np.random.default_rng(0)
    bound = {}
    for name, compile_items in (("numpy", backend.compile), ("reference", reference.compile)):
        buffers = [np.ones(200), np.ones(200), np.zeros(40), np.zeros(40)]
        bound[name] = buffers, compile_items(items, [200, 40]).bind(buffers)
    for _ in range(3):
        values, adjoints = rng.normal(size=40), rng.normal(size=40)
        kept, found = values.copy(), []
        for buffers, run in bound.values():
            slopes = adjoints.copy()
            run.attach(2, values)
            run.attach(3, slopes)
            run()
            found.append((buffers[0].copy(), slopes))
            assert not buffers[2].any()
            assert not buffers[3].any()
        np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-13)
        np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-13)
        assert (found[0][1] != adjoints).any()
        np.testing.assert_array_equal(values, kept)


def test_an_attached_array_may_be_read_only():
    """The user's own array, of which a slope is not asked."""
    items = recurrent(10, 40)[:2]
    buffers = [np.ones(200), np.ones(200), np.zeros(40), np.zeros(40)]
    run = backend.compile(items, [200, 40]).bind(buffers)
    values = np.arange(40.0)
    values.flags.writeable = False
    run.attach(2, values)
    run()
    assert buffers[0][100:104].tolist() == [5.0, 9.0, 5.0, 0.0]


def test_one_code_in_two_threads():
    """Two threads that call one jitted function have buffers of their own."""
    w, h = affine(FIRST, 20, 1, steps=(0,)), affine(410, 0, 1, steps=(20,))
    product, after = affine(404, 1, 0, steps=(20,)), affine(430, 1, steps=(20,))
    slope = affine(430, 1, steps=(20,), buffer=1)
    items = [
        Loop(
            50,
            [
                Nest("sum", (20, 20), (w, h), affine(1500, 1, 0, steps=(0,)), summed=1),
                Nest("row", (20,), (affine(1500, 1, steps=(0,)),), after, code=CODES["softplus"]),
                Nest("slope", (20,), (slope, affine(1500, 1, steps=(0,)), after), slope),
            ],
        )
    ]
    items[0].items[2].code = CODES["softplus"]
    del product
    code = backend.compile(items, [1600])
    found = []

    def work(seed):
        rng = np.random.default_rng(seed)
        with np.errstate(all="ignore"):
            for _ in range(20):
                buffers = [rng.uniform(-0.1, 0.1, 1600) for _ in range(2)]
                expected = [x.copy() for x in buffers]
                reference.compile(items, [1600]).bind(expected)()
                code.bind(buffers)()
                found.append(np.allclose(buffers, expected, rtol=1e-10))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 40


@pytest.mark.parametrize("step", [1, 7, 8, 9])
@pytest.mark.parametrize("count", [1, 2])
def test_numbers_of_the_other_sign_in_steps(step, count):
    """A column of a matrix: NumPy 2.4 has a wrong ``negative`` in steps of eight numbers."""
    reads = tuple(affine(FIRST + 100 * k, step) for k in range(count))
    write = affine(FIRST, step, buffer=1)
    agree([Nest("sum", (9,), reads, write, factor=-1.0, add=add) for add in (False, True)])
    agree([Nest("row", (9,), reads[:1], write, code=CODES["neg"])])
