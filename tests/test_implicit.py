"""Derivatives of solutions against closed forms: of equations, also differential ones."""

import math

import numpy as np
import pytest

from autograd_nn import Value, grad, hessian, implicit, jacrev, jit, jvp, vjp
from autograd_nn.errors import JitWarning, SingularMatrixError
from autograd_nn.functions import cos, exp, sin

pytest.importorskip("scipy")

square_root = lambda a: implicit.root(lambda x, a: x * x - a, 1.0, a)


def test_plain_numbers_give_plain_numbers():
    assert square_root(2.0) == pytest.approx(2**0.5)
    assert type(square_root(2.0)) is float


def test_derivatives_of_every_order():
    assert grad(square_root)(2.0) == pytest.approx(0.5 * 2**-0.5, rel=1e-12)
    assert hessian(square_root)(2.0) == pytest.approx(-0.25 * 2**-1.5, rel=1e-12)
    assert grad(grad(grad(square_root)))(2.0) == pytest.approx(0.375 * 2**-2.5, rel=1e-11)
    fourth = grad(grad(grad(grad(square_root))))(2.0)
    assert fourth == pytest.approx(-15 / 16 * 2**-3.5, rel=1e-10)
    assert jvp(square_root, (2.0,), (1.0,))[1] == pytest.approx(0.5 * 2**-0.5, rel=1e-12)


def test_a_system_in_structures():
    def residual(x, p, q):
        return [x["a"] + x["b"] - p[0], x["a"] * x["b"] - q]

    solve = lambda p, q: implicit.root(residual, {"a": 3.0, "b": 0.5}, p, q)["a"]
    larger = lambda p, q: (p[0] + (p[0] * p[0] - 4.0 * q).sqrt()) / 2.0
    found = grad(solve, argnums=(0, 1))([4.0], 1.0)
    expected = grad(larger, argnums=(0, 1))([4.0], 1.0)
    assert found[0] == pytest.approx(expected[0], rel=1e-12)
    assert found[1] == pytest.approx(expected[1], rel=1e-12)


def test_values_of_the_users_own_graph():
    a = Value(4.0)
    x = implicit.root(lambda x, p: x * x - p["a"] + 0.0 * p["k"], 1.0, {"a": a, "k": 2})
    (x * 3.0).backward()
    assert (x.data, a.grad) == (pytest.approx(2.0), pytest.approx(0.75))


def test_through_the_jit_the_engine_runs_it_and_says_so():
    f = jit(square_root)
    with pytest.warns(JitWarning, match="solves an equation by SciPy"):
        f(1.0)
    assert [f(2.0), f(3.0), f(4.0)] == pytest.approx([2**0.5, 3**0.5, 2.0])
    assert f.value_and_grad(4.0) == pytest.approx((2.0, 0.25))


def test_a_fixed_point():
    solve = lambda a: implicit.fixed_point(lambda x, a: cos(a * x), 1.0, a)
    x = solve(1.0)
    assert x == pytest.approx(math.cos(x))
    assert grad(solve)(1.0) == pytest.approx(-x * math.sin(x) / (1 + math.sin(x)), rel=1e-10)


def test_the_recipe_for_a_solver_of_ones_own():
    """The documentation's: the differentiable solver starts at a solution found elsewhere."""
    from scipy.optimize import brentq

    def residual(x, mean, e):
        return x - e * sin(x) - mean

    def kepler(mean, e):
        at = brentq(residual, -10.0, 10.0, args=(float(mean), float(e)))
        return implicit.root(residual, at, mean, e)

    expected = 1 / (1 - 0.3 * math.cos(kepler(1.0, 0.3)))
    assert grad(kepler)(1.0, 0.3) == pytest.approx(expected, rel=1e-9)


class TestDifferentialEquations:
    def oscillate(self, t, y, k):
        return [y[1], -k * y[0]]

    def test_slopes_along_parameters_and_start(self):
        def total(k, y0):
            y = implicit.solve_ivp(
                self.oscillate, (0.0, 2.0), [y0, 0.0], k, t_eval=[0.5, 1.0, 2.0]
            ).y
            return y[0, 0] + y[0, 1] * 2.0 + y[1, 2]

        def exact(k, y0):
            w = k**0.5
            at = lambda t: y0 * (w * t).cos()
            return at(0.5) + at(1.0) * 2.0 - y0 * w * (2.0 * w).sin()

        found = grad(total, argnums=(0, 1))(3.0, 1.5)
        assert found == pytest.approx(grad(exact, argnums=(0, 1))(3.0, 1.5), rel=1e-5)

    def test_vjp_and_jacrev(self):
        end = lambda k: implicit.solve_ivp(self.oscillate, (0.0, 1.0), [1.0, 0.0], k).y[:, -1]
        w = 3.0**0.5
        expected = [-math.sin(w) / (2 * w), -math.sin(w) / (2 * w) - math.cos(w) / 2]
        assert vjp(end, 3.0)[1](np.ones(2))[0] == pytest.approx(sum(expected), rel=1e-5)

    def test_plain_numbers_and_own_steps(self):
        found = implicit.solve_ivp(lambda t, y: [-y[0]], (0.0, 1.0), [1.0])
        assert found.y.dtype == float
        assert found.y[0, -1] == pytest.approx(math.exp(-1), rel=1e-7)

    def test_structures_and_time(self):
        def f(t, y, p):
            return {"a": t * p["k"] * y["a"]}

        end = lambda k: implicit.solve_ivp(f, (0.0, 1.0), {"a": 1.0}, {"k": k}).y[0, -1]
        assert grad(end)(1.0) == pytest.approx(0.5 * math.exp(0.5), rel=1e-6)

    def test_backward_in_the_users_own_graph(self):
        k = Value(0.5)
        y = implicit.solve_ivp(lambda t, y, k: [-k * y[0]], (0.0, 1.0), [2.0], k, t_eval=[1.0]).y
        exp(y[0, 0]).backward()
        expected = -2.0 * math.exp(-0.5) * math.exp(2.0 * math.exp(-0.5))
        assert k.grad == pytest.approx(expected, rel=1e-6)

    def test_forward_and_second_derivatives_are_refused(self):
        end = lambda k: implicit.solve_ivp(lambda t, y, k: [-k * y[0]], (0.0, 1.0), [1.0], k).y[
            0, -1
        ]
        for call in (lambda: hessian(end)(0.5), lambda: jvp(end, (0.5,), (1.0,))):
            with pytest.raises(TypeError, match="first derivatives only, found backward"):
                call()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: implicit.root(lambda x: x * x + 1.0, 1.0), ValueError, "did not converge"),
        (
            lambda: grad(lambda a: implicit.root(lambda x, a: (x - a) ** 2, 1.0, a))(1.0),
            SingularMatrixError,
            "its condition number is",
        ),
        (
            lambda: grad(
                lambda a: sum(implicit.root(lambda x, a: [x[0] + x[1] - a] * 2, [0.5, 0.5], a))
            )(1.0),
            np.linalg.LinAlgError,
            "condition number",
        ),
        (lambda: implicit.root(3, 1.0), TypeError, "a solver takes a function"),
        (lambda: implicit.root(lambda x: x, "a"), TypeError, "x0 is str"),
        (lambda: implicit.fixed_point(lambda x: [x[0]], [1.0, 2.0]), ValueError, "1 for 2"),
        (lambda: implicit.solve_ivp(lambda t, y: [1.0], (0.0, 1.0), []), ValueError, "no number"),
        (lambda: implicit.solve_ivp(lambda t, y: [1.0, 2.0], (0, 1), [0.0]), ValueError, "2 for 1"),
        (
            lambda: implicit.solve_ivp(lambda t, y: [y[0] * y[0]], (0.0, 2.0), [1.0]),
            ValueError,
            "solve_ivp failed",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_integers_are_numbers():
    assert implicit.root(lambda x, a: x - a, 0, 3) == pytest.approx(3.0)
    assert jacrev(lambda a: implicit.root(lambda x, a: x - a * a, 0, a))(3) == pytest.approx(6.0)
