"""Scores of labels: scikit-learn's numbers, and mistakes named."""

import numpy as np
import pytest

from autograd_nn.training import accuracy, confusion_matrix, to_labels


def test_scores_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    true, said = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    assert accuracy(true, said) == sklearn.accuracy_score(true, said)
    assert np.array_equal(confusion_matrix(true, said), sklearn.confusion_matrix(true, said))


def test_scores_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="to_labels"):
        accuracy([0, 1], [[0.1, 0.2], [0.3, 0.4]])
    with pytest.raises(ValueError, match="at least one"):
        confusion_matrix([], [])
    with pytest.raises(ValueError, match="name no classes"):
        to_labels([0.1, 0.2], "mean_squared_error")
