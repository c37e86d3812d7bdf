"""SciPy's solvers on functions of scalars: structures, derivatives, constraints, refusals."""

import itertools
import sys

import numpy as np
import pytest

from autograd_nn import implicit, jacobian, jit, optimize
from autograd_nn.functions import exp, sin

scipy_optimize = pytest.importorskip("scipy.optimize")

WITH_GRADIENTS = ["CG", "BFGS", "L-BFGS-B", "SLSQP"]
NEWTON = ["Newton-CG", "trust-ncg", "trust-krylov", "trust-exact", "dogleg", "trust-constr"]


def rosenbrock(x):
    return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x))


@pytest.mark.parametrize("method", [None, *WITH_GRADIENTS, *NEWTON, "Nelder-Mead"])
def test_every_method_finds_the_minimum(method):
    found = optimize.minimize(rosenbrock, [-1.0, 1.5, 0.5], method=method)
    assert found.success
    assert isinstance(found.x, list)
    assert found.x == pytest.approx([1.0] * 3, abs=1e-3)


@pytest.mark.parametrize("method", ["Newton-CG", "trust-ncg", "trust-exact", "trust-constr"])
def test_newton_methods_are_given_exact_second_derivatives(method):
    """Near the solution they converge quadratically: few iterations, many digits."""
    found = optimize.minimize(rosenbrock, [0.9, 0.9], method=method, tol=1e-12)
    assert found.nit < 30
    assert found.x == pytest.approx([1.0, 1.0], abs=1e-6)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_large_problem_with_sparse_hessians(sparse):
    n = 30
    found = optimize.minimize(rosenbrock, np.full(n, 0.8), method="trust-constr", sparse=sparse)
    assert found.x.shape == (n,)
    np.testing.assert_allclose(found.x, 1.0, atol=1e-6)


def test_the_unknown_has_any_structure_and_the_callback_sees_it():
    seen = []
    f = lambda p, k: (p["a"] - k) ** 2 + ((p["b"] - 1.0) ** 2).sum()
    start = {"a": 0, "b": np.zeros((2, 2))}
    found = optimize.minimize(
        f, start, args=(3.0,), method="BFGS", callback=lambda r: seen.append(r.x)
    )
    assert found.x["a"] == pytest.approx(3.0)
    np.testing.assert_allclose(found.x["b"], np.ones((2, 2)), atol=1e-6)
    assert seen[-1]["b"].shape == (2, 2)
    assert start["a"] == 0


def test_a_callback_stops_the_solver():
    def stop(result):
        raise StopIteration

    assert optimize.minimize(rosenbrock, [-1.0, 1.0], method="BFGS", callback=stop).nit == 1


@pytest.mark.parametrize("sparse", [False, True])
def test_constraints_get_jacobians_and_hessians(sparse):
    circle = lambda p: [p["x"] ** 2 + p["y"] ** 2]
    constraint = scipy_optimize.NonlinearConstraint(circle, 1.0, 1.0)
    f = lambda p: p["x"] + 2.0 * p["y"]
    start = {"x": 1.0, "y": 0.0}
    found = optimize.minimize(
        f, start, method="trust-constr", constraints=constraint, sparse=sparse
    )
    expected = {"x": -1 / 5**0.5, "y": -2 / 5**0.5}
    assert found.x == pytest.approx(expected, abs=1e-5)
    by_dict = {"type": "eq", "fun": lambda p: p["x"] ** 2 + p["y"] ** 2 - 1.0}
    found = optimize.minimize(f, start, method="SLSQP", constraints=[by_dict])
    assert found.x == pytest.approx(expected, abs=1e-3)


def test_bounds():
    found = optimize.minimize(rosenbrock, [0.0, 0.0], method="L-BFGS-B", bounds=[(None, 0.5)] * 2)
    assert found.x == pytest.approx([0.5, 0.25], abs=1e-5)


@pytest.mark.filterwarnings("ignore:the matrix of 20 x 3 is dense")
@pytest.mark.parametrize(
    ("method", "sparse"), [("trf", False), ("trf", True), ("dogbox", False), ("lm", False)]
)
def test_least_squares_fits_a_curve(method, sparse):
    t = np.linspace(0, 3, 20)
    y = 2.5 * np.exp(-1.3 * t) + 0.5
    f = lambda p, t: [p["a"] * exp(-p["k"] * s) + p["c"] - v for s, v in zip(t, y, strict=True)]
    start = {"a": 1.0, "k": 1.0, "c": 0.0}
    found = optimize.least_squares(f, start, (t,), method=method, sparse=sparse)
    assert found.x == pytest.approx({"a": 2.5, "k": 1.3, "c": 0.5}, rel=1e-4)


@pytest.mark.parametrize("method", ["hybr", "lm", "krylov"])
def test_root(method):
    f = lambda p: {"first": p[0] + p[1] - 3.0, "second": p[0] * p[1] - 2.0}
    found = optimize.root(f, (0.5, 3.0), method=method)
    assert found.x == pytest.approx((1.0, 2.0), abs=1e-5)


def test_a_function_that_is_solved_again_is_not_recorded_again():
    runs = []

    def f(x, k):
        runs.append(1)
        return (x[0] - k) ** 2 + sin(x[0])

    first = optimize.minimize(f, [0.0], args=(1.0,), method="BFGS")
    count = len(runs)
    assert optimize.minimize(f, [0.0], args=(1.0,), method="BFGS").x == first.x
    assert len(runs) == count < 5


def test_a_jitted_function_is_taken_as_it_is():
    assert optimize.minimize(jit(rosenbrock), np.zeros(3), method="trust-exact").success


def test_a_solver_that_fails_says_so_in_its_own_words():
    found = optimize.minimize(rosenbrock, [-1.0, 2.0], method="BFGS", options={"maxiter": 2})
    assert not found.success
    assert "Maximum number of iterations" in found.message
    assert not optimize.root(lambda x: x * x + 1.0, 1.0).success


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: optimize.minimize(3, [1.0]), TypeError, "a solver takes a function, got int 3"),
        (lambda: optimize.minimize(rosenbrock, "a"), TypeError, "x0 is str 'a'"),
        (lambda: optimize.minimize(rosenbrock, []), ValueError, "x0 holds no number"),
        (lambda: optimize.minimize(lambda x: [x, x], 1.0, method="BFGS"), TypeError, "one number"),
        (lambda: optimize.least_squares(lambda x: "a", 1.0), TypeError, "returned is str 'a'"),
        (
            lambda: optimize.minimize(rosenbrock, [1.0, 2.0], method="newton"),
            ValueError,
            "solver newton",
        ),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_without_scipy_it_says_what_to_install(monkeypatch):
    for name in ("scipy", "scipy.optimize", "scipy.sparse"):
        monkeypatch.setitem(sys.modules, name, None)
    for call in (
        lambda: optimize.minimize(rosenbrock, [0.0, 0.0]),
        lambda: implicit.root(lambda x: x - 1.0, 0.0),
        lambda: jacobian(lambda x: x, sparse=True)(np.ones(1)),
    ):
        with pytest.raises(ImportError, match=r"pip install 'autograd_nn\[optimize\]'"):
            call()
