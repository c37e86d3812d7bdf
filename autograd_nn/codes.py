"""The codes of the operations as numbers of C, for the compiled parts of the engine and the jit.

A code is the place of an operation in the table, ``ops.PRIMITIVES``; a comparison of codes is one
instruction where a comparison of names would be a call.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i16

from autograd_nn.ops import CODES
from autograd_nn.ops import MADE as _MADE

ADD: Final[i16] = CODES["add"]
SUB: Final[i16] = CODES["sub"]
MUL: Final[i16] = CODES["mul"]
DIV: Final[i16] = CODES["div"]
POW: Final[i16] = CODES["pow"]
NEG: Final[i16] = CODES["neg"]
RELU: Final[i16] = CODES["relu"]
EXP: Final[i16] = CODES["exp"]
LOG: Final[i16] = CODES["log"]
SQRT: Final[i16] = CODES["sqrt"]
TANH: Final[i16] = CODES["tanh"]
SIGMOID: Final[i16] = CODES["sigmoid"]
SIN: Final[i16] = CODES["sin"]
COS: Final[i16] = CODES["cos"]
FLOOR: Final[i16] = CODES["floor"]
RINT: Final[i16] = CODES["rint"]
FLOORDIV: Final[i16] = CODES["floordiv"]
MOD: Final[i16] = CODES["mod"]
FIRST_MAX: Final[i16] = CODES["first_max"]
FIRST_MIN: Final[i16] = CODES["first_min"]
DETACH: Final[i16] = CODES["detach"]
TAKE: Final[i16] = CODES["take"]
MADE: Final[i16] = _MADE
