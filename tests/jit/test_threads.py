"""``jit(f, rows=..., threads=n)``: blocks of rows side by side, and the same bits for any n."""

import math

import numpy as np
import pytest

from autograd_nn import functions as fn
from autograd_nn.jit import jit
from autograd_nn.jit.backends.door import why_not
from autograd_nn.jit.workers import side_by_side

BACKENDS = [
    "numpy",
    pytest.param(
        "native", marks=pytest.mark.skipif(bool(why_not("native")), reason=why_not("native"))
    ),
]
ROWS = 8192 * 2 + 77  # more than two blocks of any backend
rng = np.random.default_rng(0)


def smooth(w, b, x, t):
    return (fn.tanh(w[0] * x[0] + w[1] * x[1] + b) - t) ** 2


def branching(w, b, x, t):
    s = w[0] * x[0] + w[1] * x[1] + b
    if s > 1.0:
        return s * t
    return s * s if s > 0 else -s * x[0]


def log_of_all(w, b, x, t):
    return fn.log(x[0] + w[0]) * t + b * w[1]  # -inf or nan for some rows


ARGS = rng.normal(size=2), 0.25, rng.normal(size=(ROWS, 2)), rng.normal(size=ROWS)


def bits(found):
    value, slopes = found
    return [np.asarray(x).tobytes() for x in (value, *slopes)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", ["mean", None])
@pytest.mark.parametrize("f", [smooth, branching, log_of_all])
def test_the_number_of_threads_changes_no_bit(f, reduce, backend):
    """A run on another machine, with more cores, must give the numbers of the paper."""
    found = []
    for threads in (1, 2, 5):
        jitted = jit(f, rows=("x", "t"), reduce=reduce, backend=backend, threads=threads)
        for _ in range(2):  # with the recording of paths in the midst of it, and without
            answer = jitted.value_and_grad(*ARGS, argnums=(0, 1, 2))
        found.append(bits(answer))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("backend", BACKENDS)
def test_many_blocks_add_up_to_what_numpy_gives(backend):
    w, b, X, t = ARGS
    value, slopes = jit(smooth, rows=("x", "t"), backend=backend, threads=2).value_and_grad(
        *ARGS, argnums=(0, 2)
    )
    h = np.tanh(X @ w + b)
    back = 2 * (h - t) * (1 - h * h) / ROWS
    assert value == pytest.approx(np.mean((h - t) ** 2), rel=1e-13)
    np.testing.assert_allclose(slopes[0], back @ X, rtol=1e-11)
    np.testing.assert_allclose(slopes[1], back[:, None] * w, rtol=1e-11, atol=1e-18)


def test_what_one_row_raises_is_raised_and_the_function_stays_usable():
    def f(x):
        if x > 5:
            raise KeyError("too large")
        return x * 2

    X = np.ones(ROWS)
    X[-3] = 6.0
    jitted = jit(f, rows="x", reduce="sum", threads=2)
    with pytest.raises(KeyError, match="too large"):
        jitted(X)
    assert jitted(np.ones(ROWS)) == 2.0 * ROWS


def test_a_function_without_rows_takes_the_option_and_has_no_use_for_it():
    assert jit(lambda x: x * 2, threads=4)(3.0) == 6.0


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2", None])
def test_a_number_of_threads_that_is_none_is_refused(threads):
    with pytest.raises((TypeError, ValueError), match="threads is"):
        jit(smooth, rows=("x", "t"), threads=threads)


def test_inputs_are_taken_in_order_and_an_error_comes_at_its_turn():
    """Sums are added up in the order of their blocks, whichever is ready first."""
    seen = []
    results = side_by_side(lambda x: 1 / x + math.sqrt(x), [4, 1, 9, 0, 16, 25], 2)
    with pytest.raises(ZeroDivisionError):
        seen.extend(results)
    assert seen == [(4, 2.25), (1, 2.0), (9, 1 / 9 + 3)]
