"""The plan: what each kind of nest means, how a plan prints, and how it is pickled."""

import pickle
from functools import reduce
from itertools import product

import numpy as np
import pytest
from random_plans import random_plan

from autograd_nn.errors import TraceError
from autograd_nn.jit.plan import (
    ADJOINTS,
    VALUES,
    Access,
    Backward,
    Lines,
    Loop,
    Nest,
    Place,
    Plan,
    cells_of,
    walk,
)
from autograd_nn.jit.plan.reference import evaluate
from autograd_nn.ops import CODES, PRIMITIVES

FIRST = 4  # the first cell after the padding


def make(items, size=200, seed=0, **buffers):
    """Buffers of random numbers, after the items were run on them, and as they were before."""
    rng = np.random.default_rng(seed)
    before = [rng.uniform(-2.0, 2.0, size) for _ in range(4)]
    for name, numbers in buffers.items():
        before[int(name[1:])][FIRST : FIRST + len(numbers)] = numbers
    after = [x.copy() for x in before]
    with np.errstate(all="ignore"):
        evaluate(items, after)
    return before, after


def test_cells_are_start_strides_steps_and_table():
    """A wrong cell is a wrong number everywhere."""
    table = np.array([[[5], [0], [9]]])
    access = Access(VALUES, 7, (12, 0, -1), (100, 1), table)
    found = cells_of(access, (2, 3, 4), (2, 3))
    for i, j, k in product(range(2), range(3), range(4)):
        assert found[i, j, k] == 7 + 12 * i - k + 200 + 3 + int(table[0, j, 0])


def test_turned_axes_mean_the_same_cells():
    """The way back puts axes in another order."""
    access = Access(VALUES, 7, (12, 4, -1), (), np.arange(6).reshape(2, 3, 1))
    cells = cells_of(access, (2, 3, 4)).transpose(2, 0, 1)
    np.testing.assert_array_equal(cells_of(access.turned((2, 0, 1)), (4, 2, 3)), cells)


@pytest.mark.parametrize("exact", [False, True])
def test_sum_of_products(exact):
    """A matrix product, as loops over floats."""
    axes = (3, 2, 4)
    reads = (Access(VALUES, 10, (4, 0, 1)), Access(2, 0, (0, 1, 2)))
    write = Access(VALUES, 100, (2, 1, 0))
    nest = Nest("sum", axes, reads, write, summed=1, factor=0.5, add=True, exact=exact)
    before, after = make([nest])
    for i, j in product(range(3), range(2)):
        total = 0.0
        for k in range(4):
            total += before[0][10 + 4 * i + k] * before[2][j + 2 * k]
        expected = before[0][100 + 2 * i + j] + 0.5 * total
        assert after[0][100 + 2 * i + j] == pytest.approx(expected, rel=1e-14)
    assert (after[0][:100] == before[0][:100]).all()
    assert (after[0][106:] == before[0][106:]).all()


def test_exact_sum_rounds_one_term_after_another():
    """A guard that reads a sum compares the engine's number, to the last bit."""
    terms = [1e16, 1.0, 1.0, -1e16, 1.0, 0.1] * 20
    nest = Nest("sum", (120,), (Access(0, FIRST, (1,)),), Access(0, 150, (0,)), summed=1)
    nest.exact = True
    _, after = make([nest], v0=terms)
    expected = terms[0]
    for x in terms[1:]:
        expected += x
    assert after[0][150] == expected != np.sum(terms)


def test_sum_counts_terms_that_repeat():
    """An axis along which nothing changes is as many terms."""
    nest = Nest("sum", (2, 5), (Access(0, 10, (1, 0)),), Access(0, 50, (1, 0)), summed=1)
    before, after = make([nest])
    np.testing.assert_allclose(after[0][50:52], 5.0 * before[0][10:12])


@pytest.mark.parametrize("code", [c for c, row in enumerate(PRIMITIVES) if row.name])
def test_rows_and_slopes_are_those_of_the_table(code):
    """Every operation of the table, and its slope along each operand."""
    row = PRIMITIVES[code]
    specials = [0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, 2.0, 1e-5]
    reads = (Access(0, FIRST, (0, 1)), Access(0, FIRST, (1, 0)))[: row.arity]
    y = Access(0, 50, (10, 1))
    items = [Nest("row", (10, 10), reads, y, code=code)]
    for k in range(row.arity):
        d, to = Access(1, 50, (10, 1)), Access(2, 100 * k, (10, 1))
        slope = Nest("slope", (10, 10), (d, *reads, y), to, code=code, operand=k, factor=-2.0)
        items.append(slope)
    before, after = make(items, 300, v0=specials)
    for i, j in product(range(10), range(10)):
        operands = (specials[j], specials[i])[: row.arity]
        found = row.scalar(*operands)
        np.testing.assert_equal(after[0][50 + 10 * i + j], found)
        slopes = row.partials(*operands, found)
        for k, slope in enumerate(slopes):
            with np.errstate(all="ignore"):
                expected = -2.0 * (before[1][50 + 10 * i + j] * np.float64(slope))
            np.testing.assert_equal(after[2][100 * k + 10 * i + j], expected)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize(
    "numbers",
    [
        [1.0, 3.0, 2.0, 3.0],
        [3.0, 3.0, 3.0, 3.0],
        [2.0, 2.0, 1.0, 1.0],
        [1.0, np.nan, 3.0, 0.0],
        [np.inf, 1.0, np.inf, -np.inf],
        [-0.0, 0.0, 0.0, -0.0],
    ],
)
def test_extremes_and_shares_are_those_of_the_chain(name, numbers):
    """At ties the slope of a largest number is shared as the engine's chain shares it."""
    code, n = CODES[name], len(numbers)
    row = PRIMITIVES[code]
    x, y, d = Access(0, FIRST, (1,)), Access(0, 50, (0,)), Access(1, 50, (0,))
    items = [
        Nest("extreme", (n,), (x,), y, summed=1, code=code),
        Nest("share", (n,), (d, x, y), Access(2, 0, (1,)), summed=1, code=code),
    ]
    before, after = make(items, v0=numbers)
    largest = reduce(row.scalar, numbers)
    np.testing.assert_equal(after[0][50], largest)
    shares, so_far = [1.0], numbers[0]
    for number in numbers[1:]:
        together = row.scalar(so_far, number)
        left, right = row.partials(so_far, number, together)
        shares = [left * share for share in shares] + [right]
        so_far = together
    np.testing.assert_equal(after[2][:n], before[1][50] * np.array(shares))


def test_look_and_drop():
    """The entry that an index chooses; its slope goes back to that entry, twice if read twice."""
    entries, columns = np.array([[10, 11], [20, 21], [30, 31]]), np.array([[0, 1]])
    index, y = Access(0, FIRST, (1, 0)), Access(0, 100, (2, 1))
    indices = [2.0, 0.0, 2.0, -1.0, 7.0]
    items = [Nest("look", (5, 2), (index,), y, entries=entries, columns=columns)]
    d = Access(1, 100, (2, 1))
    items.append(Nest("drop", (5, 2), (d, index), d, entries=entries, columns=columns))
    before, after = make(items, v0=indices)
    chosen = [2, 0, 2, 0, 2]
    expected = before[1].copy()
    for i, j in product(range(5), range(2)):
        assert after[0][100 + 2 * i + j] == before[0][entries[chosen[i], j]]
        expected[entries[chosen[i], j]] += before[1][100 + 2 * i + j]
    np.testing.assert_allclose(after[1], expected)


def test_look_moves_on_with_the_rows():
    """A table that is computed for every row has its entries elsewhere in each."""
    nest = Nest("look", (4,), (Access(0, FIRST, (1,)),), Access(0, 100, (1,)))
    nest.entries, nest.columns = np.array([[10], [40]]), np.array([0])
    nest.entry_steps = np.array([[2], [0]])
    before, after = make([nest], v0=[0.0, 1.0, 0.0, 0.0])
    assert after[0][100:104].tolist() == before[0][[10, 40, 14, 16]].tolist()


def test_scatter_adds_all_points_of_a_cell():
    """The way back from overlapping windows: a cell gets a slope from each."""
    window = Access(2, 3, (1, 1))
    nest = Nest("sum", (4, 3), (Access(0, 10, (3, 1)),), window, add=True, scatter=True)
    before, after = make([nest])
    expected = before[2].copy()
    for i, j in product(range(4), range(3)):
        expected[3 + i + j] += before[0][10 + 3 * i + j]
    np.testing.assert_allclose(after[2], expected)


def test_loops_move_on_forwards_and_backwards():
    """A recurrence, and one that runs from the last round to the first; a loop in a loop."""
    cell, shift = Access(0, FIRST, (), (10, 1)), Access(0, FIRST + 1, (), (10, 1))
    step = Nest("sum", (), (cell,), shift, factor=2.0)
    before, after = make([Loop(3, [Loop(4, [step])])])
    for i in range(3):
        first = before[0][FIRST + 10 * i]
        expected = first * 2.0 ** np.arange(5)
        np.testing.assert_allclose(after[0][FIRST + 10 * i : FIRST + 10 * i + 5], expected)
    back = Nest("sum", (), (Access(0, FIRST + 1, (), (1,)),), Access(0, FIRST, (), (1,)))
    before, after = make([Loop(5, [back], reverse=True)])
    assert (after[0][FIRST : FIRST + 5] == before[0][FIRST + 5]).all()


def test_lines_forward_and_backward():
    """Operations without a pattern, one after another, and their slopes in the other order."""
    mul, tanh, sub = CODES["mul"], CODES["tanh"], CODES["sub"]
    columns = np.array([[mul, 50, 10, 11], [tanh, 51, 50, -1], [sub, 52, 51, 10]]).T
    wanted = np.array([3, 1, 1])
    before, after = make([Lines(*columns), Lines(*columns, wanted)])
    a, b = before[0][10], before[0][11]
    t = np.tanh(a * b)
    assert after[0][50:53] == pytest.approx([a * b, t, t - a])
    d = before[1]
    d51 = d[51] + d[52]
    d50 = d[50] + d51 * (1.0 - t * t)
    assert after[1][51] == pytest.approx(d51)
    assert after[1][50] == pytest.approx(d50)
    assert after[1][[10, 11]] == pytest.approx([d[10] + b * d50, d[11] + a * d50])


def small_plan():
    """``tanh`` of a matrix times a state, five times, summed up."""
    n, first, states = 3, FIRST, FIRST + 9
    w, h = Access(0, first, (3, 1), (0,)), Access(0, states, (0, 1), (3,))
    product = Access(0, 40, (1, 0), (0,))
    y = Access(0, states + 3, (1,), (3,))
    forward = [
        Loop(
            5,
            [
                Nest("sum", (n, n), (w, h), product, summed=1),
                Nest("row", (n,), (Access(0, 40, (1,), (0,)),), y, code=CODES["tanh"]),
            ],
        ),
        Nest("sum", (n,), (Access(0, states + 15, (1,)),), Access(0, 50, (0,)), 1, factor=-1.0),
        Nest(
            "row", (), (Access(2, 5, ()), Access(0, 50, ())), Access(0, 51, ()), code=CODES["div"]
        ),
    ]
    leaves = [Place("w", 0, first, 9), Place("h", 0, states, 3), Place("large", 2, 0, 6)]
    names = [(0, "padding"), (first, "w"), (states, "h"), (40, "wh"), (50, "total"), (51, "y")]
    return Plan(1, [60, 6], leaves, (np.array([59]), [2.5]), forward, [], np.array([[51]]), names)


PRINTED = """\
repeat 5 times:
    wh[3] = sum of 3: w[3, 3] * h[3]
    h[3] = tanh(wh[3])
total = sum of 3: -h[3]
y = div(argument 1(5), total)"""


def test_plans_print_for_people():
    """``print(program)`` shows what is computed, in as many lines as there are items."""
    assert str(small_plan()) == PRINTED


def test_every_random_plan_prints_a_line_an_item():
    """Nothing that a plan can hold is left out of the text."""
    for seed in range(20):
        plan = random_plan(seed).plan
        assert len(str(plan).splitlines()) == len(list(walk(plan.items)))


def test_plans_survive_pickling():
    """A worker that gets a plan computes the same numbers and slopes."""
    for seed in range(10):
        made = random_plan(seed)
        plan, back = pickle.loads(pickle.dumps((made.plan, made.back)))
        assert str(plan) == str(made.plan)
        expected = made.plan.run(made.numbers, made.back)
        found = plan.run(made.numbers, back)
        np.testing.assert_array_equal(found.numbers, expected.numbers)
        for a, b in zip(found.slopes, expected.slopes, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_plan_of_another_version_is_refused():
    """A file from another version must not be read as if it were of this one."""
    plan = small_plan()
    plan.format = 99
    with pytest.raises(TraceError, match=r"format 99.*reads format 1.*record the function anew"):
        pickle.loads(pickle.dumps(plan))


def test_running_a_plan_by_its_definition():
    """Numbers, slopes and guards of a whole plan, beside NumPy by hand."""
    plan = small_plan()
    rng = np.random.default_rng(3)
    w, h, large = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=6)
    seeds, wanted = (np.array([51]), np.array([1.0])), (2,)
    d, y = Access(ADJOINTS, 51, ()), Access(VALUES, 51, ())
    operands = (Access(2, 5, ()), Access(0, 50, ()))
    item = Nest("slope", (), (d, *operands, y), Access(3, 5, ()), code=CODES["div"])
    back = Backward([item], [(3, 0, 6)], seeds, wanted)
    found = plan.run([w.ravel(), h, large], back)
    for _ in range(5):
        h = np.tanh(w @ h)
    assert found.numbers == pytest.approx(large[5] / -h.sum())
    assert found.slopes[0] == pytest.approx([0.0] * 5 + [-1.0 / h.sum()])
    assert found.on_path.all()
