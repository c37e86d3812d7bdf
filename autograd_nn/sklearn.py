"""``MLPClassifier`` and ``MLPRegressor`` for scikit-learn's pipelines and searches.

Imported only on demand, with scikit-learn installed (the extra ``sklearn``).  Names of
parameters are those of scikit-learn's own classes where they mean the same.

>>> from sklearn.datasets import load_iris
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> X, y = load_iris(return_X_y=True)
>>> model = make_pipeline(StandardScaler(), MLPClassifier((8,), random_state=0, max_iter=50))
>>> model.fit(X, y).score(X, y) > 0.9
True

Arrays and dataframes of Dask are trained on where they lie, by the client of the context, and
predictions of them are arrays of Dask; see docs/beyond_dask.md.

What is left out: training itself, which is ``training.fit``.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from autograd_nn.checks import is_dask, look_up
from autograd_nn.errors import BadArgumentError, MissingPackageError
from autograd_nn.nn import ACTIVATIONS, MLP
from autograd_nn.optim import LBFGS, OPTIMIZERS
from autograd_nn.saving import from_bytes, to_bytes
from autograd_nn.training import EarlyStopping, fit, predict
from autograd_nn.training.block_labels import Labelled, chosen, names_of

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin  # type: ignore[import-untyped]
    from sklearn.utils import check_random_state  # type: ignore[import-untyped]
    from sklearn.utils.multiclass import (  # type: ignore[import-untyped]
        check_classification_targets,
        type_of_target,
    )
    from sklearn.utils.validation import (  # type: ignore[import-untyped]
        _check_sample_weight,
        check_is_fitted,
        column_or_1d,
        validate_data,
    )
except ImportError as error:
    raise MissingPackageError(
        "autograd_nn.sklearn needs scikit-learn 1.6 or newer: pip install 'autograd_nn[sklearn]'"
    ) from error

__all__ = ["MLPClassifier", "MLPRegressor"]

#: scikit-learn's names of activations beside ours.
_ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid"} | {name: name for name in ACTIVATIONS}


def __dir__() -> list[str]:
    return __all__


class _Perceptron(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both share: the settings, and training by ``fit``."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (32,),
        *,
        activation: str = "relu",
        solver: str = "adam",
        learning_rate_init: float = 1e-2,
        alpha: float = 0.0,
        batch_size: int = 32,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        shuffle: bool = True,
        random_state: Any = None,
        compiled: bool = True,
        verbose: int = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.learning_rate_init = learning_rate_init
        self.alpha = alpha
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.shuffle = shuffle
        self.random_state = random_state
        self.compiled = compiled
        self.verbose = verbose

    def _make(self, columns: int, outputs: int) -> None:
        """A fresh model, and a seed for all that is drawn after it."""
        random = check_random_state(self.random_state)
        self._seed = int(random.randint(np.iinfo(np.int32).max // 2))
        sizes = self.hidden_layer_sizes
        hidden = [sizes] if isinstance(sizes, numbers.Integral) else list(sizes)
        activation = look_up("activation", self.activation, _ACTIVATIONS)
        self.model_ = MLP(
            columns, [*map(int, hidden), outputs], activation=activation, seed=self._seed
        )
        self._optimizer_state: dict[str, Any] | None = None
        self.loss_curve_: list[float] = []

    def _optimizer(self) -> Any:
        make = look_up("solver", self.solver, OPTIMIZERS)
        owned = self.model_.parameters()
        return make(owned) if make is LBFGS else make(owned, lr=self.learning_rate_init)

    def _train(
        self, X: Any, y: Any, loss: str, weights: Any, metric: str, *, one_epoch: bool = False
    ) -> None:
        """Train the model that there is.

        Args:
            weights: one for each row, or None.
            metric: what early stopping looks at.
            one_epoch: go on where the last epoch ended, for one more.
        """
        mover = self._optimizer()
        if one_epoch and self._optimizer_state is not None:
            mover.load_state_dict(self._optimizer_state)
        stops = self.early_stopping and not one_epoch
        watch = EarlyStopping(
            self.n_iter_no_change, f"val_{metric}" if stops else "loss",
            min_delta=self.tol, restore_best_weights=stops,
        )  # fmt: skip
        # A weighted mean, where fit's is the mean of what is weighted; in blocks it is one already.
        if weights is not None and not is_dask(weights):
            weights = weights / np.mean(weights)
        done = len(self.loss_curve_) if one_epoch else 0
        self.history_ = fit(
            self.model_, X, y, loss=loss, optimizer=mover,
            epochs=1 if one_epoch else self.max_iter,
            batch_size=None if isinstance(mover, LBFGS) else self.batch_size,
            sample_weight=weights, l2=self.alpha / 2.0,
            validation_split=self.validation_fraction if stops else None,
            metrics=[metric] if stops else [], shuffle=self.shuffle, seed=self._seed + done,
            callbacks=[] if one_epoch else [watch], verbose=self.verbose, compiled=self.compiled,
        )  # fmt: skip
        self._optimizer_state = mover.state_dict()
        self.loss_curve_ = self.loss_curve_[:done] + self.history_["loss"]
        self.n_iter_ = len(self.loss_curve_)
        self.loss_ = self.loss_curve_[-1]
        if stops:
            self.validation_scores_ = self.history_[f"val_{metric}"]
            self.best_validation_score_ = max(self.validation_scores_)

    def _ready(self, again: bool, columns: int, outputs: int) -> bool:
        """Whether the model that there is goes on; it must then have the same sizes."""
        if not again or not hasattr(self, "model_"):
            return False
        had = len(self.model_.layers[-1].neurons)
        if self.model_.nin != columns or had != outputs:
            raise BadArgumentError(
                f"the model goes on from {self.model_.nin} inputs and {had} outputs, but the data "
                f"has {columns} and {outputs}"
            )
        return True

    def __getstate__(self) -> dict[str, Any]:
        # The model as the contents of a model file, so that a pickle holds plain numbers.
        state = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = to_bytes(state["model_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "model_" in state:
            state = state | {"model_": from_bytes(state["model_"])}
        super().__setstate__(state)

    def _blocks(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> Labelled:
        """The rows of Dask, after the checks that scikit-learn makes of others."""
        rows = Labelled(X, y, sample_weight)
        if reset:
            self.n_features_in_ = rows.X.shape[1]
            if rows.names is not None:
                self.feature_names_in_ = rows.names
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
        self._check_columns(X, rows.X.shape[1])
        return rows

    def _check_columns(self, X: Any, columns: int) -> None:
        if columns != self.n_features_in_:
            raise BadArgumentError(
                f"X has {columns} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )
        known, names = getattr(self, "feature_names_in_", None), names_of(X)
        if known is not None and names is not None and list(known) != list(names):
            raise BadArgumentError(
                f"the columns of X are {list(names)}, but they were {list(known)} in fit: "
                f"give X[{list(known)}]"
            )

    def _outputs(self, X: Any) -> Any:
        check_is_fitted(self)
        if is_dask(X):
            self._check_columns(X, X.shape[1] if len(X.shape) > 1 else 1)
            return predict(self.model_, X, compiled=self.compiled)
        table = validate_data(self, X, reset=False, dtype=np.float64)
        return predict(self.model_, table, compiled=self.compiled)


class MLPClassifier(ClassifierMixin, _Perceptron):  # type: ignore[misc]
    """A multilayer perceptron that tells classes apart.

    Args:
        hidden_layer_sizes: neurons in each hidden layer.
        activation: of the hidden layers: ``"identity"``, ``"logistic"``, or a name of
            ``nn.ACTIVATIONS``.
        solver: a name of ``optim.OPTIMIZERS``, such as ``"adam"``, ``"sgd"`` or ``"lbfgs"``.
        learning_rate_init: the learning rate.
        alpha: half of it times the sum of all squared weights is added to the loss.
        batch_size: rows per step; ``lbfgs`` takes all.
        max_iter: epochs at most.
        tol, n_iter_no_change: training ends when the loss has not fallen by ``tol`` for so
            many epochs.
        early_stopping: look at the score on rows set aside instead, and keep the best weights.
        validation_fraction: the share of those rows.
        warm_start: ``fit`` goes on from the weights that there are.
        shuffle: another order of rows in each epoch.
        random_state: an int for the same model on every run; see scikit-learn.
        compiled: train through the jit where it can run the model.
        verbose: 1 to show progress.

    Attributes:
        classes_: the labels.
        model_: the trained ``MLP``.
        history_: its ``History``.
        loss_curve_: the loss of each epoch.
        validation_scores_, best_validation_score_: with early stopping: accuracy, or R2.
        n_iter_, loss_, n_features_in_: as in scikit-learn.

    Raises:
        ValueError: from ``fit``: a setting is out of range or unknown; see scikit-learn.

    >>> model = MLPClassifier((), max_iter=200, random_state=0).fit([[-1.0], [1.0]], ["no", "yes"])
    >>> model.predict([[2.0]]).tolist()
    ['yes']
    """

    classes_: Any

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPClassifier:
        """Train on rows ``X`` and their labels ``y``, or rows of 0 and 1 for labels that may join.

        ``sample_weight`` has a number for each row.
        """
        X, y, sample_weight, labels = self._let_in(X, y, sample_weight, True)
        again = self.warm_start and hasattr(self, "classes_")
        classes: Any = self.classes_ if again else self._classes_of(y, labels)
        if not self._ready(again, X.shape[1], self._count(classes)):
            self._make(X.shape[1], self._count(classes))
        self.classes_ = classes
        self.loss_curve_ = []
        self._fit(X, y, sample_weight, labels)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> MLPClassifier:
        """One more epoch on these rows; the first call says which classes there will be."""
        first = not hasattr(self, "classes_")
        X, y, sample_weight, labels = self._let_in(X, y, sample_weight, first)
        if first:
            if classes is None:
                raise BadArgumentError("the first call of partial_fit needs classes")
            self._labels_join = labels is None
            self.classes_ = np.unique(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise BadArgumentError(
                f"classes={classes} are not those of the first call, {self.classes_}"
            )
        outputs = self._count(self.classes_)
        if not self._ready(not first, X.shape[1], outputs):
            self._make(X.shape[1], outputs)
        self._fit(X, y, sample_weight, labels, one_epoch=True)
        return self

    def _let_in(self, X: Any, y: Any, sample_weight: Any, reset: bool) -> tuple[Any, Any, Any, Any]:
        """The checked rows, labels and weights, and each label once; of rows of labels, none."""
        if is_dask(X) or is_dask(y):
            rows = self._blocks(X, y, sample_weight, reset)
            if rows.y.ndim == 2 and rows.y.shape[1] > 1:
                return rows.X, rows.y, rows.weights, None
            labels = self._checked(rows.labels())
            return rows.X, rows, rows.weights, labels
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, reset=reset)
        y = self._checked(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        return X, y, sample_weight, np.unique(y) if y.ndim == 1 else None

    def _checked(self, y: Any) -> Any:
        check_classification_targets(y)
        if type_of_target(y) == "multilabel-indicator":
            return np.asarray(y)
        return column_or_1d(y, warn=True)

    def _classes_of(self, y: Any, classes: Any) -> Any:
        self._labels_join = classes is None
        if self._labels_join:
            return np.arange(y.shape[1])
        if len(classes) < 2:
            raise BadArgumentError(
                f"a classifier needs at least 2 classes, but y has 1 class: {classes[0]!r}"
            )
        return classes

    def _count(self, classes: Any) -> int:
        return 1 if len(classes) == 2 and not self._labels_join else len(classes)

    def _fit(self, X: Any, y: Any, weights: Any, labels: Any, *, one_epoch: bool = False) -> None:
        if self._labels_join:
            self._train(X, y.astype(float), "bce", weights, "accuracy", one_epoch=one_epoch)
            return
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise BadArgumentError(
                f"y holds {unknown[0]!r}, which is none of the classes {self.classes_}"
            )
        if isinstance(y, Labelled):
            numbered = y.numbered(self.classes_)
        else:
            numbered = np.searchsorted(self.classes_, y).astype(float)
        loss = "binary_cross_entropy" if len(self.classes_) == 2 else "cross_entropy"
        self._train(X, numbered, loss, weights, "accuracy", one_epoch=one_epoch)

    def decision_function(self, X: Any) -> Any:
        """Logits: shape (rows,) for two classes, positive for the second; else (rows, classes)."""
        return self._outputs(X)

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, shape (rows, classes), in the order of ``classes_``."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithms of ``predict_proba``, also where those are too small for a float."""
        logits = self._outputs(X)
        if getattr(self, "_labels_join", False):
            return -np.logaddexp(0.0, -logits)
        if logits.ndim == 1:
            logits = np.stack([np.zeros_like(logits), logits], axis=1)
        top = logits - logits.max(axis=1, keepdims=True)
        return top - np.log(np.exp(top).sum(axis=1, keepdims=True))

    def predict(self, X: Any) -> Any:
        """The most likely label for each row; 0 or 1 for each label where they may join."""
        logits = self._outputs(X)
        if self._labels_join:
            return (logits > 0).astype(int)
        best = (logits > 0).astype(int) if logits.ndim == 1 else logits.argmax(axis=1)
        if is_dask(best):
            return chosen(best, self.classes_)
        return self.classes_[best]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPRegressor(RegressorMixin, _Perceptron):  # type: ignore[misc]
    """A multilayer perceptron that predicts numbers, trained on the mean squared error.

    Args:
        hidden_layer_sizes, activation, solver: as for ``MLPClassifier``.
        learning_rate_init, alpha, batch_size, max_iter: as for ``MLPClassifier``.
        tol, n_iter_no_change, early_stopping: as for ``MLPClassifier``.
        validation_fraction, warm_start, shuffle, random_state: as for ``MLPClassifier``.
        compiled, verbose: as for ``MLPClassifier``.

    Attributes:
        model_, history_, ...: those of ``MLPClassifier``, without ``classes_``.

    Raises:
        ValueError: from ``fit``: a setting is out of range or unknown; see scikit-learn.

    >>> model = MLPRegressor((), max_iter=300, random_state=0).fit([[0.0], [1.0]], [1.0, 3.0])
    >>> model.predict([[0.5]]).shape
    (1,)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """Train on rows ``X`` and their targets, shape (rows,) or (rows, targets)."""
        self._fit(X, y, sample_weight)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """One more epoch on these rows."""
        self._fit(X, y, sample_weight, one_epoch=True)
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any, *, one_epoch: bool = False) -> None:
        first = not one_epoch or not hasattr(self, "model_")
        weights = None
        if is_dask(X) or is_dask(y):
            rows = self._blocks(X, y, sample_weight, first)
            X, y, weights = rows.X, rows.y, rows.weights
        else:
            X, y = validate_data(
                self, X, y, dtype=np.float64, multi_output=True, y_numeric=True, reset=first
            )
            y = np.asarray(y, np.float64)
        if sample_weight is not None and weights is None:
            weights = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if not self._ready(self.warm_start or one_epoch, X.shape[1], outputs):
            self._make(X.shape[1], outputs)
        if not one_epoch:
            self.loss_curve_ = []
        self._columns = 0 if y.ndim == 1 else y.shape[1]
        y = y.reshape(-1) if self._columns == 1 else y
        self._train(X, y, "mean_squared_error", weights, "r2", one_epoch=one_epoch)

    def predict(self, X: Any) -> Any:
        """The targets for each row, in the shape they had in ``fit``."""
        found = self._outputs(X)
        return found.reshape(-1, 1) if self._columns == 1 else found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = False
        return tags
