"""jvp, vjp, linearize and hvp: structures, costs, refusals; JAX's numbers are compared beside."""

import itertools

import numpy as np
import pytest

from autograd_nn import Value, grad, hessian, hvp, jit, jvp, linearize, vjp
from autograd_nn.functions import exp, sin


def nested(p, q):
    return {"a": [p["w"][0] * q, exp(p["w"][1])], "b": p["w"][0] ** 2}


POINT = ({"w": np.array([2.0, 0.0])}, 3.0)
ALONG = ({"w": np.array([1.0, 10.0])}, 100.0)


def test_jvp_keeps_every_structure():
    value, tangent = jvp(nested, POINT, ALONG)
    assert value == {"a": [6.0, 1.0], "b": 4.0}
    assert tangent == {"a": [203.0, 10.0], "b": 4.0}


def test_vjp_gives_a_tuple_with_a_slope_for_each_argument():
    value, back = vjp(nested, *POINT)
    first, second = back({"a": [1.0, 1.0], "b": 1.0})
    assert value["b"] == 4.0
    assert first["w"].tolist() == [7.0, 1.0]
    assert second == 2.0


def test_linearize_runs_the_function_once():
    calls = []

    def f(x):
        calls.append(x)
        return x * x

    value, along = linearize(f, 3.0)
    assert (value, along(1.0), along(2.0)) == (9.0, 6.0, 12.0)
    assert len(calls) == 1


def test_hvp_is_the_tangent_of_the_gradient_along_the_first_argument():
    f = lambda x, y: x[0] ** 2 * x[1] * y
    found = hvp(f, ([3.0, 5.0], 2.0), ([1.0, 0.0], 0.5))
    assert found == pytest.approx([2 * 5 * 2 + 2 * 3 * 5 * 0.5, 2 * 3 * 2 + 9 * 0.5])


@pytest.mark.parametrize("n", [1, 2, 30])
def test_hvp_is_the_hessian_times_a_vector(n):
    f = lambda x: sum(sin(a * b) * exp(0.1 * a) for a, b in zip(x, x[::-1], strict=True))
    x, v = np.linspace(-1, 1, n), np.cos(np.arange(n))
    expected = hessian(f)(x) @ v
    assert hvp(f, (x,), (v,)) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    jitted = jit(f)
    for _ in range(3):
        assert hvp(jitted, (x,), (v,)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_all_of_it_is_one_program_without_guards():
    f = lambda x: sum((b - a**2) ** 2 + exp(a * b) for a, b in itertools.pairwise(x))
    x = np.linspace(-1, 1, 40)
    program = jit(lambda x, v: hvp(f, (x,), (v,))).program(x, x)
    assert program.guards == 0
    assert program.packs < 200


def test_products_of_products_differ_by_order():
    f = lambda x: x**4
    third = jvp(lambda x: jvp(lambda x: jvp(f, (x,), (1.0,))[1], (x,), (1.0,))[1], (2.0,), (1.0,))
    assert third == (48.0, 48.0)


def test_within_a_graph_the_products_are_values():
    x = Value(2.0)
    _, tangent = jvp(lambda a: a**3, (x,), (1.0,))
    tangent.backward()
    assert (tangent.data, x.grad) == (12.0, 12.0)
    w = Value(2.0)
    _, tangent = jvp(lambda a: a**3, (2.0,), (w,))
    tangent.backward()
    assert w.grad == 12.0


def test_a_weight_of_vjp_can_be_differentiated():
    w = Value(5.0)
    (slope,) = vjp(lambda x: [x**3, x], 2.0)[1]([w, 1.0])
    slope.backward()
    assert (slope.data, w.grad) == (61.0, 12.0)


def test_auxiliary_data_is_handed_on_as_numbers():
    f = lambda x: (x * x, {"note": "a", "x": [x]})
    assert jvp(f, (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, {"note": "a", "x": [3.0]})
    value, back, aux = vjp(f, 3.0, has_aux=True)
    assert (value, back(1.0), aux["x"]) == (9.0, (6.0,), [3.0])
    value, along, aux = linearize(f, 3.0, has_aux=True)
    assert (value, along(1.0), aux["note"]) == (9.0, 6.0, "a")


def test_a_constant_has_tangent_0():
    assert jvp(lambda x: [7.0, x], (2.0,), (1.0,)) == ([7.0, 2.0], [0.0, 1.0])
    assert vjp(lambda x: 7.0, 2.0)[1](1.0) == (0.0,)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: jvp(3, (1.0,), (1.0,)), TypeError, "is of a function, got int 3"),
        (lambda: jvp(abs, 1.0, (1.0,)), TypeError, r"for one argument write \(x,\)"),
        (lambda: jvp(abs, (1.0,), 1.0), TypeError, "tangents are a tuple"),
        (lambda: jvp(abs, (1.0,), (1.0, 2.0)), TypeError, "1 primals need as many tangents, got 2"),
        (
            lambda: jvp(sum, ([1.0, 2.0],), ([1.0],)),
            ValueError,
            r"tangent 0 has the structure list",
        ),
        (
            lambda: jvp(sum, ([1.0, 2.0],), (np.ones(2),)),
            ValueError,
            r"array\(2,\), but argument 0 has list\(number, number\)",
        ),
        (
            lambda: jvp(lambda x: x[0], (np.ones(3),), (np.ones(2),)),
            ValueError,
            r"array\(2,\), but argument 0 has array\(3,\)",
        ),
        (lambda: jvp(lambda x: "a", (1.0,), (1.0,)), TypeError, "returned is str 'a'"),
        (lambda: jvp(lambda x: [], (1.0,), (1.0,)), ValueError, "holds no number"),
        (lambda: jvp(lambda x: None, (1.0,), (1.0,)), TypeError, "None"),
        (
            lambda: vjp(lambda x: [x, x], 1.0)[1]([1.0]),
            ValueError,
            "the cotangent has the structure",
        ),
        (lambda: hvp(lambda x: [x, x], (1.0,), (1.0,)), TypeError, "a gradient needs one number"),
        (lambda: jvp(lambda x: x, (1.0,), (1.0,), has_aux=True), TypeError, "returns a pair"),
        (lambda: jvp(lambda x: x, ("a",), (1.0,)), TypeError, "argument 0 is str 'a'"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_integers_are_numbers():
    assert jvp(lambda x, y: x * y, (2, 3), (1, 0)) == (6.0, 3.0)
    assert hvp(lambda x: x**3, (2,), (1,)) == 12.0
    assert vjp(lambda x: x**2, 3)[1](1) == (6.0,)


def test_a_leak_is_an_error_that_names_the_line():
    with pytest.raises(TypeError, match="left the graph"):
        jvp(lambda x: float(x) ** 2, (2.0,), (1.0,))


def test_grad_takes_a_list_of_arguments_and_auxiliary_data():
    f = lambda x, y: (x * y, "aux")
    assert grad(f, argnums=[0, 1], has_aux=True)(2.0, 3.0) == ((3.0, 2.0), "aux")
    assert grad(jit(lambda x, y: x * y), argnums=[1])(2.0, 3.0) == (2.0,)
    both = jit(grad(f, has_aux=True))
    assert [both(2.0, 3.0) for _ in range(3)] == [(3.0, "aux")] * 3
