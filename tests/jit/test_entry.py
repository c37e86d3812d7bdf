"""The way into machine code that leaves out Python: the same answers for every kind of argument."""

import gc
import sys
import threading
import tracemalloc

import numpy as np
import pytest

from autograd_nn import functions as fn
from autograd_nn import value_and_grad
from autograd_nn.jit import jit, quick
from autograd_nn.jit.backends.door import why_not
from autograd_nn.jit.capture.paths import Paths
from autograd_nn.jit.program import Program

pytestmark = pytest.mark.skipif(
    bool(why_not("native")) or quick.entry is None,
    reason="it needs machine code and a C compiler at the installation",
)
rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def programs_at_once(monkeypatch):
    """No path waits until it pays."""
    monkeypatch.setattr(Program, "pays", lambda self, hits: True)
    monkeypatch.setattr(Paths, "is_worth_compiling", lambda self, waiting: True)


def entered(f, *args, argnums=0):
    """The jitted function after so many calls that its entry is made."""
    jitted = jit(f, backend="native", background=False)
    for _ in range(8):
        jitted.value_and_grad(*args, argnums=argnums)
    assert jitted._quick[True]._entry is not None
    return jitted


def net(w, v, X, t):
    total = 0.0
    for x, a in zip(X, t, strict=True):
        h = [fn.tanh(sum(p * q for p, q in zip(r, x, strict=True))) for r in w]
        total = total + (sum(p * q for p, q in zip(v, h, strict=True)) - a) ** 2
    return total


def data():
    return rng.normal(size=(5, 3)), rng.normal(size=5), rng.normal(size=(7, 3)), rng.normal(size=7)


def agrees(jitted, f, args, argnums):
    value, slopes = value_and_grad(f, argnums)(*args)
    found, gradient = jitted.value_and_grad(*args, argnums=argnums)
    np.testing.assert_allclose(found, value, rtol=1e-12)
    pairs = [(gradient, slopes)] if isinstance(argnums, int) else zip(gradient, slopes, strict=True)
    for mine, theirs in pairs:
        assert type(mine) is type(theirs)
        assert np.shape(mine) == np.shape(theirs)
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("argnums", [0, 1, 2, (0, 1, 2, 3), (3, 0)])
def test_new_numbers_at_each_call(argnums):
    jitted = entered(net, *data(), argnums=argnums)
    for _ in range(5):
        agrees(jitted, net, data(), argnums)


def test_arrays_that_lie_otherwise_in_memory():
    """Transposed, reversed, strided, read-only and unaligned arrays hold the same numbers."""
    jitted = entered(net, *data(), argnums=(0, 2))
    w, v, X, t = data()
    raw = np.zeros(7 * 8 + 1, dtype=np.uint8)
    unaligned = raw[1:].view(np.float64)
    unaligned[:] = t
    frozen = v.copy()
    frozen.flags.writeable = False
    every_second = np.repeat(X, 2, axis=0)[::2]
    for args in (
        (np.asfortranarray(w), v, X, t),
        (w[:, ::-1], v[::-1], X, t),
        (w, frozen, every_second, unaligned),
        (np.broadcast_to(w[:1], (5, 3)), v, X[:, [2, 1, 0]], t),
    ):
        agrees(jitted, net, args, (0, 2))


def test_a_large_argument_is_read_where_it_lies():
    def f(x, a):
        return sum(v * v for v in x) * a

    x = rng.normal(size=6000)
    jitted = entered(f, x, 0.5, argnums=(0, 1))
    for each in (rng.normal(size=6000), rng.normal(size=12_000)[::2], x[::-1]):
        agrees(jitted, f, (each, 0.25), (0, 1))


def test_whatever_is_not_an_array_of_floats_goes_the_long_way():
    def f(x, a):
        return sum(fn.sin(v) * a for v in x)

    x = rng.normal(size=4)
    jitted = entered(f, x, 2.0, argnums=0)
    expected = jitted.value_and_grad(x, 2.0)
    for other in (x.astype(">f8"), x.tolist(), tuple(x), x.astype(np.float32)):
        found = jitted.value_and_grad(other, 2.0)
        assert found[0] == pytest.approx(expected[0], abs=1e-6)
    for a in (2, np.float64(2.0), np.array(2.0), True + 1):
        assert jitted.value_and_grad(x, a)[0] == pytest.approx(expected[0], rel=1e-12)
    with pytest.raises(TypeError):
        jitted.value_and_grad(x, "2")
    assert jitted.value_and_grad(rng.normal(size=5), 2.0)[1].shape == (5,)


def test_results_belong_to_the_caller():
    """A gradient that the next call overwrites would ruin an optimiser's memory."""
    jitted = entered(net, *data(), argnums=(0, 1))
    args = data()
    value, (first, second) = jitted.value_and_grad(*args, argnums=(0, 1))
    kept = first.copy(), second.copy()
    jitted.value_and_grad(*data(), argnums=(0, 1))
    assert np.array_equal(first, kept[0])
    first[:] = 7.0
    assert jitted.value_and_grad(*args, argnums=(0, 1))[0] == value
    assert first.flags.owndata
    assert first.flags.writeable


def test_what_is_not_finite_has_the_engines_answer():
    def f(x, y):
        return (x * x - y * y) * y + fn.exp(x)

    jitted = entered(f, 1.0, 2.0)
    for x, y in ((1e308, 1e308), (float("nan"), 1.0), (800.0, 0.5)):
        value, slope = value_and_grad(f)(x, y)
        found = jitted.value_and_grad(x, y)
        np.testing.assert_array_equal(found, (value, slope))
    assert jitted.value_and_grad(1.0, 2.0)[0] == pytest.approx(value_and_grad(f)(1.0, 2.0)[0])


def test_what_lies_around_the_function_is_still_watched():
    factor = [2.0]

    def f(x):
        return x * x * factor[0]

    jitted = entered(f, 3.0)
    factor[0] = 5.0
    assert jitted.value_and_grad(3.0) == (45.0, 30.0)


def test_arrays_of_nothing():
    def f(x, y):
        return sum(x, 0.0) + y * y

    jitted = entered(f, np.zeros(0), 3.0, argnums=(0, 1))
    value, (along_x, along_y) = jitted.value_and_grad(np.zeros(0), 3.0, argnums=(0, 1))
    assert (value, along_x.shape, along_y) == (9.0, (0,), 6.0)


def test_many_threads_share_one_function():
    """One of them is inside; the others take the long way, each on buffers of its own."""

    def f(x):
        for _ in range(40):
            x = [fn.sin(v * 1.01) + v * 0.5 for v in x]
        return sum(x)

    points = [rng.normal(size=300) for _ in range(8)]
    jitted = entered(f, points[0])
    expected = [jitted.value_and_grad(x) for x in points]
    wrong = []

    def work(k):
        for _ in range(50):
            value, slope = jitted.value_and_grad(points[k])
            if value != expected[k][0] or not np.array_equal(slope, expected[k][1]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_calls_leave_no_memory_behind():
    """A service that answers for weeks."""
    args = data()
    jitted = entered(net, *args, argnums=(0, 1))
    before = [sys.getrefcount(x) for x in args]
    tracemalloc.start()
    for count in (100, 20_000):
        for _ in range(count):
            found = jitted.value_and_grad(*args, argnums=(0, 1))
        del found
        gc.collect()
        if count == 100:
            start = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    assert grown < 2000
    assert [sys.getrefcount(x) for x in args] == before


def test_an_entry_refuses_what_makes_no_sense():
    """A wrong number of addresses is an error of ours, and must not be a crash of Python's."""
    for args in ((), (1, 2), ((), 0, 0, 0, (((1,) * 9, (8,) * 9, 0, 0),), (), False, True, None)):
        with pytest.raises((TypeError, ValueError)):
            quick.entry.Entry(*args)
    with pytest.raises(ValueError, match="no slope"):
        quick.entry.Entry((), 0, 0, 0, (), (), True, True, None)
    with pytest.raises(TypeError, match="was not made"):
        quick.entry.Entry.__new__(quick.entry.Entry)(())
    entry = quick.entry.Entry((), 0, 0, 0, ((),)[:0], (), False, True, None)
    with pytest.raises(TypeError):
        entry(1.0)
    assert entry((1.0,)) is None
