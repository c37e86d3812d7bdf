"""The jit: functions written on scalars, run at the speed of NumPy.

``jit(f)`` runs ``f`` once on Values, takes the recorded graph as the program and
replays it without Python objects.  The stages, in their order:

* ``capture``: one run of the function on Values, with every way out of the graph noted as a
  guard (``recorder``), as a plain list of equations (``trace``); what the function reads
  besides its arguments (``surroundings``); which path holds, and when one is recorded,
  replayed equation by equation or compiled (``path``, ``paths``);
* ``flatten`` and ``pack``: sums with their products as terms, equal ones in ``packs``;
* ``address``: operands as strided views where their pattern is affine;
* ``contract``: sums of products as matrix products or elementwise calls;
* ``runner``: the forward pass as prepared NumPy calls, with ``sums``, ``ordered`` (sums that a
  guard reads, which must round as the engine's do), ``reductions`` (the largest of several),
  ``lookups`` (``take``) and ``outside`` (large arguments, which are read where they lie);
* ``adjoint``: the backward pass, found at the level of packs;
* ``straight``: small packs between NumPy calls as generated straight-line Python
  (``lines``, ``writer``);
* ``buffers``: packs with the buffers that threads borrow;
* ``floats``: instead of all these from ``pack`` on, where packs are small: a whole program as
  one ``function`` of floats, from single results (``flat``), with what repeats as ``loops``
  (``places``);
* ``program``: a compiled path (``listing`` prints it); ``rows``: many rows by several
  programs; ``api``: the cache, and what users call; ``sending``: to other processes.

What is found, and what it costs for each number (forward; the way back about twice that):

* a sum of products in which the factors vary along different axes: ``np.matmul``;
* other sums of products, every operation of the table, the largest of several:
  elementwise NumPy calls, about 1 us each plus 0.3 to 1 ns a number (transcendental
  functions up to 10 ns);
* operands at irregular places: a gather, about 2 ns a number forward, and a scatter by
  ``np.bincount`` backward, about 4 ns;
* sums of unequal length with like terms: one gather with the short ones padded, where
  that costs less than a pack for each length;
* ``take(table, index)``: the rows that the index names, about 10 us a pack of look-ups,
  however long the table is;
* packs of one or few operations: lines of Python on floats, 30 to 60 ns each; where a
  whole program is of that kind, one function without buffers, and a call costs 4 us;
* in such a program, lines that repeat at even steps, such as those of a simulation:
  a loop again, 50 to 70 ns a line;
* recording: about 1 us an operation at the first call, whose result it gives; compiling, at the
  second call of a path: 1 us an operation, 3 us where packs are small, and about 30 us more
  for each line of straight-line Python.  Where that would take more than 5 ms, the path is
  replayed equation by equation, about as fast as the engine, until it has come often enough;
* a path that changes at nearly every call: after 16 such calls the engine runs the function.

A function with more than 200,000 lines that follow no pattern is run by the engine, with a
warning.  Where a result is not finite the engine computes it again, because the order of a
sum decides between inf and nan.

Not kept: the sign of a zero and the order in which a sum adds its terms, but where a guard
reads them.
"""

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from autograd_nn.errors import JitWarning, LeakError, TraceError
from autograd_nn.jit.api import Jitted, jit
from autograd_nn.jit.program import Program
from autograd_nn.jit.take import take

__all__ = ["JitWarning", "Jitted", "LeakError", "Program", "TraceError", "jit", "take"]


def __dir__() -> list[str]:
    return __all__


class _CallablePackage(ModuleType):
    """``from autograd_nn import jit`` may find this package: then it is the function too."""

    def __call__(
        self,
        f: Callable[..., Any] | None = None,
        rows: str | Sequence[str] = (),
        reduce: str | None = "mean",
    ) -> Any:
        return jit(f, rows, reduce)


sys.modules[__name__].__class__ = _CallablePackage
