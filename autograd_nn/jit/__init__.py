"""The jit: functions written on scalars, run as machine code.

``jit(f)`` runs ``f`` once on Values, takes the recorded graph as the program and replays it
without Python objects.  The stages, in their order:

* ``capture``: one run of the function on Values, with every way out of the graph noted as a
  guard, as a plain list of equations (a *trace*); what the function reads besides its arguments;
  which path holds, and when one is recorded, replayed equation by equation or compiled;
* ``lifting``: from a trace to a *plan* of loop nests: what runs together, what repeats, where
  numbers lie, and the way back;
* ``plan``: that form: it prints, is pickled, and evaluates itself by its definition;
* ``backends``: what runs a plan: ``native`` (LLVM), ``numpy`` (prepared calls), ``jax`` (XLA),
  ``reference``;
* ``frames``: code with the buffers that threads borrow; ``program``: a compiled path; ``rows``:
  many rows by several programs; ``recordings`` and ``api``: the cache, and what users call;
  ``quick``: a call like the one before; ``fallback``: the function itself; ``sending``: to other
  processes; ``blocks``: rows that lie on the workers of Dask.
* ``exporting``: programs as text (``backends.text``), with the names and lines that ``origin``
  finds by running the function once more.

What costs what:

* recording takes 0.1 to 0.3 us an operation beside the run, whose result it gives; planning, at
  the second call of a path, 1 to 3 us an operation (single operations up to 9); machine code 1.5
  to 3 ms a nest, or a twentieth from the cache.  Where that would take more than 5 ms, the path is
  replayed equation by equation, about as fast as the engine, until it has come often enough;
* a call costs 4 us beside its work; operations without a pattern 3 to 5 ns each, forward and back
  (0.1 to 0.3 us as NumPy's backend runs them, which has no machine code);
* a path that changes at nearly every call: after 16 such calls the engine runs the function.

Where a result is not finite the engine computes it again, because the order of a sum decides
between inf and nan.  Sums may be added up in another order than the engine's, but where a guard
or a jump reads them: there each operation rounds as the engine's does.
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
        backend: str = "auto",
    ) -> Any:
        return jit(f, rows, reduce, backend)


sys.modules[__name__].__class__ = _CallablePackage
