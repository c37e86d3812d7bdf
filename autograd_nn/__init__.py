"""autograd_nn: scalar autodiff that you can read, draw, check and run fast.

Everything below is imported when it is first used, so that ``import autograd_nn``
costs nothing and a part's extra packages are asked for only where that part is used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd_nn import functions, losses, nn
    from autograd_nn.contexts import AnomalyError
    from autograd_nn.engine import Value, engine_is_compiled, parameter
    from autograd_nn.jit import jit
    from autograd_nn.nn import MLP, Layer, Module, Neuron
    from autograd_nn.recording import detect_anomaly, no_grad, scope
    from autograd_nn.transforms import grad, value_and_grad

__version__ = "1.0.0"

_HOMES = {
    "AnomalyError": "contexts",
    "Layer": "nn",
    "MLP": "nn",
    "Module": "nn",
    "Neuron": "nn",
    "Value": "engine",
    "detect_anomaly": "recording",
    "engine_is_compiled": "engine",
    "grad": "transforms",
    "jit": "jit",
    "no_grad": "recording",
    "parameter": "engine",
    "scope": "recording",
    "value_and_grad": "transforms",
}
_MODULES = ("functions", "losses", "nn")

__all__ = [
    "MLP",
    "AnomalyError",
    "Layer",
    "Module",
    "Neuron",
    "Value",
    "detect_anomaly",
    "engine_is_compiled",
    "functions",
    "grad",
    "jit",
    "losses",
    "nn",
    "no_grad",
    "parameter",
    "scope",
    "value_and_grad",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Importing the subpackage ``jit`` binds its name here; users mean the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "jit" and isinstance(value, ModuleType):
            value = value.jit
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
