"""Metrics against scikit-learn's numbers, on labels and scores of every kind."""

import numpy as np
import pytest

from autograd_nn import metrics

theirs = pytest.importorskip("sklearn.metrics")
RNG = np.random.default_rng(5)
CASES = [
    (RNG.integers(0, 2, 40), RNG.integers(0, 2, 40)),
    (2 * RNG.integers(0, 2, 40) - 1, 2 * RNG.integers(0, 2, 40) - 1),
    (RNG.integers(0, 4, 40), RNG.integers(0, 4, 40)),
    (np.array([0, 0, 1]), np.array([0, 0, 0])),
    (np.array([0, 0, 3]), np.array([1, 1, 2])),
]


@pytest.mark.parametrize(("true", "said"), CASES)
@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_scores_of_labels(name, true, said):
    average = "macro" if set(np.r_[true, said]) - {-1, 0, 1} else "binary"
    expected = getattr(theirs, f"{name}_score")(true, said, average=average, zero_division=0)
    assert getattr(metrics, name)(true, said) == pytest.approx(expected, rel=1e-12)


def test_area_under_the_curve():
    true, scores = RNG.integers(0, 2, 50), RNG.integers(0, 5, 50)  # with many ties
    assert metrics.roc_auc(true, scores) == pytest.approx(theirs.roc_auc_score(true, scores))
    assert metrics.roc_auc(2 * true - 1, scores) == pytest.approx(
        theirs.roc_auc_score(true, scores)
    )
    classes, logits = RNG.integers(0, 3, 50), RNG.normal(size=(50, 3))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert metrics.roc_auc(classes, logits) == pytest.approx(
        theirs.roc_auc_score(classes, shares, multi_class="ovr")
    )


def test_r2():
    true, found = RNG.normal(size=(20, 2)), RNG.normal(size=(20, 2))
    assert metrics.r2(true, found) == pytest.approx(theirs.r2_score(true, found), rel=1e-12)
    constant = np.ones(5)
    for found in (constant, constant + 1):
        assert metrics.r2(constant, found) == theirs.r2_score(constant, found)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k(k):
    classes, scores = RNG.integers(0, 4, 60), RNG.integers(0, 3, (60, 4)).astype(float)
    expected = theirs.top_k_accuracy_score(classes, scores, k=k, labels=range(4))
    assert metrics.top_k_accuracy(classes, scores, k) == expected


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: metrics.roc_auc([1, 1], [0.5, 0.2]), "inside and outside of every class"),
        (lambda: metrics.roc_auc([1, 0], [0.5]), "2 labels need as many scores, got 1"),
        (lambda: metrics.r2([1.0], [1.0]), "at least two rows"),
        (lambda: metrics.top_k_accuracy([1], [0.5]), "n rows of scores"),
        (lambda: metrics.top_k_accuracy([1], [[0.5, 1.0]], k=0), "k is at least 1"),
        (lambda: metrics.precision([1, 0], [1]), "must have the same shape"),
    ],
)
def test_bad_input_gets_a_clear_error(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()
