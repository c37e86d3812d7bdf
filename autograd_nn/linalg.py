"""Linear algebra on arrays of Values: solve, inv, det, cholesky, norm, by NumPy's names.

NumPy's own functions refuse arrays of objects.  These take arrays of floats, which they hand to
NumPy, and arrays that hold Values, on which they run the textbook's elimination: about n**3 / 3
nodes for an n by n matrix, so they are meant for up to some 30 rows.

What is left out: decompositions with branches of their own, such as eigenvalues.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from autograd_nn import functions
from autograd_nn.checks import shown
from autograd_nn.errors import BadArgumentError, SingularMatrixError
from autograd_nn.functions import add_up
from autograd_nn.functions.arrays import as_array

__all__ = ["cholesky", "det", "inv", "norm", "solve"]


def __dir__() -> list[str]:
    return __all__


def _matrix(a: Any, name: str) -> Any:
    """``a`` as a square matrix of floats or objects."""
    matrix = as_array(a, name)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise BadArgumentError(f"{name} takes a square matrix, got the shape {matrix.shape}")
    return matrix


def _eliminate(matrix: Any, right: Any) -> tuple[Any, int]:
    """Make ``matrix`` upper triangular in place, with ``right`` beside it.

    Returns:
        The matrix, and the sign of the row exchanges; 0 where a column has no pivot.
    """
    n, sign = len(matrix), 1
    for k in range(n):
        best = max(range(k, n), key=lambda row: abs(matrix[row, k]))
        if matrix[best, k] == 0.0:
            return matrix, 0
        if best != k:
            matrix[[k, best]], right[[k, best]] = matrix[[best, k]], right[[best, k]]
            sign = -sign
        for row in range(k + 1, n):
            factor = matrix[row, k] / matrix[k, k]
            matrix[row, k + 1 :] = matrix[row, k + 1 :] - factor * matrix[k, k + 1 :]
            right[row] = right[row] - factor * right[k]
    return matrix, sign


def solve(a: Any, b: Any) -> Any:
    """``x`` with ``a @ x == b``, by elimination with row exchanges.

    Args:
        a: a matrix of n by n numbers or Values.
        b: n numbers or Values, or n rows of several right sides.

    Returns:
        An array of the shape of ``b``: of Values where one is in ``a`` or ``b``, else of floats.

    Raises:
        ValueError: the shapes do not fit.
        numpy.linalg.LinAlgError: ``a`` is singular.

    >>> from autograd_nn import Value
    >>> k = Value(4.0)
    >>> x = solve([[k, 0.0], [0.0, 1.0]], [2.0, 3.0])
    >>> x[0].backward()
    >>> x[0].data, k.grad
    (0.5, -0.125)
    """
    matrix, right = _matrix(a, "solve"), as_array(b, "solve")
    if right.ndim not in (1, 2) or len(right) != len(matrix):
        raise BadArgumentError(
            f"solve: a is {matrix.shape} and b is {right.shape}; b needs as many rows"
        )
    if object not in (matrix.dtype, right.dtype):
        return np.linalg.solve(matrix, right)
    matrix, right = matrix.astype(object), right.astype(object)
    matrix, sign = _eliminate(matrix, right)
    if sign == 0:
        raise SingularMatrixError("Singular matrix")
    for k in reversed(range(len(matrix))):
        for column in range(k + 1, len(matrix)):
            right[k] = right[k] - matrix[k, column] * right[column]
        right[k] = right[k] / matrix[k, k]
    return right


def inv(a: Any) -> Any:
    """The inverse of a square matrix.

    Args:
        a: a matrix of n by n numbers or Values.

    Returns:
        A matrix of the same shape, of Values where ``a`` holds one.

    Raises:
        numpy.linalg.LinAlgError: ``a`` is singular.
        ValueError: ``a`` is not square.

    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    matrix = _matrix(a, "inv")
    return np.linalg.inv(matrix) if matrix.dtype != object else solve(matrix, np.eye(len(matrix)))


def det(a: Any) -> Any:
    """The determinant of a square matrix; 0 where it is singular, with slopes 0 there.

    Args:
        a: a matrix of n by n numbers or Values.

    Returns:
        A Value where ``a`` holds one, else a float.

    Raises:
        ValueError: ``a`` is not square.

    >>> from autograd_nn import Value
    >>> x = Value(2.0)
    >>> d = det([[x, 1.0], [1.0, x]])
    >>> d.backward()
    >>> d.data, x.grad
    (3.0, 4.0)
    """
    matrix = _matrix(a, "det")
    if matrix.dtype != object:
        return float(np.linalg.det(matrix))
    matrix, sign = _eliminate(matrix.copy(), np.zeros(len(matrix), dtype=object))
    if sign == 0:
        return 0.0 * matrix[-1, -1]
    product = reduce(lambda total, x: total * x, np.diagonal(matrix).tolist())
    return product if sign > 0 else -product


def cholesky(a: Any) -> Any:
    """The lower triangular ``l`` with ``l @ l.T == a``; only the lower half of ``a`` is read.

    Args:
        a: a symmetric matrix of n by n numbers or Values.

    Returns:
        A matrix of the same shape, 0 above the diagonal.

    Raises:
        numpy.linalg.LinAlgError: ``a`` is not positive definite.
        ValueError: ``a`` is not square.

    >>> cholesky([[4.0, 2.0], [2.0, 10.0]])
    array([[2., 0.],
           [1., 3.]])
    """
    matrix = _matrix(a, "cholesky")
    if matrix.dtype != object:
        return np.linalg.cholesky(matrix)
    lower = np.zeros(matrix.shape, dtype=object)
    for i in range(len(matrix)):
        for j in range(i + 1):
            rest = matrix[i, j]
            for k in range(j):
                rest = rest - lower[i, k] * lower[j, k]
            if i == j and not rest > 0.0:
                raise SingularMatrixError("Matrix is not positive definite")
            lower[i, j] = functions.sqrt(rest) if i == j else rest / lower[j, j]
    return lower


def norm(x: Any, ord: Any = None) -> Any:
    """The length of a vector, or of a matrix as the vector of its elements.

    Args:
        x: an array of numbers or Values.
        ord: of a vector: 2 or None for the Euclidean length, 1 for the sum of the absolute
            values, ``inf`` for the largest of them.

    Returns:
        A Value where ``x`` holds one, else a float.

    Raises:
        ValueError: another ``ord``, or one for a matrix.

    >>> from autograd_nn import Value
    >>> v = [Value(3.0), Value(4.0)]
    >>> length = norm(v)
    >>> length.backward()
    >>> length.data, v[0].grad
    (5.0, 0.6)
    """
    array = as_array(x, "norm")
    if ord not in (None, 1, 2, np.inf) or (ord is not None and array.ndim > 1):
        raise BadArgumentError(f"norm: ord is None, and 1, 2 or inf for a vector; got {shown(ord)}")
    if array.dtype != object:
        return float(np.linalg.norm(array, ord))
    sizes = [abs(element) for element in array.ravel().tolist()]
    if ord == 1:
        return add_up(sizes)
    return reduce(functions.maximum if ord == np.inf else functions.hypot, sizes)
