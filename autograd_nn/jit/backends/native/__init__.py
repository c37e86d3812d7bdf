"""The backend of machine code, made at run time by LLVM through the package ``llvmlite``.

``compile`` is the door, as every backend's.  From the bottom:

* ``machine`` turns LLVM's text into functions, ``cache`` keeps their object code on disk;
* ``code`` writes the text of a function, ``lane`` has the numbers that write it when they are
  computed with, ``rules`` says how each row of the table is computed with them, ``elementary``
  has exp, log, sin and their kin as polynomials, ``callbacks`` are functions of Python's;
* ``forms`` chooses how a nest runs in vectors, ``memory`` has its addresses, ``nests`` and
  ``lookups`` its text;
* ``interpreter`` and ``tape`` run single operations without a pattern;
* ``program`` makes all items of a plan ready.

Slopes come from ``ops`` alone, by ``row.partials`` on the numbers of ``lane``.  llvmlite is not
imported before something is compiled.
"""

from __future__ import annotations

from autograd_nn.jit.backends.native.program import compile

__all__ = ["compile"]
