"""The jit: functions written on scalars, run at the speed of NumPy.

``jit(f)`` runs ``f`` once on Values, takes the recorded graph as the program and
replays it without Python objects.  The stages, one file each:

* ``recorder``: run the function on Values, twice, and find numbers that leak;
* ``trace``: the record as a plain list of equations, equal ones joined;
* ``pack``: sums with their products as terms, and equal ones in packs;
* ``address``: operands as strided views where their pattern is affine;
* ``contract``: sums of products as matrix products or elementwise calls;
* ``lower``: forward and backward pass as prepared NumPy calls;
* ``straight``: small packs as generated straight-line Python;
* ``take``: look-up by an integer argument;
* ``program``: one recorded path; ``api``: guards, cache, and what users call.

What is found, and what it costs:

* a sum of products in which the factors vary along different axes: ``np.matmul``;
* other sums of products, and every operation of the table: elementwise NumPy
  calls, about 1 us each plus about 1 ns a number (transcendental functions more);
* operands at irregular places: a gather, about 5 ns a number forward, and a
  scatter by ``np.bincount`` backward, about 10 ns;
* packs of one or few operations: lines of Python on floats, 30 to 100 ns each;
* recording and compiling: a few microseconds an operation, once for each
  structure of the arguments and each path through the comparisons.

Not kept: the sign of a zero, and the order in which a sum adds its terms.
"""

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from autograd_nn.jit.api import Jitted, jit
from autograd_nn.jit.errors import JitWarning, LeakError, TraceError
from autograd_nn.jit.program import Program
from autograd_nn.jit.take import take

__all__ = ["JitWarning", "Jitted", "LeakError", "Program", "TraceError", "jit", "take"]


class _CallablePackage(ModuleType):
    """``from autograd_nn import jit`` may find this package: then it is the function too."""

    def __call__(
        self, f: Callable[..., Any], rows: str | Sequence[str] = (), reduce: str | None = "mean"
    ) -> Jitted:
        return jit(f, rows, reduce)


sys.modules[__name__].__class__ = _CallablePackage
