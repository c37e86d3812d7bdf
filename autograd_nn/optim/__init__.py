"""Optimisers, learning-rate schedules and gradient clipping, with PyTorch's names and updates.

An optimiser holds a list of Values and moves them against their ``.grad``.

What is left out: the training loop (``training``), groups of parameters with
settings of their own (make one optimiser for each group).
"""

from autograd_nn.optim.adaptive import Adagrad, RMSprop
from autograd_nn.optim.clipping import clip_grad_norm_, clip_grad_value_
from autograd_nn.optim.lbfgs import LBFGS
from autograd_nn.optim.optimizers import SGD, Adam, AdamW, Optimizer
from autograd_nn.optim.schedules import (
    CosineAnnealingLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
    Schedule,
    SequentialLR,
    StepLR,
)

__all__ = [
    "LBFGS",
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "LinearLR",
    "OneCycleLR",
    "Optimizer",
    "RMSprop",
    "ReduceLROnPlateau",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
]

#: Every optimiser by its name, as ``fit(..., optimizer="sgd")`` takes it.
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "lbfgs": LBFGS,
}


def __dir__() -> list[str]:
    return __all__
