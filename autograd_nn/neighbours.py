"""Functions of this package inside of other libraries: as a function of PyTorch's tensors.

What is left out: tensors and arrays of others as arguments, which are let in everywhere
(``conversion``); a program as a function of JAX's arrays, which is ``Program.to_jax``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import as_numpy
from autograd_nn.errors import GraphError, MissingPackageError, TraceError, WrongTypeError
from autograd_nn.functions import dot
from autograd_nn.jit import Jitted, jit
from autograd_nn.nested import is_container, parts_of, with_parts

__all__ = ["as_torch_function"]


def as_torch_function(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of PyTorch's tensors, through which PyTorch's slopes flow.

    Tensors may be arguments or lie in lists, tuples and dicts among them, of any shape, stride and
    dtype; only those that require grad get slopes.  All is computed in double precision in the
    processor's memory, whatever the tensors' own: the result has the dtype that PyTorch promotes
    theirs to (float32 slopes are rounded double ones) and lies on the device of the first.

    Args:
        f: a function jitted by ``jit``, with rows or without, or a plain one, which is jitted; of
            numbers and arrays, that returns a number or an array or a list of numbers.

    Returns:
        The function.  It can be differentiated once, not twice: for second derivatives take
        ``hessian`` or ``hvp`` of ``f`` itself.

    Raises:
        TypeError: ``f`` is no function; when called: it returns something else.
        MissingPackageError: PyTorch is not installed.
        GraphError: PyTorch is asked for second derivatives, by ``create_graph=True``.

    >>> from autograd_nn import jit
    >>> try:
    ...     import torch
    ... except ImportError:
    ...     slope = 12.0
    ... else:
    ...     w = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    ...     as_torch_function(jit(lambda w, x: (w * x) ** 2))(w, 3.0).backward()
    ...     slope = w.grad.item() / 3.0
    >>> slope
    12.0
    """
    try:
        import torch  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingPackageError(
            f"as_torch_function needs PyTorch ({error}): pip install 'autograd_nn[torch]'"
        ) from None
    jitted = f if isinstance(f, Jitted) else jit(f)
    weighted = _weighted(jitted)
    compiled: set[Any] = set()

    def slopes_of(call: _Call, weights: Any) -> Any:
        given = weights if weights.ndim else float(weights), *call.args
        if call.form not in compiled:  # so that the first call gives the bits of all others
            compiled.add(call.form)
            with suppress(TraceError):  # the engine runs it, every time
                weighted.program(*given)
        return weighted.value_and_grad(*given, argnums=tuple(k + 1 for k in call.wanted))[1]

    class Function(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
        """The call as one node of PyTorch's graph."""

        @staticmethod
        def forward(ctx: Any, args: Any, *tensors: Any) -> Any:
            call = _Call(args, tensors, ctx.needs_input_grad[1:])
            ctx.call = call
            found = jitted(*call.args)
            if not _is_plain(found):
                raise WrongTypeError(
                    f"{jitted!r} returns {describe(found)}, and a function of PyTorch's tensors "
                    "returns a number, or an array or a list of numbers"
                )
            kinds = [x.dtype for x in tensors if x.is_floating_point()]
            kind = torch.get_default_dtype() if not kinds else kinds[0]
            for other in kinds[1:]:
                kind = torch.promote_types(kind, other)
            array = np.asarray(found, dtype=float)
            return torch.as_tensor(array, dtype=kind, device=tensors[0].device)

        @staticmethod
        def backward(ctx: Any, slopes: Any) -> Any:
            if torch.is_grad_enabled():
                raise GraphError(
                    f"{jitted!r} as a function of PyTorch's tensors can be differentiated once, "
                    "and create_graph=True asks for more: take hessian or hvp of the function "
                    "itself, or leave create_graph out"
                )
            call = ctx.call
            weights = slopes.detach().double().cpu().numpy()
            if jitted.row_positions and jitted.options.reduce is None:  # the rows are the last axis
                weights = np.moveaxis(weights, -1, 0)
            found = slopes_of(call, weights)
            return None, *(
                None if x is None else torch.as_tensor(x, dtype=like.dtype, device=like.device)
                for x, like in zip(call.by_tensor(found), call.tensors, strict=True)
            )

    def function(*args: Any) -> Any:
        tensors = [x for part in args for x in _tensors(part)]
        if not tensors:
            return jitted(*args)
        apply: Any = Function.apply
        return apply(args, *tensors)

    function.__name__ = getattr(jitted, "__name__", "function")
    function.__doc__ = f"{jitted!r} as a function of PyTorch's tensors."
    return function


class _Call:
    """The arguments of one call in NumPy's arrays.

    Attributes:
        args: the arguments.
        tensors: those among them, in order.
        wanted: the positions of the arguments in which a tensor needs slopes.
        form: the shapes of the tensors.
    """

    def __init__(self, args: Sequence[Any], tensors: Sequence[Any], needed: Sequence[bool]) -> None:
        self._given, self.tensors, self._needed = args, tensors, needed
        self.args = [_in_double(x) for x in args]
        self.form = tuple(tuple(x.shape) for x in tensors)
        counts = [sum(1 for _ in _tensors(x)) for x in args]
        ends = np.cumsum(counts).tolist()
        self.wanted = [
            k
            for k, (end, n) in enumerate(zip(ends, counts, strict=True))
            if any(needed[end - n : end])
        ]
        self._spans = [(end - n, end) for end, n in zip(ends, counts, strict=True)]

    def by_tensor(self, slopes: Sequence[Any]) -> list[Any]:
        """The slopes along each tensor, of those along the wanted arguments; None for others."""
        found: list[Any] = [None] * len(self.tensors)
        for k, slope in zip(self.wanted, slopes, strict=True):
            start, _ = self._spans[k]
            for place, part in enumerate(_beside(self._given[k], slope), start):
                if self._needed[place]:
                    found[place] = np.asarray(part).reshape(tuple(self.tensors[place].shape))
        return found


def _is_tensor(x: Any) -> bool:
    return hasattr(x, "requires_grad") and hasattr(x, "detach")


def _tensors(x: Any) -> Iterator[Any]:
    """The tensors in an argument, in order."""
    if _is_tensor(x):
        yield x
    elif is_container(x):
        for part in parts_of(x):
            yield from _tensors(part)


def _beside(x: Any, slope: Any) -> Iterator[Any]:
    """The parts of a gradient where an argument has tensors."""
    if _is_tensor(x):
        yield slope
    elif is_container(x):
        for part, inner in zip(parts_of(x), parts_of(slope), strict=True):
            yield from _beside(part, inner)


def _in_double(x: Any) -> Any:
    """An argument with arrays of doubles, or of integers, in the place of tensors."""
    if _is_tensor(x):
        x = x.detach().cpu()
        array = as_numpy(x.double() if x.is_floating_point() else x)
        return array if array.ndim else array[()]
    if is_container(x):
        return with_parts(x, [_in_double(part) for part in parts_of(x)])
    return x


def _is_plain(x: Any) -> bool:
    """Whether a result is a number, or an array or nested lists of numbers."""
    if isinstance(x, (list, tuple)):
        return all(map(_is_plain, x))
    return isinstance(x, (float, int, np.number)) or (
        isinstance(x, np.ndarray) and x.dtype.kind in "fiub"
    )


def _weighted(jitted: Jitted) -> Jitted:
    """The sum of the results of a jitted function, each times a weight, which comes first."""
    f, reduce = jitted.function, jitted.options.reduce

    def weighted(weights: Any, *args: Any) -> Any:
        return dot(_flat(weights), _flat(f(*args)))

    if not jitted.row_positions:
        return jit(weighted, backend=jitted.options.backend)
    known = list(inspect.signature(f).parameters.values())
    names = [p.name for p in known]
    first = "weights"
    while first in names:
        first += "_"
    new = inspect.Parameter(first, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    weighted.__signature__ = inspect.Signature([new, *known])  # type: ignore[attr-defined]
    rows = [names[k] for k in sorted(jitted.row_positions)]
    if reduce is None:
        return jit(weighted, rows=[first, *rows], reduce="sum", backend=jitted.options.backend)
    return jit(weighted, rows=rows, reduce=reduce, backend=jitted.options.backend)


def _flat(x: Any) -> list[Any]:
    if isinstance(x, (list, tuple, np.ndarray)) and np.ndim(x):
        return [number for part in x for number in _flat(part)]
    return [x]
