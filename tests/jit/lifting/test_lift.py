"""All passes: the plan of a function is the function, and is plain data."""

import pickle

import numpy as np
import pytest
from lifted import assert_means, plan_of, shown

from autograd_nn import functions as fn
from autograd_nn import value_and_grad
from autograd_nn.errors import TraceError
from autograd_nn.jit import jit, take
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.plan import walk

rng = np.random.default_rng(0)


def gates(w, x):
    """Elementwise gates: states, cells, and sums over the steps."""
    h, c, total = [0.0] * 5, [0.0] * 5, 0.0
    for t in range(20):
        for k in range(5):
            enter = (w[k] * x[t] + w[5 + k] * h[k]).sigmoid()
            c[k] = (1.0 - enter) * c[k] + enter * (w[10 + k] * x[t]).tanh()
            h[k] = c[k].tanh()
        total = total + sum(h)
    return total


def attention(w, x):
    """Softmax over unequal lengths, by hand."""
    total = 0.0
    for t in range(1, 7):
        e = [(w[j] * x[t] * x[j]).exp() for j in range(t)]
        norm = sum(e)
        total = total + sum(a / norm * w[j] for j, a in enumerate(e))
    return total


def skinning(w, x):
    """A chain of rotations moves points by pairs of weights."""
    turn, places = [1.0, 0.0, 0.0, 1.0], []
    for k in range(8):
        c, s = w[k].cos(), w[k].sin()
        a, b, d, e = turn
        turn = [a * c + b * s, b * c - a * s, d * c + e * s, e * c - d * s]
        places.append(turn)
    total = 0.0
    for i in range(20):
        first, second = places[(i * 5) % 7], places[(i * 5) % 7 + 1]
        total = total + (x[i] * (first[0] + first[1]) + (1.0 - x[i]) * second[2]) ** 2
    return total


def solver(w, x):
    """Newton's steps on five unknowns at once."""
    y = list(x[:5])
    for _ in range(15):
        y = [v - (v * v * v - w[i]) / (3.0 * v * v + 1.0) for i, v in enumerate(y)]
    return sum(y)


@pytest.mark.parametrize("f", [gates, attention, skinning, solver])
def test_the_plan_means_the_function(f):
    """Value and slopes are the engine's."""
    w, x = rng.uniform(0.2, 1.0, size=15), rng.uniform(0.2, 1.0, size=20)
    plan = plan_of(f, w, x)
    assert_means(plan, f, w, x)


@pytest.mark.parametrize("f", [gates, skinning, solver])
def test_it_can_be_pickled(f):
    """Programs are sent to other processes."""
    w, x = rng.uniform(0.2, 1.0, size=15), rng.uniform(0.2, 1.0, size=20)
    plan = plan_of(f, w, x)
    copied = pickle.loads(pickle.dumps(plan))
    assert str(copied) == str(plan)
    assert_means(copied, f, w, x)


def test_a_plan_of_another_version_is_refused():
    """Its numbers would be wrong without a word."""
    plan = plan_of(sum, np.ones(20))
    plan.format = 0
    sent = pickle.dumps(plan)
    with pytest.raises(TraceError, match=r"format 0.*record the function anew"):
        pickle.loads(sent)


def test_large_arguments_are_read_where_they_lie():
    """A copy of a data set at each call costs more than the call."""

    def f(x, y):
        return sum(a * b for a, b in zip(x, y, strict=True))

    x, y = rng.normal(size=5000), rng.normal(size=5000)
    plan = plan_of(f, x, y)
    assert [place.buffer for place in plan.leaves[:2]] == [2, 4]
    assert plan.sizes[0] < 100
    assert_means(plan, f, x, y)


def test_an_argument_of_which_single_numbers_are_asked_is_copied():
    """A guard or a result names a cell of buffer 0."""
    plan = plan_of(lambda x: [sum(x), x[7]], np.arange(5000.0))
    assert plan.leaves[0].buffer == 0
    assert plan.run([np.arange(5000.0), []]).numbers.ravel().tolist() == [12497500.0, 7.0]


def test_guards_hold_for_each_row():
    """One row may take another path than its neighbours."""
    program = jit(lambda x: x * 2 if x > 0 else -x, rows="x", backend="reference").program(
        np.ones(4)
    )
    plan = program.plan
    (guards,) = plan.guards
    assert guards.symbol == ">"
    rows = program.borrow(4)[0].plan
    run = rows.run([np.array([1.0, -1.0, 2.0, np.nan]), []][: len(rows.leaves)])
    assert run.on_path.tolist() == [True, False, True, False]


def test_look_ups_hold_for_each_index():
    """A table, the chosen entries, and the way back into the table."""

    def f(table, a, b):
        return take(table, a) * take(table, b) + take(table, a) ** 2

    program = jit(f, backend="reference").program(rng.normal(size=6), 1, 2)
    table = rng.normal(size=6)
    value, slope = program.value_and_grad(table, 4, 3)
    assert value == pytest.approx(table[4] * table[3] + table[4] ** 2, rel=1e-14)
    expected = np.zeros(6)
    expected[4], expected[3] = table[3] + 2 * table[4], table[4]
    np.testing.assert_allclose(slope, expected, rtol=1e-14)


def test_a_plan_of_nothing():
    """A function that returns a constant, or its argument."""
    plan = plan_of(lambda x: x[1], [1.0, 2.0])
    assert shown(plan) in ([], [""])
    assert list(walk(plan.items)) == []
    run = plan.run([[1.0, 2.0], []], adjoint(plan, (0,)))
    assert run.numbers.tolist() == [[2.0]]
    assert run.slopes[0].tolist() == [0.0, 1.0]


def weighted_triangles(parameters, points):
    """Densities of many points, each after a triangular matrix: rows of the matrix are ragged."""
    total, size = 0.0, len(points[0])
    each = size + size * (size + 1) // 2
    for x in points:
        terms = []
        for k in range(0, len(parameters), each):
            mean, scale = parameters[k : k + size], parameters[k + size : k + 2 * size]
            below = iter(parameters[k + 2 * size : k + each])
            away = [a - m for a, m in zip(x, mean, strict=True)]
            rows = [fn.exp(scale[i]) * away[i] for i in range(size)]
            rows = [y + sum(next(below) * away[j] for j in range(i)) for i, y in enumerate(rows)]
            terms.append(sum(scale) - 0.5 * sum(y * y for y in rows))
        total = total + fn.logsumexp(terms)
    return total


@pytest.mark.parametrize("backend", ["reference", "numpy", "native"])
@pytest.mark.parametrize(("points", "size", "groups"), [(20, 3, 2), (16, 2, 3), (30, 4, 3)])
def test_padding_stays_where_it_is_when_rows_are_turned(points, size, groups, backend):
    """Terms that a short sum lacks would be read from before the buffer: a nan, or a crash."""
    if backend == "native":
        pytest.importorskip("llvmlite")
    parameters = rng.normal(size=groups * (size + size * (size + 1) // 2))
    given = rng.normal(size=(points, size))
    found = jit(weighted_triangles, backend=backend).program(parameters, given)
    value, slopes = value_and_grad(weighted_triangles)(parameters, given)
    again = found.value_and_grad(parameters, given)
    assert again[0] == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(again[1], slopes, rtol=1e-9, atol=1e-12)
