"""A model's parameters as a dict of arrays, and back.

A model is anything with ``named_parameters()``.  What is left out: files (``model_file``).
"""

from __future__ import annotations

import re
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autograd_nn.checks import describe, did_you_mean, shown
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["Floats", "Model", "State", "load_state_dict", "state_dict"]

Floats = NDArray[np.float64]
State = dict[str, Floats]


class Model(Protocol):
    """What a state is taken from."""

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with their names; see ``Module``."""


def state_dict(module: Model) -> State:
    """The parameters' numbers by name; a list of parameters is one array.

    Args:
        module: a model, with ``named_parameters()``.

    Returns:
        A dict such as ``{"layers.0.neurons.0.w": array of nin, "layers.0.neurons.0.b":
        array of shape ()}``, of copies: later training does not change it.

    Raises:
        TypeError: ``module`` is no model.

    >>> from autograd_nn import Neuron
    >>> {name: array.shape for name, array in state_dict(Neuron(3, seed=0)).items()}
    {'w': (3,), 'b': ()}
    """
    groups = _groups(module)
    return {name: np.array([p.data for p in ps]).reshape(shape) for name, shape, ps in groups}


def load_state_dict(module: Model, state: dict[str, Any]) -> None:
    """Set the parameters of ``module`` to the numbers of a ``state_dict``.

    Everything is checked first: after an error the module is as it was.  PyTorch's states load
    into the same layers: a matrix ``weight`` stands for its rows ``weight.0``, ``weight.1``, ...,
    and ``0.weight`` of a Sequential for ``layers.0.weight``.

    Args:
        module: the model to fill.
        state: arrays or lists of numbers by name.

    Raises:
        TypeError: ``state`` is no dict, or holds something else than numbers.
        ValueError: a name is missing or unknown, or an array has another shape.

    >>> from autograd_nn import Neuron
    >>> neuron = Neuron(2, seed=0)
    >>> load_state_dict(neuron, {"w": [1.0, 2.0], "b": 3.0})
    >>> neuron.w[1].data
    2.0
    """
    if not isinstance(state, dict):
        raise WrongTypeError(f"a state is a dict of arrays by name, got {describe(state)}")
    groups = _groups(module)
    expected = {name for name, _, _ in groups}
    state = _in_rows(_with_layers(state, _heads(expected)), expected)
    unknown = [name for name in state if name not in expected]
    missing = [name for name, _, _ in groups if name not in state]
    if unknown or missing:
        raise BadArgumentError("; ".join(_name_errors(unknown, missing)))
    ready: list[tuple[Value, float]] = []
    for name, shape, parameters in groups:
        array = _as_floats(name, state[name])
        if array.shape != shape:
            raise BadArgumentError(
                f"{shown(name)} has shape {shape} in this model, but {array.shape} in the state; "
                "make the model with the same layer sizes"
            )
        ready += zip(parameters, array.ravel().tolist(), strict=True)
    for parameter, x in ready:
        parameter.data = x


def _groups(module: Any) -> list[tuple[str, tuple[int, ...], list[Value]]]:
    """(name, shape, parameters): ``w.0``, ``w.1``, ... of a list are one array ``w``."""
    if isinstance(module, type) or not hasattr(module, "named_parameters"):
        raise WrongTypeError(f"expected a Module such as MLP, got {describe(module)}")
    found: dict[str, list[Value]] = {}
    in_list: set[str] = set()
    names: set[str] = set()
    for name, p in module.named_parameters():
        if name in names:
            raise BadArgumentError(
                f"two parameters are named {shown(name)}: rename a key or attribute"
            )
        names.add(name)
        head, _, last = name.rpartition(".")
        grouped = head != "" and last.isdecimal()
        key = head if grouped else name
        if grouped:
            in_list.add(key)
        elif key in in_list or key in found:
            raise BadArgumentError(
                f"a parameter and a list of parameters are both named {shown(key)}"
            )
        found.setdefault(key, []).append(p)
    if not found:
        raise BadArgumentError(
            f"{type(module).__name__} has no parameters: there is nothing to save"
        )
    return [(name, (len(ps),) if name in in_list else (), ps) for name, ps in found.items()]


def _with_layers(state: dict[str, Any], heads: set[str]) -> dict[str, Any]:
    """The state with names of this package where PyTorch leaves out ``layers`` before a number."""
    known = {*heads, *(name.rpartition(".")[0] for name in heads)}
    full = {re.sub(r"(^|\.)layers\.(?=\d)", r"\1", name): name for name in known}
    return {name if name in known else full.get(name, name): x for name, x in state.items()}


def _in_rows(state: dict[str, Any], expected: set[str]) -> dict[str, Any]:
    """The state with tables in place of rows where the module keeps its rows one by one."""
    found: dict[str, Any] = {}
    for name, numbers in state.items():
        if name not in expected and f"{name}.0" in _heads(expected) and np.ndim(numbers) > 1:
            rows = {f"{name}.{i}": row for i, row in enumerate(numbers)}
            found |= _in_rows(rows, expected)
        else:
            found[name] = numbers
    return found


def _heads(names: set[str]) -> set[str]:
    """The names, and those of the lists that they lie in."""
    heads = set(names)
    for name in names:
        head = name
        while head.rpartition(".")[2].isdecimal():
            heads.add(head)
            head = head.rpartition(".")[0]
    return heads


def _name_errors(unknown: list[str], missing: list[str]) -> list[str]:
    says = []
    if missing:
        says.append(f"the state lacks {_some(missing)}")
    if unknown:
        hint = did_you_mean(unknown[0], missing).rstrip()
        says.append(f"this model has no {_some(unknown)}" + (f"; {hint}" if hint else ""))
    return says


def _some(names: list[str]) -> str:
    some = ", ".join(shown(name) for name in names[:3])
    return some if len(names) <= 3 else f"{some} and {len(names) - 3} more"


def _as_floats(name: str, numbers: Any) -> Floats:
    array = np.asarray(numbers)
    if array.dtype.kind not in "fiub":
        raise WrongTypeError(f"{shown(name)} must hold numbers, got {describe(numbers)}")
    return array.astype(float)
