"""A jitted function on rows in blocks gives what it gives on the same rows in memory.

If these break, a user who goes from one machine to many gets other numbers.
"""

import dask.array as da
import numpy as np
import pytest

from autograd_nn import (
    MLP,
    BadArgumentError,
    TraceError,
    Value,
    WrongTypeError,
    grad,
    jit,
    nn,
    value_and_grad,
)
from autograd_nn.engine import parameter

pytestmark = pytest.mark.usefixtures("here")
RANDOM = np.random.default_rng(5)
X, T = RANDOM.normal(size=(200, 3)), RANDOM.normal(size=200)
CX, CT = da.from_array(X, chunks=(30, 3)), da.from_array(T, chunks=64)
W = [0.3, -0.2, 0.5]


def error(w, x, t):
    return sum(a * b for a, b in zip(w, x, strict=True)) - t


def huber(w, x, t):
    e = error(w, x, t)
    return 0.5 * e**2 if abs(e) < 1.0 else abs(e) - 0.5


def close(a, b):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_values_and_slopes_are_those_of_memory(reduce):
    f = jit(huber, rows=("x", "t"), reduce=reduce)
    close(f(W, CX, CT), f(W, X, T))
    for found in (
        f.value_and_grad(W, CX, CT),
        value_and_grad(f)(W, CX, CT),
        jit(value_and_grad(huber), rows=("x", "t"), reduce=reduce)(W, CX, CT),
    ):
        close(found[0], f.value_and_grad(W, X, T)[0])
        close(found[1], f.value_and_grad(W, X, T)[1])
        assert type(found[1]) is list
    close(jit(grad(huber), rows=("x", "t"), reduce=reduce)(W, CX, t=CT), found[1])


def test_a_mean_weighs_blocks_by_their_rows():
    f = jit(lambda x: x, rows="x")
    uneven = da.from_array(np.array([1.0, 2.0, 3.0, 10.0]), chunks=((3, 1),))
    assert f(uneven) == 4.0


def test_slopes_along_rows_stay_in_blocks():
    f = jit(huber, rows=("x", "t"))
    value, (along_w, along_x, along_t) = f.value_and_grad(W, CX, CT, argnums=(0, 1, 2))
    _, expected = f.value_and_grad(W, X, T, argnums=(0, 1, 2))
    assert (along_x.shape, along_x.chunks[0], along_t.chunks[0]) == (X.shape, *[CX.chunks[0]] * 2)
    for a, b in zip((along_w, along_x.compute(), along_t.compute()), expected, strict=True):
        close(a, b)
    assert isinstance(value, float)


def test_a_result_for_each_row_is_computed_when_asked_for():
    looked = []

    def result(x):
        looked.append(1)
        return {"twice": x[0] * 2, "all": [x * 3, 5.0], "name": "row"}

    f = jit(result, rows="x", reduce=None)
    lazy, expected = f(CX), jit(result, rows="x", reduce=None)(X)
    assert lazy["name"] == "row"
    assert lazy["all"][0].shape == (3, 200)
    close(lazy["twice"].compute(), expected["twice"])
    close(lazy["all"][0].compute(), expected["all"][0])
    close(lazy["all"][1].compute(), np.full(200, 5.0))
    matrix = jit(lambda x: np.outer(x, x), rows="x", reduce=None)
    close(matrix(CX).compute(), matrix(X))


def test_without_a_reduction_slopes_are_of_the_sum():
    f = jit(huber, rows=("x", "t"), reduce=None)
    values, slopes = f.value_and_grad(W, CX, CT)
    expected = f.value_and_grad(W, X, T)
    close(values.compute(), expected[0])
    close(slopes, expected[1])


def test_a_path_that_only_late_rows_take_is_recorded_for_them():
    """The first rows, which are looked at before anything is sent, are all on one path."""
    x = np.concatenate([np.ones(300), [-1.0, -2.0], np.ones(98), [-5.0]])
    f = jit(lambda w, x: w * x if x > 0 else w**2 * x, rows="x", reduce="sum")
    cut = da.from_array(x, chunks=50)
    assert f.value_and_grad(3.0, cut) == f.value_and_grad(3.0, x)
    lazy = jit(lambda x: x * 2 if x > 0 else -x, rows="x", reduce=None)(cut)
    assert np.array_equal(lazy.compute(), np.where(x > 0, 2 * x, -x))


def test_what_was_known_before_does_not_change_the_bits():
    """A path more or less among those known must not change the order in which rows are added."""

    def f(w, x):
        return w * x if x > 0.5 else w**2 * x if x > -0.5 else x / w

    cut = da.from_array(RANDOM.normal(size=6000), chunks=3000)
    fresh, used = jit(f, rows="x"), jit(f, rows="x")
    for x in (-1.0, 0.0, 1.0, -2.0):
        used(1.5, np.full(3, x))
    expected = fresh.value_and_grad(1.7, cut)
    assert used.value_and_grad(1.7, cut) == expected
    assert fresh.value_and_grad(1.7, cut) == expected


def test_models_are_sent_with_the_numbers_that_they_have_now():
    model = MLP(3, [4, 1], seed=0)
    f = jit(lambda x, t: (model(list(x)) - t) ** 2, rows=("x", "t"))
    g = jit(lambda m, x, t: (m(list(x)) - t) ** 2, rows=("x", "t"))
    each = jit(lambda x: model(list(x)), rows="x", reduce=None)
    for _ in range(2):
        for found in (f.value_and_grad(CX, CT, argnums=model), g.value_and_grad(model, CX, CT)):
            expected = f.value_and_grad(X, T, argnums=model)
            close(found[0], expected[0])
            close(found[1], expected[1])
        lazy = each(CX)
        expected = each(X)
        for p in model.parameters():
            p.data *= 1.5
        close(lazy.compute(), expected)  # asked for before the model changed
    vector = np.linspace(-1.0, 1.0, len(model.parameters()))
    found = f.value_and_grad(CX, CT, argnums=model, vector=vector)
    close(found[1], f.value_and_grad(X, T, argnums=model, vector=vector)[1])
    with pytest.raises(BadArgumentError, match="vector has shape"):
        f.value_and_grad(CX, CT, argnums=model, vector=vector[:-1])


def test_values_and_arguments_that_change_are_sent_anew():
    scale = Value(2.0)
    f = jit(lambda w, x, power=2: scale * w["a"] * x**power, rows="x", reduce="sum")
    cut = da.from_array(T, chunks=50)
    for a, power, s in ((1.0, 2, 2.0), (3.0, 2, 5.0), (3.0, 3, 5.0)):
        scale.data = s
        close(f({"a": a}, cut, power=power), f({"a": a}, T, power=power))


def test_a_mode_that_changes_is_seen():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = parameter(2.0)

        def __call__(self, x):
            return self.w * x if self.training else x * 1.0

    model = Model()

    def f(x):
        return model(x)

    f = jit(f, rows="x")
    cut = da.from_array(T, chunks=50)
    training = f.value_and_grad(cut, argnums=model)
    model.eval()
    close(f(cut), T.mean())
    model.train()
    again = f.value_and_grad(cut, argnums=model)
    assert again[0] == training[0]
    assert again[1].tolist() == training[1].tolist() != []


@pytest.mark.parametrize("kind", [np.float32, np.int64, bool])
def test_other_kinds_of_numbers_are_widened_block_by_block(kind):
    x = (X * 3).astype(kind)
    f = jit(lambda w, x: w * x[0] * x[1] + x[2], rows="x")
    found = f.value_and_grad(2.0, da.from_array(x, chunks=(30, 3)))
    close(found, f.value_and_grad(2.0, x))
    assert type(found[0]) is float


def test_rows_that_overflow_come_out_as_in_memory():
    x = np.array([1.0, 800.0, -3.0, np.inf, 2.0, -np.inf, 5.0, np.nan])
    f = jit(lambda w, x: (w * x).exp(), rows="x", reduce="sum")
    for chosen in (x[:3], x[:6], x):
        cut = da.from_array(chosen, chunks=2)
        np.testing.assert_equal(f.value_and_grad(1.0, cut), f.value_and_grad(1.0, chosen))


def test_methods_and_programs_take_blocks_too():
    class Line(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = parameter(2.0)

        @jit(rows=("x", "t"))
        def loss(self, x, t):
            return (self.w * x[0] - t) ** 2

    line = Line()
    close(line.loss(CX, CT), line.loss(X, T))
    assert "guards" not in str(line.loss.program(CX, CT))
    program = jit(huber, rows=("x", "t")).program(W, CX, CT)
    with pytest.raises(WrongTypeError, match="collection of Dask"):
        program(W, CX, CT)


def test_blocks_where_no_rows_are_taken_are_refused_and_not_read():
    def explode(block):
        raise AssertionError("the block was read")

    trap = da.from_array(T, chunks=50).map_blocks(explode, dtype=float, meta=np.empty(0))
    for call in (
        lambda: jit(lambda x: x)(trap),
        lambda: jit(lambda w, x: w[0] * x, rows="x")([trap, trap], T),
        lambda: jit(lambda w, x: w * x, rows="x")(trap, T),
        lambda: jit(lambda w, x: w * x, rows="x")(trap, CT),
        lambda: jit(lambda x: x[0], rows="x")([trap, trap]),
    ):
        with pytest.raises(WrongTypeError, match="collection of Dask"):
            call()


def test_what_the_function_does_wrong_is_said_before_anything_is_sent():
    with pytest.raises(TypeError, match="one number"):
        jit(lambda x: [x, x], rows="x").value_and_grad(CT, argnums=0)
    with pytest.raises(ZeroDivisionError):
        jit(lambda x: x * (1 // 0), rows="x")(CT)
    with pytest.raises(WrongTypeError, match=r"client is a distributed\.Client"):
        jit(lambda x: x, rows="x")(CT, client="tcp://10.0.0.1:8786")


def test_values_beside_blocks_are_refused_as_beside_rows():
    f = jit(lambda w, x: w * x, rows="x")
    for call in (lambda: f(Value(2.0), CT), lambda: grad(lambda w: f(w, CT))(2.0)):
        with pytest.raises(TraceError, match="on each row there"):
            call()


def test_a_client_is_for_blocks():
    f = jit(lambda x: x * 2, rows="x")
    for call in (lambda: f(T, client=3), lambda: f.value_and_grad(T, client=3)):
        with pytest.raises(WrongTypeError, match="client is for rows"):
            call()


def test_an_argument_called_client_is_the_functions_own():
    f = jit(lambda x, client: x * client, rows="x")
    close(f(CT, client=3.0), f(T, client=3.0))
