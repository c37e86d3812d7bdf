"""The scikit-learn wrapper: it must pass scikit-learn's own checks, warnings being errors."""

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from autograd_nn.sklearn import MLPClassifier, MLPRegressor

CHECKED = [MLPClassifier(max_iter=60), MLPRegressor(max_iter=60)]
CHECKS = [
    pytest.param(estimator, check, id=f"{type(estimator).__name__}-{check.func.__name__}-{i}")
    for subject in CHECKED
    for i, (estimator, check) in enumerate(estimator_checks_generator(subject))
]


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_scikit_learns_own_checks(estimator, check):
    from unittest import SkipTest

    with warnings.catch_warnings():
        # Their own checks provoke warnings of scikit-learn's; ours stay errors.
        warnings.filterwarnings("ignore", module="sklearn")
        try:
            check(clone(estimator))
        except SkipTest as reason:  # such as: pandas is not installed
            pytest.skip(str(reason))


def test_iris_in_a_pipeline_with_cross_validation():
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), MLPClassifier((8,), random_state=0, max_iter=60))
    assert cross_val_score(model, X, y, cv=3).mean() > 0.9


def test_a_grid_search_finds_the_setting_that_learns():
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(
        MLPClassifier((8,), random_state=0, max_iter=30), {"learning_rate_init": [1e-7, 1e-2]}, cv=2
    )
    assert search.fit(X, y).best_params_ == {"learning_rate_init": 1e-2}


def test_labels_may_be_text_and_probabilities_add_up():
    X, numbered = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[numbered]
    model = MLPClassifier((8,), random_state=0, max_iter=40).fit(X, names)
    shares = model.predict_proba(X)
    assert np.allclose(shares.sum(axis=1), 1.0)
    assert np.array_equal(model.classes_[shares.argmax(axis=1)], model.predict(X))


def test_the_same_random_state_gives_the_same_model_compiled_or_not():
    X, y = load_iris(return_X_y=True)
    first, second, eager = (
        MLPClassifier((4,), random_state=3, max_iter=4, compiled=c).fit(X, y).decision_function(X)
        for c in (True, True, False)
    )
    assert np.array_equal(first, second)
    assert np.allclose(first, eager, rtol=1e-9, atol=1e-9)


def test_a_trained_estimator_survives_pickle():
    X, y = load_iris(return_X_y=True)
    model = MLPRegressor((4,), random_state=0, max_iter=5).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(X), model.predict(X))


def test_a_column_of_targets_stays_a_column():
    X, y = load_iris(return_X_y=True)
    model = MLPRegressor((4,), random_state=0, max_iter=3)
    assert model.fit(X, y.reshape(-1, 1)).predict(X[:5]).shape == (5, 1)
    assert model.fit(X, np.stack([y, y], 1)).predict(X[:5]).shape == (5, 2)
    assert model.fit(X, y).predict(X[:5]).shape == (5,)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"optimizer": "adan"}, "did you mean 'adam'"),
        ({"activation": "rely"}, "did you mean 'relu'"),
        ({"batch_size": 0}, "batch_size is at least 1"),
        ({"hidden_layer_sizes": (0,)}, "at least 1"),
    ],
)
def test_bad_settings_are_named(settings, says):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=says):
        MLPClassifier(**settings).fit(X, y)
