"""Large arguments are used where they lie: nothing of the caller's is changed or kept."""

import threading
import weakref

import numpy as np
import pytest

from autograd_nn.jit import jit
from autograd_nn.jit.outside import LARGE

rng = np.random.default_rng(0)
N = 80  # N * N numbers are large


def layer(w, xs):
    """The sum of squares of a matrix product."""
    return sum(sum(a * b for a, b in zip(r, x, strict=True)) ** 2 for x in xs for r in w)


def by_hand(w, xs):
    y = xs @ w.T
    return (y * y).sum(), 2 * y.T @ xs, 2 * y @ w


@pytest.fixture(scope="module")
def jitted():
    assert N * N > LARGE
    made = jit(layer)
    made(np.ones((N, N)), np.ones((4, N)))
    return made


def check(jitted, w, xs):
    value, (along_w, along_x) = jitted.value_and_grad(w, xs, argnums=(0, 1))
    expected = by_hand(np.asarray(w, float), np.asarray(xs, float))
    assert value == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(along_w, expected[1], rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(along_x, expected[2], rtol=1e-11, atol=1e-11)
    return along_w


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w,
        np.asfortranarray,
        lambda w: w.astype(np.float32),
        lambda w: (w * 3).astype(int),
        lambda w: w.astype(">f8"),
        lambda w: np.repeat(w, 2, axis=1)[:, ::2],
        lambda w: w[::-1],
        lambda w: np.frombuffer(b"x" + w.tobytes(), np.float64, offset=1).reshape(N, N),
        lambda w: w.view(np.matrix).A,
    ],
)
def test_arrays_of_any_layout(jitted, change):
    w = change(rng.normal(size=(N, N)))
    w.flags.writeable = False
    before = w.copy()
    check(jitted, w, rng.normal(size=(4, N)))
    np.testing.assert_array_equal(w, before)


def test_an_array_that_is_changed_between_calls(jitted):
    w, xs = rng.normal(size=(N, N)), rng.normal(size=(4, N))
    for _ in range(3):
        w -= 1e-4 * check(jitted, w, xs)


def test_a_gradient_belongs_to_the_caller(jitted):
    w, xs = rng.normal(size=(N, N)), rng.normal(size=(4, N))
    first = jitted.value_and_grad(w, xs)[1]
    kept = first.copy()
    second = jitted.value_and_grad(2 * w, xs)[1]
    np.testing.assert_array_equal(first, kept)
    first[:] = 0.0
    np.testing.assert_allclose(second, 2 * kept, rtol=1e-12)


def test_no_array_is_kept_after_a_call(jitted):
    w, xs = rng.normal(size=(N, N)), rng.normal(size=(4, N))
    gradient = jitted.value_and_grad(w, xs)[1]
    kept = weakref.ref(w), weakref.ref(gradient.base)
    del w, gradient
    assert [ref() is None for ref in kept] == [True, True]


def test_no_array_is_kept_after_an_error(jitted):
    def refused():
        w = rng.normal(size=(N, N))
        with pytest.raises(TypeError, match="multiply"):  # the function's own
            jitted(w, [["text"] * N] * 4)
        return weakref.ref(w)

    assert refused()() is None


def test_one_array_as_two_arguments():
    w = rng.normal(size=(N, N)) / N
    f = jit(
        lambda a, b: sum(
            x * y for r, s in zip(a, b, strict=True) for x, y in zip(r, s, strict=False)
        )
    )
    value, slopes = f.value_and_grad(w, w, argnums=(0, 1))
    assert value == pytest.approx((w * w).sum(), rel=1e-12)
    np.testing.assert_array_equal(slopes[0], w)
    np.testing.assert_array_equal(slopes[1], w)


def test_large_arguments_that_are_also_read_number_by_number():
    """Returned, compared, looked up, gathered or used in straight-line code: then copied."""

    def f(w, i):
        first = w[0][0] / (w[1][1] + 3)
        scattered = sum(w[(k * 7) % N][(k * k) % N] * (k + 1.0) for k in range(N))
        return (first + scattered) * 2 if w[0][0] > -9 else first

    w = rng.normal(size=(N, N))
    value, slopes = jit(f).value_and_grad(w, 2)
    k = np.arange(N)
    expected = np.zeros((N, N))
    np.add.at(expected, ((k * 7) % N, (k * k) % N), 2 * (k + 1.0))
    expected[0, 0] += 2 / (w[1, 1] + 3)
    expected[1, 1] -= 2 * w[0, 0] / (w[1, 1] + 3) ** 2
    np.testing.assert_allclose(slopes, expected, rtol=1e-12)
    assert np.isfinite(value)


def test_some_rows_of_a_large_table():
    """Each block of rows is a part of the caller's array."""
    X, w = rng.normal(size=(1300, N)), rng.normal(size=N)
    f = jit(lambda w, x: sum(a * b for a, b in zip(w, x, strict=True)) ** 2, rows="x")
    value, (along_w, along_x) = f.value_and_grad(w, X, argnums=(0, 1))
    y = X @ w
    assert value == pytest.approx((y * y).mean(), rel=1e-12)
    np.testing.assert_allclose(along_w, 2 * X.T @ y / 1300, rtol=1e-10)
    np.testing.assert_allclose(along_x, 2 * np.outer(y, w) / 1300, rtol=1e-10, atol=1e-15)


def test_threads_with_large_arrays_of_their_own(jitted):
    wrong = []

    def work(seed):
        random = np.random.default_rng(seed)
        for _ in range(20):
            w, xs = random.normal(size=(N, N)), random.normal(size=(4, N))
            found = jitted.value_and_grad(w, xs)
            if not np.allclose(found[1], by_hand(w, xs)[1], rtol=1e-9):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
