"""Where a program comes from: its function, and the call at which that was recorded.

A program as text is to speak the user's language.  A recording knows numbers and operations only,
so the function is run once more, at the numbers of that call and on the same path, while Python
tells which line runs and which names it sets.  A program from a pickle has no function any more.
"""

from __future__ import annotations

import inspect
import linecache
import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from autograd_nn.callers import is_user_file
from autograd_nn.engine import Value
from autograd_nn.jit.capture.arguments import is_module
from autograd_nn.jit.capture.call import Call
from autograd_nn.jit.capture.recorder import Recording
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.nested import is_container, leaves_of, parts_of
from autograd_nn.ops import PRIMITIVES
from autograd_nn.plain import Plain
from autograd_nn.state import Tape, this_thread

__all__ = ["Again", "Origin", "short"]

_MOST: Final = 20_000  # Values of one variable that are looked at
_SHORT: Final = 64  # entries of a list that is watched
_WORK: Final = 5_000_000  # entries that are looked at in all
_CODE: Final = 70  # characters of a line of code that are shown


@dataclass
class Origin:
    """A function, and a call of it.

    Attributes:
        name: of the function.
        place: its file and line.
        arguments: the names of its arguments, as many as the call had.
        function, call: themselves; None after a pickle.
    """

    name: str
    place: str
    arguments: list[str]
    function: Any
    call: Call | None

    @classmethod
    def of(cls, function: Callable[..., Any], call: Call, row: int) -> Origin:
        """The origin of what is recorded now; of arguments with rows one row is kept."""
        plain = inspect.unwrap(function)
        code = getattr(plain, "__code__", None)
        place = f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code else ""
        name = getattr(function, "__name__", type(function).__name__)
        arguments = _names_of(function, len(call.args), call.names)
        if call.row_positions:
            args = list(call.args)
            for k in call.row_positions:
                args[k] = np.array(call.groups[call.starts[k]][row : row + 1])
            call = Call(tuple(args), call.row_positions, call.names)
        return cls(name, place, arguments, function, call)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "function": None, "call": None}

    def again(self) -> Again | None:
        """The function, recorded once more; None where that cannot be done any more."""
        if self.function is None or self.call is None:
            return None
        try:
            return _recorded(self.function, self.call)
        except Exception:  # whatever it is, the function is another than it was
            return None


@dataclass
class Again:
    """A recording with what the user calls things.

    Attributes:
        trace: the equations.
        described: the description of the result.
        call: the arguments.
        names: by the number of a node, what the user calls it, the best name first.
        lines: by the number of a node, the user's line.
        owners: by identity of a captured Value, its dotted name.
    """

    trace: Any
    described: Any
    call: Call
    names: dict[int, list[str]] = field(default_factory=dict)
    lines: dict[int, str] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)


def short(line: str) -> str:
    """The user's line, ``file:line: code``, without the folder and not too long."""
    found = re.match(r"(.*?):(\d+)(?:: (.*))?$", line, re.DOTALL)
    if found is None:
        return line
    name, number, code = found.groups()
    code = code or ""
    code = code if len(code) <= _CODE else code[: _CODE - 3] + "..."
    return f"{Path(name).name}:{number}" + (f": {code}" if code else "")


def _names_of(function: Any, count: int, by_name: tuple[str, ...]) -> list[str]:
    """The names of the arguments of a call."""
    found: list[str] = []
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    left = count - len(by_name)
    for p in parameters:
        if p.kind is p.VAR_POSITIONAL:
            found += [f"{p.name}_{k}" for k in range(left - len(found))]
        elif p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            found.append(p.name)
    found = found[:left]
    return [*found, *(f"x{k}" for k in range(len(found), left)), *by_name]


def _recorded(function: Any, call: Call) -> Again | None:
    watch = _Watch()
    before = sys.gettrace()
    surroundings = Surroundings(function, call.held)
    sys.settrace(watch)
    try:
        recording = Recording(function, call, None, 0, surroundings, True)
    finally:
        sys.settrace(before)
    if recording.refused:
        return None
    trace = recording.trace()
    found = Again(trace, recording.described, call, owners=_owners(function, call))
    nodes = recording.tape.nodes
    words = watch.names
    for place, node in enumerate(nodes):
        number = node._number
        found.lines.setdefault(number, watch.line(place))
        known = [*_labels(node), *words.get(id(node), ()), *_scoped(node)]
        found.names.setdefault(number, []).extend(known)
    return found


def _labels(node: Value) -> list[str]:
    if not node.label:
        return []
    stem = node.label.rstrip("0123456789")
    return [node.label, stem] if stem and stem != node.label else [node.label]


def _scoped(node: Value) -> list[str]:
    """A name after the innermost scope of the user's or a layer's, and the operation."""
    inner = node.scope[1:]
    return [f"{inner[-1]} {PRIMITIVES[node._code].name}"] if inner else []


def _owners(function: Any, call: Call) -> dict[int, str]:
    """The dotted names of Values that the function can reach."""
    found: dict[int, str] = {}
    reached: list[tuple[str, Any]] = []
    plain = inspect.unwrap(function)
    if inspect.ismethod(plain):
        reached.append(("self", plain.__self__))
        plain = plain.__func__
    if inspect.isfunction(plain):
        closed = inspect.getclosurevars(plain)
        reached += [*closed.nonlocals.items(), *closed.globals.items()]
    elif is_module(function):
        reached.append(("", function))
    reached += [("", x) for x in call.held]
    models = [x for _, x in reached if is_module(x)]
    for name, x in reached:
        prefix = f"{name}." if name and len(models) > 1 else ""
        if is_module(x) and hasattr(x, "named_parameters"):
            for path, v in x.named_parameters():
                found.setdefault(id(v), prefix + path)
        elif not callable(x):
            for path, v in leaves_of(x, Value):
                found.setdefault(id(v), ".".join(map(str, (name, *path))))
    return found


class _Watch:
    """A trace function of Python: notes lines, and the names that Values are given."""

    def __init__(self) -> None:
        self.names: dict[int, list[str]] = {}
        self._starts: list[int] = []
        self._lines: list[tuple[str, int]] = []
        self._bound: dict[int, dict[str, Any]] = {}
        self._left = _WORK
        self._kept: list[Any] = []  # so that no identity is given twice

    def line(self, place: int) -> str:
        """The user's line that recorded the node at a place on the tape."""
        k = bisect_right(self._starts, place) - 1
        if k < 0:
            return ""
        name, number = self._lines[k]
        return short(f"{name}:{number}: {linecache.getline(name, number).strip()}")

    def __call__(self, frame: Any, event: str, arg: Any) -> Any:
        if not is_user_file(frame.f_code.co_filename):
            return None
        self._bound[id(frame)] = {n: self._mark(x) for n, x in frame.f_locals.items()}
        return self._inside

    def _inside(self, frame: Any, event: str, arg: Any) -> Any:
        tape = this_thread().trace
        if tape is None:
            return self._inside
        if event == "line":
            self._note(tape, frame)
        elif frame.f_back is not None and is_user_file(frame.f_back.f_code.co_filename):
            self._note(tape, frame.f_back)
        self._look(frame, event == "return")
        if event == "return":
            self._bound.pop(id(frame), None)
        return self._inside

    def _mark(self, x: Any) -> Any:
        """What changes where a variable is bound anew, or something is put into a short list."""
        if type(x) is list and 0 < len(x) <= _SHORT and self._left > 0:
            self._left -= len(x)
            return (id(x), *map(id, x))
        return id(x)

    def _note(self, tape: Tape, frame: Any) -> None:
        place = len(tape.nodes)
        line = frame.f_code.co_filename, frame.f_lineno
        if self._starts and self._starts[-1] == place:
            self._lines[-1] = line
        else:
            self._starts.append(place)
            self._lines.append(line)

    def _look(self, frame: Any, last: bool) -> None:
        """Note the names that are bound anew; at the end of a function what was filled, too."""
        bound = self._bound.setdefault(id(frame), {})
        for name, x in frame.f_locals.items():
            if type(x) is Plain:  # asked for anything, its number would leave the graph
                continue
            mark = self._mark(x)
            if bound.get(name) == mark and not (last and is_container(x)):
                continue
            bound[name] = mark
            if name[0] in ".@_" or not (isinstance(x, (Value, np.ndarray)) or is_container(x)):
                continue
            self._kept.append(x)
            for v in _values_in(x):
                words = self.names.setdefault(id(v), [])
                if name not in words:
                    words.append(name)


def _values_in(x: Any, most: int = _MOST) -> Iterator[Value]:
    """The Values in nested lists and arrays, each place once."""
    waiting = [x]
    while waiting and most > 0:
        part = waiting.pop()
        most -= 1
        if type(part) is Plain:
            continue
        if isinstance(part, Value):
            yield part
        elif isinstance(part, np.ndarray):
            if part.dtype == object:
                waiting += part.ravel().tolist()[:most]
        elif is_container(part) and not is_module(part):
            waiting += parts_of(part)[:most]
