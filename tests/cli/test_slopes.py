"""``check``: which slope of a user's file is compared with which function, where, and what it says.

A wrong slope must exit with 1 and its cause in the first line, so that a script can rely on it;
what could not be compared must never look like a slope that is right.
"""

import os
import sys
from pathlib import Path

import pytest

from autograd_nn.cli import main

FILE = '''
"""Slopes by hand."""
from math import sqrt

def loss(w):
    return (w * 5 - 7) ** 2

def slope_loss(w):
    return 2 * 5 * (w * 5 - 7)

def error(w, x, t):
    return (w * x - t) ** 2

def forgot(w, x, t):
    return x * (w * x - t)

def all_of_error(w, x, t):
    e = w * x - t
    return 2 * x * e, 2 * w * e, -2 * e

def net(weights, row=(1.0, 2.0, 3.0), target=0.0, kind="plain"):
    return (sum(w * x for w, x in zip(weights, row)) - target) ** 2

def slope_net(weights, row=(1.0, 2.0, 3.0), target=0.0):
    e = sum(w * x for w, x in zip(weights, row)) - target
    return [2 * x * e for x in row]
'''


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("mine.py").write_text(FILE, encoding="utf-8")


def check(capsys, *arguments):
    code = main(["check", *arguments])
    out, err = capsys.readouterr()
    assert all(len(line) <= 80 for line in (out + err).splitlines())
    return code, out, err


def file_of(text):
    Path("other.py").write_text(text, encoding="utf-8")
    return "other.py"


def test_a_right_slope_exits_with_0(capsys):
    code, out, err = check(capsys, "mine.py::slope_loss", "w=2")
    assert (code, err) == (0, "")
    assert out.startswith("slope_loss, the slope of loss, at w = 2\n\nthe slope agrees, at 11")


def test_a_wrong_slope_exits_with_1_and_names_the_cause(capsys):
    code, out, err = check(capsys, "mine.py::forgot", "--of", "error", "w=2", "x=5", "t=7")
    assert (code, err) == (1, "")
    assert "\n\nw: a factor 2 is missing (yours = 0.5 x the true slope)\n" in out
    assert "<- wrong" in out
    assert "To do: " in out


def test_details_are_printed_on_request(capsys):
    plain = check(capsys, "mine.py::forgot", "--of", "error", "w=2", "x=5", "t=7")[1]
    more = check(capsys, "mine.py::forgot", "--of", "error", "w=2", "x=5", "t=7", "--details")[1]
    assert more.startswith(plain.rstrip("\n"))
    assert "To reproduce: " in more
    assert "To reproduce: " not in plain


def test_slopes_along_all_arguments_are_told_by_their_number(capsys):
    code, out, _ = check(capsys, "mine.py::all_of_error", "--of", "error", "w=2", "x=5", "t=7")
    assert code == 0
    assert "all 3 slopes agree" in out


def test_lists_are_points_too_and_defaults_are_used(capsys):
    code, out, _ = check(capsys, "mine.py::slope_net", "weights=[0, 2, 1]")
    assert code == 0
    assert "all 3 slopes agree" in out
    assert "row = (1.0, 2.0, 3.0), target = 0" in " ".join(out.split())


def test_lists_are_arrays_as_the_tutorial_has_them(capsys):
    """``weights * row`` of Python's lists is an error."""
    name = file_of(
        "import numpy as np\nROW = np.array([1, 2, 3])\n"
        "def loss(w): return (w * ROW).sum() ** 2\n"
        "def slope_loss(w): return 2 * ROW * (w * ROW).sum()\n"
        "def form(clip): return (clip @ clip.T).sum()\n"
        "def slope_form(clip): return 2 * np.ones((2, 2)) @ clip\n"
    )
    code, out, _ = check(capsys, f"{name}::slope_loss", "w=[0, 2, 1]")
    assert code == 0
    assert "at w = [0.0, 2.0, 1.0]" in out
    assert "w[2]            42        42" in out
    # A name that is a function of expressions is a name like any other here.
    assert check(capsys, f"{name}::slope_form", "clip=[[1, 2], [3, 4]]")[0] == 0


def test_without_numbers_a_point_is_chosen_and_said(capsys):
    code, out, _ = check(capsys, "mine.py::slope_loss")
    assert code == 0
    assert "(give NAME=NUMBER to choose)" in out
    assert check(capsys, "mine.py::slope_loss")[1] == out


def test_a_file_alone_checks_every_pair(capsys):
    code, out, _ = check(capsys, "mine.py", "weights=[0, 2, 1]")
    assert code == 0
    assert out.endswith("2 slopes checked: none wrong\n")


def test_a_slope_of_another_name_is_of_the_only_function_with_its_arguments(capsys):
    name = file_of("def height(x, y): return x * y\ndef other(z): return z\n"
                   "def slope(x, y): return y\n")  # fmt: skip
    code, out, _ = check(capsys, f"{name}::slope", "x=1", "y=3")
    assert code == 0
    assert out.startswith("slope, the slope of height, at x = 1, y = 3\n")


def test_wrt_says_which_argument(capsys):
    name = file_of("def f(x, y): return x * y\ndef slope_f(x, y): return x\n")
    assert check(capsys, f"{name}::slope_f", "--wrt", "y")[0] == 0
    assert check(capsys, f"{name}::slope_f", "x=2", "y=3")[0] == 1


def test_where_one_of_several_cannot_run_the_others_are_checked(capsys):
    name = file_of(
        "def f(x): return x * x\ndef slope_f(x): return x\n"
        "def g(x): return x[0]\ndef slope_g(x): return 1.0\n"
    )
    code, out, err = check(capsys, name)
    assert code == 2
    assert out.endswith("2 slopes checked: 1 wrong, 1 cannot be run\n")
    assert "error: slope_g of g at x = " in err
    assert "TypeError" in err
    assert "line 3" in err


def test_a_point_outside_of_the_domain_is_not_a_right_slope(capsys):
    name = file_of(
        "from autograd_nn.functions import log\n"
        "def f(x): return log(x)\ndef slope_f(x): return 1 / x\n"
    )
    assert check(capsys, name, "x=2")[0] == 0
    code, out, _ = check(capsys, name, "x=-2")
    assert code == 1
    assert "no slope there" in out


def test_numbers_that_leave_the_graph_are_said(capsys):
    name = file_of("import math\ndef f(x): return math.exp(x)\nslope_f = lambda x: math.exp(x)\n")
    code, _, err = check(capsys, f"{name}::slope_f")
    assert code == 2
    assert "left the graph" in " ".join(err.split())


def test_the_file_may_import_what_lies_beside_it(capsys):
    Path("beside_it.py").write_text("FIVE = 5\n", encoding="utf-8")
    name = file_of(
        "from beside_it import FIVE\ndef f(w): return w * FIVE\ndef slope_f(w): return FIVE\n"
    )
    assert check(capsys, name)[0] == 0
    del sys.modules["beside_it"]


def test_a_script_under_its_guard_is_not_run_and_no_cache_is_left(capsys):
    name = file_of(
        "def f(w): return w\ndef slope_f(w): return 1.0\nif __name__ == '__main__': 1 / 0\n"
    )
    assert check(capsys, name)[0] == 0
    assert sorted(os.listdir()) == ["mine.py", "other.py"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f(:\n", "SyntaxError"),
        ("x = 1\n1 / 0\n", "ZeroDivisionError: division by zero, line 2"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3, line 2"),
        ("import no_such_module\n", "No module named 'no_such_module', line 1"),
        ("", "there is no pair"),
        ("def f(x): return x\n", "there is no pair"),
        ("from math import sqrt\nslope_sqrt = 1\n", "there is no pair"),
        ("def f(*xs): return xs[0]\ndef slope_f(*xs): return 1\n", "takes no number by position"),
        ("def f(x): return x\ndef slope_f(): return 1\n", "TypeError"),
        ("def f(x): return sum(x)\ndef slope_f(x): return x\n", "Give x=NUMBER, or x=[1, 2, 3]"),
        ("def f(x): return 'text'\ndef slope_f(x): return 1\n", "f returned"),
        ("def f(x): return x\ndef slope_f(x): return 'text'\n", "slope_f of f"),
        ("def f(x, y): return x\ndef slope_f(x, y): return [1, 2, 3]\n", "it gives 3 slopes"),
    ],
)
def test_what_a_file_may_hold_instead_says_so(text, says, capsys):
    code, out, err = check(capsys, file_of(text))
    assert (code, out) == (2, "")
    assert says in " ".join(err.split())
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "FILE[::SLOPE] is missing"),
        (["none.py::slope"], "'none.py' does not exist"),
        (["."], "'.' is a folder"),
        (["mine.py::slop_loss"], "did you mean 'slope_loss'?"),
        (["mine.py::slope_loss", "--of", "los"], "did you mean 'loss'?"),
        (["mine.py", "--of", "loss"], "name it, as mine.py::slope"),
        (["mine.py::forgot"], "error, all_of_error take the same arguments: add --of"),
        (["mine.py::sqrt"], "add --of NAME"),
        (["mine.py::slope_loss", "v=2"], "v: loss takes w"),
        (["mine.py::slope_loss", "w=2", "w=3"], "w is given twice"),
        (["mine.py::slope_loss", "w=two"], "two is no number"),
        (["mine.py::slope_loss", "w=[1, two]"], "is no list of numbers"),
        (["mine.py::slope_loss", "w=[]"], "is no list of numbers"),
        (["mine.py::slope_loss", "w=[[1, 2], [3]]"], "is no list of numbers"),
        (["mine.py::slope_loss", "w=[True]"], "is no list of numbers"),
        (["mine.py::slope_loss", "w=[1" + "0" * 400 + "]"], "is no list of numbers"),
        (["mine.py::slope_loss", "w=[__import__('os')]"], "is no list of numbers"),
        (["mine.py::slope_loss", "--wrt", "v"], "'v' is not among w"),
        (["mine.py::slope_loss", "--seed", "x"], "invalid int value"),
        (["mine.py::slope_loss", "w=[1, 2]"], "slope_loss of loss at w = [1.0, 2.0]"),
    ],
)
def test_what_cannot_be_checked_says_so_and_exits_with_2(arguments, says, capsys):
    code, out, err = check(capsys, *arguments)
    assert (code, out) == (2, "")
    assert says in " ".join(err.split())
