"""Every transform gives JAX's numbers in float64, eagerly and through the jit.

The numbers were recorded by ``record_jax.py``; where JAX is installed some are asked for live.  A
user who moves code here would otherwise get other derivatives without a word.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd_nn import (
    functions,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linearize,
    value_and_grad,
    vjp,
    vmap,
)

HERE = Path(__file__).parent


def sibling(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUNCTIONS = sibling("functions_40").FUNCTIONS
NUMBERS = json.loads((HERE / "jax_numbers.json").read_text(encoding="utf-8"))


def close(found, expected):
    found, expected = np.array(found, dtype=float), np.array(expected)
    assert found.shape == expected.shape
    scale = np.maximum(np.abs(expected), np.abs(expected).max())
    assert (np.abs(found - expected) <= 1e-12 * (1.0 + scale)).all()


def case(name):
    f, at, along = FUNCTIONS[name]
    whole = lambda x: f(functions, x)
    x = np.array(at)
    return whole, x, np.array(along), np.array([x, x * 1.1, x * 0.9])


def transposed(rows):
    """What vmap of a list gives, as JAX stacks it."""
    return np.moveaxis(np.array(rows), 1, 0) if isinstance(rows, list) else rows


def weights_like(value):
    if isinstance(value, list):
        return np.cos(np.arange(len(value))).tolist()
    return 1.0


def thrice(g):
    """The jit's third answer: the first is that of a recording, the second may be a replay."""
    jitted = jit(g)
    return lambda *args: [jitted(*args) for _ in range(3)][-1]


def compare(name, compiled):
    """Every transform of one function against the recorded numbers."""
    f, x, v, rows = case(name)
    through = thrice if compiled else lambda g: g
    expected = NUMBERS[name]
    value, tangent = through(lambda x, v: jvp(f, (x,), (v,)))(x, v)
    close(value, expected["value"])
    close(tangent, expected["jvp"])
    close(through(lambda x, v: linearize(f, x)[1](v))(x, v), expected["jvp"])
    weights = weights_like(value)
    close(through(lambda x: vjp(f, x)[1](weights)[0])(x), expected["vjp"])
    for make in (jacobian, jacfwd, jacrev):
        close(through(make(f))(x), expected["jacobian"])
    close(through(jacobian(f, sparse=True))(x).toarray(), np.atleast_2d(expected["jacobian"]))
    close(through(jacfwd(jacrev(f)))(x), expected["jacobian of jacobian"])
    close(transposed(through(vmap(f))(rows)), expected["vmap"])
    close(transposed(through(vmap(jacrev(f)))(rows)), expected["vmap of jacobian"])
    if "grad" in expected:
        close(through(grad(f))(x), expected["grad"])
        close(through(value_and_grad(f))(x)[1], expected["grad"])
        close(through(grad(f))(x), expected["grad"])
        close(through(hessian(f))(x), expected["hessian"])
        close(through(hessian(f, sparse=True))(x).toarray(), expected["hessian"])
        close(through(jacobian(grad(f)))(x), expected["hessian"])
        close(through(lambda x, v: hvp(f, (x,), (v,)))(x, v), expected["hvp"])
        close(through(vmap(grad(f)))(rows), expected["vmap of grad"])


@pytest.mark.filterwarnings("ignore:the matrix of")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_eagerly(name):
    compare(name, compiled=False)


@pytest.mark.filterwarnings("ignore:the matrix of")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_through_the_jit(name):
    compare(name, compiled=True)


def test_there_are_forty_functions_and_some_have_many_results():
    assert len(FUNCTIONS) == 40 == len(NUMBERS)
    assert sum("grad" in found for found in NUMBERS.values()) == 30


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["himmelblau", "polar"])
def test_the_recorded_numbers_are_what_jax_says_today(name, monkeypatch):
    pytest.importorskip("jax")
    monkeypatch.setattr(sys, "path", list(sys.path))
    live = sibling("record_jax").numbers_of(*FUNCTIONS[name])
    for kind, numbers in live.items():
        close(numbers, NUMBERS[name][kind])
