"""A fuzzer of the promise that ``jit(f)`` means ``f``; see ``fuzz_programs``.

Programs with exits, branches, integer arguments, state, rows, models, numbers that are not finite
and narrow types, called several times with other numbers and shapes.  The suite runs a few
hundred, fewer on the plain engine; ``AUTOGRAD_NN_FUZZ=20000`` runs so many,
``AUTOGRAD_NN_FUZZ_FROM=5000`` from that seed.
A failing program is printed in a short form, with its seed.
"""

import os

import fuzz_programs
import pytest
from engine_oracle import Outcome, slopes_by_engine, value_by_engine
from fuzz_programs import Maker, Program, failure, shortened

from autograd_nn import engine_is_compiled

COUNT = int(os.environ.get("AUTOGRAD_NN_FUZZ", "400" if engine_is_compiled() else "100"))
FIRST = int(os.environ.get("AUTOGRAD_NN_FUZZ_FROM", "0"))
SHARES = {"plain": 0.55, "rows": 0.2, "model": 0.15, "derivative": 0.1}
_SHOWN = 10


@pytest.mark.parametrize("mode", SHARES)
def test_programs(mode):
    """No number, no slope and no error differs from what the engine says."""
    failed: list[str] = []
    for seed in range(FIRST, FIRST + round(COUNT * SHARES[mode])):
        program = Maker(seed, mode).program()
        wrong = failure(program)
        if wrong:
            short = shortened(program)
            failed.append(f"{short.script()}\n# {failure(short)}")
            if len(failed) == _SHOWN:
                break
    assert not failed, f"{len(failed)} programs of mode {mode}\n\n" + "\n\n".join(failed)


class ByEngine:
    """A jit that is always right."""

    def __init__(self, f, rows=(), reduce="mean"):
        self.f = f

    def __call__(self, *args):
        return self._result(value_by_engine(self.f, args))

    def value_and_grad(self, *args, argnums=0):
        return self._result(slopes_by_engine(self.f, args, argnums))

    def _result(self, outcome: Outcome):
        if outcome.error is not None:
            raise outcome.error
        return outcome.result


class Frozen(ByEngine):
    """A jit that gives the first call's value for ever."""

    def __call__(self, *args):
        self.held = getattr(self, "held", None) or super().__call__(*args)
        return self.held


def test_the_fuzzer_finds_what_is_wrong_and_nothing_else(monkeypatch):
    """It accepts a jit that is right, finds one that is frozen, and shortens the program."""
    programs = [Maker(seed, "plain").program() for seed in range(60)]
    monkeypatch.setattr(fuzz_programs, "jit", ByEngine)
    assert [failure(program) for program in programs] == [""] * 60
    monkeypatch.setattr(fuzz_programs, "jit", Frozen)
    found = [program for program in programs if failure(program)]
    assert len(found) > 50
    short = shortened(found[0])
    assert failure(short)
    assert len(short.calls) == 2
    assert len(short.text()) <= len(found[0].text())


def test_a_seed_makes_the_same_program_again():
    """A seed in a report is enough to find the program."""
    for mode in SHARES:
        one, other = (Maker(7, mode).program() for _ in range(2))
        assert isinstance(one, Program)
        assert one.script() == other.script()
