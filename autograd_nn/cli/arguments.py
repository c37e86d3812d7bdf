"""The arguments of each command, and its help.

What is left out: what the commands do (``graphs``, ``slopes``, ``info``).
"""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, NoReturn

from autograd_nn.cli.expressions import FUNCTIONS
from autograd_nn.errors import BadArgumentError

__all__ = ["COMMANDS", "USAGE", "WIDTH", "Outcome", "parsed"]

WIDTH = 80  # columns of a terminal

USAGE = """\
usage: autograd-nn COMMAND ...        (or python -m autograd_nn COMMAND ...)

Scalar autodiff: draw an expression, explain its slopes, check your own.

commands:
  draw      write the graph of an expression with its gradients, as SVG or PNG
  explain   say where a slope comes from, edge by edge
  step      write a page that steps forward and back through an expression
  check     check slopes that you derived by hand, in a file of yours
  info      say which versions, engine and backends run here (the default)

examples:
  autograd-nn draw "(w*x - t)**2" w=2 x=5 t=7 -o loss.svg
  autograd-nn explain "(w*x - t)**2" w=2 x=5 t=7 --wrt w
  autograd-nn step "tanh(w*x + b)" w=0.5 x=2 b=-1 -o neuron.html
  autograd-nn check file.py::slope w=2

exit codes:
  0  done; of check: every slope agrees
  1  of check: a slope is wrong, or could not be compared
  2  the command could not be carried out; standard error says why

autograd-nn COMMAND -h tells more; --version prints the version."""

_EXPRESSION = """
An expression has numbers, names, + - * / // % ** and brackets, pi, and these
functions; each name needs a number, which may be arithmetic too (x=pi/3):
"""

_CHECK = """
The file holds the function and your slope of it, for example

    def loss(w):                    def slope_loss(w):
        return (w * 5 - 7) ** 2         return 2 * 5 * (w * 5 - 7)

  check file.py               every pair of functions named NAME and slope_NAME
  check file.py::slope_loss   this one
  check file.py::d --of loss  whatever their names are
  check file.py::slope        of the only other function of the same arguments

A slope is along the first argument, or along all, by how many numbers it gives;
--wrt says it. Numbers that are not given are the function's defaults, or some
that are chosen. The file is run, as an import of it would.
"""


class Outcome(NamedTuple):
    """What a command says on standard output, what on standard error, and its exit code."""

    text: str
    code: int = 0
    complaint: str = ""


class _Parser(ArgumentParser):
    """Raises where it cannot read the arguments, and takes abbreviations for nothing."""

    def __init__(self, command: str, says: str, epilog: str) -> None:
        super().__init__(
            prog=f"autograd-nn {command}",
            description=says,
            epilog=epilog,
            formatter_class=partial(RawDescriptionHelpFormatter, width=WIDTH),
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        if "arguments are required" in message:  # the first; the numbers behind it may be none
            first = next(action for action in self._actions if not action.option_strings)
            message = f"{first.metavar} is missing"
        raise BadArgumentError(f"{message} ({self.prog} -h tells more)")


def _of_expression(command: str, says: str, example: str, output: str) -> _Parser:
    rows, line = list[str](), ""
    for name in FUNCTIONS:
        if len(line) + len(name) + 3 > WIDTH:
            rows, line = [*rows, line], ""
        line += f"  {name}" if not line else f" {name}"
    functions = "\n".join([*rows, line])
    parser = _Parser(command, says, f"{_EXPRESSION}\n{functions}\n\nexample:\n  {example}")
    parser.add_argument("expression", metavar="EXPRESSION", help="arithmetic, in quotes")
    parser.add_argument("numbers", metavar="NAME=NUMBER", nargs="*", help="for each name in it")
    parser.add_argument("--label", default="", metavar="NAME", help="what to call the result")
    if output:
        parser.add_argument(
            "-o",
            "--output",
            default=output,
            metavar="FILE",
            help=f"where it goes (default: {output}); - is the standard output",
        )
    return parser


def _draw() -> _Parser:
    from autograd_nn.drawing.render import DIRECTIONS

    parser = _of_expression(
        "draw",
        "Write the graph of an expression with its gradients.",
        'autograd-nn draw "(w*x - t)**2" w=2 x=5 t=7 --label loss -o loss.svg',
        "graph.svg",
    )
    parser.add_argument("--width", type=float, default=900.0, metavar="PIXELS", help="at most")
    parser.add_argument(
        "--direction", choices=DIRECTIONS, default="LR", help="LR: left to right; TB: downwards"
    )
    return parser


def _explain() -> _Parser:
    parser = _of_expression(
        "explain",
        "Say where the slope of an expression along a name comes from.",
        'autograd-nn explain "(w*x - t)**2" w=2 x=5 t=7 --wrt w',
        "",
    )
    parser.add_argument(
        "--wrt", action="append", metavar="NAME", help="along this name; all where not given"
    )
    return parser


def _step() -> _Parser:
    parser = _of_expression(
        "step",
        "Write a page that steps forward and back through an expression.",
        'autograd-nn step "tanh(w*x + b)" w=0.5 x=2 b=-1 -o neuron.html',
        "backprop.html",
    )
    parser.add_argument("--title", default="", metavar="TEXT", help="the page's heading")
    return parser


def _check() -> _Parser:
    parser = _Parser("check", "Check slopes that you derived by hand.", _CHECK)
    parser.add_argument("target", metavar="FILE[::SLOPE]", help="a Python file and a function")
    parser.add_argument(
        "numbers", metavar="NAME=NUMBER", nargs="*", help="the point; lists too, as w=[0,2,1]"
    )
    parser.add_argument("--of", metavar="FUNCTION", help="what it is the slope of")
    parser.add_argument(
        "--wrt", action="append", metavar="NAME", help="the argument that the slopes are along"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the points around (default: 0)")
    parser.add_argument("--details", action="store_true", help="print other causes too")
    return parser


def _info() -> _Parser:
    return _Parser("info", "Say which versions, engine and backends run here.", "")


COMMANDS = {"draw": _draw, "explain": _explain, "step": _step, "check": _check, "info": _info}


def parsed(command: str, given: Sequence[str]) -> Namespace:
    """The arguments of a command.

    Args:
        command: one of ``COMMANDS``.
        given: what follows it.

    Raises:
        ValueError: they are not what the command takes.
        SystemExit: help was asked for, and printed.

    >>> parsed("draw", ["-w**2", "w=3"]).expression
    ' -w**2'
    """
    parser = COMMANDS[command]()
    return parser.parse_intermixed_args([_not_an_option(text) for text in given])


def _not_an_option(text: str) -> str:
    """An expression that starts with a minus sign gets a space before it, as argparse wants."""
    option = re.fullmatch(r"-|-[oh]|-o[^*/+%-].*|--[A-Za-z].*|--", text, re.DOTALL)
    return f" {text}" if text.startswith("-") and not option else text
