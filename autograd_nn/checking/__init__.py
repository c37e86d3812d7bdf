"""Checking slopes: numerical derivatives with error bounds."""

from autograd_nn.checking.numeric import NumericDerivative, numeric_derivative, numeric_gradient

__all__ = ["NumericDerivative", "numeric_derivative", "numeric_gradient"]
