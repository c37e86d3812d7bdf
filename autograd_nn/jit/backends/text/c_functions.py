"""The operations of the table as C: what is written where it is used, and functions of the file.

Values come from the rules that machine code is written by, slopes from the table's partials; both
are applied to the numbers of ``c_numbers``.  exp, log, sin and their kin are polynomials where the
processor multiplies and adds in one operation, so that compilers can compute several at once, and
else the functions of ``math.h``; so they are wherever a guard reads the result.

What is left out: functions that are loops (``c_special``), and where numbers lie (``c_nests``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_nn.errors import TraceError
from autograd_nn.jit.backends.native.rules import (
    ARITHMETIC,
    COMPOSED,
    FROM_C,
    FROM_MATH,
    POLYNOMIALS,
    is_of_table,
)
from autograd_nn.jit.backends.text.c_numbers import Body, Formula, joined
from autograd_nn.jit.backends.text.c_special import SPECIAL, Special
from autograd_nn.ops import CODES, PRIMITIVES, Primitive

__all__ = ["Functions"]

#: A formula of so many operations is written where it is used.
_SHORT: Final = 2
_WORD: Final = re.compile(r"\w+")
_IF_FUSED: Final = re.compile(r"#if defined\(\w+_FUSED\)\n.*?#else\n", re.DOTALL)
_NAMES: Final = {1: ("x", "y"), 2: ("a", "b", "y")}


class Functions:
    """The functions of one file, made when they are asked for.

    Args:
        prefix: what their names begin with.

    Attributes:
        texts: by name, those that were asked for, each after what it calls.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.texts: dict[str, str] = {}
        self._values: dict[tuple[str, bool, bool], Formula] = {}
        self._slopes: dict[tuple[str, int, bool], Formula] = {}

    def value(self, row: Primitive, exact: bool = False, usual: bool = False) -> Formula:
        """What an operation computes, as one expression of its operands.

        Args:
            row: of the table.
            exact: whether it must round as the engine does.
            usual: whether rare operands, see ``rare``, need not be right.

        Raises:
            TraceError: it has no form in C.
        """
        usual = usual and bool(_rare_of(row.name, self.prefix))
        key = (row.name, exact, usual)
        if key not in self._values:
            if not is_of_table(row):
                raise TraceError(
                    f"the operation {row.name!r} has no form in C: it is an operation of your own, "
                    "and only its Python is known; write it with the operations of autograd_nn"
                )
            self._values[key] = self._value(row, exact, usual)
        return self._values[key]

    def slope(self, row: Primitive, operand: int, usual: bool = False) -> Formula:
        """The slope along an operand, as one expression of the operands and the result."""
        key = (row.name, operand, usual)
        if key not in self._slopes:
            self.value(row)  # refuses what has no form
            body = Body(self.prefix, self._apply, usual=usual)
            numbers = [body.operand(k) for k in range(row.arity + 1)]
            found = body.formula([*row.partials(*numbers)][operand])
            which = f"_{operand + 1}" if row.arity > 1 else ""
            name = f"{self.prefix}_d_{row.name}{which}{'_usual' * usual}"
            self._slopes[key] = self._named(name, found, _NAMES[row.arity])
        return self._slopes[key]

    def rare(self, row: Primitive, operand: int | None) -> Formula | None:
        """Whether operands are rare ones, for which there is a jump; None where there are none.

        Args:
            row: of the table.
            operand: of the slope in question; None for the value.
        """
        body = Body(self.prefix, self._apply, usual=True)
        numbers = [body.operand(k) for k in range(row.arity + 1)]
        if operand is None:
            self._apply(body, row.name, numbers[: row.arity])
        else:
            row.partials(*numbers)
        if not body.rare:
            return None
        return body.formula(joined(body.rare))

    def as_calls(self, text: str) -> str:
        """A text that calls functions which are not written out at each call."""

        def instead(found: re.Match[str]) -> str:
            head, body = self.texts.get(found[1], "").partition("\n")[::2]
            if not body or not head.startswith(f"{self.prefix.upper()}_INLINE"):
                return found[0]
            name = f"{self.prefix}_call{found[1].removeprefix(self.prefix)}"
            parameters = re.findall(r"double (\w+)[,)]", head)
            given = ", ".join(f"double {x}" for x in parameters)
            self.texts[name] = (
                f"static double {name}({given})\n{{\n"
                f"    return {found[1]}({', '.join(parameters)});\n}}\n"
            )
            return f"{name}("

        return re.sub(rf"\b({self.prefix}_\w+)\(", instead, text)

    def called(self, text: str) -> list[str]:
        """The functions that a text calls, and those that they call, each after what it calls."""
        words, kept = set(_WORD.findall(text)), dict[str, str]()
        for name, source in reversed(self.texts.items()):
            if name in words:
                words.update(_WORD.findall(source))
                kept[name] = source
        # A function that only polynomials call is one that nobody calls where they are not used.
        others = _WORD.findall("\n".join(_IF_FUSED.sub("", x) for x in [text, *kept.values()]))
        for name in kept:
            if others.count(name) <= 1:
                fused = f"{self.prefix.upper()}_FUSED"
                kept[name] = f"#if defined({fused})\n{kept[name]}#endif\n"
        return [*kept.values()][::-1]

    # -- how they are made -----------------------------------------------------------------

    def _apply(self, body: Body, name: str, operands: Sequence[Any]) -> Any:
        """An operation of the table, in the formula of another."""
        row = PRIMITIVES[CODES[name]] if name in CODES else None
        if row is None:
            raise AttributeError(f"no operation {name!r} in C")
        references = [body.reference(x) for x in operands]
        if body.usual:  # what is rare to it is rare to the formula that it is in
            body.rare += [body.condition(x, references) for x in _rare_of(name, self.prefix)]
        return body.number_of(self.value(row, body.exact, body.usual).result, references)

    def _value(self, row: Primitive, exact: bool, usual: bool) -> Formula:
        name, names = row.name, _NAMES[row.arity][:-1]
        own = f"{self.prefix}_{name}"
        if name in ARITHMETIC:
            return self._named(own, self._formula(ARITHMETIC[name], row.arity), names)
        if name in FROM_MATH or name in FROM_C:
            plain = Formula((), _call(name, row.arity), 1)
        elif name in COMPOSED:
            plain = self._formula(COMPOSED[name], row.arity, exact)
        elif name in SPECIAL:
            found = SPECIAL[name]
            for needed in found.needs:
                self.value(PRIMITIVES[CODES[needed]])
            for part, source in found.parts:
                self.texts.setdefault(f"{self.prefix}_{part}", Special(source).text(self.prefix))
            self.texts.setdefault(own, found.text(self.prefix))
            return Formula((), _call(own, row.arity), 1)
        else:
            raise TraceError(f"the operation {name!r} has no form in C")
        if exact or name not in POLYNOMIALS:
            return self._named(f"{own}{'_exact' * exact}", plain, names)
        fused = self._formula(POLYNOMIALS[name], row.arity, usual=usual)
        own += "_usual" * usual
        parameters = ", ".join(f"double {x}" for x in names)
        macros = self.prefix.upper()
        both = (
            f"{macros}_INLINE double {own}({parameters})\n{{\n#if defined({macros}_FUSED)\n"
            f"{_body(fused, names)}#else\n{_body(plain, names)}#endif\n}}\n"
        )
        self.texts.setdefault(own, both)
        return Formula((), _call(own, row.arity), 1)

    def _formula(
        self, rule: Callable[..., Any], arity: int, exact: bool = False, usual: bool = False
    ) -> Formula:
        body = Body(self.prefix, self._apply, exact, usual)
        return body.formula(rule(*(body.operand(k) for k in range(arity))))

    def _named(self, name: str, formula: Formula, names: Sequence[str]) -> Formula:
        """A formula that is written where it is used; a long one is a call of a function."""
        if formula.nodes <= _SHORT and not formula.lines:
            return formula
        used = [k for k in range(len(names)) if formula.uses(k)]
        parameters = ", ".join(f"double {names[k]}" for k in used)
        head = f"{self.prefix.upper()}_INLINE double {name}({parameters})"
        text = f"{head}\n{{\n{_body(formula, names)}}}\n"
        self.texts.setdefault(name, text)
        return Formula((), f"{name}({', '.join(f'{{{k}}}' for k in used)})", 1)


def _call(name: str, arity: int) -> str:
    return f"{name}({', '.join(f'{{{k}}}' for k in range(arity))})"


def _body(formula: Formula, names: Sequence[str]) -> str:
    lines = [*formula.lines, f"return {formula.result};"]
    return "".join(f"    {line.format(*names)}\n" for line in lines)


def _rare_of(name: str, prefix: str) -> list[str]:
    """The conditions under which the polynomial of an operation does not hold."""
    if name not in POLYNOMIALS:
        return []
    body = Body(prefix, _no_other, usual=True)
    POLYNOMIALS[name](body.operand(0))
    return [body.formula(condition).result for condition in body.rare]


def _no_other(_: Body, name: str, __: Sequence[Any]) -> Any:
    raise AttributeError(f"a polynomial that asks for {name!r}")
