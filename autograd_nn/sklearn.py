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

What is left out: training itself, which is ``training.fit``; partial fits and sample weights.
"""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import look_up
from autograd_nn.errors import BadArgumentError, MissingPackageError
from autograd_nn.nn import MLP
from autograd_nn.optim import OPTIMIZERS
from autograd_nn.saving import from_bytes, to_bytes
from autograd_nn.training import EarlyStopping, fit, predict

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin  # type: ignore[import-untyped]
    from sklearn.utils import check_random_state  # type: ignore[import-untyped]
    from sklearn.utils.multiclass import check_classification_targets  # type: ignore[import-untyped]
    from sklearn.utils.validation import check_is_fitted, validate_data  # type: ignore[import-untyped]
except ImportError as error:
    raise MissingPackageError(
        "autograd_nn.sklearn needs scikit-learn 1.6 or newer: pip install 'autograd_nn[sklearn]'"
    ) from error

__all__ = ["MLPClassifier", "MLPRegressor"]


def __dir__() -> list[str]:
    return __all__


class _Perceptron(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both share: the settings, and training by ``fit``."""

    def __init__(
        self,
        hidden_layer_sizes: Any = (32,),
        *,
        activation: str = "relu",
        optimizer: str = "adam",
        learning_rate_init: float = 1e-2,
        alpha: float = 0.0,
        batch_size: int = 32,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        shuffle: bool = True,
        random_state: Any = None,
        compiled: bool = True,
        verbose: int = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.alpha = alpha
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.shuffle = shuffle
        self.random_state = random_state
        self.compiled = compiled
        self.verbose = verbose

    def _train(self, X: Any, y: Any, outputs: int, loss: str) -> None:
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        sizes = self.hidden_layer_sizes
        hidden = [sizes] if isinstance(sizes, numbers.Integral) else list(sizes)
        make = look_up("optimizer", self.optimizer, OPTIMIZERS)
        self.model_ = MLP(
            X.shape[1], [int(n) for n in hidden] + [outputs], activation=self.activation, seed=seed
        )
        patience = EarlyStopping(self.n_iter_no_change, "loss", min_delta=self.tol)
        self.history_ = fit(
            self.model_,
            X,
            y,
            loss=loss,
            optimizer=lambda ps: make(ps, lr=self.learning_rate_init, weight_decay=self.alpha),
            epochs=self.max_iter,
            batch_size=self.batch_size,
            shuffle=self.shuffle,
            seed=seed,
            callbacks=[patience],
            verbose=self.verbose,
            compiled=self.compiled,
        )
        self.n_iter_ = self.history_.epochs
        self.loss_ = self.history_["loss"][-1]

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

    def _outputs(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self)
        table = validate_data(self, X, reset=False, dtype=np.float64)
        return predict(self.model_, table, compiled=self.compiled)


class MLPClassifier(ClassifierMixin, _Perceptron):  # type: ignore[misc]
    """A multilayer perceptron that tells classes apart.

    Args:
        hidden_layer_sizes: neurons in each hidden layer.
        activation: of the hidden layers: a name of ``nn.ACTIVATIONS``.
        optimizer: a name of ``optim.OPTIMIZERS``.
        learning_rate_init: the learning rate.
        alpha: the optimiser's weight decay.
        batch_size: rows per step.
        max_iter: epochs at most.
        tol, n_iter_no_change: training ends when the loss has not fallen by ``tol`` for so
            many epochs.
        shuffle: another order of rows in each epoch.
        random_state: an int for the same model on every run; see scikit-learn.
        compiled: train through the jit where it can run the model.
        verbose: 1 to show progress.

    Attributes:
        classes_: the labels.
        model_: the trained ``MLP``.
        history_: its ``History``.
        n_iter_, loss_, n_features_in_: as in scikit-learn.
    """

    def fit(self, X: Any, y: Any) -> MLPClassifier:
        """Train on rows ``X`` and their labels ``y``, from fresh weights."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, numbered = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise BadArgumentError(
                f"a classifier needs at least 2 classes, but y has 1 class: {self.classes_[0]!r}"
            )
        outputs = 1 if len(self.classes_) == 2 else len(self.classes_)
        loss = "binary_cross_entropy" if outputs == 1 else "cross_entropy"
        self._train(X, numbered.astype(float), outputs, loss)
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Logits: shape (rows,) for two classes, positive for the second; else (rows, classes)."""
        return self._outputs(X)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probability of each class, shape (rows, classes), in the order of ``classes_``."""
        logits = self._outputs(X)
        if logits.ndim == 1:
            logits = np.stack([np.zeros_like(logits), logits], axis=1)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def predict(self, X: Any) -> Any:
        """The most likely label for each row."""
        logits = self._outputs(X)
        best = (logits > 0).astype(int) if logits.ndim == 1 else logits.argmax(axis=1)
        return self.classes_[best]


class MLPRegressor(RegressorMixin, _Perceptron):  # type: ignore[misc]
    """A multilayer perceptron that predicts numbers, trained on the mean squared error.

    Arguments and attributes are those of ``MLPClassifier``, without ``classes_``.
    """

    def fit(self, X: Any, y: Any) -> MLPRegressor:
        """Train on rows ``X`` and their targets, shape (rows,) or (rows, targets)."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        y = np.asarray(y, np.float64)
        self._train(X, y, 1 if y.ndim == 1 else y.shape[1], "mean_squared_error")
        self._columns = 0 if y.ndim == 1 else y.shape[1]
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The targets for each row, in the shape they had in ``fit``."""
        found = self._outputs(X)
        return found.reshape(-1, 1) if self._columns == 1 else found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = False
        return tags
