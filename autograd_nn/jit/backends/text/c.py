"""A program as one file of C99 that needs nothing beyond ``math.h``.

The file has a function of the values and one of the values and the gradient.  Neither allocates:
the caller brings a workspace, so both can run in several threads at once.

What is left out: the text of items (``c_items``), of operations (``c_functions``), of what stands
around the items (``c_frame``), and what arguments are called (``c_names``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from autograd_nn.jit.backends.text.c_cells import Cells, Tables, listed
from autograd_nn.jit.backends.text.c_frame import Argument, Export, Frame, has
from autograd_nn.jit.backends.text.c_functions import Functions
from autograd_nn.jit.backends.text.c_items import ItemWriter
from autograd_nn.jit.backends.text.c_numbers import literal
from autograd_nn.jit.backends.text.c_vectors import (
    BITS,
    FUSED,
    LANES,
    SETTINGS,
    shared,
    vector_functions,
)
from autograd_nn.jit.lifting.adjoint import adjoint, clearing
from autograd_nn.jit.plan import PADDING, Backward

__all__ = ["Argument", "Export", "written"]

#: So many statements are in one function: compilers take more time than in proportion.
_STATEMENTS: Final = 250
_LINE: Final = 96


def written(export: Export) -> str:
    """The file."""
    return _File(export).text()


class _File:
    def __init__(self, export: Export) -> None:
        self._export, self._plan, self._name = export, export.plan, export.name
        self._tables, self._functions = Tables(export.name), Functions(export.name)
        self._space: dict[str, int] = {}  # buffers in the workspace, and their sizes
        self._buffers = self._laid_out()
        cells, numbers = self._plan.constants
        known = zip(np.asarray(cells).tolist(), np.asarray(numbers).tolist(), strict=True)
        constants = {**dict(enumerate(PADDING)), **dict(known)}
        self._cells = Cells(self._buffers, constants, self._tables)
        self._writer = ItemWriter(self._cells, self._functions, self._plan.names)
        self._frame = Frame(export, self._cells, self._tables)
        self._parts: list[str] = []
        self._calls: dict[str, str] = {}

    def _laid_out(self) -> list[str]:
        """The names of the buffers; notes which lie in the workspace."""
        export, plan = self._export, self._plan
        self._space["v"] = plan.sizes[0]
        if export.gradient:
            self._space["d"] = plan.sizes[0]
        names = ["v", "d"]
        for number in range(1, len(plan.sizes)):
            k = next(k for k in export.used if plan.leaves[k].buffer == 2 * number)
            name = export.arguments[k].name
            own, slopes = name, f"d_{name}"
            if export.is_copied(k):
                own = f"{name}_block"
                self._space[own] = plan.sizes[number]
            if export.has_rows:
                slopes = f"d_{name}_block"
                if k in export.wanted:
                    self._space[slopes] = plan.sizes[number]
            names += [own, slopes]
        return names

    # -- the file --------------------------------------------------------------------------

    def text(self) -> str:
        """All of it, in the order in which C wants it."""
        export, frame = self._export, self._frame
        back = adjoint(self._plan, export.wanted) if export.gradient else None
        self._driver("forward", [*self._writer.write(self._plan.items)])
        if back is not None:
            self._driver("backward", self._way_back(back))
        guards = frame.guards()
        results = frame.results_of_row() if export.has_rows else frame.results()
        loads = [*frame.constants(), *frame.loads()]  # by now all that is read is known
        if guards:
            row = ["r"] if export.has_rows else []
            self._define("int", "on_path", [*guards, "return 1;"], row)
        self._define("void", "load", loads, ["first", "left"])
        public = [
            self._public(gradient, results) for gradient in ([False, True][: 1 + export.gradient])
        ]
        public += [self._main()] if export.main else []
        return self._assembled([*self._parts, *public])

    def _assembled(self, body: Sequence[str]) -> str:
        prefix = self._name
        nests = {
            sums: [f"static void {name}{text}" for text, name in known.items()]
            for sums, known in self._writer.nests.items()
        }
        rest = [*nests[False], *nests[True], *body]
        self._functions.texts = vector_functions(prefix) | self._functions.texts
        helpers = self._functions.called("\n".join(rest))
        words = set(re.findall(r"\w+", "\n".join([*helpers, *rest])))
        sections = [
            self._comment(),
            "#include <math.h>\n" + "#include <stdio.h>\n" * self._export.main,
            self._prototypes(),
            shared(SETTINGS, prefix),
            shared(BITS, prefix) * (f"{prefix}_bits" in words),
            shared(LANES, prefix) * bool({f"{prefix}_lanes", f"{prefix.upper()}_LANES"} & words),
            FUSED[False],
            *self._tables.texts,
            *helpers,
            *nests[False],
        ]
        if nests[True]:
            sections += [FUSED[True], *nests[True], FUSED[False]]
        return "\n".join(section for section in [*sections, *body] if section)

    def _way_back(self, back: Backward) -> list[str]:
        return [
            *self._writer.write(clearing(back)),
            *self._frame.seeds(back),
            *self._writer.write(back.items),
        ]

    # -- functions -------------------------------------------------------------------------

    def _driver(self, title: str, statements: Sequence[str]) -> None:
        """A function of statements; many are spread over several."""
        calls = list(statements)
        if len(calls) > _STATEMENTS:
            calls = []
            for first in range(0, len(statements), _STATEMENTS):
                part = statements[first : first + _STATEMENTS]
                calls.append(self._define("void", f"{title}{first // _STATEMENTS}", part) + ";")
        self._define("void", title, calls, ["seed", "left"])

    def _define(
        self, kind: str, title: str, statements: Sequence[str], more: Sequence[str] = ()
    ) -> str:
        """Define a function of what statements work on; returns a call of it."""
        name, text = f"{self._name}_{title}", _without_comments("\n".join(statements))
        arguments = [self._export.arguments[k].name for k in self._export.brought]
        needed = [x for x in dict.fromkeys([*arguments, *self._buffers, *more]) if has(text, x)]
        kinds = {"r": "int ", "first": "long ", "left": "long ", "seed": "double "}
        kinds |= dict.fromkeys(arguments, "const double *")
        parameters = ", ".join(f"{kinds.get(x, 'double *')}{x}" for x in needed)
        lines = [f"    {line}" for each in statements for line in each.splitlines()]
        head = f"static {kind} {name}({parameters or 'void'})"
        self._parts.append("\n".join([head, "{", *lines, "}", ""]))
        self._calls[title] = f"{name}({', '.join(needed)})"
        return self._calls[title]

    # -- what the caller calls -------------------------------------------------------------

    def _head(self, gradient: bool) -> str:
        """The function's type, name and parameters."""
        export = self._export
        names = [export.arguments[k].name for k in export.brought]
        slopes = [f"d_{export.arguments[k].name}" for k in export.wanted] if gradient else []
        parameters = [
            *["long rows"] * export.has_rows,
            *(f"const double *{name}" for name in names),
            *(f"double *{name}" for name in ("value", *slopes, "work")),
        ]
        kind = "long" if export.has_rows else "int"
        head = f"{kind} {self._name}{'_gradient' * gradient}("
        return "\n".join(_wrapped(head, parameters))

    def _public(self, gradient: bool, results: Sequence[str]) -> str:
        body = (
            self._of_rows(gradient, results)
            if self._export.has_rows
            else self._once(gradient, results)
        )
        text = "\n".join(body)
        start = 0
        space = []
        for name, size in self._space.items():
            if has(text, name):
                space.append(f"double *const {name} = work{f' + {start}' * (start > 0)};")
            start += size
        export = self._export
        given = [export.arguments[k].name for k in export.brought]
        given += [f"d_{export.arguments[k].name}" for k in export.wanted] if gradient else []
        unused = [f"(void){name};" for name in [*given, "value"] if not has(text, name)]
        unused += ["(void)work;"] * (not space)
        lines = [f"    {line}" for line in [*unused, *space, *body]]
        return "\n".join([self._head(gradient), "{", *lines, "}", ""])

    def _once(self, gradient: bool, results: Sequence[str]) -> list[str]:
        calls = self._calls
        lines = [f"{calls['load']};", f"{calls['forward']};"]
        if "on_path" in calls:
            lines.append(f"if (!{calls['on_path']}) {{ return 1; }}")
        lines += results
        if gradient:
            lines += [f"{calls['backward']};", *self._frame.slopes()]
        return [*lines, "return 0;"]

    def _of_rows(self, gradient: bool, results: Sequence[str]) -> list[str]:
        """A block of rows after another."""
        export, calls, block = self._export, self._calls, self._export.block
        count = len(export.sources)
        inner = [
            f"const long left = rows - first < {block} ? rows - first : {block};",
            f"{calls['load']};",
            f"{calls['forward']};",
            "for (int r = 0; r < left; ++r) {",
            *(
                [f"    if (!{calls['on_path']}) {{ return first + r + 1; }}"]
                if "on_path" in calls
                else []
            ),
            *(f"    {line}" for line in results),
            "}",
        ]
        seed = "1.0 / (double)rows" if export.reduce == "mean" else "1.0"
        if gradient:
            inner += [f"{calls['backward']};", *self._frame.slopes()]
        lines = ["if (rows < 1) { return -1; }"]
        if has("\n".join(inner), "seed"):
            lines.append(f"const double seed = {seed};")
        lines += [f"for (long first = 0; first < rows; first += {block}) {{"]
        lines += [*(f"    {line}" for line in inner), "}"]
        if export.reduce == "mean":
            lines.append(f"for (int k = 0; k < {count}; ++k) {{ value[k] /= (double)rows; }}")
        return [*lines, "return 0;"]

    def _main(self) -> str:
        """A main that prints what comes out at the recorded numbers."""
        export = self._export
        lines, given = [], ["1"] * export.has_rows
        for k in export.brought:
            argument = export.arguments[k]
            numbers = listed([literal(x) for x in np.asarray(argument.recorded).tolist()])
            lines.append(
                f"static const double {argument.name}[{argument.size}] = {{\n{numbers}\n}};"
            )
            given.append(argument.name)
        shown = {"value": len(export.sources)}
        shown |= {f"d_{export.arguments[k].name}": export.arguments[k].size for k in export.wanted}
        lines += [f"static double {name}[{max(1, size)}];" for name, size in shown.items()]
        lines.append(f"static double work[{self._name.upper()}_WORKSPACE];")
        call = f"{self._name}{'_gradient' * export.gradient}"
        lines += [
            f"if ({call}({', '.join([*given, *shown, 'work'])}) != 0) {{",
            '    printf("these numbers take another path\\n");',
            "    return 1;",
            "}",
        ]
        for name, size in shown.items():
            lines += [
                f"for (int k = 0; k < {size}; ++k) {{",
                f'    printf("{name}[%d] = %.17g\\n", k, {name}[k]);',
                "}",
            ]
        body = [f"    {line}" for each in [*lines, "return 0;"] for line in each.split("\n")]
        return "\n".join(["int main(void)", "{", *body, "}", ""])

    # -- what is said at the top -----------------------------------------------------------

    def _prototypes(self) -> str:
        size = max(1, sum(self._space.values()))
        heads = [self._head(gradient) for gradient in [False, True][: 1 + self._export.gradient]]
        return "\n".join(
            [
                f"#define {self._name.upper()}_WORKSPACE {size} /* doubles */",
                *(f"{head};" for head in heads),
                "",
            ]
        )

    def _comment(self) -> str:
        export = self._export
        lines = [*export.about, "", "Arguments, in the order in which they are given:"]
        rows = "rows, " * export.has_rows
        lines += [f"  {rows and 'rows'}     how many rows there are"] if rows else []
        lines += [
            f"  {export.arguments[k].name}: {export.arguments[k].comment}" for k in export.brought
        ]
        lines += [*export.result, "", *self._returned()]
        lines += [
            "",
            f"work is room for {self._name.upper()}_WORKSPACE doubles, which need not be set; threads "
            "that run",
            "at the same time have one each.  No two of the arrays may overlap.",
        ]
        quiet = [line.replace("*/", "* /").replace("/*", "/ *") for line in lines]
        return "\n".join(["/*", *(f" * {line}".rstrip() for line in quiet), " */", ""])

    def _returned(self) -> list[str]:
        export = self._export
        if export.has_rows:
            found = ["Returned is 0, or -1 where rows is less than 1 (then nothing is written)"]
            if self._plan.guards:
                found[0] += ", or the number,"
                found += [
                    "counted from 1, of the first row whose numbers take another path through the",
                    "function than the recorded one; then what was written is of no use.",
                ]
            else:
                found[0] += "."
            return found
        if not self._plan.guards:
            return ["Returned is 0: there is one path through the function."]
        return [
            "Returned is 0, or 1 where the numbers take another path through the function than",
            "the recorded one; then value and slopes are left as they were.",
        ]


def _without_comments(text: str) -> str:
    return re.sub(r"/[*].*?[*]/", "", text, flags=re.DOTALL)


def _wrapped(head: str, parameters: Sequence[str]) -> list[str]:
    """A function's head with its parameters, in lines of moderate length."""
    lines = [head]
    for k, parameter in enumerate(parameters):
        text = parameter + (")" if k == len(parameters) - 1 else ", ")
        if len(lines[-1]) + len(text) > _LINE:
            lines[-1] = lines[-1].rstrip()
            lines.append("    ")
        lines[-1] += text
    return lines
