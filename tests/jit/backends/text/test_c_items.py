"""Items of random plans as C, against the reference interpreter.

All items of many plans are compiled as one file: ``AUTOGRAD_NN_C_PLANS`` in the environment says
how many plans; compilers take most of the time.
"""

import os

import pytest
from c_compiler import COMPILERS, address, compiled, without_extensions
from plan_agreement import assert_agrees
from test_fuzz_plans import FORMS, assert_backend_agrees

from autograd_nn.jit.backends import reference
from autograd_nn.jit.backends.text.c_sheet import Sheet

COUNT = int(os.environ.get("AUTOGRAD_NN_C_PLANS", "20"))
FLAGS = os.environ.get("AUTOGRAD_NN_C_FLAGS", "-O1").split()


class Together:
    """A backend that first collects items, run by the reference, and then runs all as C."""

    def __init__(self):
        self.functions, self.sheets, self.library, self.next = [], {}, None, 0

    def compile(self, items, sizes):
        if self.library is not None:
            self.next += 1
            return _InC(self.library[f"item{self.next - 1}"], len(sizes))
        count = 2 * len(sizes)
        names = ["v", "d", *(f"b{k}" for k in range(2, count))]
        sheet = self.sheets.setdefault(count, Sheet(f"s{count}", names, {}, [], []))
        k = len(self.functions)
        sheet.driver(f"part{k}", [*sheet.writer.write(items)])
        given = ", ".join(f"double *{name}" for name in names)
        unused = "".join(f"(void){name}; " for name in names)
        call = sheet.calls[f"part{k}"]
        self.functions.append((count, f"void item{k}({given}) {{ {unused}{call}; }}\n"))
        return reference.compile(items, sizes)

    def finish(self, compiler, flags, plain=False):
        texts = []
        for count, sheet in self.sheets.items():
            mine = [text for n, text in self.functions if n == count]
            texts.append(sheet.text(["#include <math.h>\n"], mine))
        text = "\n".join(texts)
        self.library = compiled(without_extensions(text) if plain else text, compiler, flags)


class _InC:
    def __init__(self, function, buffers):
        self.function = function

    def bind(self, buffers):
        return lambda: self.function(*map(address, buffers))


@pytest.mark.skipif(not COMPILERS, reason="no compiler of C")
def test_random_plans_agree(monkeypatch):
    """A kind of nest, of access or of loop that is written wrongly gives the user wrong numbers."""
    together = Together()
    for seed in range(COUNT):
        assert_agrees(together.compile, seed)
    together.finish(COMPILERS[0], FLAGS)
    for seed in range(COUNT):
        assert_agrees(together.compile, seed)


@pytest.mark.skipif(not COMPILERS, reason="no compiler of C")
@pytest.mark.filterwarnings("ignore")
def test_plans_of_random_programs_agree(monkeypatch):
    """The same of plans that people's code leads to, by compilers that know C99 alone."""
    together = Together()
    for last in (False, True):
        for seed in range(COUNT):
            assert_backend_agrees(together.compile, seed, FORMS[seed % 3], monkeypatch)
        if not last:
            together.finish(COMPILERS[-1], FLAGS, plain=True)
