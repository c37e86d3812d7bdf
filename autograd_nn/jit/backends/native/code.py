"""The text of a function under way, in LLVM's language.

A ``Code`` takes lines one by one, joins equal pure ones, and leaves out what nobody needs; a
``Loop`` is a loop that is open.  ``Register`` is the name of a result; what can be computed with
it stands in ``lane``.

What is left out: arithmetic (``lane``), and loop nests (``nests``).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from autograd_nn.jit.backends.native.callbacks import Callbacks
from autograd_nn.jit.backends.native.machine import Target

__all__ = ["Code", "Loop", "Register", "kind_of", "module", "spelled"]

_NAME: Final = re.compile(r"%t\d+")


def spelled(x: float) -> str:
    """A number as LLVM reads it: its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def kind_of(element: str, width: int) -> str:
    """LLVM's type of a number, or of a vector."""
    return element if width == 1 else f"<{width} x {element}>"


class Register:
    """A result of the function under way.

    Args:
        code: the function.
        name: its name in the text, or a constant.
        width: 1 for a number, else the length of the vector.
    """

    __slots__ = ("code", "name", "width")
    element = ""

    def __init__(self, code: Code, name: str, width: int) -> None:
        self.code, self.name, self.width = code, name, width

    @property
    def kind(self) -> str:
        """Its LLVM type."""
        return kind_of(self.element, self.width)


class _Line(NamedTuple):
    """``name = text``, which goes if nobody needs the name; without a name it stays.

    With ``inside``, a choice between what was known and the lines inside: ``text`` comes first
    and decides, ``name`` is the result.
    """

    name: str
    text: str
    inside: list[_Line] | None = None


class Loop:
    """A loop that is open: its index, and what it carries from one round to the next.

    Its body runs at least once, so the size must not be 0.
    """

    def __init__(self, code: Code, size: int | str, step: int) -> None:
        self._code, self._size, self._step = code, size, step
        self._number = code.fresh()
        self._before = code.block
        self.index = f"%i{self._number}"
        self._carried: list[list[str]] = []
        self._known = code.known  # what was computed before the loop holds in it
        code.emit(f"br label %loop{self._number}")
        code.label(f"loop{self._number}")
        code.known = self._known.copy()
        self._at = len(code.lines)
        code.lines.append(_Line("", ""))  # the phi nodes, known when the loop is closed

    def carry(self, register: Register) -> tuple[str, Callable[[Register], None]]:
        """A number that is ``register`` before the loop: its name, and what sets the next one."""
        entry = [self._code.name(), register.kind, register.name, ""]
        self._carried.append(entry)

        def to(following: Register) -> None:
            entry[3] = following.name

        return entry[0], to

    def close(self) -> None:
        """Go round again, or on."""
        code, k = self._code, self._number
        after = code.new(f"add nuw nsw i64 {self.index}, {self._step}")
        more = code.new(f"icmp ult i64 {after}, {self._size}")
        end = code.block
        code.emit(f"br i1 {more}, label %loop{k}, label %done{k}")
        code.label(f"done{k}")
        code.known = self._known
        phis = [[self.index, "i64", "0", after], *self._carried]
        code.wanted.update(each[3] for each in phis)
        code.lines[self._at] = _Line(
            "",
            "\n".join(
                f"  {name} = phi {kind} [ {first}, %{self._before} ], [ {following}, %{end} ]"
                for name, kind, first, following in phis
            ),
        )


class Code:
    """A function under way.

    Args:
        title: its name.
        arguments: as LLVM spells them, such as ``ptr noalias %v``.
        target: the processor.
        exact: whether every row of the table must give the bits that it gives on floats: then
            nothing is fused, and the C library is called in place of polynomials.
        callbacks: functions of Python's that the text calls, shared by all functions of a module.

    Attributes:
        declared: functions that the text calls, as LLVM declares them.
        block: the name of the block under way.
        returned: what the function returns; None for nothing.
    """

    def __init__(
        self,
        title: str,
        arguments: Iterable[str],
        target: Target,
        exact: bool = False,
        callbacks: Callbacks | None = None,
    ) -> None:
        self.title, self.arguments, self.target, self.exact = title, [*arguments], target, exact
        self.callbacks = Callbacks() if callbacks is None else callbacks
        self.lines: list[_Line] = []
        self.declared: set[str] = set()
        self.known: dict[str, str] = {}
        self.returned: Register | None = None
        self.wanted: set[str] = set()
        self._names = self._blocks = 0
        self.label("entry")

    # -- lines -----------------------------------------------------------------------------

    def name(self) -> str:
        """A name that is not in use."""
        self._names += 1
        return f"%t{self._names}"

    def fresh(self) -> int:
        """A number for the names of blocks."""
        self._blocks += 1
        return self._blocks

    def new(self, text: str, pure: bool = True) -> str:
        """The name of a result; equal pure texts are one, and one that nobody needs goes.

        Args:
            text: an instruction.
            pure: whether the result depends on the text alone, so not on memory.
        """
        if pure and text in self.known:
            return self.known[text]
        name = self.name()
        self.lines.append(_Line(name, text))
        if pure:
            self.known[text] = name
        return name

    def emit(self, text: str) -> None:
        """A line without a result."""
        self.lines.append(_Line("", f"  {text}"))

    def label(self, name: str) -> None:
        """Begin a block, in which nothing is known."""
        self.lines.append(_Line("", f"{name}:"))
        self.block = name
        self.known = {}

    def loop(self, size: int | str, step: int = 1) -> Loop:
        """Begin a loop.

        Args:
            size: where the index ends.
            step: by how much it grows.
        """
        return Loop(self, size, step)

    def declare(self, result: str, name: str, kinds: Iterable[str], more: str = "") -> None:
        """Say what a called function takes and returns."""
        self.declared.add(f"declare {result} @{name}({', '.join(kinds)}){more}")

    def rarely(self, condition: str, usual: Register, other: Callable[[], Register]) -> str:
        """The name of ``usual``, or where a condition (an ``i1``) holds, of ``other()``."""
        k, known, lines = self.fresh(), self.known.copy(), self.lines
        before = self.block
        inside: list[_Line] = []
        self.lines = inside
        self.label(f"rare{k}")
        self.known = known.copy()
        slow = other()
        end = self.block
        self.emit(f"br label %both{k}")
        self.lines, self.known, self.block = lines, known, f"both{k}"
        name = self.name()
        head = f"  br i1 {condition}, label %rare{k}, label %both{k}, !prof !0"
        phi = f"phi {usual.kind} [ {usual.name}, %{before} ], [ {slow.name}, %{end} ]"
        lines.append(_Line(name, f"{head}\n{phi}", inside))
        return name

    # -- the whole -------------------------------------------------------------------------

    def text(self) -> str:
        """The function's text."""
        kept: list[str] = []
        result, end = "void", "ret void"
        if self.returned is not None:
            result, end = self.returned.kind, f"ret {self.returned.kind} {self.returned.name}"
            self.wanted.add(self.returned.name)
        self._keep(self.lines, set(self.wanted), kept)
        head = f"define {result} @{self.title}({', '.join(self.arguments)}) #0 {{"
        return "\n".join([head, *reversed(kept), f"  {end}", "}"])

    def _keep(self, lines: list[_Line], wanted: set[str], kept: list[str]) -> None:
        """Append the lines that are needed, last first."""
        for name, text, inside in reversed(lines):
            if inside is not None:
                self._keep_choice(name, text, inside, wanted, kept)
            elif not name:
                wanted.update(_NAME.findall(text))
                kept.append(text)
            elif name in wanted:
                wanted.update(_NAME.findall(text))
                kept.append(f"  {name} = {text}")

    def _keep_choice(
        self, name: str, text: str, inside: list[_Line], wanted: set[str], kept: list[str]
    ) -> None:
        head, phi = text.split("\n")
        target = head.split("label %both")[1].split(",")[0]
        if name not in wanted:  # the block after it keeps its name, which others may use
            kept += [f"both{target}:", f"  br label %both{target}"]
            return
        wanted.update(_NAME.findall(text))
        kept += [f"  {name} = {phi}", f"both{target}:"]
        self._keep(inside, wanted, kept)
        kept.append(head)


def module(codes: Iterable[Code]) -> str:
    """The text of functions together."""
    codes = list(codes)
    declared = sorted(set().union(*(code.declared for code in codes)))
    attributes = 'attributes #0 = { nounwind "prefer-vector-width"="512" }'
    rare = '!0 = !{!"branch_weights", i32 1, i32 1000}'
    return "\n".join([*(code.text() for code in codes), *declared, attributes, rare, ""])
