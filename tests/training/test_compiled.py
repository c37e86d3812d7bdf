"""One step of training through the jit and through the engine: the same loss, slopes, outputs.

Where they differed, ``fit`` would train another model depending on what the jit can run.
"""

import numpy as np
import pytest

from autograd_nn import MLP, losses
from autograd_nn.parameters import gather
from autograd_nn.training.compiled import FallbackStep, make_step
from autograd_nn.training.steps import EngineStep

X = np.array([[0.0, 1.0], [1.0, 0.5], [-1.0, 2.0], [0.3, 0.3]])
CASES = {
    "mean_squared_error": (1, np.array([1.0, 0.0, 2.0, -1.0])),
    "hinge": (1, np.array([1.0, -1.0, 1.0, -1.0])),
    "binary_cross_entropy": (1, np.array([1.0, 0.0, 0.5, 1.0])),
    "cross_entropy": (3, np.array([0.0, 2.0, 1.0, 1.0])),
    "root_mean_squared_error": (1, np.array([1.0, 0.0, 2.0, -1.0])),
}


def steps(loss, outputs, y):
    model = MLP(2, [4, outputs], activation="tanh", seed=1)
    owned = model.parameters()
    made, why = make_step(model, losses.LOSSES[loss], owned, X, y, True)
    return made, why, EngineStep(model, losses.LOSSES[loss], owned), gather(owned)


@pytest.mark.parametrize("loss", CASES)
def test_both_steps_give_the_same_numbers(loss):
    outputs, y = CASES[loss]
    compiled, why, engine, theta = steps(loss, outputs, y)
    assert (type(compiled), why) == (FallbackStep, "")
    for rows in (slice(0, 4), slice(1, 3), slice(3, 4)):  # batches of any size
        found, slopes = compiled(theta, X[rows], y[rows])
        expected, by_engine = engine(theta, X[rows], y[rows])
        assert found == pytest.approx(expected, rel=1e-12)
        np.testing.assert_allclose(slopes, by_engine, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(compiled.predict(theta, X), engine.predict(theta, X), rtol=1e-12)


def test_not_compiled_is_said():
    model = MLP(2, [1], seed=0)
    made, why = make_step(model, losses.hinge, model.parameters(), X, None, False)
    assert (type(made), why) == (EngineStep, "compiled=False")


def test_a_step_moves_no_weights_for_good():
    compiled, _, _, theta = steps("mean_squared_error", *CASES["mean_squared_error"])
    compiled(theta, X, CASES["mean_squared_error"][1])
    assert gather(compiled.parameters).tolist() == theta.tolist()
