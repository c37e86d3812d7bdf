"""``jacobian``: the slopes of every result along every argument, forward, back or by colours.

What is left out: matrices of second derivatives (``hessian``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import numpy as np

from autograd_nn.checks import check_argnums, describe
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.transforms.compiled import Finished, by_recording, of_compiled
from autograd_nn.transforms.gradient import Argnums, function
from autograd_nn.transforms.run import Run, differentiating, slopes_of
from autograd_nn.transforms.sparse import (
    Entries,
    jacobian_entries,
    matrix_of,
    pull_rows,
    push_columns,
)
from autograd_nn.transforms.structure import Structure, as_values, blocks

__all__ = ["jacfwd", "jacobian", "jacrev"]

Function = Callable[..., Any]
_MODES = ("auto", "fwd", "rev")
_COLUMNS = 64  # that go forward at once, for about the price of so many ways back
_PRICE = 25


def jacobian(
    f: Function,
    argnums: Argnums = 0,
    mode: str = "auto",
    sparse: bool = False,
    has_aux: bool = False,
) -> Function:
    """The function that returns the slope of every result of ``f`` along every argument.

    Args:
        f: a function of any arguments that returns numbers in any structure.
        argnums: the position of the argument to differentiate, or a tuple or list of positions.
        mode: "fwd" pushes a tangent for each input, "rev" pulls an adjoint for each result;
            "auto" takes what is cheaper for their numbers.
        sparse: whether to return a ``scipy.sparse.csr_matrix`` of all results along all
            numbers of one argument, in order.  Its pattern is that of the recording; columns
            (or rows) that share no row (column) are found together.
        has_aux: whether ``f`` returns a pair: the result, and anything else, which is handed on.

    Returns:
        A function of the same arguments.  It returns the structure of the result with the
        structure of the argument in place of each number; of an array of shape S along one of
        shape T, an array of shape S + T.  A tuple or list of ``argnums`` gives a tuple in the
        place of each result.  With ``has_aux`` the pair of that and what ``f`` returned beside.

    Raises:
        ValueError: another ``mode``; ``sparse`` along several arguments or inside a recording.
        TypeError: when called: a result is no number.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    >>> jacobian(lambda x: x * x, sparse=True)(np.array([1.0, 2.0])).toarray().tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    function(f, "a Jacobian")
    if mode not in _MODES:
        raise BadArgumentError(f'mode is "auto", "fwd" or "rev", got {describe(mode)}')
    positions, several = check_argnums(argnums), not isinstance(argnums, int)
    make = partial(jacobian, argnums=argnums, mode=mode, sparse=sparse, has_aux=has_aux)
    compiled = of_compiled(f, make)
    if compiled is not None:
        return compiled
    if sparse:
        return _sparse(f, positions, mode, has_aux)

    @wraps(f)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        run = Run(f, args, kwargs, positions, again=True, has_aux=has_aux)
        leaves, outer = run.numbers()
        slopes = _dense(run, leaves, mode)
        inner = run.structures
        found = blocks(slopes, outer, _together(inner) if several else inner[0])
        return (found, run.aux) if has_aux else found

    return matrix


def jacfwd(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """``jacobian`` with a tangent for each input: for few inputs and many results.

    Args:
        f, argnums, has_aux: as for ``jacobian``.

    Returns:
        As for ``jacobian``.

    Raises:
        TypeError, ValueError: as for ``jacobian``.

    >>> jacfwd(lambda x: [x, x * x])(3.0)
    [1.0, 6.0]
    """
    return jacobian(f, argnums, "fwd", has_aux=has_aux)


def jacrev(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """``jacobian`` with an adjoint for each result: for many inputs and few results.

    Args:
        f, argnums, has_aux: as for ``jacobian``.

    Returns:
        As for ``jacobian``.

    Raises:
        TypeError, ValueError: as for ``jacobian``.

    >>> jacrev(lambda x: x[0] * x[1])([2.0, 3.0])
    [3.0, 2.0]
    """
    return jacobian(f, argnums, "rev", has_aux=has_aux)


def _together(structures: list[Structure]) -> Structure:
    """Several arguments as a tuple."""

    def assemble(leaves: Any) -> tuple[Any, ...]:
        parts, start = [], 0
        for structure in structures:
            count = len(structure.shapes)
            parts.append(structure.assemble(leaves[start : start + count]))
            start += count
        return tuple(parts)

    shapes = tuple(shape for structure in structures for shape in structure.shapes)
    return Structure(shapes, assemble, None)


def _dense(run: Run, leaves: list[Any], mode: str) -> Any:
    """The matrix of slopes: a line a result, a column an input."""
    rows, columns = len(leaves), len(run.inputs)
    if mode == "auto":
        # On a graph of numbers the engine's own way back is far faster than a walk in Python.
        price = columns if run.in_graph else _PRICE * -(-columns // _COLUMNS)
        mode = "fwd" if price < rows else "rev"
    if mode == "rev" and not run.in_graph:
        return np.array([slopes_of(x, run.inputs) for x in leaves]).reshape(rows, columns)
    linear = run.linear(leaves)
    with differentiating(run.context, 0):
        if mode == "fwd":
            found = push_columns(linear, np.eye(columns), run.in_graph)
        else:
            found = pull_rows(linear, np.eye(rows))
        return as_values(list(found.flat)).reshape(rows, columns) if run.in_graph else found


def _sparse(f: Function, positions: tuple[int, ...], mode: str, has_aux: bool) -> Function:
    """The sparse Jacobian, eagerly or from a recording of its entries."""

    def entries(*args: Any, **kwargs: Any) -> Any:
        run = Run(f, args, kwargs, positions, again=True, has_aux=has_aux)
        leaves, _ = run.numbers()
        linear = run.linear(leaves)
        with differentiating(run.context, 0):
            found = jacobian_entries(linear, len(run.inputs), mode, run.in_graph)
        return (found, run.aux) if has_aux else found

    return as_sparse(f, entries, positions, has_aux)


def as_sparse(
    f: Function, entries: Function, positions: tuple[int, ...], has_aux: bool
) -> Function:
    """A function that returns a sparse matrix, made of one that returns its entries."""
    if len(positions) != 1:
        raise BadArgumentError(
            "sparse=True gives one matrix along one argument; put the arguments into a tuple, and "
            "give that as the argument"
        )

    def finish(found: Any) -> Any:
        found, aux = found if has_aux else (found, None)
        matrix = matrix_of(Entries(*found))
        return (matrix, aux) if has_aux else matrix

    @wraps(f)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        found = entries(*args, **kwargs)
        held = found[0] if has_aux else found
        if held.numbers.dtype == object:
            raise WrongTypeError(
                "a sparse matrix holds plain numbers, so it cannot be differentiated or recorded "
                "as a part of something else: jit it alone, jit(jacobian(f, sparse=True)), or "
                "leave sparse=True out"
            )
        return finish(found)

    return by_recording(matrix, lambda jit: Finished(jit(entries), finish))
