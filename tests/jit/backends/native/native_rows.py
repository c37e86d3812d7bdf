"""What the tests of machine code share: functions of arrays, compiled from functions of Lanes."""

import ctypes

import numpy as np

from autograd_nn.jit.backends.native.code import Code, kind_of, module
from autograd_nn.jit.backends.native.lane import Lane
from autograd_nn.jit.backends.native.machine import POINTER, MachineCode, host


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
