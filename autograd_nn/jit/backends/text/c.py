"""A program as one file of C99 that needs nothing beyond ``math.h``.

The file has a function of the values and one of the values and the gradient.  Neither allocates:
the caller brings a workspace, so both can run in several threads at once.

What is left out: the text of items (``c_items``), of operations (``c_functions``), of what stands
around the items (``c_frame``), and what arguments are called (``c_names``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from autograd_nn.jit.backends.text.c_cells import listed
from autograd_nn.jit.backends.text.c_frame import Argument, Export, Frame
from autograd_nn.jit.backends.text.c_numbers import literal
from autograd_nn.jit.backends.text.c_sheet import Sheet, has, indented
from autograd_nn.jit.lifting.adjoint import adjoint, clearing
from autograd_nn.jit.plan import PADDING, Backward

__all__ = ["Argument", "Export", "written"]

_LINE: Final = 96


def written(export: Export) -> str:
    """The file."""
    return _File(export).text()


class _File:
    def __init__(self, export: Export) -> None:
        self._export, self._plan, self._name = export, export.plan, export.name
        self._space: dict[str, int] = {}  # buffers in the workspace, and their sizes
        cells, numbers = self._plan.constants
        known = zip(np.asarray(cells).tolist(), np.asarray(numbers).tolist(), strict=True)
        constants = {**dict(enumerate(PADDING)), **dict(known)}
        given = [export.arguments[k].name for k in export.brought]
        names = self._plan.names
        self._sheet = Sheet(export.name, self._laid_out(), constants, names, given)
        self._frame = Frame(export, self._sheet.cells, self._sheet.tables)

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
            if export.is_gathered(k):
                slopes = f"d_{name}_block"
                if k in export.wanted:
                    self._space[slopes] = plan.sizes[number]
            names += [own, slopes]
        return names

    def text(self) -> str:
        """All of it."""
        export, frame, sheet = self._export, self._frame, self._sheet
        back = adjoint(self._plan, export.wanted) if export.gradient else None
        sheet.driver("forward", [*sheet.writer.write(self._plan.items)])
        if back is not None:
            sheet.driver("backward", self._way_back(back), ["seed", "left"])
        guards = frame.guards()
        results = frame.results_of_row() if export.has_rows else frame.results()
        loads = [*frame.constants(), *frame.loads()]  # by now all that is read is known
        if guards:
            row = ["r"] if export.has_rows else []
            sheet.define("int", "on_path", [*guards, "return 1;"], row)
        sheet.define("void", "load", loads, ["first", "left"])
        public = [self._public(gradient, results) for gradient in self._kinds]
        public += [self._main()] if export.main else []
        includes = "#include <math.h>\n" + "#include <stdio.h>\n" * export.main
        return sheet.text([self._comment(), includes, self._prototypes()], public)

    @property
    def _kinds(self) -> list[bool]:
        """The functions that there are: that of the values, that of the gradient."""
        return [False, True] if self._export.gradient else [False]

    def _way_back(self, back: Backward) -> list[str]:
        write = self._sheet.writer.write
        return [*write(clearing(back)), *self._frame.seeds(back), *write(back.items)]

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
        lines = indented([*unused, *space, *body])
        return "\n".join([self._head(gradient), "{", *lines, "}", ""])

    def _once(self, gradient: bool, results: Sequence[str]) -> list[str]:
        calls = self._sheet.calls
        lines = [f"{calls['load']};", f"{calls['forward']};"]
        if "on_path" in calls:
            lines.append(f"if (!{calls['on_path']}) {{ return 1; }}")
        lines += results
        if gradient:
            lines += [f"{calls['backward']};", *self._frame.slopes()]
        return [*lines, "return 0;"]

    def _of_rows(self, gradient: bool, results: Sequence[str]) -> list[str]:
        """A block of rows after another."""
        export, calls, block = self._export, self._sheet.calls, self._export.block
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
        body = indented([*lines, "return 0;"])
        return "\n".join(["int main(void)", "{", *body, "}", ""])

    # -- what is said at the top -----------------------------------------------------------

    def _prototypes(self) -> str:
        size = max(1, sum(self._space.values()))
        heads = [self._head(gradient) for gradient in self._kinds]
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
        lines += ["  rows: how many there are"] * export.has_rows
        lines += [
            f"  {export.arguments[k].name}: {export.arguments[k].comment}" for k in export.brought
        ]
        lines += export.result
        if export.wanted:
            names = ", ".join(f"d_{export.arguments[k].name}" for k in export.wanted)
            lines += [f"  {names}: the slopes of the result, in the order of what they are along"]
        lines += ["", *self._returned()]
        size = f"{self._name.upper()}_WORKSPACE"
        lines += [
            "",
            f"work is room for {size} doubles, which need not be set; threads",
            "that run at the same time have one each.  No two of the arrays may overlap.",
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
