"""Programs in C as functions of Python: for the tests."""

import ctypes
import re
from math import prod

import numpy as np
from c_compiler import address

from autograd_nn.jit.capture.call import Call


class InC:
    """A program that was compiled; called as the program is.

    Args:
        library: with the functions of ``text``.
        text: the file.
        name: of the function.
        program: the program.
    """

    def __init__(self, library, text, name, program):
        self.library, self.name, self.program = library, name, program
        found = re.search(rf"#define {name.upper()}_WORKSPACE (\d+)", text)
        self.workspace = int(found[1])
        # Of the gradient's parameters: the names of the slopes.
        head = re.search(rf"\w+ {name}_gradient\((.*?)\);", text, re.DOTALL)
        names = re.findall(r"double \*(\w+)", head[1]) if head else []
        self.slopes = [each for each in names if each.startswith("d_")]
        self.has_gradient = head is not None

    def __call__(self, *args, gradient=True, vector=None, fill=7.0):
        """What is returned, the values, and by name the slopes."""
        program = self.program
        call = Call(args, program.row_positions)
        groups = {
            region.name.replace("[", "_").replace("]", ""): np.array(x, dtype=float).ravel()
            for region, x in zip(program.regions, call.groups, strict=False)
        }
        captured = [v.data for v in program.captured] if vector is None else vector
        groups["parameters"] = np.array(captured, dtype=float)
        given = [x for x in groups.values() if x.size]
        count = len(program.sources)
        rows = call.rows if program.reduce is None and call.rows else 1
        value = np.full(max(1, count * rows), fill)
        slopes = {name: np.full(groups[name[2:]].size, fill) for name in self.slopes}
        work = np.full(self.workspace + 1, np.nan)  # what need not be set, and one that stays
        out = [value, *slopes.values()] if gradient else [value]
        function = self.library[self.name + "_gradient" * gradient]
        front = []
        if call.rows:
            function.restype = ctypes.c_long
            front = [ctypes.c_long(call.rows)]
        code = function(*front, *(address(x) for x in [*given, *out, work]))
        assert np.isnan(work[-1])
        return code, value[: count * rows].reshape(rows, count), slopes


def flat(found):
    """The numbers of a gradient in any structure, in order."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, (list, tuple)):
        return np.concatenate([np.zeros(0), *(flat(part) for part in found)])
    if isinstance(found, (str, bool, type(None))):
        return np.zeros(0)
    return np.asarray(found, dtype=float).ravel()


def size_of(shape):
    return prod(shape)
