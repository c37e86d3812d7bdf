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
    # As in scikit-learn's own MLPs: batches of weighted rows are others than of repeated rows.
    if "sample_weight_equivalence" not in check.func.__name__
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
        ({"solver": "adan"}, "did you mean 'adam'"),
        ({"activation": "rely"}, "did you mean 'relu'"),
        ({"batch_size": 0}, "batch_size is at least 1"),
        ({"hidden_layer_sizes": (0,)}, "at least 1"),
    ],
)
def test_bad_settings_are_named(settings, says):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=says):
        MLPClassifier(**settings).fit(X, y)


X, Y = load_iris(return_X_y=True)
QUICK = {"hidden_layer_sizes": (4,), "random_state": 0, "max_iter": 20}


def test_weights_of_rows_are_repeated_rows_where_no_batches_are_drawn():
    weights = np.where(Y == 1, 3, 1)
    given = {"solver": "lbfgs", "alpha": 0.01} | QUICK
    for kind in (MLPClassifier, MLPRegressor):
        first = kind(**given).fit(X, Y, sample_weight=weights)
        second = kind(**given).fit(np.repeat(X, weights, axis=0), np.repeat(Y, weights))
        assert first.loss_ == pytest.approx(second.loss_, rel=1e-3)
        assert kind(**given).fit(X, Y).loss_ != pytest.approx(first.loss_, rel=1e-3)


def test_partial_fits_are_the_epochs_of_a_fit_without_shuffling():
    """The optimiser's means must live on between the calls."""
    given = QUICK | {"shuffle": False, "max_iter": 5}
    whole = MLPClassifier(**given).fit(X, Y)
    parts = MLPClassifier(**given)
    for _ in range(5):
        parts.partial_fit(X, Y, classes=[0, 1, 2])
        parts = pickle.loads(pickle.dumps(parts))
    assert np.array_equal(whole.decision_function(X), parts.decision_function(X))
    assert parts.loss_curve_ == whole.loss_curve_
    assert parts.n_iter_ == 5
    line = MLPRegressor(**given).fit(X, Y)
    pieces = MLPRegressor(**given)
    for _ in range(5):
        pieces.partial_fit(X, Y)
    assert np.array_equal(line.predict(X), pieces.predict(X))


def test_early_stopping_keeps_the_best_weights():
    model = MLPClassifier(early_stopping=True, n_iter_no_change=3, **QUICK).fit(X, Y)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert len(model.validation_scores_) == model.n_iter_ == len(model.loss_curve_)
    line = MLPRegressor(early_stopping=True, **QUICK).fit(X, Y)
    assert line.best_validation_score_ <= 1.0


def test_a_warm_start_goes_on():
    model = MLPClassifier(warm_start=True, **QUICK).fit(X, Y)
    before = model.loss_
    assert model.fit(X, Y).loss_curve_[0] < before * 1.1
    assert MLPClassifier(**QUICK).fit(X, Y).loss_curve_[0] > before * 1.1
    with pytest.raises(ValueError, match="goes on from 4 inputs and 3 outputs, but the data has 2"):
        model.fit(X[:, :2], Y)


@pytest.mark.parametrize(("theirs", "ours"), [("identity", "linear"), ("logistic", "sigmoid")])
def test_scikit_learns_names_of_activations(theirs, ours):
    pair = [MLPRegressor(activation=a, **QUICK).fit(X, Y).predict(X) for a in (theirs, ours)]
    assert np.array_equal(*pair)


def test_logarithms_of_probabilities_do_not_overflow():
    model = MLPClassifier(**QUICK).fit(X, Y)
    assert np.allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))
    far = model.predict_log_proba(1e4 * X)
    assert np.isfinite(far).all()


def test_labels_that_may_join_are_columns_of_zeros_and_ones():
    labels = np.stack([X[:, 0] > 5.8, X[:, 2] > 4, X[:, 3] > 1], 1).astype(int)
    model = MLPClassifier(random_state=0, max_iter=60).fit(
        StandardScaler().fit_transform(X), labels
    )
    said = model.predict(StandardScaler().fit_transform(X))
    assert said.shape == labels.shape
    assert (said == labels).mean() > 0.9
    shares = model.predict_proba(StandardScaler().fit_transform(X))
    assert ((shares > 0.5) == said).all()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: MLPClassifier().partial_fit(X, Y), "first call of partial_fit needs classes"),
        (lambda: MLPClassifier().partial_fit(X, Y, [0, 1]), "y holds .*2.*none of the classes"),
        (
            lambda: MLPClassifier(**QUICK).fit(X, Y).partial_fit(X, Y, [5, 6]),
            "are not those of the first call",
        ),
    ],
)
def test_wrong_classes_are_named(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()


@pytest.fixture
def in_blocks():
    """What cuts arrays into blocks of Dask, which run in this process."""
    dask, da = pytest.importorskip("dask"), pytest.importorskip("dask.array")
    with dask.config.set(scheduler="synchronous"):
        yield lambda x, rows=40: da.from_array(np.asarray(x), chunks=(rows, *np.shape(x)[1:]))


@pytest.mark.parametrize(
    "y", [Y, Y > 0, np.array(["a", "b", "c"])[Y], np.stack([Y > 0, Y > 1], 1).astype(int)],
    ids=["three", "two", "text", "join"],
)  # fmt: skip
def test_a_classifier_learns_from_blocks_what_it_learns_from_memory(in_blocks, y):
    """Dask's users put the estimator in the place of another; the rows must not come here."""
    options = QUICK | {"max_iter": 4, "batch_size": len(X)}
    weights = np.linspace(0.5, 2.0, len(X))
    theirs = MLPClassifier(**options).fit(X, y, weights)
    ours = MLPClassifier(**options).fit(in_blocks(X), in_blocks(y, 70), in_blocks(weights, 30))
    assert ours.classes_.tolist() == theirs.classes_.tolist()
    assert ours.n_features_in_ == 4
    for name in ("predict_proba", "decision_function", "predict_log_proba"):
        found = getattr(ours, name)(in_blocks(X))
        assert found.chunks[0] == (40, 40, 40, 30)
        assert np.allclose(found.compute(), getattr(theirs, name)(X), rtol=1e-9, atol=1e-12)
    said = ours.predict(in_blocks(X))
    assert said.dtype == theirs.predict(X).dtype
    assert np.array_equal(said.compute(), theirs.predict(X))
    assert ours.score(in_blocks(X), in_blocks(y)) == pytest.approx(theirs.score(X, y))


def test_a_regressor_learns_from_blocks_what_it_learns_from_memory(in_blocks):
    options = QUICK | {"max_iter": 4, "batch_size": len(X)}
    for y in (X[:, 0], X[:, :2]):
        theirs = MLPRegressor(**options).fit(X[:, 2:], y)
        ours = MLPRegressor(**options).fit(in_blocks(X[:, 2:]), in_blocks(y, 70))
        found = ours.predict(in_blocks(X[:, 2:]))
        assert np.allclose(found.compute(), theirs.predict(X[:, 2:]), rtol=1e-9, atol=1e-12)
        ours.partial_fit(in_blocks(X[:, 2:]), in_blocks(y, 70))
        theirs.partial_fit(X[:, 2:], y)
        assert np.allclose(ours.predict(X[:, 2:]), theirs.predict(X[:, 2:]), rtol=1e-9)


def test_frames_of_dask_keep_the_names_of_their_columns(in_blocks):
    dd, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd")).assign(kind=np.array(["x", "y", "z"])[Y])
    rows = dd.from_pandas(frame, npartitions=3)
    model = MLPClassifier(**QUICK | {"max_iter": 1, "batch_size": len(X)})
    model.fit(rows[list("abcd")], rows["kind"])
    assert model.feature_names_in_.tolist() == list("abcd")
    assert set(model.predict(rows[list("abcd")]).compute()) <= {"x", "y", "z"}
    with pytest.raises(ValueError, match=r"the columns of X are \['b'"):
        model.predict(rows[list("bacd")])
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4"):
        model.predict(rows[list("abc")])


def test_labels_in_blocks_are_checked(in_blocks):
    model = MLPClassifier(**QUICK)
    for y, words in ((X[:, 0] + 0.01, "continuous"), (np.zeros(len(X)), "at least 2 classes")):
        with pytest.raises(ValueError, match=words):
            model.fit(in_blocks(X), in_blocks(y))
    model.set_params(batch_size=len(X)).partial_fit(in_blocks(X), in_blocks(Y), classes=[0, 1, 2])
    with pytest.raises(ValueError, match="none of the classes"):
        model.partial_fit(in_blocks(X), in_blocks(Y + 1))
