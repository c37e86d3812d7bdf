"""``hessian``: the second derivatives of one number, dense or sparse.

What is left out: a Hessian times a vector, which needs no matrix (``products``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import numpy as np

from autograd_nn.checks import check_argnums
from autograd_nn.conversion import is_number
from autograd_nn.engine import Value
from autograd_nn.errors import WrongTypeError
from autograd_nn.transforms.compiled import of_compiled
from autograd_nn.transforms.gradient import Argnums, function
from autograd_nn.transforms.jacobians import as_sparse
from autograd_nn.transforms.linear import Linear, by_numbers, by_values
from autograd_nn.transforms.run import Run, differentiating, slopes_of
from autograd_nn.transforms.sparse import hessian_entries
from autograd_nn.transforms.structure import Structure, as_values, blocks

__all__ = ["hessian"]

Function = Callable[..., Any]


def hessian(
    f: Function, argnums: Argnums = 0, sparse: bool = False, has_aux: bool = False
) -> Function:
    """The function that returns the second derivatives of ``f``: a symmetric matrix.

    Args:
        f: a function of any arguments that returns one number.
        argnums: the position of the argument to differentiate, or a tuple or list of positions.
        sparse: whether to return a ``scipy.sparse.csr_matrix`` along all numbers of one
            argument.  Its pattern is that of the recorded gradient, and it is found by as many
            products with vectors as a star colouring has colours.
        has_aux: whether ``f`` returns a pair: the number, and anything else, which is handed on.

    Returns:
        A function of the same arguments.  It returns the structure of the argument with that
        structure again in place of each number; along an array of shape T, an array of shape
        T + T.  A tuple or list of ``argnums`` gives a tuple of tuples.

    Second derivatives at kinks follow the table of slopes: 0 where it has a constant.

    Raises:
        TypeError: when called: ``f`` does not return one number.
        ValueError: ``sparse`` along several arguments or inside a recording.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x: (x**3).sum(), sparse=True)(np.array([1.0, 2.0])).toarray().tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    function(f, "a Hessian")
    positions, several = check_argnums(argnums), not isinstance(argnums, int)
    make = partial(hessian, argnums=argnums, sparse=sparse, has_aux=has_aux)
    compiled = of_compiled(f, make)
    if compiled is not None:
        return compiled
    if sparse:

        def entries(*args: Any, **kwargs: Any) -> Any:
            run, gradient = _gradient(f, args, kwargs, positions, has_aux)
            with differentiating(run.context, 0):
                linear = Linear(gradient, run.inputs, by_values if run.in_graph else by_numbers)
                found = hessian_entries(linear, len(run.inputs), run.in_graph)
            return (found, run.aux) if has_aux else found

        return as_sparse(f, entries, positions, has_aux)

    @wraps(f)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        run, gradient = _gradient(f, args, kwargs, positions, has_aux)
        found = _dense(run, gradient)
        if several:
            found = _by_argument(found, run.structures)
        else:
            found = blocks(found, run.structures[0], run.structures[0])
        return (found, run.aux) if has_aux else found

    return matrix


def _gradient(
    f: Function,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    positions: tuple[int, ...],
    has_aux: bool,
) -> tuple[Run, list[Any]]:
    """The run of a function, and its slopes as Values."""
    run = Run(f, args, kwargs, positions, again=True, has_aux=has_aux)
    result = run.result
    is_one = isinstance(result, Value) or is_number(result)
    if not is_one and not (isinstance(result, np.ndarray) and result.ndim == 0):
        name = getattr(f, "__name__", "the function")
        raise WrongTypeError(
            f"hessian needs a function that returns one number, and {name} returned a "
            f"{type(result).__name__}: take jacobian(jacobian({name})) for the second derivatives "
            "of each result, or jacobian(grad(g)) of one number g that is made of them"
        )
    return run, run.gradient(run.number())


def _dense(run: Run, gradient: list[Any]) -> Any:
    """The matrix; what is above the diagonal mirrors what is below."""
    n = len(gradient)
    lower = np.zeros((n, n), dtype=object if run.in_graph else float)
    if not run.in_graph:
        for i, slope in enumerate(gradient):
            lower[i, : i + 1] = slopes_of(slope, run.inputs[: i + 1])
    else:
        with differentiating(run.context, 0):
            linear = Linear(gradient, run.inputs, by_values)
            for j in range(n):
                tangents: list[Any] = [None] * n
                tangents[j] = 1.0
                lower[:, j] = [0.0 if x is None else x for x in linear.push(tangents)]
    whole = np.where(np.tri(n, dtype=bool), lower, lower.T)
    return as_values(list(whole.flat)).reshape(n, n) if run.in_graph else whole


def _by_argument(matrix: Any, structures: list[Structure]) -> tuple[tuple[Any, ...], ...]:
    starts = np.cumsum([0, *(structure.size for structure in structures)])
    return tuple(
        tuple(
            blocks(matrix[starts[i] : starts[i + 1], starts[j] : starts[j + 1]], outer, inner)
            for j, inner in enumerate(structures)
        )
        for i, outer in enumerate(structures)
    )
