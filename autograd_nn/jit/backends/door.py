"""The backends by name, what they cost, and which of them can be used here.

A backend that cannot be used, because its package is missing, or the host lets no program write
code, or the compiler fails, is passed over for the next; ``python -m autograd_nn`` says why.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Final

from autograd_nn.checks import check_choice
from autograd_nn.errors import BackendError, BadArgumentError
from autograd_nn.jit.backends import Backend, Code
from autograd_nn.jit.plan import Item, Lines, Loop

__all__ = [
    "NAMES",
    "Prices",
    "backend_of",
    "checked",
    "compile_items",
    "cost",
    "why_not",
]

NAMES: Final = ("auto", "native", "numpy", "jax", "reference")
_ORDER: Final = ("native", "numpy")  # of "auto"


@dataclass(frozen=True)
class Prices:
    """What a backend costs, in microseconds, for choices only.

    Attributes:
        nest: one nest, beside its points.
        point: one point of a nest.
        line: a single operation.
        prepare: making a nest ready.
        rolls: whether lines run faster as nests in a loop.
    """

    nest: float
    point: float
    line: float
    prepare: float
    rolls: bool


PRICES: Final = {
    "native": Prices(0.01, 0.0003, 0.006, 1500.0, True),
    "numpy": Prices(0.5, 0.0005, 0.15, 130.0, False),
    "jax": Prices(2.0, 0.0005, 0.5, 20000.0, True),
    "reference": Prices(100.0, 1.0, 1.0, 0.0, False),
}


def checked(name: str) -> str:
    """The name of a backend that ``jit`` was asked for.

    Raises:
        BadArgumentError: there is no such, or it cannot be used here.
    """
    check_choice("backend", name, NAMES)
    if name != "auto" and why_not(name):
        raise BadArgumentError(f"the backend {name!r} cannot be used here: {why_not(name)}")
    return name


def backend_of(name: str) -> str:
    """The backend that a name means here.

    For "auto" what the environment variable ``AUTOGRAD_NN_BACKEND`` names, else the fastest that
    can be used.
    """
    if name == "auto":
        name = os.environ.get("AUTOGRAD_NN_BACKEND", "auto")
    if name != "auto":
        return checked(name)
    return next(each for each in _ORDER if not why_not(each))


@cache
def why_not(name: str) -> str:
    """Why a backend cannot be used; "" if it can."""
    try:
        _module(name).compile([], [8])
    except BackendError as error:
        return str(error)
    return ""


def _module(name: str) -> Backend:
    found: Backend = import_module(f"autograd_nn.jit.backends.{name}")
    return found


def compile_items(name: str, items: Sequence[Item], sizes: Sequence[int]) -> Code:
    """Make items ready by a backend, or by the next where it fails."""
    try:
        return _module(name).compile(items, sizes)
    except BackendError:
        if name == "numpy":
            raise
        return _module("numpy").compile(items, sizes)


def cost(items: Sequence[Item], prices: Prices) -> tuple[float, float]:
    """What running items forward and back takes, and what making them ready, in microseconds."""
    run = prepare = 0.0
    for item in items:
        if isinstance(item, Loop):
            inner, once = cost(item.items, prices)
            run += item.count * inner
            prepare += once
        elif isinstance(item, Lines):
            run += prices.line * len(item.codes)
        else:
            run += 3.0 * (prices.nest + prices.point * item.points)
            prepare += 3.0 * prices.prepare
    return run, prepare
