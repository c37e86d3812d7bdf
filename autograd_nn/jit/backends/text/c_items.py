"""The items of a plan as C: statements, loops, and calls of the functions of nests.

What is left out: the functions of nests (``c_nests``, ``c_choices``), and the whole file (``c``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Final

import numpy as np

from autograd_nn.jit.backends.native.forms import Form, adds_to, form_of
from autograd_nn.jit.backends.text.c_cells import At, Cells, between
from autograd_nn.jit.backends.text.c_choices import LookWriter, ShareWriter
from autograd_nn.jit.backends.text.c_functions import Functions
from autograd_nn.jit.backends.text.c_nests import NestWriter
from autograd_nn.jit.backends.text.c_runs import are_many, runs_of
from autograd_nn.jit.plan.nests import (
    ADJOINTS,
    VALUES,
    Access,
    Item,
    Lines,
    Loop,
    Nest,
    cells_of,
    nests_of,
)
from autograd_nn.jit.plan.printing import printed

__all__ = ["ItemWriter"]

#: What vectors the form of a nest is chosen for.
_WIDTH: Final = 8
#: So many points are looked at, to find whether a nest reads what it writes.
_POINTS: Final = 1_000_000
_WRITERS: Final = {"share": ShareWriter, "look": LookWriter, "drop": LookWriter}


class ItemWriter:
    """Writes items.

    Args:
        cells: of the program.
        functions: of the file.
        names: the first cell and the name of each region, for comments.

    Attributes:
        nests: by text, the names of the functions of nests; those of sums apart, whose products
            may be fused with them.
    """

    def __init__(
        self, cells: Cells, functions: Functions, names: Sequence[tuple[int, str]]
    ) -> None:
        self._cells, self._functions, self._regions = cells, functions, names
        self.nests: dict[bool, dict[str, str]] = {True: {}, False: {}}

    def write(
        self, items: Sequence[Item], rounds: tuple[str, ...] = (), counts: tuple[int, ...] = ()
    ) -> Iterator[str]:
        """The statements of items, in order; what only adds to a nest becomes part of that.

        Args:
            rounds: the variables of the loops around, the outermost first.
            counts: how often these go round.
        """
        k = 0
        while k < len(items):
            item = items[k]
            also: list[Nest] = []
            k += 1
            if isinstance(item, Loop):
                yield from self._loop(item, rounds, counts)
            elif isinstance(item, Lines) and are_many(item):
                yield runs_of(item, self._cells, self._functions, self._defined)
            elif isinstance(item, Lines):
                for nest in nests_of(item, len(rounds)):
                    yield self._nest(nest, [], rounds, counts)
            elif item.points:
                if not _is_safe(item, counts):
                    yield self._by_copy(item, rounds, counts)
                    continue
                while k < len(items):
                    other = items[k]
                    if not isinstance(other, Nest) or not _joins(item, other, counts):
                        break
                    also.append(other)
                    k += 1
                yield self._nest(item, also, rounds, counts)

    def _by_copy(self, nest: Nest, rounds: tuple[str, ...], counts: tuple[int, ...]) -> str:
        """A nest that reads what it writes: all is computed before anything is written."""
        write = nest.write
        kept = nest.axes if nest.writes_all else nest.axes[: nest.kept]
        idle = (0,) * (len(nest.axes) - len(kept))
        strides = tuple(prod(kept[k + 1 :]) for k in range(len(kept)))
        apart = Access(len(self._cells.buffers) - 1, 0, (*strides, *idle), (0,) * len(rounds))
        first = replace(nest, write=apart, add=False, scatter=False)
        table = None if write.table is None else write.table.reshape(write.table.shape[: len(kept)])
        to = Access(write.buffer, write.start, write.strides[: len(kept)], write.steps, table)
        read = replace(apart, strides=strides)
        second = Nest("sum", kept, (read,), to, add=nest.add, scatter=nest.scatter)
        lines = [f"double found[{prod(kept)}];"]
        lines += [self._nest(each, [], rounds, counts) for each in (first, second)]
        inside = "\n".join(f"    {line}" for text in lines for line in text.splitlines())
        return f"{{\n{inside}\n}}"

    def _loop(self, loop: Loop, rounds: tuple[str, ...], counts: tuple[int, ...]) -> Iterator[str]:
        if not loop.count:
            return
        t = f"t{len(rounds)}"
        head = f"for (int {t} = 0; {t} < {loop.count}; ++{t}) {{"
        if loop.reverse:
            head = f"for (int {t} = {loop.count - 1}; {t} >= 0; --{t}) {{"
        inner = [
            "    " + line
            for text in self.write(loop.items, (*rounds, t), (*counts, loop.count))
            for line in text.splitlines()
        ]
        if inner:
            yield "\n".join([head, *inner, "}"])

    # -- nests -----------------------------------------------------------------------------

    def _nest(
        self,
        nest: Nest,
        also: list[Nest],
        rounds: tuple[str, ...],
        counts: tuple[int, ...],
    ) -> str:
        choice = nest.kind in ("look", "drop")
        form = Form(nest, [], None, 1, {}) if choice else form_of(nest, _WIDTH, also)
        if not form.nest.axes and nest.kind not in _WRITERS:
            writer = _PointWriter(form, self._cells, self._functions, rounds, counts)
            return self._functions.as_calls("\n".join(writer.write()))
        call = self._call(form, rounds, counts)
        text = printed([nest, *also], self._regions, self._cells.constants)
        return "\n".join([*(f"/* {line} */" for line in _quiet(text)), call])

    def _call(self, form: Form, rounds: tuple[str, ...], counts: tuple[int, ...]) -> str:
        """A call of the function of a nest."""
        nest, cells = form.nest, self._cells
        reads = [*nest.reads, *(read for other in form.also for read in other.reads)]
        names, given = self._parameters(nest, reads, rounds, counts)
        writer = _WRITERS.get(nest.kind, NestWriter)(
            form, cells, self._functions, names, set(given)
        )
        lines = writer.write()
        if nest.kind == "look":
            given["from"] = cells.buffers[VALUES]
            cells.keep_between(*_entries_between(nest))
        if nest.kind == "drop":
            given["to"] = cells.buffers[ADJOINTS]
        else:
            given["to"] = cells.pointer(nest.write, rounds)
        words = set(re.findall(r"\w+", "\n".join(lines)))  # a slope need not read everything
        given = {name: where for name, where in given.items() if name in words}
        restrict = "restrict " if _is_apart(nest, reads, counts) else ""
        parameters = ", ".join(
            f"{'' if name == 'to' else 'const '}double *{restrict}{name}" for name in given
        )
        text = "\n".join([f"({parameters})", "{", *lines, "}", ""])
        return f"{self._defined(text, writer.wide)}({', '.join(given.values())});"

    def _defined(self, text: str, sums: bool = False) -> str:
        """The name of the function of a text, which begins with its parameters."""
        known = self.nests[sums]
        if text not in known:
            number = len(self.nests[True]) + len(self.nests[False])
            known[text] = f"{self._functions.prefix}_nest{number}"
        return known[text]

    def _parameters(
        self,
        nest: Nest,
        reads: Sequence[Access],
        rounds: tuple[str, ...],
        counts: tuple[int, ...],
    ) -> tuple[list[str], dict[str, str]]:
        """The name of each read, and by name the addresses that are given."""
        cells = self._cells
        proposed = _names_of(nest, len(reads))
        names: list[str] = []
        given: dict[str, str] = {}
        for k, read in enumerate(reads):
            number = cells.known(read, nest.axes, counts)
            if number is not None:
                names.append(number)
                continue
            cells.keep(read, nest.axes, counts)
            like = next((j for j in range(k) if reads[j].same(read) and names[j] in given), None)
            names.append(proposed[k] if like is None else names[like])
            given.setdefault(names[-1], cells.pointer(read, rounds))
        return names, given


class _PointWriter(NestWriter):
    """The statement of a nest of one point."""

    def __init__(
        self,
        form: Form,
        cells: Cells,
        functions: Functions,
        rounds: Sequence[str],
        counts: Sequence[int],
    ) -> None:
        names = [""] * (len(form.nest.reads) + sum(len(other.reads) for other in form.also))
        super().__init__(form, cells, functions, names, ())
        self._rounds, self._counts = rounds, counts
        self.depth = 0

    def load(self, access: Access, at: At, lanes: str = "") -> str:
        number = self.cells.known(access, (), self._counts)
        if number is None:
            self.cells.keep(access, (), self._counts)
        return number or self.cells.cell(access, self._rounds)

    def target(self, at: At) -> str:
        return self.cells.cell(self.nest.write, self._rounds)


def _names_of(nest: Nest, count: int) -> list[str]:
    """What the reads of a nest are called."""
    letters = ["a", "b", "c", "e", "f", "g", "h"]
    if nest.kind in ("slope", "drop", "share"):
        operands = letters[: len(nest.reads) - 2]
        own = {"drop": ["d", "chosen"], "share": ["d", "x", "y"]}
        letters = [*own.get(nest.kind, ["d", *operands, "y"]), *letters[len(operands) :]]
    return [*letters[:count], *(f"x{k}" for k in range(len(letters), count))]


def _quiet(text: str) -> list[str]:
    """The lines of a text that may stand in a comment."""
    return [re.sub(r"[*]/|/[*]", "", line).strip() for line in text.splitlines()]


def _entries_between(nest: Nest) -> tuple[int, int]:
    """The first and the last cell that a look-up may read."""
    steps = np.zeros(1, dtype=np.int64) if nest.entry_steps is None else nest.entry_steps
    last = steps * (nest.axes[0] - 1 if nest.axes else 0)
    return (
        int((nest.entries + np.minimum(last, 0)).min()),
        int((nest.entries + np.maximum(last, 0)).max()),
    )


def _joins(nest: Nest, other: Nest, counts: Sequence[int]) -> bool:
    """Whether what comes after a nest is more terms of its results."""
    return adds_to(nest, other) and _is_apart(other, other.reads, counts)


def _is_safe(nest: Nest, counts: Sequence[int]) -> bool:
    """Whether results may be written before all of them are known."""
    in_order = nest.exact and nest.add  # its terms are added one by one to what is there
    return nest.kind in ("look", "drop") or in_order or _is_apart(nest, nest.reads, counts)


def _is_apart(nest: Nest, reads: Sequence[Access], counts: Sequence[int]) -> bool:
    """Whether a nest reads no cell that it writes, but where it adds to it."""
    if nest.kind in ("look", "drop"):
        return False
    beside = [read for read in reads if read.buffer == nest.write.buffer]
    return all(_are_apart(nest, read, counts) for read in beside)


def _are_apart(nest: Nest, read: Access, counts: Sequence[int]) -> bool:
    write, axes = nest.write, nest.axes
    alike = read.steps == write.steps
    low, high = between(read, axes, () if alike else counts)
    first, last = between(write, axes, () if alike else counts)
    if high < first or last < low:
        return True
    if not alike or nest.points > _POINTS:
        return False
    still = (0,) * len(read.steps)
    found, made = (cells_of(replace(x, steps=still), axes, still) for x in (read, write))
    return not len(np.intersect1d(found, made))
