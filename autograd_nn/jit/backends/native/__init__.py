"""The backend of machine code, made at run time by LLVM through the package ``llvmlite``.

``compile`` is the door, as every backend's.  From the bottom:

* ``machine`` turns LLVM's text into functions, ``cache`` keeps their object code on disk;
* ``code`` writes the text of a function, ``lane`` has the numbers that write it when they are
  computed with, ``rules`` says how each row of the table is computed with them, ``elementary``
  has exp, log, sin and their kin as polynomials, ``callbacks`` are functions of Python's;
* ``forms`` chooses how a nest runs in vectors, ``memory`` has its addresses, ``nests`` and
  ``lookups`` its text;
* ``interpreter`` and ``tape`` run single operations without a pattern;
* ``program`` makes all items of a plan ready, which ``compile`` here has cut into strips before.

Slopes come from ``ops`` alone, by ``row.partials`` on the numbers of ``lane``.  llvmlite is not
imported before something is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autograd_nn.jit.backends.native import program
from autograd_nn.jit.backends.native.products import product_of
from autograd_nn.jit.lifting.strips import strips
from autograd_nn.jit.plan import Item

__all__ = ["CELLS", "compile"]

#: So many cells may a strip of rows touch: a part of the processor's second cache.
CELLS: Final = 1 << 14


def compile(items: Sequence[Item], sizes: Sequence[int]) -> program.NativeCode:
    """Machine code of the items of a plan.

    Args:
        items: what is done, in order.
        sizes: of every even buffer, how many cells.

    Raises:
        BackendError: there is no LLVM, or it cannot do it.
    """
    cut = strips(items, CELLS, lambda item: product_of(item) is not None)
    return program.compile(cut, sizes)
