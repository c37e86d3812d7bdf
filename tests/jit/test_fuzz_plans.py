"""The plans of random programs: the reference is the engine, and every backend the reference.

The programs are those of ``fuzz_programs``, and each is planned in one of three forms: packs,
single operations, single operations with loops.  ``AUTOGRAD_NN_FUZZ_PLANS`` in the environment
says how many are run; the suite runs 200.
"""

import os

import numpy as np
import pytest
from fuzz_programs import Maker, failure, shortened
from plan_agreement import assert_items_agree, prepared

from autograd_nn.errors import AutogradError
from autograd_nn.jit import jit
from autograd_nn.jit.backends import native, numpy
from autograd_nn.jit.backends.door import why_not
from autograd_nn.jit.capture.call import Call
from autograd_nn.jit.capture.paths import Paths
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.lifting.lift import lift, lift_lines
from autograd_nn.jit.plan import ADJOINTS
from autograd_nn.jit.program import Program

COUNT = int(os.environ.get("AUTOGRAD_NN_FUZZ_PLANS", "200"))
SHARES = {"plain": 0.6, "rows": 0.2, "model": 0.1, "derivative": 0.1}
FORMS = ("packs", "lines", "loops")
_SHOWN = 5


def plan_in_form(form):
    """In the place of ``Program._plan``."""

    def plan(self, trace, needs, packer):
        self.packs = len(packer.packs) if form == "packs" else 0
        if form == "packs":
            return lift(packer.finish())
        return lift_lines(trace, needs, self.regions, form == "loops")

    return plan


@pytest.fixture
def attempts(monkeypatch):
    """Every path is made a program at once, by the reference; the calls that ran one."""
    found = []

    def counted(run):
        def attempt(self, *args, **options):
            found.append(run(self, *args, **options))
            return found[-1]

        return attempt

    monkeypatch.setenv("AUTOGRAD_NN_BACKEND", "reference")
    for name in ("attempt", "plain"):
        monkeypatch.setattr(Program, name, counted(getattr(Program, name)))
    monkeypatch.setattr(Program, "pays", lambda self, hits: True)
    monkeypatch.setattr(Paths, "is_worth_compiling", lambda self, waiting: True)
    return found


@pytest.mark.parametrize("mode", SHARES)
def test_the_reference_is_the_engine(mode, attempts, monkeypatch):
    """Value, slopes and errors; a pass that is wrong for one shape of loop gives wrong numbers."""
    failed = []
    for seed in range(round(COUNT * SHARES[mode])):
        monkeypatch.setattr(Program, "_plan", plan_in_form(FORMS[seed % 3]))
        program = Maker(seed, mode).program()
        wrong = failure(program)
        if wrong:
            short = shortened(program)
            failed.append(f"{FORMS[seed % 3]}\n{short.script()}\n# {failure(short)}")
            if len(failed) == _SHOWN:
                break
    assert not failed, f"{len(failed)} programs of mode {mode}\n\n" + "\n\n".join(failed)
    if mode != "rows":  # the slopes of a model seldom come twice by one path
        least = 0.02 if mode == "model" else 0.25
        assert sum(each is not None for each in attempts) > COUNT * SHARES[mode] * least


def assert_backend_agrees(compile_items, seed, form, monkeypatch):
    """Each item of the plan of a program's first call, forward and back; False without a plan."""
    monkeypatch.setattr(Program, "_plan", plan_in_form(form))
    made = Maker(seed, "plain").program()
    args = made.calls[0][1]
    try:
        program = jit(made.build()["f"], backend="reference").program(*args)
    except (AutogradError, ArithmeticError, ValueError, TypeError, AttributeError):
        return False  # a program that raises, or that the engine runs
    plan = program.plan
    groups = [*Call(args, frozenset()).groups, program.parameters(None)]
    buffers, where = prepared(plan, groups), f"seed {seed}, {form}"
    assert_items_agree(compile_items, plan, plan.items, buffers, where)
    if len(plan.roots):
        back = adjoint(plan, range(len(plan.leaves)))
        for buffer, first, end in back.cleared:
            buffers[buffer][first:end] = 0.0
        buffers[ADJOINTS][back.seeds[0]] = back.seeds[1]
        assert_items_agree(compile_items, plan, back.items, buffers, f"{where}, back")
    return True


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", FORMS)
def test_numpy_is_the_reference(form, monkeypatch):
    """On plans that people's code leads to, beside those of ``random_plans``."""
    seeds = range(FORMS.index(form), COUNT, len(FORMS))
    agreed = [assert_backend_agrees(numpy.compile, seed, form, monkeypatch) for seed in seeds]
    assert np.mean(agreed) > 0.3


@pytest.mark.skipif(bool(why_not("native")), reason=why_not("native"))
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", FORMS)
def test_native_is_the_reference(form, monkeypatch):
    """The same as machine code; a quarter as many, as each item is compiled by itself."""
    seeds = range(FORMS.index(form), COUNT // 4, len(FORMS))
    agreed = [assert_backend_agrees(native.compile, seed, form, monkeypatch) for seed in seeds]
    assert np.mean(agreed) > 0.3
