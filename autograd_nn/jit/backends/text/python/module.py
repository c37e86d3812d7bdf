"""A program as readable NumPy code, forward and back.

    @np.errstate(all="ignore")
    def loss_value_and_grad(W, b, x, y):
        error = x @ W + b - y
        loss = error @ error
        d_error = 2 * error
        ...

``arrays`` sorts the cells of the plan into arrays, ``nests`` writes each nest in their terms,
``ways`` puts them in order, and ``statements`` joins what reads better in one line.  What is
written needs NumPy only.
"""

from __future__ import annotations

import keyword
import textwrap

from autograd_nn.checks import describe
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.jit.backends.text.python.apart import apart
from autograd_nn.jit.backends.text.python.arguments import slopes_of_key
from autograd_nn.jit.backends.text.python.arrays import Arrays
from autograd_nn.jit.backends.text.python.formulas import Formulas
from autograd_nn.jit.backends.text.python.inputs import Inputs
from autograd_nn.jit.backends.text.python.joining import tidy
from autograd_nn.jit.backends.text.python.literals import Tables, broken
from autograd_nn.jit.backends.text.python.names import Names
from autograd_nn.jit.backends.text.python.results import Results
from autograd_nn.jit.backends.text.python.source import Source
from autograd_nn.jit.backends.text.python.statements import WIDTH, Statement, names_in, written
from autograd_nn.jit.backends.text.python.ways import Ways
from autograd_nn.jit.lifting.adjoint import adjoint

__all__ = ["check_name", "write"]


def check_name(name: object) -> str:
    """A name that a function can have.

    Raises:
        WrongTypeError: it is no text.
        BadArgumentError: it is no name of Python's.
    """
    if not isinstance(name, str):
        raise WrongTypeError(f"name is a str, got {describe(name)}")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise BadArgumentError(
            f"{name!r:.60} cannot be the name of a Python function: letters, digits and "
            "underscores, no digit first, and no word of the language"
        )
    return name


def write(source: Source, name: str) -> str:
    """The code of a program: a module with one function, or two where there are slopes.

    Args:
        name: of the function.

    Raises:
        TraceError: there is something that has no code.
    """
    return _Module(source, name).text()


class _Module:
    """One module on its way."""

    def __init__(self, source: Source, name: str) -> None:
        self._source, self._name = source, name
        names = Names()
        self._formulas, self._tables = Formulas(), Tables(names)
        self._inputs = Inputs(source, names, self._formulas)
        plan = apart(source.plan, self._inputs.all)
        self._back = adjoint(plan, self._inputs.regions) if source.is_number else None
        items = self._back.items if self._back is not None else []
        self._arrays = Arrays(plan, items, self._inputs.all)
        self._ways = Ways(
            source, self._inputs, self._arrays, self._back, names, self._tables, self._formulas
        )
        self._results = Results(source, self._arrays, self._tables)

    def text(self) -> str:
        """The whole file."""
        result = self._results.text()
        functions = [self._function(self._name, self._ways.forward(), result, "The value.")]
        if self._back is not None:
            both = [*self._ways.forward(), *self._ways.backward()]
            name, about = f"{self._name}_value_and_grad", f"The value, and {self._along()}."
            functions.append(self._function(name, both, f"{result}, {self._gradient()}", about))
        helpers = self._formulas.functions.values()
        parts = [self._head(), self._tables.text(), *helpers, *functions]
        return "\n\n\n".join(part for part in parts if part) + "\n"

    def _head(self) -> str:
        notes = self._source.notes
        place = f" ({notes.place})" if notes.place else ""
        first = (
            f"`{notes.function}`{place} in NumPy, written by autograd_nn.jit from its recording."
        )
        path = " and for the path that was recorded" if self._arrays.plan.guards else ""
        about = [first, f"It holds for arguments of these shapes{path}."]
        if notes.lost:
            about.append(textwrap.fill(notes.lost, WIDTH))
        imports = "import math\n\n" if self._formulas.needs_math else ""
        text = "\n\n".join(about)
        return f'"""{text}\n"""\n\n{imports}import numpy as np'

    def _along(self) -> str:
        if self._source.argnums is None:
            return "its slopes by parameter"
        names = [self._inputs.arguments[k] for k in self._source.positions]
        return f"its slopes along {' and '.join(names)}"

    def _gradient(self) -> str:
        """The code of the gradient."""
        if self._source.argnums is None:
            named = zip(self._source.notes.groups, self._inputs.captured, strict=True)
            pairs = [f"{g.name!r}: {self._inputs.slope(x, self._arrays)}" for g, x in named]
            return "{" + ", ".join(pairs) + "}"
        found = []
        for k in self._source.positions:
            slopes = (self._inputs.slope(given, self._arrays) for given in self._inputs.given[k])
            found.append(slopes_of_key(self._source.key[k], slopes))
        if not isinstance(self._source.argnums, tuple):
            return found[0]
        return f"({', '.join(found)}{',' if len(found) == 1 else ''})"

    def _function(self, name: str, statements: list[Statement], result: str, about: str) -> str:
        """The code of one function."""
        lines = written(tidy(statements, names_in(result), self._ways.called.slice))
        lines = self._inputs.reshaped(lines)
        code = [line for line in lines if not line.lstrip().startswith("#")]
        if any("rows" in names_in(line) for line in [*code, result]):
            lines.insert(0, f"    rows = len({self._inputs.row_argument})")
        loads = [f"    {load}" for load in self._inputs.loads]
        arguments = ", ".join(self._inputs.arguments)
        head = f"def {name}({arguments}):"
        if len(head) > WIDTH:
            inside = textwrap.wrap(f"{arguments},", WIDTH - 4, break_long_words=False)
            head = "\n".join([f"def {name}(", *(f"    {line}" for line in inside), "):"])
        returned = "    return " + broken(result, "    ", len("return "))
        opening = ['@np.errstate(all="ignore")', head, f'    """{about}"""']
        return "\n".join([*opening, *loads, *lines, returned])
