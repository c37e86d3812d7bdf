"""Arguments and results of a program as structures of JAX arrays.

An argument is given as it was recorded, with arrays of JAX in the place of numbers and arrays; a
list of numbers may be one array, too; and a model is given as the vector of its parameters.

What is left out: Python's numbers in and out, which is ``capture.arguments``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import jax.numpy as jnp
import numpy as np

from autograd_nn.checks import describe, shown
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.jit.capture.arguments import Same
from autograd_nn.nested import is_container, parts_of, place_of, with_parts

__all__ = ["Groups", "built", "models_of"]

_AGAIN = "record a program for such arguments with jit(f).program(...)"


class Groups:
    """The numbers of a call, as flat arrays in the groups of the plan.

    Args:
        key: what the program was recorded for.
        args: the arguments.
        dtype: of the arrays; None for that of the arguments.
        before: the vector of the captured Values, where there is one: an argument, too.

    Attributes:
        found: the groups.
        vectors: of each model, its parameters.
        rows: how many rows there are; 0 without.
        dtype: of the arrays.
    """

    def __init__(
        self, key: Any, args: Sequence[Any], dtype: Any, before: Sequence[Any] = ()
    ) -> None:
        if len(args) != len(key):
            raise WrongTypeError(
                f"the program takes {len(key)} argument{'s' * (len(key) != 1)}, got {len(args)}"
            )
        self.found: list[Any] = []
        self.vectors: list[Any] = []
        self.rows = 0
        for k, (part, x) in enumerate(zip(key, args, strict=True)):
            self._read(part, x, f"argument {k}")
        every = [*self.found, *self.vectors, *before]
        if dtype is None:
            dtype = jnp.result_type(float, *every)
        self.dtype = dtype
        self.found = [jnp.asarray(x, dtype).reshape(-1) for x in self.found]
        self.vectors = [jnp.asarray(x, dtype) for x in self.vectors]

    def _read(self, key: Any, x: Any, where: str) -> None:
        """Append the numbers of an argument, in the order of ``capture.arguments.read``."""
        if isinstance(key, Same):
            self._read_model(key.held, x, where)
        elif key in ("n", "i"):
            self.found.append(_of_shape(x, (), where))
        elif key[0] == "a":
            self.found.append(_of_shape(x, key[1], where))
        elif key[0] == "row":
            self._read_rows(key[1], x, where)
        elif key[0] == "=":
            _check_same(key, x, where)
        elif _is_of_numbers(key):
            self.found.append(_numbers(key, x, where))
        else:
            names = [name for name, _ in key[1:]]
            if not is_container(x) or len(parts_of(x)) != len(names):
                raise _another(x, where, f"a {key[0].__name__} of {len(names)}")
            parts = _by_name(x, names) if isinstance(x, dict) else parts_of(x)
            for (name, part), item in zip(key[1:], parts, strict=True):
                self._read(part, item, place_of(x, name, where))

    def _read_model(self, model: Any, x: Any, where: str) -> None:
        parameters = model.parameters()
        if x is model:
            x = np.array([p.data for p in parameters])
        what = "the vector of the model's parameters, which "
        self.vectors.append(_of_shape(x, (len(parameters),), where, what))

    def _read_rows(self, shape: tuple[int, ...], x: Any, where: str) -> None:
        array = _as_array(x, where)
        rows = array.shape[0] if array.ndim else 0
        if not rows or array.shape[1:] != shape:
            raise BadArgumentError(
                f"{where} carries rows of shape {shape}, so its shape is (rows, "
                f"{', '.join(map(str, shape))}) with at least one row; got {_shape_of(array)}"
            )
        if self.rows and rows != self.rows:
            raise BadArgumentError(
                f"{where} has {rows} rows, the arguments before it have {self.rows}"
            )
        self.rows = rows
        self.found.append(array)


def models_of(key: Any) -> list[Any]:
    """The models among the arguments of a key, in order."""
    if isinstance(key, Same):
        return [key.held]
    if type(key) is not tuple or (key and key[0] in ("=", "a", "row")):
        return []
    return [model for part in key for model in models_of(part)]


def built(spec: Any, numbers: Any, rows: bool) -> Any:
    """The result of a description, with arrays of JAX in the place of numbers and arrays.

    Args:
        spec: see ``capture.arguments.uniform``.
        numbers: one line a root.
        rows: whether each line has a column a row.
    """
    kind = spec[0]
    extra = numbers.shape[1:] if rows else ()
    if kind == "value":
        return numbers[spec[1]]
    if kind == "values":
        return numbers[spec[2] : spec[2] + prod(spec[1])].reshape(spec[1] + extra)
    if kind == "constant":  # no number: those are roots of a uniform description
        return spec[1]
    items = [built(item, numbers, rows) for item in spec[-1]]
    if kind == "array":
        held = [jnp.broadcast_to(item, extra) for item in items]
        return jnp.stack(held).reshape(spec[1] + extra)
    return with_parts(spec[1].empty, items)


# -- one argument ---------------------------------------------------------------------------


def _as_array(x: Any, where: str) -> Any:
    try:
        array = x if hasattr(x, "dtype") and hasattr(x, "shape") else jnp.asarray(x)
    except (TypeError, ValueError):
        raise WrongTypeError(f"{where} is an array of numbers, got {describe(x)}") from None
    if not (jnp.issubdtype(array.dtype, jnp.number) or array.dtype == bool) or jnp.issubdtype(
        array.dtype, jnp.complexfloating
    ):
        raise WrongTypeError(f"{where} is an array of real numbers, got one of {array.dtype}")
    return x if isinstance(x, (float, int)) and not isinstance(x, bool) else array


def _of_shape(x: Any, shape: tuple[int, ...], where: str, what: str = "") -> Any:
    array = _as_array(x, where)
    if jnp.shape(array) != shape:
        raise BadArgumentError(
            f"{where} is {what}{'of shape' if what else 'an array of shape'} {shape}, as it was "
            f"recorded, got {_shape_of(array)}; {_AGAIN}"
        )
    return array


def _shape_of(array: Any) -> str:
    return f"one of shape {jnp.shape(array)}"


def _another(x: Any, where: str, what: str) -> WrongTypeError:
    return WrongTypeError(f"{where} was recorded as {what}, got {describe(x)}; {_AGAIN}")


def _check_same(key: Any, x: Any, where: str) -> None:
    """What is no number is what it was when the program was recorded."""
    _, kind, held = key
    if type(x) is kind and (held == x or kind in (set, frozenset, slice)):
        return
    raise BadArgumentError(
        f"{where} is no number, so it is what it was when the program was recorded, "
        f"{shown(held)}, got {describe(x)}; {_AGAIN}"
    )


def _is_of_numbers(key: Any) -> bool:
    """Whether the key of a container is that of lists and tuples of numbers, which is one group."""
    first = key[1] if len(key) > 1 else 0
    if isinstance(first, int):
        return True
    return isinstance(first, str) or (type(first) is tuple and isinstance(first[0], type))


def _numbers(key: Any, x: Any, where: str) -> Any:
    """The numbers of nested lists and tuples, one after another."""
    if hasattr(x, "shape"):
        return _of_shape(x, _regular(key, where, x), where)
    length = key[1] if len(key) > 1 and isinstance(key[1], int) else len(key) - 1
    if not isinstance(x, (list, tuple)) or len(x) != length:
        raise _another(x, where, f"a {key[0].__name__} of {length}")
    parts = ["n"] * length if len(key) > 1 and isinstance(key[1], int) else key[1:]
    found = []
    for k, (part, item) in enumerate(zip(parts, x, strict=True)):
        place = place_of(x, k, where)
        found.append(
            _of_shape(item, (), place) if isinstance(part, str) else _numbers(part, item, place)
        )
    if not found:
        return jnp.zeros(0)
    return jnp.concatenate([jnp.asarray(item).reshape(-1) for item in found])


def _regular(key: Any, where: str, x: Any) -> tuple[int, ...]:
    """The shape of the array that nested lists of numbers would make."""
    if isinstance(key, str):
        return ()
    if len(key) > 1 and isinstance(key[1], int):
        return (key[1],)
    shapes = {_regular(part, where, x) for part in key[1:]}
    if len(shapes) != 1:
        raise _another(x, where, "lists of several lengths")
    return (len(key) - 1, *shapes.pop())


def _by_name(x: dict[Any, Any], names: Sequence[Any]) -> list[Any]:
    """The parts of a dict in the order that was recorded: JAX sorts the keys of its own."""
    missing = [name for name in names if name not in x]
    if missing:
        raise BadArgumentError(f"there is no {shown(missing[0])} in {shown(list(x))}; {_AGAIN}")
    return [x[name] for name in names]
