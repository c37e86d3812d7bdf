"""vmap: axes, structures, composition with grad and jit, refusals."""

import numpy as np
import pytest

from autograd_nn import grad, hessian, jit, value_and_grad, vmap
from autograd_nn.functions import exp, sin

ROWS = np.arange(6.0).reshape(3, 2)


def test_axes_of_arguments_and_results():
    f = lambda x, a: [x[0] * a, x * a]
    found = vmap(f, in_axes=(0, None))(ROWS, 10.0)
    assert found[0].tolist() == [0.0, 20.0, 40.0]
    assert found[1].tolist() == (ROWS * 10).tolist()
    assert vmap(lambda x: x * 2, in_axes=1, out_axes=1)(ROWS).tolist() == (ROWS * 2).tolist()
    assert vmap(lambda x: x * 2, in_axes=-1)(ROWS).tolist() == (ROWS.T * 2).tolist()
    assert vmap(f, in_axes=(0, None), out_axes=[0, 1])(ROWS, 1.0)[1].shape == (2, 3)
    assert vmap(lambda x, a: a, in_axes=(0, None), out_axes=None)(ROWS, 7.0) == 7.0


def test_structures_have_axes_of_their_own():
    f = lambda p: p["w"] * p["b"]
    given = {"w": ROWS, "b": np.array([1.0, 2.0])}
    assert vmap(f, in_axes=({"w": 0, "b": None},))(given).tolist() == (ROWS * [1.0, 2.0]).tolist()
    assert (
        vmap(f, in_axes=({"w": 1, "b": 0},))(given).tolist() == (ROWS.T * [[1.0], [2.0]]).tolist()
    )
    assert vmap(lambda x, y=0.0: x + y)(ROWS[:, 0], y=ROWS[:, 1]).tolist() == [1.0, 5.0, 9.0]


def test_rows_within_rows():
    f = lambda a, b: a * b
    outer = vmap(vmap(f, in_axes=(None, 0)), in_axes=(0, None))
    assert outer(np.arange(3.0), np.arange(4.0)).tolist() == np.outer(range(3), range(4)).tolist()


@pytest.mark.parametrize("rows", [1, 5, 40, 300])
def test_through_the_jit_whatever_the_number_of_rows(rows):
    f = lambda x, w: [exp(0.1 * x[0]) * w, x * w]
    x = np.linspace(-1, 1, 2 * rows).reshape(rows, 2)
    expected = vmap(f, in_axes=(0, None))(x, 3.0)
    jitted = jit(vmap(f, in_axes=(0, None), out_axes=0))
    for _ in range(3):
        found = jitted(x, 3.0)
        np.testing.assert_allclose(found[0], expected[0], rtol=1e-14)
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-14)
    turned = jit(vmap(f, in_axes=(0, None), out_axes=-1))(x, 3.0)
    assert turned[1].shape == (2, rows)


@pytest.mark.parametrize("rows", [3, 40])
def test_a_gradient_for_each_row_also_along_what_they_share(rows):
    f = lambda w, x: sin(w * x) * x
    w, x = 0.7, np.linspace(-1, 2, rows)
    expected = [grad(f, argnums=(0, 1))(w, a) for a in x]
    for made in (
        vmap(grad(f, argnums=(0, 1)), in_axes=(None, 0)),
        jit(vmap(grad(f, argnums=(0, 1)), in_axes=(None, 0))),
        vmap(jit(grad(f, argnums=(0, 1))), in_axes=(None, 0)),
        vmap(grad(jit(f), argnums=(0, 1)), in_axes=(None, 0)),
    ):
        for _ in range(3):
            np.testing.assert_allclose(np.transpose(made(w, x)), expected, rtol=1e-13)


@pytest.mark.parametrize("rows", [3, 40])
def test_the_gradient_of_a_mapped_function(rows):
    x = np.linspace(-1, 2, rows)
    loss = lambda w: sum(vmap(lambda a: (w * a).sin())(x)) if rows else 0.0
    expected = sum(a * np.cos(0.7 * a) for a in x)
    assert grad(loss)(0.7) == pytest.approx(expected, rel=1e-13)
    _value, slope = jit(value_and_grad(loss))(0.7)
    assert slope == pytest.approx(expected, rel=1e-13)
    assert hessian(loss)(0.7) == pytest.approx(-sum(a * a * np.sin(0.7 * a) for a in x))
    mapped = jit(vmap(lambda a, w: (w * a).sin(), in_axes=(0, None)))
    assert grad(lambda w: sum(mapped(x, w)))(0.7) == pytest.approx(expected, rel=1e-13)


def test_a_different_path_for_each_row():
    f = lambda x: x * x if x > 0 else -x
    x = np.linspace(-2, 2, 33)
    expected = np.where(x > 0, x * x, -x)
    jitted = jit(vmap(f))
    for _ in range(3):
        assert jitted(x).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: vmap(3), TypeError, "vmap takes a function"),
        (lambda: vmap(abs, in_axes="a"), TypeError, "an axis is an int, None"),
        (lambda: vmap(abs, in_axes=1.0), TypeError, "an axis is an int"),
        (lambda: vmap(abs)(3.0), TypeError, "argument 0 has rows by in_axes, so it is an array"),
        (lambda: vmap(abs, in_axes=(0, 0))(np.ones(2)), ValueError, "2 entries, and 1 arguments"),
        (lambda: vmap(abs, in_axes=2)(np.ones(2)), ValueError, r"the shape \(2,\), and no axis 2"),
        (lambda: vmap(abs, in_axes=None)(3.0), ValueError, "needs an argument with rows"),
        (lambda: vmap(abs)(np.ones(0)), ValueError, "a row at least"),
        (
            lambda: vmap(lambda a, b: a)(np.ones(2), np.ones(3)),
            ValueError,
            "argument 0 has 2, argument 1 has 3",
        ),
        (lambda: vmap(lambda a: a, out_axes=3)(np.ones(2)), ValueError, "out_axes is 3"),
        (lambda: vmap(lambda a: "b")(np.ones(2)), TypeError, "a row gave str 'b'"),
        (lambda: vmap(lambda a: a, in_axes=([0],))([np.ones(2)] * 2), ValueError, "the axes of"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()
