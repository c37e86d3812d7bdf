"""autograd_nn: scalar autodiff that you can read, draw, check and run fast.

Everything below is imported when it is first used, so that ``import autograd_nn``
costs nothing and a part's extra packages are asked for only where that part is used.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autograd_nn.build import warn_if_old

if TYPE_CHECKING:
    from autograd_nn import (
        checking,
        drawing,
        errors,
        functions,
        implicit,
        linalg,
        losses,
        micrograd,
        nn,
        optim,
        optimize,
        saving,
        training,
    )
    from autograd_nn import transforms as transforms
    from autograd_nn.checking import (
        assert_gradients,
        check_gradients,
        check_module,
        numeric_derivative,
        numeric_gradient,
    )
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
    from autograd_nn.errors import (
        AnomalyError,
        AutogradError,
        BadArgumentError,
        ClusterError,
        ComplexResultError,
        DrawingError,
        GradientCheckError,
        GraphError,
        JitWarning,
        LeakError,
        MissingPackageError,
        ModelFileError,
        NonFiniteLossError,
        OutOfRangeError,
        SingularMatrixError,
        TooLargeError,
        TraceError,
        UnknownNameError,
        WrongTypeError,
    )
    from autograd_nn.jit import jit
    from autograd_nn.jit.take import take
    from autograd_nn.neighbours import as_torch_function
    from autograd_nn.nn import MLP, Layer, Module, Neuron
    from autograd_nn.recording import detect_anomaly, no_grad, scope
    from autograd_nn.training import metrics
    from autograd_nn.training.fit import fit
    from autograd_nn.training.predict import evaluate, predict, predict_proba
    from autograd_nn.transforms import (
        checkpoint,
        grad,
        hessian,
        hvp,
        jacfwd,
        jacobian,
        jacrev,
        jvp,
        linearize,
        taylor,
        value_and_grad,
        vjp,
        vmap,
    )

__version__ = "1.0.0"

_NAMES = {
    "checking": (
        "assert_gradients",
        "check_gradients",
        "check_module",
        "numeric_derivative",
        "numeric_gradient",
    ),
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
    "errors": (
        "AnomalyError",
        "AutogradError",
        "BadArgumentError",
        "ClusterError",
        "ComplexResultError",
        "DrawingError",
        "GradientCheckError",
        "GraphError",
        "JitWarning",
        "LeakError",
        "MissingPackageError",
        "ModelFileError",
        "NonFiniteLossError",
        "OutOfRangeError",
        "SingularMatrixError",
        "TooLargeError",
        "TraceError",
        "UnknownNameError",
        "WrongTypeError",
    ),
    "jit": ("jit", "take"),
    "neighbours": ("as_torch_function",),
    "nn": ("MLP", "Layer", "Module", "Neuron"),
    "recording": ("detect_anomaly", "no_grad", "scope"),
    "training": ("evaluate", "fit", "predict", "predict_proba"),
    "transforms": (
        "checkpoint",
        "grad",
        "hessian",
        "hvp",
        "jacfwd",
        "jacobian",
        "jacrev",
        "jvp",
        "linearize",
        "taylor",
        "value_and_grad",
        "vjp",
        "vmap",
    ),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}
#: The public modules; ``sklearn`` needs scikit-learn, so it is not among ``__all__``.
_MODULES = {
    "checking": "checking",
    "drawing": "drawing",
    "errors": "errors",
    "functions": "functions",
    "implicit": "implicit",
    "keras": "keras",
    "linalg": "linalg",
    "losses": "losses",
    "metrics": "training.metrics",
    "micrograd": "micrograd",
    "nn": "nn",
    "optim": "optim",
    "optimize": "optimize",
    "saving": "saving",
    "sklearn": "sklearn",
    "training": "training",
    "transforms": "transforms",
}

__all__ = [
    "MLP",
    "AnomalyError",
    "AutogradError",
    "BadArgumentError",
    "ClusterError",
    "ComplexResultError",
    "DrawingError",
    "GradientCheckError",
    "GraphError",
    "JitWarning",
    "Layer",
    "LeakError",
    "MissingPackageError",
    "ModelFileError",
    "Module",
    "Neuron",
    "NonFiniteLossError",
    "OutOfRangeError",
    "SingularMatrixError",
    "TooLargeError",
    "TraceError",
    "UnknownNameError",
    "Value",
    "WrongTypeError",
    "as_torch_function",
    "assert_gradients",
    "check_gradients",
    "check_module",
    "checking",
    "checkpoint",
    "custom_op",
    "derivative_text",
    "detect_anomaly",
    "draw",
    "drawing",
    "engine_is_compiled",
    "errors",
    "evaluate",
    "explain",
    "expression",
    "fit",
    "functions",
    "grad",
    "hessian",
    "hvp",
    "implicit",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "keras",
    "label_variables",
    "linalg",
    "linearize",
    "losses",
    "metrics",
    "micrograd",
    "nn",
    "no_grad",
    "numeric_derivative",
    "numeric_gradient",
    "optim",
    "optimize",
    "parameter",
    "predict",
    "predict_proba",
    "saving",
    "scope",
    "step_through",
    "take",
    "taylor",
    "to_latex",
    "training",
    "transforms",
    "value_and_grad",
    "vjp",
    "vmap",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"{__name__}.{_MODULES[name]}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "sklearn"] if find_spec("sklearn") else __all__


class _Package(ModuleType):
    """Importing the subpackage ``jit`` binds its name here; users mean the function.

    The package's names are then attributes of the function: ``autograd_nn.jit.take``.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "jit" and isinstance(value, ModuleType):
            for other in value.__all__:
                if other != "jit":
                    setattr(value.jit, other, getattr(value, other))
            value = value.jit
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
warn_if_old(Path(__file__).parent)
