"""Losses: scikit-learn's numbers on floats, and slopes by closed forms on Values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_nn import Value, losses

RNG = np.random.default_rng(3)
TRUE, PRED = RNG.normal(size=20), RNG.normal(size=20)
LABELS, CLASSES = RNG.choice([0, 1], 20), RNG.integers(0, 4, 20)
LOGITS = RNG.normal(size=(20, 4))


def test_floats_agree_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    for name in (
        "mean_squared_error",
        "root_mean_squared_error",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
    ):
        ours, theirs = getattr(losses, name), getattr(metrics, name)
        assert ours(TRUE, PRED) == pytest.approx(theirs(TRUE, PRED), rel=1e-12)
        rows = TRUE.reshape(10, 2), PRED.reshape(10, 2)
        assert ours(*rows) == pytest.approx(theirs(*rows), rel=1e-12)
        assert isinstance(ours(TRUE, PRED), float)
    signs = 2 * LABELS - 1
    assert losses.hinge(signs, PRED) == pytest.approx(metrics.hinge_loss(signs, PRED), rel=1e-12)
    probability = 1 / (1 + np.exp(-PRED))
    assert losses.binary_cross_entropy(LABELS, PRED) == pytest.approx(
        metrics.log_loss(LABELS, probability), rel=1e-12
    )
    softmax = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    assert losses.cross_entropy(CLASSES, LOGITS) == pytest.approx(
        metrics.log_loss(CLASSES, softmax, labels=range(4)), rel=1e-12
    )
    assert losses.mean_absolute_percentage_error([0.0, 1.0], [1.0, 1.0]) == pytest.approx(
        metrics.mean_absolute_percentage_error([0.0, 1.0], [1.0, 1.0]), rel=1e-12
    )


def slopes(loss, y_true, y_pred):
    flat = [Value(p) for p in np.ravel(y_pred)]
    result = loss(y_true, np.array(flat, dtype=object).reshape(np.shape(y_pred)))
    result.backward()
    assert result.data == pytest.approx(loss(y_true, y_pred), rel=1e-14)
    return np.array([p.grad for p in flat]).reshape(np.shape(y_pred))


def test_slopes_follow_the_closed_forms():
    n = len(TRUE)
    assert slopes(losses.mean_squared_error, TRUE, PRED) == pytest.approx(2 * (PRED - TRUE) / n)
    assert slopes(losses.mean_absolute_error, TRUE, PRED) == pytest.approx(np.sign(PRED - TRUE) / n)
    root = math.sqrt(((PRED - TRUE) ** 2).mean())
    assert slopes(losses.root_mean_squared_error, TRUE, PRED) == pytest.approx(
        (PRED - TRUE) / (n * root)
    )
    signs = 2 * LABELS - 1
    assert slopes(losses.hinge, signs, PRED) == pytest.approx(
        np.where(signs * PRED < 1, -signs, 0) / n
    )
    assert slopes(losses.binary_cross_entropy, LABELS, PRED) == pytest.approx(
        (1 / (1 + np.exp(-PRED)) - LABELS) / n
    )
    softmax = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    assert slopes(losses.cross_entropy, CLASSES, LOGITS) == pytest.approx(
        (softmax - np.eye(4)[CLASSES]) / n
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5))
def test_logits_of_any_size_are_safe(logits):
    assert math.isfinite(losses.cross_entropy([0], [logits]))
    assert math.isfinite(losses.binary_cross_entropy([1.0] * len(logits), logits))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: losses.mean_squared_error([1, 2], [1]), r"same shape, got \(2,\) and \(1,\)"),
        (lambda: losses.mean_squared_error([], []), "at least one prediction"),
        (lambda: losses.mean_squared_error([[1], [2]], [1, 2]), "same shape"),
        (lambda: losses.hinge([0, 1], [1.0, 1.0]), "a label is -1 or 1, got float 0.0"),
        (lambda: losses.binary_cross_entropy([2], [1.0]), "from 0 to 1"),
        (lambda: losses.cross_entropy([4], [[1.0, 2.0]]), "an int from 0 to 1"),
        (lambda: losses.cross_entropy([0.5], [[1.0, 2.0]]), "an int from 0 to 1"),
        (lambda: losses.cross_entropy([0, 1], [[1.0, 2.0]]), "n classes and n rows"),
        (lambda: losses.cross_entropy([], np.empty((0, 2))), "no rows"),
        (lambda: losses.mean_squared_error([[1], [2, 3]], [1, 2]), "differ in length"),
    ],
)
def test_bad_input_gets_a_clear_error(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()


def test_text_is_refused():
    with pytest.raises(TypeError, match="y_true: expected numbers"):
        losses.mean_squared_error(["a"], [1.0])


# The example of scikit-learn's documentation of these functions.
RECORDED = [
    ("mean_squared_error", 0.375),
    ("root_mean_squared_error", 0.6123724356957945),
    ("mean_absolute_error", 0.5),
    ("mean_absolute_percentage_error", 0.3273809523809524),
]


@pytest.mark.parametrize(("name", "expected"), RECORDED)
def test_recorded_numbers_of_scikit_learn(name, expected):
    y_true, y_pred = [3, -0.5, 2, 7], [2.5, 0.0, 2, 8]
    loss = getattr(losses, name)
    assert loss(y_true, y_pred) == pytest.approx(expected, rel=1e-12)
    assert loss(y_true, [Value(p) for p in y_pred]).data == pytest.approx(expected, rel=1e-12)


@given(
    st.lists(
        st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
        min_size=1,
        max_size=8,
    )
)
def test_floats_agree_with_scikit_learn_wherever_they_are(pairs):
    metrics = pytest.importorskip("sklearn.metrics")
    y_true, y_pred = zip(*pairs, strict=True)
    for name, _ in RECORDED:
        expected = getattr(metrics, name)(y_true, y_pred)
        assert getattr(losses, name)(y_true, y_pred) == pytest.approx(expected, rel=1e-12), name
    if len({t > 0 for t in y_true}) == 2:  # scikit-learn wants to see both classes
        signs = [1 if t > 0 else -1 for t in y_true]
        expected = metrics.hinge_loss(signs, y_pred)
        assert losses.hinge(signs, y_pred) == pytest.approx(expected, rel=1e-12)


def test_numbers_too_large_to_square_give_inf_not_an_error():
    for make in (float, Value):
        assert float(losses.mean_squared_error([0.0], [make(1e200)])) == math.inf
        assert float(losses.root_mean_squared_error([0.0], [make(1e200)])) == math.inf
        assert math.isnan(losses.mean_squared_error([math.inf], [make(math.inf)]))
