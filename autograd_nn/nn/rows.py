"""What a layer takes: one vector, or a nest of them, each of which it works on alone.

What is left out: whole tables through a model, which are ``training.predict``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_nn.checks import describe
from autograd_nn.conversion import as_numpy, is_foreign, is_number
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, WrongTypeError

__all__ = ["check_length", "each_number", "each_vector", "is_nest"]


def is_nest(x: Any) -> bool:
    """Whether the parts of ``x`` have parts themselves.

    >>> is_nest([[1.0]]), is_nest([1.0]), is_nest([])
    (True, False, False)
    """
    if not len(x) or isinstance(x[0], (str, bytes, Value)) or is_number(x[0]):
        return False
    return hasattr(x[0], "__len__")


def check_length(x: Any, expected: int, who: str) -> Sequence[Any]:
    """``x`` if it is one vector of ``expected`` numbers or Values.

    Raises:
        TypeError: it is no vector.
        ValueError: it has another length.
    """
    if isinstance(x, (str, bytes, dict, Value)) or is_number(x) or not hasattr(x, "__len__"):
        raise WrongTypeError(f"{who} takes {expected} numbers, got {describe(x)}")
    if len(x) != expected:
        raise BadArgumentError(f"{who} expects {expected} inputs, got {len(x)}")
    vector: Sequence[Any] = x
    return vector


def each_vector(function: Callable[[Sequence[Any]], Any], x: Any, expected: int, who: str) -> Any:
    """``function`` of a vector, or of each vector in a nest, as a nest of the same form."""
    if is_foreign(x):
        x = as_numpy(x)
    if hasattr(x, "__len__") and not isinstance(x, (str, bytes, dict)) and is_nest(x):
        return [each_vector(function, part, expected, who) for part in x]
    return function(check_length(x, expected, who))


def each_number(function: Callable[[Any], Any], x: Any) -> Any:
    """``function`` of a number, or of each number in a nest, as a nest of the same form.

    >>> each_number(abs, [[-1.0], [2.0]])
    [[1.0], [2.0]]
    """
    if isinstance(x, Value) or is_number(x):
        return function(x)
    if isinstance(x, (str, bytes, dict)) or not hasattr(x, "__len__"):
        raise WrongTypeError(f"expected numbers, or lists of them, got {describe(x)}")
    return [each_number(function, part) for part in x]
