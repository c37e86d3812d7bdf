"""Statistics of NumPy that its own functions cannot take of Values.

``np.mean``, ``np.var``, ``np.std`` and ``np.median`` need no help: they are arithmetic of arrays.
``np.cov`` and ``np.percentile`` look for the data type of what they computed, which a Value lacks.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_nn.conversion import is_number, to_float
from autograd_nn.errors import BadArgumentError
from autograd_nn.functions.arrays import as_array

__all__ = ["cov", "percentile"]


def cov(m: Any, y: Any = None, ddof: int = 1) -> Any:
    """The covariances of variables, as ``np.cov``.

    Args:
        m: observations of one variable, or a row of them for each; numbers or Values.
        y: more variables, with as many observations.
        ddof: what is taken off the number of observations to divide by.

    Returns:
        The variance of a single variable, else the matrix of covariances.

    Raises:
        ValueError: the observations do not fit, or there are not more than ``ddof``.

    >>> cov([1.0, 2.0, 6.0])
    7.0
    >>> cov([1.0, 2.0, 6.0], [0.0, 1.0, 2.0])
    array([[7. , 2.5],
           [2.5, 1. ]])
    """
    rows = [as_array(x, "cov") for x in ((m,) if y is None else (m, y))]
    if any(x.ndim not in (1, 2) for x in rows):
        shapes = " and ".join(str(x.shape) for x in rows)
        raise BadArgumentError(f"cov takes observations or rows of them, got the shape {shapes}")
    tables = [x.reshape(-1, x.shape[-1]) for x in rows]
    if any(a.shape[1] != b.shape[1] for a, b in pairwise(tables)):
        counts = " and ".join(str(table.shape[1]) for table in tables)
        raise BadArgumentError(f"cov: m and y have {counts} observations; give equally many")
    table = np.concatenate(tables)
    count = table.shape[1] - ddof
    if count <= 0 or not len(table):
        raise BadArgumentError(
            f"cov of {table.shape[1]} observations with ddof={ddof}: give more than {ddof}"
        )
    centred = table - table.sum(axis=1, keepdims=True) / table.shape[1]
    found = centred @ centred.T / count
    return found if found.size > 1 else found.item()


def percentile(a: Any, q: Any) -> Any:
    """The number below which ``q`` percent of all elements lie, as ``np.percentile``.

    Args:
        a: numbers or Values in an array or list of any shape.
        q: a number from 0 to 100, or an array or list of them.

    Returns:
        On the line between the two elements beside that place, to which its slope goes; nan
        where one of the elements is.

    Raises:
        ValueError: there are no elements, or ``q`` is outside of 0 to 100.

    >>> percentile([3.0, 1.0, 2.0], 25), percentile([3.0, 1.0, 2.0], [0, 100])
    (1.5, array([1., 3.]))
    """
    elements = as_array(a, "percentile").ravel().tolist()
    if not elements:
        raise BadArgumentError("percentile of nothing: give at least one number")
    nans = [x for x in elements if x != x]
    ordered = elements if nans else sorted(elements)

    def at(percent: Any) -> Any:
        number = to_float(percent)
        if not 0.0 <= number <= 100.0:
            raise BadArgumentError(f"percentile: q is from 0 to 100, got {number}")
        if nans:
            return nans[0]
        place = (len(ordered) - 1) * (number / 100.0)
        low = math.floor(place)
        below, above = ordered[low], ordered[min(low + 1, len(ordered) - 1)]
        share, rise = place - low, above - below
        # From the nearer end, as NumPy: then at 0 and 1 it is the element itself.
        return above - rise * (1.0 - share) if share >= 0.5 else below + rise * share

    if is_number(q):
        return at(q)
    wanted = np.asarray(q, dtype=object)
    found = np.empty(wanted.shape, dtype=object)
    found.reshape(-1)[:] = [at(x) for x in wanted.flat]
    return as_array(found, "percentile")
