"""Many single operations without a pattern, as runs of like ones through tables.

Written out one by one they would take compilers minutes.  The operations of one level need nothing
of each other, so like ones are done in one loop; which loop is next stands in a table.

What is left out: few operations, which are statements (``c_items``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.c_cells import Cells
from autograd_nn.jit.backends.text.c_functions import Functions
from autograd_nn.jit.backends.text.c_numbers import bare
from autograd_nn.jit.plan import ADJOINTS, VALUES, Lines
from autograd_nn.ops import PRIMITIVES

__all__ = ["are_many", "runs_of"]

#: Fewer operations are statements.
_MANY: Final = 600
_FLAGS: Final = 4


def are_many(lines: Lines) -> bool:
    """Whether single operations are done in runs."""
    return len(lines.codes) >= _MANY


def runs_of(lines: Lines, cells: Cells, functions: Functions, define: Callable[[str], str]) -> str:
    """The statement of many single operations.

    Args:
        define: defines a function of a text that begins with its parameters; returns its name.
    """
    cells.keep_all(np.concatenate([lines.a, lines.b[lines.b >= 0]]))
    order, keys = _keys(lines)
    first = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    cases: dict[tuple[int, int], int] = {}
    table: list[Any] = []
    runs: list[int] = []
    for chosen in np.split(order, first[1:]):
        code = int(lines.codes[chosen[0]])
        wanted = 0 if lines.wanted is None else int(lines.wanted[chosen[0]])
        runs += [cases.setdefault((code, wanted), len(cases)), len(chosen)]
        table += [lines.out[chosen], lines.a[chosen]]
        table += [lines.b[chosen]] if PRIMITIVES[code].arity == 2 else []
    name = define(_function(cases, lines.wanted is None, lines.exact, functions))
    buffers = cells.buffers[VALUES : ADJOINTS + 1 if lines.wanted is not None else ADJOINTS]
    tables = cells.tables.put(np.array(runs)), cells.tables.put(np.concatenate(table))
    return f"{name}({', '.join([*buffers, tables[0], str(len(runs) // 2), tables[1]])});"


def _keys(lines: Lines) -> tuple[Any, Any]:
    """An order in which like operations of one level are neighbours, and what tells runs apart."""
    level = np.array(_levels(lines))
    kinds = np.asarray(lines.codes, dtype=np.int64) * _FLAGS
    if lines.wanted is not None:
        kinds, level = kinds + np.asarray(lines.wanted), -level  # back, the deepest come first
    keys = level * (len(PRIMITIVES) * _FLAGS) + kinds
    order = np.argsort(keys, kind="stable")
    return order, keys[order]


def _levels(lines: Lines) -> list[int]:
    """Of each operation, how deep it lies among these."""
    depth: dict[int, int] = {}
    found = []
    columns = (lines.out.tolist(), lines.a.tolist(), lines.b.tolist())
    for out, a, b in zip(*columns, strict=True):
        depth[out] = 1 + max(depth.get(a, 0), depth.get(b, 0))
        found.append(depth[out])
    return found


def _function(
    cases: Mapping[tuple[int, int], int], forward: bool, exact: bool, functions: Functions
) -> str:
    """The text of a function that does runs, from its parameters on."""
    buffers = "double *v" if forward else "const double *v, double *d"
    lines = [
        f"({buffers}, const int *run, int runs, const int *at)",
        "{",
        "    for (int n = 0; n < runs; ++n, run += 2) {",
        "        const int count = run[1];",
        "        switch (run[0]) {",
    ]
    for (code, wanted), case in cases.items():
        body = _forward(code, exact, functions) if forward else _back(code, wanted, functions)
        lines += [
            f"        case {case}:",
            "            for (int k = 0; k < count; ++k) {",
            *(f"                {line}" for line in body),
            "            }",
            f"            at += {1 + PRIMITIVES[code].arity} * count;",
            "            break;",
        ]
    if not forward and "v[" not in "\n".join(lines):
        lines.insert(2, "    (void)v;")
    lines += ["        default:", "            break;", "        }", "    }", "}", ""]
    return "\n".join(lines)


def _operands(code: int) -> list[str]:
    """Where the operands of the ``k``-th operation of a run are."""
    return ["at[count + k]", "at[2 * count + k]"][: PRIMITIVES[code].arity]


def _forward(code: int, exact: bool, functions: Functions) -> list[str]:
    operands = [f"v[{place}]" for place in _operands(code)]
    value = functions.value(PRIMITIVES[code], exact)(*operands)
    return [f"v[at[k]] = {bare(functions.as_calls(value))};"]


def _back(code: int, wanted: int, functions: Functions) -> list[str]:
    places = _operands(code)
    names = ["a", "b"][: len(places)]
    deposits = []
    for k, place in enumerate(places):
        if wanted >> k & 1:
            slope = functions.as_calls(functions.slope(PRIMITIVES[code], k)(*names, "y"))
            deposits.append(f"d[{place}] += {slope} * d[at[k]];")
    text = "\n".join(deposits)
    known = [
        f"const double {name} = v[{place}];"
        for name, place in zip([*names, "y"], [*places, "at[k]"], strict=True)
        if re.search(rf"\b{name}\b", text)
    ]
    return [*known, *deposits]
