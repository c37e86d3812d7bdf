"""What training is asked for by name: each name means one thing, and a wrong one is answered."""

import numpy as np
import pytest

from autograd_nn import MLP, Value, losses, optim
from autograd_nn.training.choices import loss_of, optimizer_of, parameters_of, score, scores_of


def test_a_loss_is_known_by_its_name_and_by_its_function():
    assert loss_of("hinge") == ("hinge", losses.hinge)
    assert loss_of(losses.hinge) == ("hinge", losses.hinge)
    assert loss_of(max) == ("", max)


def test_an_optimizer_is_named_given_or_made():
    xs = [Value(1.0)]
    given = optim.SGD(xs)
    assert optimizer_of(given, xs) is given
    assert type(optimizer_of("adamw", xs)) is optim.AdamW
    assert optimizer_of(lambda ps: optim.SGD(ps, lr=3.0), xs).lr == 3.0
    with pytest.raises(ValueError, match="not this model's"):
        optimizer_of(given, [Value(1.0)])
    with pytest.raises(TypeError, match="gave NoneType None, not an Optimizer"):
        optimizer_of(lambda ps: None, xs)


def test_a_model_has_parameters():
    assert len(parameters_of(MLP(1, [1]))) == 2
    with pytest.raises(TypeError, match="a model is callable on a row"):
        parameters_of(3)


def test_scores_have_names_and_no_two_the_same():
    def bias(y, outputs):
        return np.mean(outputs - y)

    scores = scores_of(["accuracy", bias], "hinge", 0)
    y, outputs = np.array([1.0, -1.0]), np.array([2.0, 0.5])
    assert score(y, outputs, scores) == {"accuracy": 0.5, "bias": 1.25}
    assert list(scores_of("accuracy", "cross_entropy", 3)) == ["accuracy"]
    for twice in (["hinge", "hinge"], [lambda y, o: 0.0, lambda y, o: 1.0]):
        with pytest.raises(ValueError, match="would be called"):
            scores_of(twice, "hinge", 0)
    with pytest.raises(ValueError, match="accuracy needs classes"):
        scores_of(["accuracy"], "mean_squared_error", 0)
