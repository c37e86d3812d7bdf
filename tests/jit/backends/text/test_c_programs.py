"""Random programs as C, whole: arguments in, values and slopes out, against the reference.

``AUTOGRAD_NN_C_PROGRAMS`` in the environment says how many; all are compiled as one file.
"""

import os

import numpy as np
import pytest
from c_calls import InC
from c_compiler import COMPILERS, compiled
from fuzz_programs import Maker

from autograd_nn.errors import AutogradError
from autograd_nn.jit import jit
from autograd_nn.jit.capture.call import Call
from autograd_nn.jit.lifting.adjoint import adjoint

COUNT = int(os.environ.get("AUTOGRAD_NN_C_PROGRAMS", "30"))
FLAGS = os.environ.get("AUTOGRAD_NN_C_FLAGS", "-O1").split()


def recorded(mode):
    """Programs with the arguments that they were recorded at, by a name in C."""
    found = {}
    for seed in range(COUNT):
        made = Maker(seed, mode).program()
        args = made.calls[0][1]
        try:
            found[f"p_{mode}{seed}"] = (
                jit(made.build()["f"], backend="reference").program(*args),
                args,
            )
        except (AutogradError, ArithmeticError, ValueError, TypeError, AttributeError):
            continue  # a program that raises, or that the engine runs
    return found


@pytest.mark.skipif(not COMPILERS, reason="no compiler of C")
@pytest.mark.filterwarnings("ignore")
def test_whole_programs_agree_with_the_reference():
    """A number that is put into the wrong place, or comes out of it, is wrong in silence."""
    programs = recorded("plain") | recorded("model")
    assert len(programs) > COUNT
    texts = {name: program.to_c(name) for name, (program, _) in programs.items()}
    library = compiled("\n".join(texts.values()), COMPILERS[-1], FLAGS)
    for name, (program, args) in programs.items():
        f = InC(library, texts[name], name, program)
        code, value, slopes = f(*args, gradient=f.has_gradient)
        groups = [*Call(args, frozenset()).groups, program.parameters(None)]
        back = adjoint(program.plan, range(len(groups))) if f.has_gradient else None
        expected = program.plan.run(groups, back)
        assert (code == 0) == expected.on_path.all(), name
        numbers = [expected.numbers[x, 0] if isinstance(x, int) else x for x in program.sources]
        np.testing.assert_allclose(value[0], numbers, 1e-9, 1e-12, err_msg=name)
        for region, slope in zip(program.regions, expected.slopes, strict=False):
            found = slopes.get("d_" + region.name.replace("[", "_").replace("]", ""))
            if found is not None:
                np.testing.assert_allclose(found, slope, 1e-8, 1e-10, err_msg=name)
