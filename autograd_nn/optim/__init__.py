"""Optimisers, learning-rate schedules and gradient clipping, with PyTorch's names and updates.

An optimiser holds a list of Values and moves them against their ``.grad``.

What is left out: the training loop (``training``), groups of parameters with
settings of their own (make one optimiser for each group).
"""

from autograd_nn.optim.clipping import clip_grad_norm_, clip_grad_value_
from autograd_nn.optim.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer
from autograd_nn.optim.schedules import CosineAnnealingLR, LinearLR, Schedule, SequentialLR, StepLR

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "LinearLR",
    "Optimizer",
    "Schedule",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
]


def __dir__() -> list[str]:
    return __all__
