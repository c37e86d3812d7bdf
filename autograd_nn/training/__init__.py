"""Training in a couple of lines: ``fit``, ``predict``, ``evaluate``.

>>> from autograd_nn import MLP
>>> from autograd_nn.optim import SGD
>>> from autograd_nn.training import fit, predict
>>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
>>> model = MLP(1, [1], seed=0)
>>> history = fit(model, X, y, optimizer=lambda ps: SGD(ps, lr=0.1), epochs=200, verbose=0)
>>> predict(model, [[10.0]]).round(3).tolist()
[21.0]

The parts: what is let in (``data``) and asked for (``choices``), the gradient of a batch
(``steps``, ``compiled``), what happens between epochs (``callbacks``), the record
(``history``), its pictures (``plots``), scores (``metrics``); rows that lie on the workers of Dask
(``blocks``).

What is left out: reading, scaling and splitting data.
"""

from autograd_nn.errors import NonFiniteLossError
from autograd_nn.optim import SGD
from autograd_nn.training.callbacks import BestWeights, Callback, EarlyStopping, Run
from autograd_nn.training.fit import fit
from autograd_nn.training.history import History
from autograd_nn.training.inside import layer_statistics, plot_layers, plot_weights
from autograd_nn.training.lr_finder import LearningRates, find_learning_rate
from autograd_nn.training.metrics import accuracy, confusion_matrix, to_labels
from autograd_nn.training.plots import plot_confusion_matrix, plot_decision_boundary
from autograd_nn.training.predict import evaluate, predict, predict_proba

__all__ = [
    "SGD",
    "BestWeights",
    "Callback",
    "EarlyStopping",
    "History",
    "LearningRates",
    "NonFiniteLossError",
    "Run",
    "accuracy",
    "confusion_matrix",
    "evaluate",
    "find_learning_rate",
    "fit",
    "layer_statistics",
    "plot_confusion_matrix",
    "plot_decision_boundary",
    "plot_layers",
    "plot_weights",
    "predict",
    "predict_proba",
    "to_labels",
]


def __dir__() -> list[str]:
    return __all__
