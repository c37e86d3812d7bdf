"""Programs run by JAX compute what the engine and the reference interpreter do, and so do slopes.

``AUTOGRAD_NN_JAX_PLANS`` in the environment says how many random plans and programs are run, as
the suite runs a few: XLA takes half a second for each nest that is run alone.
"""

import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pytest
from fuzz_programs import Maker
from plan_agreement import assert_agrees
from random_plans import SPECIAL

from autograd_nn import MLP, grad, hessian, parameter, take
from autograd_nn import functions as fn
from autograd_nn.errors import (
    AutogradError,
    BackendError,
    BadArgumentError,
    MissingPackageError,
    TraceError,
    WrongTypeError,
)
from autograd_nn.jit import jit
from autograd_nn.jit.backends import jax as backend
from autograd_nn.jit.capture.call import Call
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.plan import Lines, Loop, walk
from autograd_nn.ops import PRIMITIVES

jax = pytest.importorskip("jax")
jnp = jax.numpy

from autograd_nn.jit.backends.jax import lines, loops  # noqa: E402 - they import JAX
from autograd_nn.jit.backends.jax.evaluation import Evaluation  # noqa: E402
from autograd_nn.jit.backends.jax.table import partial_of, row  # noqa: E402

COUNT = int(os.environ.get("AUTOGRAD_NN_JAX_PLANS", "1"))
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _in_double():
    """Double precision in these tests, and nothing left switched on for others."""
    with backend.in_double():
        yield


def assert_near(found, expected, rtol=1e-12):
    """As one vector each, to ``rtol`` of the largest."""
    x, y = (
        np.concatenate([np.ravel(np.asarray(leaf, float)) for leaf in jax.tree.leaves(each)])
        for each in (found, expected)
    )
    np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * max(1.0, np.abs(y).max()))


# -- the table ------------------------------------------------------------------------------


def arguments_of(row_of_table):
    """Numbers for an operation, special ones among them, a column an operand."""
    some = [x for x in SPECIAL if x == 0.0 or abs(x) > 1e-200 or x != x]
    plain = [*RNG.normal(size=30) * 3.0, *RNG.uniform(0, 1, 10), 5.5, 12.25, -20.5, 30.0]
    if row_of_table.arity == 1:
        return np.array([[*some, *plain]])
    pairs = [(a, b) for a in [*some, 3.5] for b in [*some, 3.5]]
    if row_of_table.name == "polygamma":
        pairs = [(x, n) for x in [0.5, 1.0, 3.25, 40.0, -2.5, np.inf] for n in (0.0, 1.0, 4.0)]
    pairs += [*zip(plain, reversed(plain), strict=True)] * (row_of_table.name != "polygamma")
    return np.array(pairs).T


def by_scalars(function, numbers):
    with np.errstate(all="ignore"):
        return np.array([function(*column) for column in numbers.T.tolist()], dtype=float)


def test_rows_and_their_slopes_are_those_of_the_table():
    """One that JAX has otherwise, at a kink or an infinity, would be another function there."""
    given = {code: arguments_of(r) for code, r in enumerate(PRIMITIVES) if r.name}

    @jax.jit
    def every(given):
        found = {}
        for code, x in given.items():
            y = row(code)(*x)
            slopes = [partial_of(code, k)(*x, y) for k in range(len(x))]
            found[code] = y, [jnp.broadcast_to(s, y.shape) for s in slopes]
        return found

    for code, (y, slopes) in every(given).items():
        name, x = PRIMITIVES[code].name, given[code]
        expected = by_scalars(PRIMITIVES[code].scalar, x)
        np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-14, err_msg=name)
        for k, slope in enumerate(slopes):

            def partial(*numbers, code=code, k=k):
                return float(PRIMITIVES[code].partials(*numbers)[k])

            expected = by_scalars(partial, np.vstack([x, y]))
            about = f"slope {k} of {name}"
            np.testing.assert_allclose(slope, expected, rtol=2e-12, atol=1e-13, err_msg=about)


def test_slopes_at_kinks_are_the_tables_to_any_order():
    """JAX's own slope of a power or of a choice is nan there, and slopes of slopes would be."""
    cases = {
        "kinks": (lambda x: x.relu() + abs(x) + 4.0 * fn.maximum(x, 2.0 * x), 0.0),
        "power": (lambda x: x**3.0 + 2.0 * x**2.5, 0.0),
        "power of a negative number": (lambda x: x**3.0, -2.0),
    }
    functions = {name: jit(f).program(x).to_jax() for name, (f, x) in cases.items()}

    @jax.jit
    def slopes(points):
        return {
            name: (
                jax.grad(g)(points[name]),
                jax.jvp(g, (points[name],), (1.0,))[1],
                jax.grad(jax.grad(g))(points[name]),
                jax.jvp(jax.grad(g), (points[name],), (1.0,))[1],
            )
            for name, g in functions.items()
        }

    for name, (by_grad, by_jvp, back_twice, there_and_back) in slopes(
        {name: x for name, (_, x) in cases.items()}
    ).items():
        f, x = cases[name]
        first, second = grad(f)(x), grad(grad(f))(x)
        found = [by_grad, by_jvp, back_twice, there_and_back]
        np.testing.assert_allclose(found, [first, first, second, second], rtol=1e-12, err_msg=name)


# -- plans ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2, 2 + COUNT))
def test_random_plans_agree_with_the_reference(seed):
    """A kind of nest, of access or of loop that is run wrongly gives the user wrong numbers."""
    assert_agrees(backend.compile, seed)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("first", range(2, 2 + 2 * COUNT, 2))
def test_programs_that_people_write_agree_with_the_reference(first):
    """Value and all slopes of a random program, of which JAX gets the whole."""
    seed, known = first, None
    while known is None:
        made = Maker(seed, "plain").program()
        args = made.calls[0][1]
        seed += 1000
        try:
            program = jit(made.build()["f"], backend="reference").program(*args)
        except (AutogradError, ArithmeticError, ValueError, TypeError, AttributeError):
            continue  # a program that raises, or that the engine runs
        plan = program.plan
        groups = [*Call(args, frozenset()).groups, program.parameters(None)]
        found = plan.run(groups, adjoint(plan, range(len(plan.leaves))))
        numbers = [found.numbers, *found.slopes]
        if len(plan.roots) == 1 and all(np.isfinite(x).all() for x in numbers):
            known = found
    evaluation = Evaluation(plan)
    flat = [jnp.asarray(np.ravel(np.asarray(g, float))) for g in groups]
    value, slopes = jax.jit(jax.value_and_grad(lambda g: evaluation(g)[0].sum()))(flat)
    assert_near(value, known.numbers, 1e-10)
    assert_near(slopes, known.slopes, 1e-10)


WEIGHTS, HIDDEN = RNG.normal(size=(4, 4)) * 0.3, RNG.normal(size=4)
READINGS = RNG.normal(size=24)


def recurrent(w, h, readings):
    h = list(h)
    for x in readings:
        h = [(sum(a * b for a, b in zip(line, h, strict=True)) + x).tanh() for line in w]
    return sum(h)


def from_rest(w, readings):
    """The state is a constant in the first round only."""
    return recurrent(w, [0.0] * len(w), readings)


def grid(x):
    """Each cell needs its neighbours above and to the left."""
    lines = [list(x)]
    for _ in range(8):
        line = [lines[-1][0] * 0.5]
        for k in range(1, len(x)):
            line.append((lines[-1][k] + line[-1]).sin())
        lines.append(line)
    return sum(lines[-1])


def backwards(x):
    """The rounds go from the end of the argument to its start."""
    total = x[0] * 0.0
    for k in range(len(x) - 1, 1, -1):
        total = (total * 0.9 + x[k] * x[k - 2]).tanh()
    return total


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (recurrent, (WEIGHTS, HIDDEN, READINGS)),
        (from_rest, (WEIGHTS, READINGS)),
        (grid, (READINGS[:6],)),
        (backwards, (READINGS,)),
    ],
)
def test_loops_have_the_engines_slopes_of_both_orders(f, args):
    """A loop that hands on too little would lose slopes of early rounds without a word."""
    program = jit(f, backend="jax").program(*args)
    every = tuple(range(len(args)))
    assert any(isinstance(item, Loop) for item, _ in walk(program.plan.items))
    g = program.to_jax()

    @jax.jit
    def all_of(*args):
        second = jax.jvp(jax.grad(g), args, args)[1] if len(args) > 1 else ()
        return jax.value_and_grad(g, every)(*args), jax.jvp(g, args, args)[1], second

    both, along, second = all_of(*args)
    expected = jit(f, backend="reference").value_and_grad(*args, argnums=every)
    assert_near(both, expected)
    pairs = zip(expected[1], args, strict=True)
    assert_near(along, sum(np.sum(a * b) for a, b in pairs))
    if len(args) == 1:  # of the others the first is enough
        return
    step = 1e-6
    ahead, behind = (np.array(grad(f)(*((1.0 + s) * x for x in args))) for s in (step, -step))
    assert_near(second, (ahead - behind) / (2.0 * step), 1e-7)


def test_a_loop_carries_what_it_writes_where_it_has_no_window(monkeypatch):
    """Both forms of a loop compute the same; the plain one is for what fits no window."""
    g = jit(recurrent, backend="jax").program(WEIGHTS, HIDDEN, READINGS)
    known = g.value_and_grad(WEIGHTS, HIDDEN, READINGS)
    monkeypatch.setattr(loops, "_BLOCKS", 0)
    assert_near(jax.jit(jax.value_and_grad(g.to_jax()))(WEIGHTS, HIDDEN, READINGS), known)


def irregular(x):
    """Operations that follow no pattern."""
    values = list(x)
    random = np.random.default_rng(3)
    for _ in range(40):
        a, b = (values[k] for k in random.integers(0, len(values), 2))
        kind = random.integers(5)
        made = [a * b, a + b, a.sin() * 0.5, a.tanh(), fn.maximum(a, b) - b][kind]
        values.append(made)
    return sum(values[-20:])


@pytest.mark.parametrize(("single", "groups"), [(1000, 200), (0, 200), (0, 0)])
def test_single_operations_in_all_three_forms(single, groups, monkeypatch):
    """One by one, like ones together, and a loop that does one after another."""
    monkeypatch.setattr(lines, "_SINGLE", single)
    monkeypatch.setattr(lines, "_GROUPS", groups)
    x = RNG.normal(size=6)
    program = jit(irregular, backend="numpy").program(x)
    assert any(isinstance(item, Lines) for item, _ in walk(program.plan.items))
    g = program.to_jax()
    expected = program.value_and_grad(x)
    assert_near(jax.jit(jax.value_and_grad(g))(x), expected)
    if not groups:
        assert_near(jax.jit(lambda x: jax.jvp(g, (x,), (x,))[1])(x), expected[1] @ x)


def test_look_ups_and_extremes():
    """An index that the argument holds, and several largest ones."""

    def f(table, index, x):
        return sum(take(table, i) * y for i, y in zip(index, x, strict=True)) + reduce(
            fn.maximum, x
        )

    table, index, x = (
        np.array([1.0, 2.0, 4.0]),
        np.array([2.0, 0.0, 2.0]),
        np.array([3.0, 1.0, 3.0]),
    )
    program = jit(f).program(table, index, x)
    found = jax.jit(jax.value_and_grad(program.to_jax(), (0, 2)))(table, index, x)
    assert_near(found, program.value_and_grad(table, index, x, argnums=(0, 2)))


# -- what JAX does with the function ----------------------------------------------------------


def dense(w, x):
    return sum(sum(a * b for a, b in zip(line, x, strict=True)).tanh() ** 2 for line in w)


def test_it_is_mapped_and_differentiated_again():
    """Along a new axis, with weights that all share, and twice, along two arguments too."""
    w, xs = RNG.normal(size=(2, 3)), RNG.normal(size=(4, 3))
    program = jit(dense).program(w, xs[0])
    g = program.to_jax()

    @jax.jit
    def every(w, xs):
        many = jax.vmap(g, (None, 0))
        shared = jax.grad(lambda w: many(w, xs).sum())(w)
        mixed, twice = jax.jacfwd(jax.grad(g, 1), (0, 1))(w, xs[0])
        return many(w, xs), shared, twice, mixed

    many, shared, twice, mixed = every(w, xs)
    slopes = [program.value_and_grad(w, x) for x in xs]
    assert_near(many, [value for value, _ in slopes])
    assert_near(shared, sum(slope for _, slope in slopes))
    expected = np.array(hessian(dense, 1)(w.tolist(), xs[0].tolist()))
    assert_near(twice, expected)
    both = np.array(hessian(lambda p: dense([p[:3], p[3:6]], p[6:]))([*w.ravel(), *xs[0]]))
    assert_near(mixed, both[6:, :6].reshape(3, 2, 3))


def test_results_of_any_structure_have_slopes():
    """The way back starts from all results at once, and constants stay what they are."""

    def f(x):
        return {"twice": [v * 2.0 for v in x], "sum": (sum(x), 3), "name": "line", "x": x}

    x = np.array([1.0, -2.0, 0.5])
    g = jit(f).program(x).to_jax()
    found = g(x)
    assert found["name"] == "line"
    assert_near([found["twice"], found["sum"], found["x"]], [*(2.0 * x), x.sum(), 3.0, *x])

    def numbers(x):
        found = g(x)
        return [jnp.stack(found["twice"]), found["sum"][0]]

    slopes = jax.jit(jax.jacrev(numbers))(x)
    assert_near(slopes, [2.0 * np.eye(3), np.ones(3)])


def test_it_is_sharded_over_devices():
    """A user with several devices: rows on each, and the same sum."""
    script = """
import jax, numpy as np
from jax.sharding import NamedSharding, PartitionSpec
from autograd_nn.jit import jit
jax.config.update("jax_enable_x64", True)
f = jit(lambda w, x: (w[0] * x[0] + w[1] * x[1]).tanh(), rows="x")
w, x = np.array([0.5, -0.25]), np.arange(16.0).reshape(8, 2) / 8
mesh = jax.make_mesh((2,), ("rows",), axis_types=(jax.sharding.AxisType.Auto,))
spread = jax.device_put(x, NamedSharding(mesh, PartitionSpec("rows")))
value, slope = jax.jit(jax.value_and_grad(f.program(w, x).to_jax()))(w, spread)
known = f.value_and_grad(w, x)
assert len(spread.sharding.device_set) == 2
assert abs(value - known[0]) < 1e-14 and np.allclose(slope, known[1], rtol=1e-13)
"""
    flags = "--xla_force_host_platform_device_count=2"
    environment = {**os.environ, "XLA_FLAGS": flags}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=300)


# -- arguments --------------------------------------------------------------------------------


@dataclass
class Spring:
    stiffness: float
    rest: float


def test_arguments_keep_their_structure():
    """Dicts whose keys JAX sorts, nested lists as one array, dataclasses, constants."""

    def f(p, pairs, spring, name, twice):
        x = p["z"] * p["a"][1] - p["a"][0]
        total = sum(a * b for a, b in pairs) * spring.stiffness + spring.rest
        return (x + total) * (2.0 if twice else 1.0) if name == "sum" else x

    p, pairs = {"z": 2.0, "a": np.array([1.0, 3.0])}, [(1.0, 2.0), (3.0, 4.0)]
    args = (p, pairs, Spring(0.5, 0.25), "sum", True)
    program = jit(f).program(*args)
    g = program.to_jax()
    assert_near(g(*args), program(*args))
    sorted_again = jax.tree.map(jnp.asarray, p)
    assert list(sorted_again) != list(p)
    both = jax.jit(lambda p, pairs: jax.value_and_grad(g, (0, 1))(p, pairs, *args[2:]))
    value, slopes = both(sorted_again, np.array(pairs))
    assert_near(value, program(*args))
    assert_near(slopes[0], {"a": [-2.0, 4.0], "z": 6.0})
    assert_near(slopes[1], [[2.0, 1.0], [4.0, 3.0]])


def test_models_and_captured_values_are_arguments():
    """A weight that was frozen into the function would never be trained."""
    model, bias = MLP(2, [3, 1], seed=0), parameter(0.5)
    X, t = RNG.normal(size=(5, 2)), RNG.normal(size=5)
    vector = np.array([p.data for p in model.parameters()])

    def loss(model, x, t):
        return (model(x) + bias - t) ** 2

    jitted = jit(loss, rows=("x", "t"))
    g = jitted.program(model, X, t).to_jax()
    np.testing.assert_array_equal(g.parameters, [0.5])
    expected = jitted.value_and_grad(model, X, t)
    value, slopes = jax.jit(jax.value_and_grad(g, 1))(g.parameters, vector, X, t)
    assert_near([value, slopes], expected)
    assert_near(jax.jit(lambda x: g(g.parameters, model, x, t))(X), expected[0])
    for p in model.parameters():  # what the function computes does not depend on the model
        p.data = 0.0
    assert_near(jax.jit(g)(g.parameters, vector, X, t), expected[0])

    closed = jit(lambda x: model(x) + bias).program([1.0, 2.0])
    h = closed.to_jax()
    moved = jax.jit(h)(h.parameters + 1.0, [1.0, 2.0])
    for v in closed.captured:
        v.data += 1.0
    assert_near(moved, closed([1.0, 2.0]))
    with pytest.raises(WrongTypeError, match="closes over"):
        h([1.0, 2.0])
    with pytest.raises(BadArgumentError, match="the vector of the"):
        h(h.parameters[:-1], [1.0, 2.0])


@pytest.mark.parametrize("reduce", ["mean", "sum", None])
def test_rows_of_any_number(reduce):
    """As many as there are, and one, from the program that one call recorded."""
    f = jit(lambda w, x, t: [(w * x[0] - t) ** 2, x[1]], rows=("x", "t"), reduce=reduce)
    X, t = RNG.normal(size=(9, 2)), RNG.normal(size=9)
    g = f.program(2.0, X[:3], t[:3]).to_jax()
    for count in (9, 1):
        expected = f(2.0, X[:count], t[:count])
        found = jax.jit(g)(2.0, X[:count], t[:count])
        assert [np.shape(x) for x in found] == [np.shape(x) for x in expected]
        assert_near(found, expected)
    with pytest.raises(BadArgumentError, match=r"argument 1 carries rows .* at least one row"):
        g(2.0, X[:0], t[:0])
    with pytest.raises(BadArgumentError, match=r"argument 2 has 2 rows, .* have 3"):
        g(2.0, X[:3], t[:2])


@pytest.mark.parametrize(
    ("args", "kind", "message"),
    [
        (([1.0, 2.0],), WrongTypeError, "takes 3 arguments, got 1"),
        (([1.0], np.ones(2), "a"), WrongTypeError, "argument 0 was recorded as a list of 2"),
        ((np.ones(3), np.ones(2), "a"), BadArgumentError, r"shape \(2,\), as it was recorded"),
        (([1.0, 2.0], np.ones((2, 1)), "a"), BadArgumentError, "argument 1 is an array of shape"),
        (([1.0, 2.0], np.ones(2) * 1j, "a"), WrongTypeError, "array of real numbers"),
        (([1.0, "2"], np.ones(2), "a"), WrongTypeError, r"argument 0\[1\] is an array of numbers"),
        (([1.0, 2.0], np.ones(2), "b"), BadArgumentError, "argument 2 is no number"),
    ],
)
def test_arguments_of_another_structure_are_refused(args, kind, message):
    """What JAX would broadcast, or compute with, without a word."""
    g = jit(lambda x, y, name: x[0] * y[0] + x[1] * y[1]).program([1.0, 2.0], np.ones(2), "a")
    with pytest.raises(kind, match=message):
        g.to_jax()(*args)


# -- guards -----------------------------------------------------------------------------------


def test_another_path_is_an_error_or_nan():
    """A path that was not recorded never gives numbers of one that was."""
    g = jit(lambda x: x * 2.0 if x > 0 else -x).program(1.0).to_jax()
    for call in (g, jax.grad(g)):
        with pytest.raises(TraceError, match="has one path"):
            call(-5.0)
    traced = jax.jit(jax.value_and_grad(g))
    assert_near(traced(5.0), (10.0, 2.0))
    assert np.isnan(traced(-5.0)).all()
    each = jax.vmap(jax.value_and_grad(g))(np.array([1.0, -1.0]))
    np.testing.assert_array_equal(np.isnan(each), [[False, True], [False, True]])


def test_a_result_without_arguments_in_it_has_a_path_too():
    """What is returned is a plain number, and still that of one path."""
    g = jax.jit(jax.value_and_grad(jit(lambda x: 1.0 if x > 0 else 2.0).program(1.0).to_jax()))
    assert_near(g(5.0), (1.0, 0.0))
    assert np.isnan(g(-5.0)[0])


def test_rows_that_take_another_path_are_nan_in_the_sum():
    """A mean that left them out would be another function's."""
    f = jit(lambda w, x: w * x if x > 0 else -x, rows="x", reduce=None)
    g = jax.jit(f.program(2.0, [1.0, 3.0]).to_jax())
    np.testing.assert_array_equal(g(2.0, np.array([1.0, -1.0, 2.0])), [2.0, np.nan, 4.0])


# -- precision --------------------------------------------------------------------------------


def test_dtypes():
    """The arguments', or what is asked for; JAX's settings are the user's."""
    x = np.array([0.5, 0.25])
    program = jit(lambda x: (x[0] * x[1]).tanh() + 0.1).program(x)
    single = x.astype(np.float32)
    found = jax.jit(jax.value_and_grad(program.to_jax()))(single)
    assert all(y.dtype == np.float32 for y in found)
    assert_near(found, program.value_and_grad(x), 1e-6)
    assert jax.eval_shape(program.to_jax("float32"), x).dtype == np.float32
    assert jax.eval_shape(program.to_jax("float64"), single).dtype == np.float64
    with jax.enable_x64(False):
        assert jax.eval_shape(program.to_jax(), x).dtype == np.float32
        with pytest.raises(BadArgumentError, match=r"jax_enable_x64.*to_jax\(dtype='float32'\)"):
            program.to_jax("float64")(x)
        assert jnp.ones(1).dtype == np.float32
    weight = parameter(0.5)
    captured = jit(lambda x: x * weight).program(2.0).to_jax()
    two = np.float32(2.0)
    assert jax.eval_shape(captured, captured.parameters, two).dtype == np.float64
    assert jax.eval_shape(captured, single[:1], two).dtype == np.float32
    for wrong, kind in (("int32", BadArgumentError), ("double-ish", WrongTypeError)):
        with pytest.raises(kind, match="dtype is"):
            program.to_jax(wrong)


def test_a_sent_program_gives_the_same_function():
    """Programs are pickled and sent elsewhere; there they are given to JAX."""
    program = pickle.loads(pickle.dumps(jit(dense).program(WEIGHTS, HIDDEN)))
    assert_near(jax.jit(program.to_jax())(WEIGHTS, HIDDEN), program(WEIGHTS, HIDDEN))


# -- the backend --------------------------------------------------------------------------------


def test_the_backend_means_the_function():
    """Value and slopes, of arguments and of a model, with a loop and with rows."""
    f = jit(recurrent, backend="jax")
    f.program(WEIGHTS, HIDDEN, READINGS)
    assert_near(
        f.value_and_grad(WEIGHTS, HIDDEN, READINGS, argnums=(0, 1, 2)),
        jit(recurrent, backend="reference")
        .program(WEIGHTS, HIDDEN, READINGS)
        .value_and_grad(WEIGHTS, HIDDEN, READINGS, argnums=(0, 1, 2)),
    )
    assert jnp.ones(1).dtype == np.float64
    model = MLP(2, [3, 1], seed=1)
    X, t = RNG.normal(size=(6, 2)), RNG.normal(size=6)

    def loss(model, x, t):
        return (model(x) - t) ** 2 if x[0] > 0 else abs(model(x) - t)

    by_jax = jit(loss, rows=("x", "t"), backend="jax")
    assert_near(
        by_jax.value_and_grad(model, X, t),
        jit(loss, rows=("x", "t"), backend="numpy").value_and_grad(model, X, t),
    )
    with jax.enable_x64(False):  # the backend computes in double precision all the same
        assert_near(
            by_jax.value_and_grad(model, X, t),
            jit(loss, rows=("x", "t")).value_and_grad(model, X, t),
        )
        assert jnp.ones(1).dtype == np.float32


def test_what_a_guard_reads_rounds_as_the_engine_does():
    """XLA rounds a product and a sum once: a comparison would come out otherwise at a tie."""
    a, b = 0.1 + RNG.uniform(size=200), 3.0 + RNG.uniform(size=200)

    def f(a, b, c):
        return 1.0 * a if a * b + c == 0.0 else 2.0 * b

    c = -(a * b)
    g = jit(f, rows=("a", "b", "c"), reduce=None, backend="jax")
    np.testing.assert_array_equal(g(a, b, c), a)


def test_without_jax_the_error_says_what_to_install(monkeypatch):
    """Both doors."""
    program = jit(lambda x: x * x).program(2.0)
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(MissingPackageError, match=r"autograd_nn\[jax\]"):
        program.to_jax()
    with pytest.raises(BackendError, match=r"autograd_nn\[jax\]"):
        backend.compile([], [8])
