"""Numbers and arrays of PyTorch and JAX as arguments, and a jitted function inside of PyTorch."""

import sys

import numpy as np
import pytest

from autograd_nn import (
    MLP,
    Value,
    as_torch_function,
    check_gradients,
    fit,
    grad,
    hessian,
    predict,
)
from autograd_nn import functions as fn
from autograd_nn.conversion import as_numpy, in_numpy, is_foreign, is_number, to_float
from autograd_nn.errors import GraphError, MissingPackageError, WrongTypeError
from autograd_nn.jit import jit


def of_jax():
    jnp = pytest.importorskip("jax.numpy")
    return lambda x, kind="float32": jnp.asarray(x, kind)


def of_torch():
    torch = pytest.importorskip("torch")
    return lambda x, kind="float32": torch.tensor(x, dtype=getattr(torch, kind))


@pytest.fixture(params=[of_jax, of_torch])
def make(request):
    """Arrays of a library, of single precision as both of them have by default."""
    return request.param()


# -- as arguments -----------------------------------------------------------------------------


def test_numbers_are_taken_where_floats_are(make):
    """The first thing that somebody with a tensor in hand tries."""
    two = make(2.0)
    assert is_foreign(two)
    assert is_number(two)
    assert to_float(make(3, "int32")) == 3.0
    assert Value(two).data == 2.0
    v = Value(3.0)
    for made in (v * two, two * v, v**two - 3.0, two / (v / 9.0)):
        assert isinstance(made, Value)
        assert made.data == pytest.approx(6.0)
    assert grad(lambda x: x * x)(two) == 4.0
    assert fn.exp(make(0.0)) == 1.0


def test_arrays_are_taken_where_numpys_are(make):
    """Slopes come back in NumPy's arrays, in double precision."""
    x, table = make([1.0, 2.0]), make([[1.0, 2.0], [3.0, 4.0]])
    product = jit(lambda x: x[0] * x[1])
    for value, slope in (product.value_and_grad(x), (product(x), grad(lambda x: x[0] * x[1])(x))):
        assert value == 2.0
        assert slope.dtype == np.float64
        np.testing.assert_array_equal(slope, [2.0, 1.0])
    nested = {"w": [x, 3.0], "pair": (make(1.0), make(2.0))}
    f = jit(lambda p: p["w"][0][1] * p["w"][1] * p["pair"][1])
    value, slope = f.value_and_grad(nested)
    assert value == 12.0
    assert slope["pair"] == (0.0, 6.0)
    np.testing.assert_array_equal(slope["w"][0], [0.0, 6.0])
    by_rows = jit(lambda w, x: w * x[1], rows="x")
    assert by_rows.value_and_grad(2.0, table) == (6.0, 3.0)
    np.testing.assert_array_equal(fn.relu(table), [[1.0, 2.0], [3.0, 4.0]])
    report = check_gradients(lambda x: x[0] * x[1], at=x, hand=lambda x: [x[1], x[0]])
    assert report
    np.testing.assert_allclose(hessian(lambda x: x[0] * x[1])(x), [[0.0, 1.0], [1.0, 0.0]])


def test_an_integer_array_may_be_an_index(make):
    """One number of an integer array is an integer to the function, as it is of NumPy's."""
    f = jit(lambda x, k: x[int(k)])
    assert f([1.0, 2.0, 3.0], make(2, "int32")) == 3.0


def test_models_are_trained_on_them(make):
    """A table and targets, and one row."""
    X, y = make([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]), make([1.0, 2.0, 0.5])
    by_arrays, model = MLP(2, [3, 1], seed=0), MLP(2, [3, 1], seed=0)
    fit(by_arrays, np.asarray(X), np.asarray(y), epochs=2, verbose=0, seed=1)
    fit(model, X, y, epochs=2, verbose=0, seed=1)
    assert [p.data for p in model.parameters()] == [p.data for p in by_arrays.parameters()]
    np.testing.assert_array_equal(predict(model, X), predict(model, np.asarray(X)))
    assert model(X[0]).data == pytest.approx(model([1.0, 2.0]).data, rel=1e-12)


def test_half_precision_is_read():
    """Numbers of two bytes are floats, too; NumPy has no name for JAX's."""
    jnp = pytest.importorskip("jax.numpy")
    assert Value(jnp.asarray(1.5, "bfloat16")).data == 1.5
    assert jit(lambda x: x[0] + x[1])(jnp.asarray([1.5, 2.0], "bfloat16")) == 3.5


def test_what_holds_none_stays_as_it_is():
    """A call of a jitted function on lists and arrays copies nothing for this."""
    given = {"w": [1.0, np.ones(2)], "m": MLP(1, [1], seed=0)}
    assert in_numpy(given) is given
    assert not is_foreign(np.ones(2))
    assert not is_foreign(np.float32(1.0))


def test_complex_arrays_are_refused(make):
    """They have no slopes here."""
    with pytest.raises(WrongTypeError, match="expected a real number"):
        Value(make(1.0 + 2.0j, "complex64"))
    with pytest.raises(WrongTypeError, match="argument 0"):
        grad(lambda x: x[0])(make([1.0 + 2.0j], "complex64"))


def test_a_tracer_is_an_error_that_names_to_jax():
    """Its number is not known: computing with it here would be wrong or fail far away."""
    jax = pytest.importorskip("jax")
    calls = [
        Value,
        lambda x: Value(1.0) * x,
        jit(lambda x: x * x),
        grad(lambda x: x * x),
        lambda x: jit(lambda w, x: w * x, rows="x")(1.0, x.reshape(1)),
    ]
    for call in calls:
        with pytest.raises(WrongTypeError, match=r"still tracing.*to_jax\(\)"):
            jax.jit(lambda x, call=call: call(x) and x)(2.0)


def test_a_tensor_that_requires_grad_is_an_error_that_says_what_to_do():
    """Its slopes would end here without a word."""
    torch = pytest.importorskip("torch")
    x = torch.ones(2, requires_grad=True)
    calls = [
        lambda: Value(x[0]),
        lambda: jit(lambda x: x[0])(x),
        lambda: grad(lambda x: x[0])(x),
        lambda: check_gradients(lambda x: x[0], at=x),
        lambda: jit(lambda w, x: w * x, rows="x")(1.0, x),
        lambda: fit(MLP(1, [1], seed=0), x.reshape(2, 1), [1.0, 2.0], epochs=1),
    ]
    for call in calls:
        with pytest.raises(WrongTypeError, match=r"x\.detach\(\).*as_torch_function"):
            call()


def test_arrays_that_have_dlpack_alone_are_read():
    """Not every library has NumPy's own protocol beside the common one."""

    class Other:
        def __init__(self, held):
            self._held, self.shape, self.dtype = held, held.shape, held.dtype

        def __dlpack__(self, **options):
            return self._held.__dlpack__(**options)

        def __dlpack_device__(self):
            return self._held.__dlpack_device__()

    product = jit(lambda x: x[0] * x[1])
    assert product.value_and_grad(Other(np.array([2.0, 3.0])))[0] == 6.0
    assert Value(Other(np.array(2.5))).data == 2.5


def test_an_array_that_numpy_cannot_read_says_so():
    """One on another device, or in a format of its own."""

    class Far:
        shape, dtype = (), "float32"

        def __dlpack__(self):
            raise BufferError("on another device")

        def __array__(self, dtype=None, copy=None):
            raise TypeError("it lies on cuda:0.")

    with pytest.raises(WrongTypeError, match=r"cuda:0.*x\.cpu\(\)"):
        as_numpy(Far())


# -- inside of PyTorch ------------------------------------------------------------------------


@pytest.fixture
def torch():
    """PyTorch; it is no part of the test extra, so this may skip."""
    module = pytest.importorskip("torch")
    module.manual_seed(0)
    return module


def layer(w, x, b):
    return [sum(a * c for a, c in zip(line, x, strict=True)).tanh() + b for line in w]


def tensors(torch, *shapes):
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def test_gradcheck_of_pytorch_accepts_it(torch):
    """Numbers and arrays as results, several arguments, strides, rows, nested tensors."""
    check = torch.autograd.gradcheck
    w, x, b = tensors(torch, (4, 3), (3,), ())
    array = as_torch_function(jit(layer))
    assert check(array, (w, x, b))
    assert check(as_torch_function(lambda w, x, b: sum(layer(w, x, b))), (w, x, b))
    (wide,) = tensors(torch, (3, 8))
    assert check(lambda wide: array(wide.T[::2], x, b), (wide,))
    assert check(array, (w.detach(), x, 0.5))
    nested = as_torch_function(jit(lambda p: p["a"] * p["b"][0][1] + p["b"][1]))
    assert check(lambda a, c: nested({"a": a, "b": [x, c]}), tuple(tensors(torch, (), ())))


@pytest.mark.parametrize("reduce", ["mean", "sum", None])
def test_gradcheck_with_rows(torch, reduce):
    """Along the rows' own numbers, too, and with a result for each row."""
    w, X, t = tensors(torch, (3,), (5, 3), (5,))

    def f(w, x, t):
        error = sum(a * b for a, b in zip(w, x, strict=True)) - t
        return error * error if reduce else [error * error, t * x[0]]

    g = as_torch_function(jit(f, rows=("x", "t"), reduce=reduce))
    assert g(w, X, t).shape == ((2, 5) if reduce is None else ())
    assert torch.autograd.gradcheck(g, (w, X, t))


def test_dtypes_and_what_gets_slopes(torch):
    """Single precision in, single precision out; slopes only where they are asked for."""
    f = as_torch_function(jit(lambda w, x: w[0] * x[0] + w[1] * x[1]))
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    x = torch.tensor([5.0, 7.0])
    y = f(w, x)
    assert y.dtype == torch.float32
    y.backward()
    assert w.grad.dtype == torch.float32
    assert w.grad.tolist() == [5.0, 7.0]
    assert x.grad is None
    assert f(w, x.double()).dtype == torch.float64
    assert not f(w.detach(), x).requires_grad
    assert f([2.0, 3.0], [5.0, 7.0]) == 31.0
    half = torch.tensor([2.0, 3.0], dtype=torch.bfloat16, requires_grad=True)
    f(half, [5.0, 7.0]).backward()
    assert half.grad.dtype == torch.bfloat16


def test_a_second_derivative_is_an_error(torch):
    """PyTorch would take the first one for a constant, without a word."""
    (x,) = tensors(torch, (2,))
    f = as_torch_function(lambda x: x[0] ** 2 * x[1])
    with pytest.raises(GraphError, match=r"create_graph=True.*hessian or hvp"):
        torch.autograd.grad(f(x), x, create_graph=True)


def test_results_that_are_no_numbers_are_refused(torch):
    """A dict would lose its slopes."""
    f = as_torch_function(lambda x: {"y": x * 2.0})
    with pytest.raises(WrongTypeError, match="returns dict"):
        f(torch.tensor(1.0))


def test_without_pytorch_the_error_says_what_to_install(monkeypatch):
    """When it is made, not at the first call."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackageError, match=r"autograd_nn\[torch\]"):
        as_torch_function(lambda x: x)
