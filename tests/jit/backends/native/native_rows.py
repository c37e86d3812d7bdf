"""What the tests of machine code share.

Functions of arrays, compiled from functions of Lanes; and a plan that a child can compute, too.
"""

import ctypes

import numpy as np

from autograd_nn.jit.backends.native.code import Code, kind_of, module
from autograd_nn.jit.backends.native.lane import Lane
from autograd_nn.jit.backends.native.machine import POINTER, MachineCode, host
from autograd_nn.jit.backends.native.program import compile
from autograd_nn.jit.plan import VALUES, Access, Lines, Nest


class Compiled:
    """Functions of Lanes as functions of arrays, all in one module.

    Args:
        target: the processor; None for this one.
    """

    def __init__(self, target=None):
        self.target = target or host()
        self.codes, self.shapes, self.callbacks, self.made = [], {}, None, None

    def add(self, name, function, reads, writes, width, exact=False):
        """``function(code, *lanes)`` returns Lanes; sizes must be multiples of the width."""
        pointers = [f"ptr noalias %p{k}" for k in range(reads + writes)]
        code = Code(f"on_{name}", [*pointers, "i64 %size"], self.target, exact, self.callbacks)
        self.callbacks = code.callbacks
        loop = code.loop("%size", width)
        at = [
            code.new(f"getelementptr double, ptr %p{k}, i64 {loop.index}")
            for k in range(reads + writes)
        ]
        kind = kind_of("double", width)
        given = [
            Lane(code, code.new(f"load {kind}, ptr {place}, align 8", pure=False), width)
            for place in at[:reads]
        ]
        for place, y in zip(at[reads:], function(code, *given), strict=True):
            code.emit(f"store {kind} {y.spread(width).name}, ptr {place}, align 8")
        loop.close()
        self.codes.append(code)
        self.shapes[name] = (reads, writes)

    def text(self):
        return module(self.codes)

    def __call__(self, name, *arrays):
        """The results at arrays of one size."""
        if self.made is None:
            symbols = self.callbacks.symbols()
            self.made = MachineCode(self.text(), symbols, target=self.target)
        reads, writes = self.shapes[name]
        function = self.made.function(
            f"on_{name}", None, *[POINTER] * (reads + writes), ctypes.c_int64
        )
        results = [np.empty(arrays[0].size) for _ in range(writes)]
        function(*(x.ctypes.data for x in (*arrays, *results)), arrays[0].size)
        self.callbacks.check()
        return results


def items_of(code, count=200):
    """One nest, and enough single operations for a tape."""
    nest = Nest("row", (8,), (Access(VALUES, 0, (1,)),), Access(VALUES, 8, (1,)), code=code)
    out = np.arange(16, 16 + count)
    lines = Lines(np.full(count, code), out, np.resize(np.arange(16), count), np.full(count, -1))
    return [nest, lines], [16 + count]


def values_of(size):
    values = np.zeros(size)
    values[:8] = np.linspace(0.1, 0.8, 8)
    return values


def computed(code):
    """All of it from the beginning: compiled, linked and run."""
    items, sizes = items_of(code)
    values = values_of(sizes[0])
    compile(items, sizes).bind([values, np.zeros(sizes[0])])()
    return values


def put_computed(queue, code):
    """What a child process does."""
    queue.put(computed(code))
