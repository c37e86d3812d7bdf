"""The command line: ``autograd-nn`` and ``python -m autograd_nn``.

``draw``, ``explain`` and ``step`` take an expression, ``check`` a file with slopes derived by
hand, and ``info``, which is the default, says what runs here.  ``autograd-nn -h`` has examples and
the exit codes.
"""

from __future__ import annotations

import os
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TextIO

import autograd_nn
from autograd_nn.checks import did_you_mean, shown
from autograd_nn.cli.arguments import COMMANDS, USAGE, WIDTH, Outcome, parsed
from autograd_nn.errors import AutogradError, BadArgumentError, ExpressionError

__all__ = ["main"]

_INTERRUPTED = 130  # as shells say it of Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command.

    Args:
        arguments: what follows the program's name; that of this process where None.

    Returns:
        The exit code: 0 where it was done; 1 where a slope is wrong; 2 where it could not be
        carried out, and standard error says why.

    >>> main(["explain", "w * 3", "w=2"])
    If w grows by a little, the result grows by 3 times as much: d result/d w = 3.
    <BLANKLINE>
    edge        local slope  upstream  product
    w * 3 -> w  3                   1        3
    0
    """
    for stream in (sys.stdout, sys.stderr):  # a letter that a terminal lacks is no error
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        outcome = _carried_out(list(sys.argv[1:] if arguments is None else arguments))
    except ExpressionError as error:
        outcome = Outcome("", 2, _pointed(error))
    except (AutogradError, OSError) as error:
        outcome = Outcome("", 2, f"error: {error}")
    except KeyboardInterrupt:
        outcome = Outcome("", _INTERRUPTED, "interrupted")
    try:
        _print(outcome.text, sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        outcome = Outcome("", 2, f"error: cannot write to standard output: {error.strerror}")
    _print(_in_lines(outcome.complaint), sys.stderr)
    return outcome.code


def _carried_out(given: list[str]) -> Outcome:
    """What a command says, and its exit code."""
    if not given:
        return _info()
    command = given[0]
    if command in ("-h", "--help", "help"):
        return Outcome(USAGE)
    if command == "--version":
        return Outcome(autograd_nn.__version__)
    if command not in COMMANDS:
        hint = did_you_mean(command, COMMANDS)
        known = ", ".join(COMMANDS)
        raise BadArgumentError(f"unknown command {shown(command)}: {hint}Known: {known}. See -h.")
    try:
        arguments = parsed(command, given[1:])
    except SystemExit:  # help, which is printed already
        return Outcome("")
    return _RUN[command](arguments)


def _info(_: object = None) -> Outcome:
    from autograd_nn.cli.info import report

    return Outcome("\n".join(f"{name:<11} {text}" for name, text in report().items()))


def _later(module: str, name: str) -> Callable[[object], Outcome]:
    """A command whose module is imported when it runs."""

    def run(arguments: object) -> Outcome:
        outcome: Outcome = getattr(import_module(module), name)(arguments)
        return outcome

    return run


_RUN: dict[str, Callable[[object], Outcome]] = {
    "draw": _later("autograd_nn.cli.graphs", "draw_it"),
    "explain": _later("autograd_nn.cli.graphs", "explain_it"),
    "step": _later("autograd_nn.cli.graphs", "step_through_it"),
    "check": _later("autograd_nn.cli.slopes", "check_it"),
    "info": _info,
}


def _print(text: str, stream: TextIO) -> None:
    try:
        if text:
            print(text, file=stream, end="" if text.endswith("\n") else "\n")
        stream.flush()
    except BrokenPipeError:  # whoever read has seen enough
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """What could not be written is let go; Python would complain of it once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _in_lines(text: str) -> str:
    lines = [
        part
        for line in text.splitlines()
        # What fits keeps its spaces: a mark stands under its place.
        for part in ([line] if len(line) <= WIDTH else _wrapped(line))
    ]
    return "\n".join(lines)


def _pointed(error: ExpressionError) -> str:
    """The message, the expression, and a mark under the place that is meant."""
    says = f"error: {error}"
    text = "".join(c if c.isprintable() else "?" for c in error.text)
    if error.column is None or not text:
        return f"{says}\n  {text[: WIDTH - 2]}".rstrip()
    room = WIDTH - 10
    start = max(0, min(error.column - room // 2, len(text) - room))
    before = "..." if start else ""
    after = "..." if start + room < len(text) else ""
    shift = before + text[start : error.column]
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in shift)
    return f"{says}\n  {before}{text[start : start + room]}{after}\n  {' ' * wide}^"


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, WIDTH, break_on_hyphens=False)
