"""A file of C under way: its functions and tables, and the order in which C wants them.

What is left out: what the functions are for (``c``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from autograd_nn.jit.backends.text.c_cells import Cells, Tables
from autograd_nn.jit.backends.text.c_functions import Functions
from autograd_nn.jit.backends.text.c_items import ItemWriter
from autograd_nn.jit.backends.text.c_vectors import (
    BITS,
    FUSED,
    LANES,
    SETTINGS,
    shared,
    vector_functions,
)

__all__ = ["Sheet", "has", "indented"]

#: So many statements are in one function: compilers take more time than in proportion.
_STATEMENTS: Final = 250


class Sheet:
    """A file under way.

    Args:
        name: what all names in it begin with.
        buffers: the name of each buffer.
        constants: numbers by their cells of buffer 0.
        regions: the first cell and the name of each region, for comments.
        read_only: variables that are not written to.

    Attributes:
        tables, cells, writer: of the file.
        calls: by title, a call of each function that was defined.
        parts: the functions that were defined, in order.
    """

    def __init__(
        self,
        name: str,
        buffers: Sequence[str],
        constants: Mapping[int, float],
        regions: Sequence[tuple[int, str]],
        read_only: Sequence[str],
    ) -> None:
        self._name, self._buffers, self._read_only = name, buffers, read_only
        self.tables, self._functions = Tables(name), Functions(name)
        self.cells = Cells(buffers, constants, self.tables)
        self.writer = ItemWriter(self.cells, self._functions, regions)
        self.calls: dict[str, str] = {}
        self.parts: list[str] = []

    def driver(self, title: str, statements: Sequence[str], more: Sequence[str] = ()) -> None:
        """Define a function of statements; many are spread over several."""
        calls = list(statements)
        if len(calls) > _STATEMENTS:
            calls = []
            for first in range(0, len(statements), _STATEMENTS):
                part = statements[first : first + _STATEMENTS]
                number = first // _STATEMENTS
                calls.append(self.define("void", f"{title}{number}", part, more) + ";")
        self.define("void", title, calls, more)

    def define(
        self, kind: str, title: str, statements: Sequence[str], more: Sequence[str] = ()
    ) -> str:
        """Define a function of what statements work on; returns a call of it.

        Args:
            more: variables beside arrays that they may use.
        """
        name, text = f"{self._name}_{title}", _without_comments("\n".join(statements))
        arrays = dict.fromkeys([*self._read_only, *self._buffers])
        needed = [x for x in [*arrays, *more] if has(text, x)]
        kinds = {"r": "int ", "first": "long ", "left": "long ", "seed": "double "}
        kinds |= dict.fromkeys(self._read_only, "const double *")
        parameters = ", ".join(f"{kinds.get(x, 'double *')}{x}" for x in needed)
        head = f"static {kind} {name}({parameters or 'void'})"
        self.parts.append("\n".join([head, "{", *indented(statements), "}", ""]))
        self.calls[title] = f"{name}({', '.join(needed)})"
        return self.calls[title]

    def text(self, first: Sequence[str], last: Sequence[str]) -> str:
        """The whole file.

        Args:
            first: what comes at the top.
            last: what comes after all functions.
        """
        prefix = self._name
        nests = {
            sums: [f"static void {name}{text}" for text, name in known.items()]
            for sums, known in self.writer.nests.items()
        }
        rest = [*nests[False], *nests[True], *self.parts, *last]
        self._functions.texts = vector_functions(prefix) | self._functions.texts
        helpers = self._functions.called("\n".join(rest))
        words = set(re.findall(r"\w+", "\n".join([*helpers, *rest])))
        sections = [
            *first,
            shared(SETTINGS, prefix),
            shared(BITS, prefix) * (f"{prefix}_bits" in words),
            shared(LANES, prefix) * bool({f"{prefix}_lanes", f"{prefix.upper()}_LANES"} & words),
            FUSED[False],
            *(text for name, text in self.tables.texts.items() if name in words),
            *helpers,
            *nests[False],
        ]
        if nests[True]:
            sections += [FUSED[True], *nests[True], FUSED[False]]
        return "\n".join(section for section in [*sections, *self.parts, *last] if section)


def has(text: str, name: str) -> bool:
    """Whether a text has a variable."""
    return re.search(rf"\b{name}\b", text) is not None


def indented(statements: Sequence[str]) -> list[str]:
    """The lines of statements, inside of braces."""
    return [f"    {line}" for each in statements for line in each.splitlines()]


def _without_comments(text: str) -> str:
    return re.sub(r"/[*].*?[*]/", "", text, flags=re.DOTALL)
