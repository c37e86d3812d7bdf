"""Checking slopes: numeric derivatives with error bounds, and what is wrong with a formula.

``check_gradients`` is where to start; ``assert_gradients`` and the pytest fixture
``gradcheck`` raise.  What is left out: the pytest plugin itself (``pytest_plugin``).
"""

from autograd_nn.checking.approximate import approx_gradient
from autograd_nn.checking.check import assert_gradients, check_gradients
from autograd_nn.checking.modules import check_module
from autograd_nn.checking.numeric import NumericDerivative, numeric_derivative, numeric_gradient
from autograd_nn.checking.oracles import complex_step_derivative, mpmath_derivative
from autograd_nn.checking.report import GradientReport
from autograd_nn.errors import GradientCheckError

__all__ = [
    "GradientCheckError",
    "GradientReport",
    "NumericDerivative",
    "approx_gradient",
    "assert_gradients",
    "check_gradients",
    "check_module",
    "complex_step_derivative",
    "mpmath_derivative",
    "numeric_derivative",
    "numeric_gradient",
]


def __dir__() -> list[str]:
    return __all__
