"""The functions of the examples and benchmarks: the jit's value and gradient are the engine's."""

import importlib
import importlib.util
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd_nn import functions as fn
from autograd_nn import value_and_grad
from autograd_nn.jit import jit
from autograd_nn.losses import mean_squared_error

ROOT = Path(__file__).parents[2]
rng = np.random.default_rng(0)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def benchmark(name):
    sys.path.insert(0, str(ROOT))
    try:
        return importlib.import_module(f"benchmarks.{name}")
    finally:
        sys.path.remove(str(ROOT))


work, loops, sequences, geometry = map(
    benchmark, ("jit_work", "jit_loops", "jit_sequences", "jit_geometry")
)
tutorial, greeks, pendulum, slopes, gpt, moons = (
    load(ROOT / "examples" / f"{name}.py")
    for name in ("tutorial", "greeks", "pendulum", "check_your_slopes", "names_gpt", "jit_moons")
)


def tutorial_loss(weights):
    rows = [tutorial.predict_two_layers(row, weights) for row in tutorial.ROWS]
    return mean_squared_error(tutorial.TARGETS, rows)


def pendulum_loss(parameters, measured):
    length, damping = parameters
    return mean_squared_error(list(measured), pendulum.simulate(length, damping, len(measured) - 1))


PAIRS = geometry.camera_data(4, 20, 60)
JOINTS = geometry.joints_data(6, 20)
CONTRACT = np.array([100.0, 95.0, 0.5, 0.03, 0.01, 0.2])
CASES = {
    "tutorial": (tutorial_loss, ({k: v * 1.0 for k, v in tutorial.DEEP_WEIGHTS.items()},)),
    "check_your_slopes": (slopes.loss, (np.array([0.0, 2.0, 1.0]),)),
    "greeks, call": (lambda c: greeks.price("call", *c), (CONTRACT,)),
    "greeks, put": (lambda c: greeks.price("put", *c), (CONTRACT,)),
    "pendulum": (pendulum_loss, (np.array([1.0, 0.05]), np.array(pendulum.measure(60)))),
    "moons": (work.moons_loss, work.moons_data()),
    "classifier": (work.classifier_plain, work.classifier_data((12, 16, 8, 5), 20)),
    "convolution": (work.convolution, work.convolution_data()),
    "rosenbrock": (loops.rosenbrock, (np.linspace(0, 2, 300),)),
    "pendulum, 1,000 steps": (loops.pendulum(1000), (np.array([1.0, 0.0, 1.0, 0.1]),)),
    "irregular": (loops.irregular(10_000), (np.linspace(-1, 1, 20),)),
    "option": (loops.black_scholes, (np.array([100.0, 95.0, 0.03, 0.2, 1.0]),)),
    "recurrent": (sequences.recurrent, sequences.recurrent_data(3, 12)),
    "gates": (sequences.gates, sequences.gates_data(5, 60)),
    "attention": (sequences.attention, sequences.attention_data()),
    "causal": (sequences.causal, sequences.attention_data()),
    "sequences of many lengths": (sequences.ragged, sequences.ragged_data(6)),
    "mixture": (geometry.mixture, geometry.mixture_data(30, 4, 3)),
    "cameras": (geometry.camera_loss(PAIRS[1], 4), (PAIRS[0], PAIRS[2])),
    "joints": (geometry.joints_loss(JOINTS[2]), (*JOINTS[:2], *JOINTS[3:])),
}


@pytest.mark.parametrize("name", CASES)
def test_value_and_gradient(name):
    f, args = CASES[name]
    jitted = jit(f)
    value, gradient = value_and_grad(f)(*args)
    for _ in range(2):
        found, along = jitted.value_and_grad(*args)
        assert found == pytest.approx(value, rel=1e-12)
        for a, b in zip(leaves(along), leaves(gradient), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13 * np.abs(b).max())
    assert jitted(*args) == pytest.approx(value, rel=1e-12)


def leaves(x):
    if isinstance(x, dict):
        return list(x.values())
    return [part for item in x for part in leaves(item)] if isinstance(x, (list, tuple)) else [x]


def test_a_gpt_through_its_model():
    model = gpt.Model(random.Random(0))
    tokens = gpt.tokens_of("isabella")
    value, along = jit(lambda t: gpt.loss_on(model, t)).value_and_grad(tokens, argnums=model)
    loss = gpt.loss_on(model, tokens)
    loss.backward()
    assert value == pytest.approx(loss.data, rel=1e-12)
    expected = [p.grad for p in model.parameters()]
    np.testing.assert_allclose(along, expected, rtol=1e-12, atol=1e-14)


def test_a_network_through_its_model():
    value, along = jit(moons.loss).value_and_grad(moons.X, moons.y, argnums=moons.model)
    moons.model.zero_grad()
    loss = moons.loss(moons.X, moons.y)
    loss.backward()
    assert value == pytest.approx(loss.data, rel=1e-12)
    expected = [p.grad for p in moons.model.parameters()]
    np.testing.assert_allclose(along, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("f", "args", "by_hand"),
    [
        (sequences.gates, sequences.gates_data(3, 20), sequences.gates_numpy),
        (sequences.recurrent, sequences.recurrent_data(3, 5), sequences.recurrent_numpy),
        (sequences.attention, sequences.attention_data(), sequences.attention_numpy),
        (sequences.ragged, sequences.ragged_data(6), sequences.ragged_numpy),
        (geometry.mixture, geometry.mixture_data(8), geometry.mixture_numpy),
        (work.convolution, work.convolution_data(), work.convolution_numpy),
        (loops.rosenbrock, (np.linspace(0, 2, 10),), loops.rosenbrock_numpy),
    ],
)
def test_benchmarks_compare_the_same_function(f, args, by_hand):
    """A ratio to NumPy by hand says nothing if that computes something else."""
    value, gradient = value_and_grad(f)(*args)
    found, along = by_hand(*args)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(along, gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("rows", [1, 7, 600])
def test_written_for_one_row(rows):
    layers, X, T = work.classifier_data((12, 16, 8, 5), rows)
    value, along = jit(work.classifier_loss, rows=("x", "target")).value_and_grad(layers, X, T)
    by_hand = work.classifier_numpy(layers, X, T)
    assert value == pytest.approx(by_hand[0], rel=1e-12)
    for a, b in zip(leaves(along), by_hand[1:], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_every_function_of_the_library_on_arrays():
    """As people write them: on whole arrays of Values, through NumPy."""

    def f(x):
        y = np.exp(x) * np.tanh(x) + np.sqrt(x * x + 1.0)
        z = fn.softmax(y) @ np.sin(x) + np.maximum(x, 0.1).mean()
        return z + np.log(fn.clip(y, 0.2, 3.0)).sum() + (x**3).sum() + np.dot(x, x[::-1])

    x = rng.normal(size=12)
    value, gradient = value_and_grad(f)(x)
    found, along = jit(f).value_and_grad(x)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(along, gradient, rtol=1e-12, atol=1e-14)
