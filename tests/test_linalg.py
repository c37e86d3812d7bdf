"""Linear algebra on arrays of Values against NumPy and against slopes known in closed form."""

import numpy as np
import pytest

from autograd_nn import Value, check_gradients, jit, linalg
from autograd_nn.functions import grads, values

RNG = np.random.default_rng(3)
A = RNG.normal(size=(4, 4)) + np.diag([3.0, 0.0, 2.0, 1.0])
POSITIVE = A @ A.T + np.eye(4)
B = RNG.normal(size=4)


def lifted(array):
    return np.frompyfunc(Value, 1, 1)(array)


@pytest.mark.parametrize("right", [B, RNG.normal(size=(4, 2))], ids=["one", "two"])
def test_solve_is_numpys_and_its_slopes_are_those_of_the_inverse(right):
    a, b = lifted(A), lifted(right)
    x = linalg.solve(a, b)
    np.testing.assert_allclose(values(x), np.linalg.solve(A, right), rtol=1e-12)
    x.sum().backward()
    # d sum(x) / d b = inv(A).T @ 1, and along A minus its outer product with x
    by_b = np.linalg.solve(A.T, np.ones_like(right))
    np.testing.assert_allclose(grads(b), by_b, rtol=1e-11)
    x_numbers = values(x)
    by_a = -(np.outer(by_b, x_numbers) if right.ndim == 1 else by_b @ x_numbers.T)
    np.testing.assert_allclose(grads(a), by_a, rtol=1e-11)


def test_inv_and_det():
    a = lifted(A)
    np.testing.assert_allclose(values(linalg.inv(a)), np.linalg.inv(A), rtol=1e-11)
    d = linalg.det(a)
    d.backward()
    assert d.data == pytest.approx(np.linalg.det(A), rel=1e-12)
    np.testing.assert_allclose(grads(a), np.linalg.det(A) * np.linalg.inv(A).T, rtol=1e-11)


def test_a_row_exchange_changes_the_sign_of_det():
    assert linalg.det([[Value(0.0), 1.0], [1.0, 0.0]]).data == -1.0


def test_cholesky():
    lower = linalg.cholesky(lifted(POSITIVE))
    np.testing.assert_allclose(values(lower), np.linalg.cholesky(POSITIVE), rtol=1e-12, atol=1e-14)
    assert check_gradients(
        lambda p: linalg.cholesky([[p[0], 0.3], [0.3, p[1]]])[1, 1], np.array([2.0, 1.5])
    )


@pytest.mark.parametrize(("ord", "slope"), [(None, [0.6, -0.8]), (1, [1, -1]), (np.inf, [0, -1])])
def test_norm(ord, slope):
    v = lifted(np.array([3.0, -4.0]))
    length = linalg.norm(v, ord)
    length.backward()
    assert length.data == np.linalg.norm([3.0, -4.0], ord)
    np.testing.assert_allclose(grads(v), slope, rtol=1e-15)


def test_a_norm_at_the_origin_has_slope_0():
    v = [Value(0.0), Value(0.0)]
    linalg.norm(v).backward()
    assert grads(v).tolist() == [0.0, 0.0]


def test_floats_are_numpys_business():
    np.testing.assert_array_equal(linalg.solve(A, B), np.linalg.solve(A, B))
    np.testing.assert_array_equal(linalg.inv(A), np.linalg.inv(A))
    assert type(linalg.det(A)) is float


def test_in_a_jitted_function():
    def f(b):
        return linalg.norm(linalg.solve(A, b))

    assert jit(f)(B) == pytest.approx(np.linalg.norm(np.linalg.solve(A, B)), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: linalg.solve([[Value(1.0), 1.0], [1.0, 1.0]], [1.0, 2.0]), None, "Singular"),
        (lambda: linalg.cholesky([[Value(-1.0)]]), None, "not positive definite"),
        (lambda: linalg.det([[Value(1.0), 2.0]]), ValueError, r"square matrix, got the shape"),
        (lambda: linalg.solve([[Value(1.0)]], [1.0, 2.0]), ValueError, "as many rows"),
        (lambda: linalg.norm([Value(1.0)], 3), ValueError, "got 3"),
    ],
)
def test_what_cannot_be_done_is_named(call, kind, message):
    with pytest.raises(kind or np.linalg.LinAlgError, match=message):
        call()
