"""jacobian and hessian: structures, modes, sparsity, kinks and hard points, refusals."""

import itertools
import warnings

import numpy as np
import pytest

from autograd_nn import (
    Value,
    custom_op,
    functions,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linalg,
)
from autograd_nn.functions import exp, hypot, maximum, relu, sin, sqrt, where

scipy_sparse = pytest.importorskip("scipy.sparse")


def rosenbrock(x):
    return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x))


class TestStructures:
    def test_a_number_along_a_number_is_a_number(self):
        assert jacobian(lambda x: x**2)(3.0) == 6.0
        assert hessian(lambda x: x**3)(3.0) == 18.0

    def test_an_array_along_an_array_has_both_shapes(self):
        x = np.arange(6.0).reshape(2, 3)
        found = jacobian(lambda x: (x * x).T)(x)
        assert found.shape == (3, 2, 2, 3)
        assert found[2, 1, 1, 2] == 10.0
        assert hessian(lambda x: (x * x * x).sum())(x).shape == (2, 3, 2, 3)

    def test_containers_nest(self):
        f = lambda p: {"y": [p["a"] * p["b"][0], p["a"] * p["b"]]}
        found = jacobian(f)({"a": 2.0, "b": np.array([3.0, 4.0])})
        assert found["y"][0]["a"] == 3.0
        assert found["y"][0]["b"].tolist() == [2.0, 0.0]
        assert found["y"][1]["a"].tolist() == [3.0, 4.0]
        assert found["y"][1]["b"].tolist() == [[2.0, 0.0], [0.0, 2.0]]

    def test_several_arguments_are_a_tuple_inside_each_result(self):
        f = lambda x, y: [x * y, x + y]
        assert jacobian(f, argnums=(0, 1))(2.0, 3.0) == [(3.0, 2.0), (1.0, 1.0)]
        assert jacobian(f, argnums=[1])(2.0, 3.0) == [(2.0,), (1.0,)]
        assert hessian(lambda x, y: x * x * y, argnums=(0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))

    def test_auxiliary_data(self):
        f = lambda x: (x**2, {"x": x})
        assert jacobian(f, has_aux=True)(3.0) == (6.0, {"x": 3.0})
        assert hessian(f, has_aux=True)(3.0) == (2.0, {"x": 3.0})
        matrix, aux = jacobian(lambda x: (x * x, len(x)), sparse=True, has_aux=True)(np.ones(2))
        assert (matrix.toarray().tolist(), aux) == ([[2.0, 0.0], [0.0, 2.0]], 2)

    def test_keyword_arguments_are_handed_on(self):
        assert jacobian(lambda x, n: [x**n])(2.0, n=3) == [12.0]


@pytest.mark.parametrize("mode", ["auto", "fwd", "rev"])
@pytest.mark.parametrize("sizes", [(1, 1), (3, 70), (70, 3), (30, 30)])
def test_every_mode_gives_the_same(mode, sizes):
    rows, columns = sizes
    weights = np.sin(np.arange(rows * columns)).reshape(rows, columns)
    f = lambda x: [sin(sum(w * a for w, a in zip(row, x, strict=True))) for row in weights]
    x = np.linspace(-1, 1, columns)
    expected = np.cos(weights @ x)[:, None] * weights
    np.testing.assert_allclose(
        np.array(jacobian(f, mode=mode)(x)), expected, rtol=1e-12, atol=1e-13
    )
    jitted = jit(jacobian(f, mode=mode))
    for _ in range(3):
        np.testing.assert_allclose(np.array(jitted(x)), expected, rtol=1e-12, atol=1e-13)


class TestSparse:
    def test_the_pattern_is_that_of_the_recording_not_of_the_numbers(self):
        # At 0 every entry is 0, and yet it can differ from 0: the pattern has it.
        f = lambda x: np.array([x[0] * x[1], x[2] ** 2, x[0]])
        found = jacobian(f, sparse=True)(np.zeros(3))
        assert found.nnz == 4
        assert sorted(zip(*found.nonzero(), strict=True)) == [(2, 0)]
        assert found.indices.tolist() == [0, 1, 2, 0]

    def test_what_is_flat_is_not_in_the_pattern(self):
        f = lambda x: np.array([x[0] * x[1].sign(), x[1].floor() + x[2]])
        assert jacobian(f, sparse=True)(np.ones(3)).indices.tolist() == [0, 2]

    @pytest.mark.parametrize("mode", ["auto", "fwd", "rev"])
    def test_a_band_an_arrow_and_their_transposes(self, mode):
        n = 12
        arrow = lambda x: np.array([sum(x * x), *(x[0] * x[1:])])
        flag = lambda x: np.array([*x, sum(x * x)])
        band = lambda x: np.array([x[i] * x[i + 1] for i in range(n - 1)])
        x = np.linspace(1.0, 2.0, n)
        for f in (arrow, flag, band):
            expected = jacrev(f)(x)
            np.testing.assert_allclose(
                jacobian(f, mode=mode, sparse=True)(x).toarray(), expected, rtol=1e-13
            )

    def test_the_hessian_of_rosenbrock_is_tridiagonal(self):
        x = np.linspace(-1, 1, 50)
        found = hessian(rosenbrock, sparse=True)(x)
        assert found.nnz == 50 + 2 * 49
        np.testing.assert_allclose(found.toarray(), hessian(rosenbrock)(x), rtol=1e-12, atol=1e-9)
        assert (found != found.T).nnz == 0

    def test_through_the_jit_it_follows_the_numbers(self):
        jitted = jit(hessian(rosenbrock, sparse=True))
        for shift in (0.0, 0.1, 0.2, 0.3):
            x = np.linspace(-1, 1, 20) + shift
            np.testing.assert_allclose(
                jitted(x).toarray(), hessian(rosenbrock)(x), rtol=1e-12, atol=1e-9
            )
        assert jitted.program(x).guards == 0

    def test_the_sparse_derivative_of_a_jitted_function_is_jitted(self):
        f = hessian(jit(rosenbrock), sparse=True)
        x = np.linspace(-1, 1, 20)
        for _ in range(3):
            np.testing.assert_allclose(
                f(x).toarray(), hessian(rosenbrock)(x), rtol=1e-12, atol=1e-9
            )

    def test_another_path_has_another_pattern(self):
        f = jit(jacobian(lambda x: np.array([x[0] * x[1] if x[0] > 0 else x[2]]), sparse=True))
        for _ in range(3):
            assert f(np.array([1.0, 2.0, 3.0])).indices.tolist() == [0, 1]
            assert f(np.array([-1.0, 2.0, 3.0])).indices.tolist() == [2]

    def test_a_dense_one_works_and_says_so(self):
        f = lambda x: sum(x) ** 3
        x = np.arange(4.0)
        with pytest.warns(scipy_sparse.SparseEfficiencyWarning, match="16 of 16 entries"):
            found = hessian(f, sparse=True)(x)
        np.testing.assert_allclose(found.toarray(), hessian(f)(x))

    def test_empty_ones(self):
        assert jacobian(lambda x: np.array([1.0, 2.0]), sparse=True)(np.ones(3)).nnz == 0
        assert (
            hessian(lambda x: x[0] + x[1], sparse=True)(np.ones(2)).toarray().tolist()
            == [[0, 0]] * 2
        )

    @pytest.mark.parametrize(
        "f", [lambda x: np.array([x[0] + 2 * x[1], 3.0]), lambda x: np.array([1.0, 2.0])]
    )
    def test_constant_entries_through_the_jit(self, f):
        jitted = jit(jacobian(f, sparse=True))
        for _ in range(3):
            found = jitted(np.ones(3)).toarray()
            assert found.tolist() == jacfwd(f)(np.ones(3)).tolist()

    @pytest.mark.parametrize("seed", range(30))
    def test_random_patterns(self, seed):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(2, 14))
        pairs = rng.integers(0, n, (int(rng.integers(1, 2 * n)), 2)).tolist()
        f = lambda x: sum(sin(x[i] * x[j]) for i, j in pairs)
        g = lambda x: np.array([exp(0.3 * x[i]) * x[j] for i, j in pairs])
        x = rng.normal(size=n)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", scipy_sparse.SparseEfficiencyWarning)
            sparse = hessian(f, sparse=True)(x).toarray(), jacobian(g, sparse=True)(x).toarray()
        np.testing.assert_allclose(sparse[0], hessian(f)(x), rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(sparse[1], jacfwd(g)(x), rtol=1e-12, atol=1e-12)


def by_itself(x):
    return x * x


class TestHardPoints:
    """Where other packages' users found nan, or had to work around one."""

    @pytest.mark.parametrize("n", [1, 2, 3, 5])
    @pytest.mark.parametrize(
        "square",
        [
            lambda x: linalg.norm(x) ** 2,
            lambda x: by_itself(linalg.norm(x)),
            lambda x: sum(a * a for a in x),
            lambda x: sqrt(sum(a * a for a in x)) ** 2,
        ],
    )
    def test_the_squared_norm_curves_by_2_at_0(self, n, square):
        # HIPS/autograd 570, 586, 617; pytorch/functorch 1097.
        x = np.zeros(n)
        expected = 2.0 * np.eye(n)
        assert np.array_equal(hessian(square)(x), expected)
        assert np.array_equal(jacfwd(grad(square))(x), expected)
        assert np.array_equal(jit(hessian(square))(x), expected)

    def test_second_derivatives_at_kinks_are_0(self):
        for f in (relu, functions.abs, lambda x: maximum(x, 0.0), lambda x: hypot(x, 0.0)):
            assert hessian(f)(0.0) == 0.0
            assert grad(grad(f))(0.0) == 0.0
            assert jacfwd(jacfwd(f))(0.0) == 0.0
        assert hessian(lambda x: relu(x) ** 2)(0.0) == 0.0
        assert hessian(lambda x: relu(x) ** 2)(1.0) == 2.0

    def test_where_lets_no_nan_through(self):
        f = lambda x: where(x > 0.0, sqrt(x) * x, x * x)
        assert hessian(f)(-2.0) == 2.0
        assert hessian(f)(4.0) == pytest.approx(0.375)
        assert hessian(lambda x: x**2)(0.0) == 2.0
        assert hessian(lambda x: x**3)(0.0) == 0.0
        assert hessian(lambda x: x**1)(0.0) == 0.0

    def test_powers_at_0_and_below(self):
        assert hessian(lambda x: x**4)(-2.0) == 48.0
        assert grad(grad(grad(lambda x: x**3)))(0.0) == 6.0
        assert hessian(lambda x: x**2.0 + x**0)(0.0) == 2.0

    def test_saturated_functions_stay_finite(self):
        for f in (functions.tanh, functions.sigmoid, functions.softplus):
            for x in (-800.0, -40.0, 0.0, 40.0, 800.0):
                assert np.isfinite(hessian(f)(x))


def test_a_hessian_is_symmetric_to_the_last_bit():
    f = lambda x: exp(sin(x[0] * x[1]) / x[2]) * x[1] ** 1.7
    found = hessian(f)(np.array([0.3, 1.1, 0.7]))
    assert np.array_equal(found, found.T)


def test_custom_operations_have_second_derivatives_eagerly_and_in_recordings():
    cube = custom_op(lambda x: x * x * x, lambda x, y: 3.0 * x * x, name="cube")
    product = custom_op(lambda a, b: a * b, lambda a, b, y: (b, 2.0 * a), name="odd")
    assert hessian(cube)(2.0) == 12.0
    assert grad(grad(grad(cube)))(2.0) == 6.0
    f = lambda x: cube(x[0]) * product(x[0], x[1])
    expected = hessian(f)([2.0, 3.0])
    jitted = jit(hessian(f))
    for _ in range(3):
        assert jitted([2.0, 3.0]) == expected
        assert jit(grad(grad(cube)))(2.0) == 12.0
    assert jit(lambda x: jvp(cube, (x,), (1.0,)))(2.0) == (8.0, 12.0)


def test_within_a_graph_a_hessian_can_be_differentiated():
    x = Value(2.0)
    curvature = hessian(lambda a: a**4)(x)
    curvature.backward()
    assert (curvature.data, x.grad) == (48.0, 48.0)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: jacobian(3), TypeError, "a Jacobian is of a function, got int 3"),
        (lambda: hessian(None), TypeError, "a Hessian is of a function"),
        (lambda: jacobian(abs, mode="forward"), ValueError, '"auto", "fwd" or "rev"'),
        (lambda: jacobian(abs, argnums=1.5), TypeError, "argnums is an int"),
        (lambda: jacobian(abs, argnums=2)(1.0), ValueError, "argument 2, but 1 were given"),
        (lambda: jacobian(abs, argnums=(0, 1), sparse=True), ValueError, "along one argument"),
        (lambda: jacobian(lambda x: "a")(1.0), TypeError, "str 'a'"),
        (lambda: jacobian(lambda x: [])(1.0), ValueError, "holds no number"),
        (lambda: jacobian(lambda x: None)(1.0), TypeError, "None"),
        (lambda: hessian(lambda x: [x, x])(1.0), TypeError, r"take jacobian\(jacobian"),
        (lambda: hessian(lambda x: x * x)(np.ones(2)), TypeError, r"jacobian\(grad"),
        (lambda: hessian(lambda x: "a")(1.0), TypeError, "returned a str"),
        (
            lambda: grad(lambda x: jacobian(lambda y: y * x, sparse=True)(np.ones(2)).sum())(1.0),
            TypeError,
            "leave sparse=True out",
        ),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_integers_are_numbers():
    assert jacobian(lambda x: [x**2, 3 * x])(2) == [4.0, 3.0]
    assert hessian(lambda x: sum(x**3))(np.array([1, 2])).tolist() == [[6.0, 0.0], [0.0, 12.0]]
