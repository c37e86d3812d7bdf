"""The short way of a call like the one before: the same answers, whatever changes in between."""

import warnings

import numpy as np
import pytest

from autograd_nn import engine_is_compiled, parameter, value_and_grad
from autograd_nn.jit import jit, quick
from autograd_nn.jit.capture.paths import Paths
from autograd_nn.jit.program import Program

held = parameter(0.75)
FUNCTIONS = {
    "a float": (lambda x: x * 1.5 - x.sin(), (2.0,)),
    "an array": (lambda x: sum(v * v for v in x), (np.arange(1.0, 9.0),)),
    "a float and an array": (lambda a, x: a * sum(v.exp() for v in x), (0.5, np.ones(3))),
    "a matrix": (lambda w: sum((w[i][0] * w[i][1]).tanh() for i in range(4)), (np.ones((4, 2)),)),
    "a captured parameter": (lambda x: held * x + held, (3.0,)),
    "a captured parameter, an array": (lambda x: held * sum(x), (np.arange(5.0),)),
    "a branch": (lambda x: x * x if x > 1.0 else -x, (3.0,)),
    "a large array": (sum, (np.linspace(-1.0, 1.0, 5000),)),
}


@pytest.fixture(autouse=True)
def programs_at_once(monkeypatch):
    """No path waits until it pays."""
    monkeypatch.setattr(Program, "pays", lambda self, hits: True)
    monkeypatch.setattr(Paths, "is_worth_compiling", lambda self, waiting: True)


def moved(x, k):
    return x * (1.0 + 0.01 * k)


@pytest.mark.parametrize("backend", ["numpy", "native", "reference"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_many_calls_of_one_kind(name, backend):
    """The third call and all later ones take the short way."""
    if backend == "native":
        pytest.importorskip("llvmlite")
    f, args = FUNCTIONS[name]
    along = tuple(range(len(args)))
    jitted = jit(f, backend=backend)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for k in range(5):
            at = tuple(moved(x, k) for x in args)
            value, slopes = value_and_grad(f, along)(*at)
            assert jitted(*at) == pytest.approx(value, rel=1e-12)
            found, gradient = jitted.value_and_grad(*at, argnums=along)
            assert found == pytest.approx(value, rel=1e-12)
            for a, b in zip(gradient, slopes, strict=True):
                assert type(a) is type(b)
                np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_what_differs_from_the_last_call_goes_the_long_way():
    """Another shape, type, path, argument along which, or number of a captured parameter."""
    jitted = jit(lambda a, x: a * sum(v * v for v in x) + held)
    for _ in range(3):
        assert jitted(2.0, np.ones(3)) == 6.0 + held.data
    assert jitted(2.0, np.ones(4)) == 8.0 + held.data
    assert jitted(2, np.ones(3)) == 6.0 + held.data
    assert jitted(2.0, [1.0, 1.0, 1.0]) == 6.0 + held.data
    assert jitted(2.0, np.ones(3, dtype=np.float32)) == 6.0 + held.data
    before = held.data
    try:
        held.data = -1.0
        assert jitted(2.0, np.ones(3)) == 5.0
    finally:
        held.data = before
    with pytest.raises(TypeError):
        jitted(2.0)


def test_another_path_and_what_is_not_finite():
    """A guard that fails, and inf - inf, whose sign the engine decides."""
    jitted = jit(lambda x: x * x if x > 1.0 else -x)
    for _ in range(3):
        assert jitted(3.0) == 9.0
        assert jitted(0.5) == -0.5
    assert jitted(np.inf) == np.inf
    assert np.isnan(jit(lambda x: x - x)(np.inf))


def test_slopes_are_the_callers_own():
    """A later call must not write into what an earlier one returned."""
    jitted = jit(lambda x: sum(v * v for v in x))
    _, first = [jitted.value_and_grad(np.ones(4)) for _ in range(3)][-1]
    _, second = jitted.value_and_grad(np.full(4, 2.0))
    assert first.tolist() == [2.0] * 4
    assert second.tolist() == [4.0] * 4


def test_a_compiled_build_has_the_way_in_c():
    """Else calls of small functions take twice as long, and nobody notices."""
    assert engine_is_compiled() == (quick.entry is not None)
