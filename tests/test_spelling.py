"""How operations are spelled: a wrong brace would break every picture and formula with it."""

import pytest

from autograd_nn.ops import PRIMITIVES
from autograd_nn.spelling import SPELLINGS, spelling_of_call


def test_every_operation_is_spelled_and_nothing_else():
    assert list(SPELLINGS) == [row.name for row in PRIMITIVES if row.name]


@pytest.mark.parametrize("name", ["logit", "50%", "a_b", "{x}", "f(x)"])
def test_a_call_of_ones_own_survives_its_name(name):
    spelling = spelling_of_call(name, 2)
    assert spelling.symbol == name
    assert [f.format(a="p", b="q") for f in spelling.formulas] == [f"d {name}/d p", f"d {name}/d q"]
    latex = spelling.latex.format(a="p", b="q")
    assert latex.endswith(r"\left(p, q\right)")
    assert latex.count("{") == latex.count("}")


def test_latex_escapes_what_is_a_command_to_it():
    assert spelling_of_call("50%_a", 1).latex.format(a="x") == (
        r"\operatorname{50\%\_a}\left(x\right)"
    )
