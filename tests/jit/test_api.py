"""What users meet when they call jit: structures, paths, leaks, rows, models, bad input."""

import copy
import importlib
import math
import os
import pickle
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import autograd_nn
from autograd_nn import MLP, Value, grad, no_grad, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.jit import JitWarning, LeakError, TraceError, jit, take
from autograd_nn.ops import primitive


def dot_square(w, x):
    return sum(a * b for a, b in zip(w, x, strict=True)) ** 2


def test_value_and_gradient_of_nested_structures():
    def f(p, xs):
        return sum(p["w"][i][j] * xs[j] for i in range(2) for j in range(2)) + p["b"] ** 3

    p, xs = {"w": [[1.0, 2.0], [3.0, 4.0]], "b": 2.0}, (5.0, 6.0)
    assert jit(f)(p, xs) == 64.0
    value, gradient = jit(f).value_and_grad(p, xs)
    assert value == 64.0
    assert gradient == {"w": [[5.0, 6.0], [5.0, 6.0]], "b": 12.0}
    _, both = jit(f).value_and_grad(p, xs, argnums=(1, 0))
    assert both == ((4.0, 6.0), gradient)


def test_results_keep_their_structure():
    @jit
    def f(x, a):
        return {"pair": (x * 2, None), "array": np.array([x, x * x]), "list": [a[0], 1.5]}

    found = f(3.0, np.array([7.0, 8.0]))
    assert found["pair"] == (6.0, None)
    assert found["array"].tolist() == [3.0, 9.0]
    assert found["list"] == [7.0, 1.5]
    assert f.__name__ == "f"


def test_three_spellings_of_the_gradient_agree():
    w, x = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    expected = value_and_grad(dot_square)(w, x)
    for spelled in (jit(dot_square).value_and_grad, value_and_grad(jit(dot_square))):
        value, gradient = spelled(w, x)
        assert value == expected[0]
        assert gradient.tolist() == expected[1].tolist()
    value, gradient = jit(value_and_grad(dot_square))(w, x)
    assert (value, gradient.tolist()) == (expected[0], expected[1].tolist())


def test_a_jitted_function_stays_in_the_graph_of_values():
    square = jit(lambda x: x * x)
    x = Value(3.0)
    y = square(x) * 2
    y.backward()
    assert (y.data, x.grad) == (18.0, 12.0)
    assert grad(grad(lambda t: square(t) * t))(2.0) == 12.0
    assert jit(lambda t: square(t) + 1)(4.0) == 17.0


def test_every_path_through_a_branch_is_recorded_once():
    runs = []

    @jit
    def f(x):
        runs.append(1)
        return x * 2 if x > 1 else -x

    assert [f(3.0), f(0.5), f(4.0), f(-2.0), f(1.0)] == [6.0, -0.5, 8.0, 2.0, -1.0]
    recorded = len(runs)
    assert [f(30.0), f(0.25)] == [60.0, -0.25]
    assert len(runs) == recorded
    assert f.value_and_grad(2.0) == (4.0, 2.0)
    assert f.value_and_grad(-2.0) == (2.0, -1.0)


def test_a_comparison_with_nan_takes_the_path_that_python_takes():
    f = jit(lambda x: x * 2 if x > 0 else x * 3)
    assert f(1.0) == 2.0
    assert math.isnan(f(math.nan))
    assert f.value_and_grad(math.nan)[1] == 3.0


def test_many_paths_bring_one_warning_that_names_the_line_and_go_on_in_the_engine():
    def staircase(x):
        return sum(
            (x * k if x > k else x)  # the guard
            for k in range(40)
        )

    f = jit(staircase)

    def call_on_many_sides():
        for k in range(40):
            assert f.value_and_grad(k + 0.5) == value_and_grad(staircase)(k + 0.5)

    with pytest.warns(JitWarning, match="'>' at .*the guard.*maximum, minimum or relu") as caught:
        call_on_many_sides()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    call_on_many_sides()


def test_other_shapes_are_recorded_anew_and_kept():
    f = jit(lambda xs: sum(x * x for x in xs))
    for n in (1, 2, 5, 2, 1):
        assert f(np.arange(float(n))) == sum(k * k for k in range(n))
    assert f([1.0, 2.0]) == 5.0


@pytest.mark.parametrize(
    "leak",
    [
        lambda x: x * x.data,
        lambda x: x + float(x),
        lambda x: x * math.exp(x),
        lambda x: x.data,
        lambda x: x * Value(x.data * 2),
    ],
)
def test_a_number_that_leaves_the_graph_is_never_frozen(leak):
    """Its slope is that of the engine, 0, and the number is this call's."""
    f = jit(leak)
    for x in (1.5, 2.5, -3.0, 1.5, 2.5):
        assert f.value_and_grad(x) == value_and_grad(leak)(x)
        assert f(x) == value_and_grad(leak)(x)[0]


def test_the_line_of_the_leak_is_named():
    """Where nothing of the result depends on the argument but by way of plain floats."""

    def f(x, y):
        z = x * 2
        return y * math.sin(z)  # the slip

    jitted = jit(f)
    for _ in range(3):
        with pytest.raises(LeakError, match="the slip") as error:
            jitted.value_and_grad(1.5, 3.0)
        assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)
        assert jitted(1.5, 3.0) == f(1.5, 3.0)
        assert jitted.value_and_grad(1.5, 3.0, argnums=1) == (f(1.5, 3.0), math.sin(3.0))
    with pytest.raises(LeakError, match="the slip"):
        value_and_grad(f)(1.5, 3.0)


def test_a_random_function_runs_in_the_engine_and_says_so_once():
    rng, twin = np.random.default_rng(0), np.random.default_rng(0)
    f = jit(lambda x: x * rng.normal())
    with pytest.warns(JitWarning, match="random numbers.*argument") as caught:
        found = [f(2.0) for _ in range(4)]
    assert found == [2.0 * twin.normal() for _ in range(4)]
    assert [w.filename for w in caught] == [__file__]


def test_a_warning_that_is_an_error_is_raised():
    """For those who run with ``-W error``; it is said once, and then the numbers come."""
    typed = jit(lambda x: x * 2 if type(x) is float else x.no_such_attribute)
    ragged = jit(lambda x: take([[x], [1.0, 2.0]], (x > 9) * 1)[0] * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(JitWarning, match="no_such_attribute"):
            typed(1.5)
        with pytest.raises(JitWarning, match="equal length"):
            jit(lambda x, i: take([[x], [1.0, 2.0]], i)[0] * 2)(1.5, 0)
        assert ragged(1.5) == 3.0  # a plain index is Python's own
    assert [typed(1.5), typed(2.0)] == [3.0, 4.0]


def test_values_that_escape_into_an_outer_list_are_found():
    seen = []

    def f(x):
        seen.append(x * 2)
        return x

    with pytest.raises(TraceError, match="seen"):
        jit(f)(1.0)


def test_a_value_computed_elsewhere_is_refused_and_named():
    outside = Value(2.0) * 3
    with pytest.raises(TraceError, match="mul"):
        jit(lambda x: x * outside)(1.0)


def test_a_leaf_that_is_closed_over_is_read_at_every_call():
    scale = Value(2.0)
    f = jit(lambda x: x * scale)
    assert f(3.0) == 6.0
    scale.data = 5.0
    assert f(3.0) == 15.0


@pytest.mark.parametrize("other", ["text", None, True, 1j, ["a"], (None, "b"), {"k": "v"}])
def test_arguments_that_are_no_numbers_are_handed_on(other):
    """They are part of what a program is recorded for."""
    runs = []

    def f(x, y):
        runs.append(1)
        return [x, y * 2]

    jitted = jit(f)
    for y in (1.0, 2.0, 3.0, 4.0):
        assert jitted(other, y) == [other, 2 * y]
    assert len(runs) == 1
    assert jitted("another", 1.0) == ["another", 2.0]


def test_what_cannot_be_taken_apart_is_named_and_the_function_runs_as_it_is():
    f = jit(lambda x, y: y * len(x))
    with pytest.warns(JitWarning, match="argument 0 is an array of <U1") as caught:
        assert [f(np.array(["a", "b"]), y) for y in (1.0, 2.0)] == [2.0, 4.0]
    assert [w.filename for w in caught] == [__file__]
    assert f.value_and_grad(np.array(["a"]), 3.0, argnums=1) == (3.0, 1.0)


def test_results_that_are_no_numbers():
    assert [jit(lambda x: "text")(1.0), jit(lambda x: None)(1.0)] == ["text", None]
    made = jit(lambda x: {1, 2, 3})
    with pytest.warns(JitWarning, match=r"returned set \{1, 2, 3\}"):
        assert [made(1.0), made(2.0)] == [{1, 2, 3}] * 2
    with pytest.raises(TypeError, match="one number"):
        jit(lambda x: "text").value_and_grad(1.0)
    with pytest.raises(TypeError, match="one number"):
        jit(lambda x: [x, x]).value_and_grad(1.0)
    with pytest.raises(ValueError, match="argument 2"):
        jit(lambda x: x).value_and_grad(1.0, argnums=2)
    with pytest.raises(ValueError, match="twice"):
        jit(lambda x: x).value_and_grad(1.0, argnums=(0, 0))
    with pytest.raises(TypeError, match="argnums"):
        jit(lambda x: x).value_and_grad(1.0, argnums="x")
    with pytest.raises(TypeError, match="function"):
        jit(3)


def test_no_dependence_is_a_gradient_of_zero():
    """Where no number of the argument left the graph, that is what the function says."""
    for f in (lambda x, y: y * 2, lambda x, y: 4.0, lambda x, y: (x < 100) * 1.0 + y * 0):
        jitted = jit(f)
        for _ in range(3):
            assert jitted.value_and_grad(np.ones(2)[0], 3.0) == value_and_grad(f)(1.0, 3.0)
            assert jitted.value_and_grad(1.0, 3.0)[1] == 0.0


def test_detached_values_follow_the_arguments_with_slope_zero():
    f = jit(lambda x: x * x.detach())
    assert f.value_and_grad(3.0) == (9.0, 3.0)
    assert f.value_and_grad(4.0) == (16.0, 4.0)

    def g(x):
        with no_grad():
            scale = x * 10
        return x * scale

    assert jit(g).value_and_grad(2.0) == (40.0, 20.0)
    assert jit(g).value_and_grad(3.0) == (90.0, 30.0)


def test_arguments_by_name():
    f = jit(lambda x, y=2.0: x * y)
    assert f(x=3.0) == 6.0
    assert f(3.0, y=4.0) == 12.0


def test_a_model_closed_over_or_passed():
    model = MLP(2, [3, 1], seed=1)
    x = np.array([0.5, -1.0])

    def eager(m):
        m.zero_grad()
        out = m(list(x))
        out = (out if isinstance(out, Value) else out[0]) ** 2
        out.backward()
        return out.data, [p.grad for p in m.parameters()]

    def loss(x):
        out = model(list(x))
        return (out if isinstance(out, Value) else out[0]) ** 2

    def loss_of(m, x):
        out = m(list(x))
        return (out if isinstance(out, Value) else out[0]) ** 2

    for jitted, args in ((jit(loss), (x,)), (jit(loss_of), (model, x))):
        for _ in range(2):
            value, slopes = eager(model)
            found, gradient = jitted.value_and_grad(*args, argnums=model)
            assert found == pytest.approx(value, rel=1e-12)
            assert gradient == pytest.approx(slopes, rel=1e-12)
            for p in model.parameters():
                p.data += 0.1
    vector = np.array([p.data for p in model.parameters()])
    with_vector = jit(loss).value_and_grad(x, argnums=model, vector=vector * 2)
    for p in model.parameters():
        p.data *= 2
    assert with_vector[0] == pytest.approx(eager(model)[0], rel=1e-12)
    with pytest.raises(ValueError, match="vector"):
        jit(loss).value_and_grad(x, argnums=model, vector=np.zeros(3))


def test_rows_form_is_the_mean_over_rows():
    def one(w, b, x, t):
        hidden = [fn.tanh(sum(w[i][j] * x[j] for j in range(3)) + b[i]) for i in range(4)]
        return (sum(hidden) - t) ** 2

    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(4, 3)), rng.normal(size=4)
    for n in (1, 7, 1200):
        x, t = rng.normal(size=(n, 3)), rng.normal(size=n)
        hidden = np.tanh(x @ w.T + b)
        error = hidden.sum(axis=1) - t
        delta = 2 * error[:, None] * (1 - hidden**2)
        f = jit(one, rows=("x", "t"))
        value, (dw, db, dx) = f.value_and_grad(w, b, x, t, argnums=(0, 1, 2))
        assert value == pytest.approx(np.mean(error**2), rel=1e-12)
        np.testing.assert_allclose(dw, delta.T @ x / n, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(db, delta.mean(axis=0), rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(dx, delta @ w / n, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(
            jit(one, rows=("x", "t"), reduce=None)(w, b, x, t), error**2, rtol=1e-12
        )
        total = jit(one, rows=("x", "t"), reduce="sum")
        assert total(w, b, x, t) == pytest.approx(np.sum(error**2), rel=1e-12)
        np.testing.assert_allclose(
            total.value_and_grad(w, b, x, t)[1], delta.T @ x, rtol=1e-10, atol=1e-12
        )


def test_rows_are_checked():
    f = jit(lambda w, x: w * x, rows="x")
    with pytest.raises(ValueError, match="row"):
        f(1.0, 2.0)
    with pytest.raises(ValueError, match="row"):
        f(1.0, [])
    with pytest.raises(ValueError, match="rows names"):
        jit(lambda w, x: w, rows="y")
    with pytest.raises(ValueError, match="has 3 rows"):
        jit(lambda w, x: w * x, rows=("w", "x"))([1.0, 2.0], [1.0, 2.0, 3.0])
    branch = jit(lambda x: x if x > 0 else -x, rows="x")
    assert branch([1.0, 2.0]) == 1.5
    assert branch([-1.0, -2.0]) == 1.5


def test_the_program_prints_what_was_found():
    f = jit(lambda w, x: [sum(a * b for a, b in zip(r, v, strict=True)) for r in w for v in x])
    text = str(f.program(np.ones((8, 6)), np.ones((5, 6))))
    assert "[8, 5] = sum of 6: a0[8, 6] * a1[5, 6]" in text


POOL = """
from multiprocessing import get_context
from autograd_nn import jit

@jit
def decorated(x):
    return x * x

def cube(x):
    return x * x * x

if __name__ == "__main__":
    with get_context("spawn").Pool(2) as pool:
        print(pool.map(decorated, [1.0, 2.0, 3.0]), pool.map(jit(cube), [1.0, 2.0, 3.0]))
"""


def test_a_jitted_function_can_be_sent_to_other_processes(tmp_path):
    """A decorated one by its name; any other with its programs."""
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    path = {"PYTHONPATH": str(Path(autograd_nn.__file__).parents[1])}
    run = subprocess.run(
        [sys.executable, "-P", str(script)], capture_output=True, text=True, env=os.environ | path
    )
    assert run.stdout.strip() == "[1.0, 4.0, 9.0] [1.0, 8.0, 27.0]", run.stderr


def test_a_copy_records_anew():
    """Of a closure over a model, the model is the live one, not that of the recording."""
    model = MLP(1, [1], seed=0)
    jitted = jit(lambda x: model([x]) ** 2)
    x = 1.5
    jitted(x)
    for copied in (copy.copy(jitted), copy.deepcopy(jitted)):
        for p in model.parameters():
            p.data += 0.25
        for _ in range(3):
            assert copied(x) == pytest.approx((model([x]) ** 2).data, rel=1e-13)
            assert jitted(x) == copied(x)


def test_the_program_can_be_sent_to_another_process():
    program = jit(dot_square).program(np.ones(3), np.ones(3))
    copied = pickle.loads(pickle.dumps(program))
    assert copied(np.array([1.0, 2.0, 3.0]), np.ones(3)) == 36.0
    assert str(copied) == str(program)


def test_threads_share_one_function():
    f = jit(lambda x: sum(x[i] * x[i + 1] for i in range(49)))
    wrong = []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(50):
            x = rng.normal(size=50)
            value, gradient = f.value_and_grad(x)
            expected = np.r_[x[1:], 0] + np.r_[0, x[:-1]]
            if not np.isclose(value, x[:-1] @ x[1:]) or not np.allclose(gradient, expected):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_an_error_in_the_function_changes_nothing():
    model = MLP(2, [1], seed=0)
    before = [p.data for p in model.parameters()]
    broken = [True]

    def f(x):
        out = model(list(x))
        if broken[0]:
            raise KeyError("x")
        return out if isinstance(out, Value) else out[0]

    jitted = jit(f)
    for _ in range(3):
        with pytest.raises(KeyError):
            jitted.value_and_grad(np.ones(2), argnums=model, vector=np.ones(3))
    assert [p.data for p in model.parameters()] == before
    broken[0] = False
    for _ in range(3):
        assert jitted(np.ones(2)) == pytest.approx(model([1.0, 1.0]).data, rel=1e-13)


def test_integers_are_numbers_too():
    f = jit(lambda x, n: x * n if n > 2 else x)
    assert f(2.0, 3) == 6.0
    assert f(2.0, 1) == 2.0
    assert f.value_and_grad(2, 3) == (6.0, 3.0)


def test_nothing_warns_on_numbers_that_overflow():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradient = jit(lambda x: fn.exp(x * 1000.0)).value_and_grad(5.0)
    assert (value, gradient) == (math.inf, math.inf)


def test_the_slope_of_relu_is_the_tables():
    x = np.array([-math.inf, -2.0, -5e-324, 0.0, 5e-324, 1e-300, 0.5, 7.0, math.inf, math.nan])
    x = np.tile(x, 4)
    f = jit(lambda v: sum(a.relu() * (k + 1.0) for k, a in enumerate(v)))
    expected = primitive("relu").partials(x, None)[0] * (np.arange(len(x)) + 1.0)
    np.testing.assert_array_equal(f.value_and_grad(x)[1], expected)


def test_the_package_itself_can_be_called():
    package = importlib.import_module("autograd_nn.jit")
    assert package(lambda x: x * x).value_and_grad(3.0) == (9.0, 6.0)


@pytest.mark.parametrize("key", [lambda x: x, lambda x: (x * 2, "twice")])
def test_a_dict_whose_keys_are_computed_is_the_functions_own(key):
    """A key is found by its number; one that was recorded would be found no more."""

    def f(x):
        return {key(x): x * 3}

    jitted = jit(f)
    with pytest.warns(JitWarning, match="a dict with a key that it computed"):
        found = [jitted(x) for x in (1.0, 1.0, 2.0)]
    assert found == [f(x) for x in (1.0, 1.0, 2.0)]
