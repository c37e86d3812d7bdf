"""autograd_nn: scalar autodiff that you can read, draw, check and run fast.

Everything below is imported when it is first used, so that ``import autograd_nn``
costs nothing and a part's extra packages are asked for only where that part is used.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd_nn import functions, linalg, losses, micrograd, nn, optim
    from autograd_nn.checking import (
        GradientCheckError,
        assert_gradients,
        check_gradients,
        check_module,
        numeric_derivative,
        numeric_gradient,
    )
    from autograd_nn.contexts import AnomalyError
    from autograd_nn.custom import custom_op
    from autograd_nn.drawing import (
        derivative_text,
        draw,
        explain,
        expression,
        label_variables,
        step_through,
        to_latex,
    )
    from autograd_nn.engine import Value, engine_is_compiled, parameter
    from autograd_nn.jit import jit
    from autograd_nn.nn import MLP, Layer, Module, Neuron
    from autograd_nn.recording import detect_anomaly, no_grad, scope
    from autograd_nn.training import evaluate, fit, predict
    from autograd_nn.transforms import grad, value_and_grad

__version__ = "1.0.0"

_NAMES = {
    "checking": (
        "GradientCheckError",
        "assert_gradients",
        "check_gradients",
        "check_module",
        "numeric_derivative",
        "numeric_gradient",
    ),
    "contexts": ("AnomalyError",),
    "custom": ("custom_op",),
    "drawing": (
        "derivative_text",
        "draw",
        "explain",
        "expression",
        "label_variables",
        "step_through",
        "to_latex",
    ),
    "engine": ("Value", "engine_is_compiled", "parameter"),
    "jit": ("jit",),
    "nn": ("MLP", "Layer", "Module", "Neuron"),
    "recording": ("detect_anomaly", "no_grad", "scope"),
    "training": ("evaluate", "fit", "predict"),
    "transforms": ("grad", "value_and_grad"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}
_MODULES = ("functions", "linalg", "losses", "micrograd", "nn", "optim")

__all__ = [
    "MLP",
    "AnomalyError",
    "GradientCheckError",
    "Layer",
    "Module",
    "Neuron",
    "Value",
    "assert_gradients",
    "check_gradients",
    "check_module",
    "custom_op",
    "derivative_text",
    "detect_anomaly",
    "draw",
    "engine_is_compiled",
    "evaluate",
    "explain",
    "expression",
    "fit",
    "functions",
    "grad",
    "jit",
    "label_variables",
    "linalg",
    "losses",
    "micrograd",
    "nn",
    "no_grad",
    "numeric_derivative",
    "numeric_gradient",
    "optim",
    "parameter",
    "predict",
    "scope",
    "step_through",
    "to_latex",
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
