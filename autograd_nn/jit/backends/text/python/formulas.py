"""The rows of the table of primitives as NumPy code, forward and slopes, from ``ops`` alone.

A formula is run once on ``Expr``.  What is short is written where it is used (``d_y * np.cos(x)``,
``2 * error``); what is long, or uses an intermediate result twice, becomes a function of its own
at the top of the file (``sigmoid``, ``tanh_slope``), which ``Formulas`` collects.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from autograd_nn import arrays, floats, special
from autograd_nn.errors import TraceError
from autograd_nn.jit.backends.text.python.expressions import Expr, call, leaf, number, where
from autograd_nn.ops import CODES, MADE, PRIMITIVES, Primitive, Trait

__all__ = ["Formulas"]

_SHORT: Final = 9  # parts of a formula that is written where it is used
_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "floordiv": lambda a, b: a // b,
    "neg": lambda x: -x,
    "abs": abs,
    "detach": lambda x: x,
    "take": lambda a, i: a,
}
#: What Python's ``max`` and ``min`` mean beside a number is NumPy's, nan included.
_EXTREMES: Final = {
    "first_max": ("np.maximum", "np.fmax"),
    "first_min": ("np.minimum", "np.fmin"),
}


class Formulas:
    """Writes formulas, and collects the functions that they need.

    Attributes:
        functions: the source of each function, by its name, in the order they were needed.
        needs_math: whether one of them needs the module ``math``.
    """

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self.needs_math = False

    def row(self, code: int, operands: Sequence[Expr]) -> Expr:
        """An operation of the table.

        Raises:
            TraceError: it is an operation of a user's own that has no row in the table.
        """
        if code == MADE:
            raise TraceError(
                "an operation that was made by hand has no formula that could be written; make it "
                "with custom_op, whose functions are recorded"
            )
        row = PRIMITIVES[code]
        if row.name in _OPERATORS:
            found: Expr = _OPERATORS[row.name](*operands)
            return found
        if row.name in _EXTREMES:
            short = _beside_number(row.name, operands)
            if short is not None:
                return short
        if isinstance(row.array, np.ufunc):
            return call(f"np.{row.array.__name__}", *operands)
        if row.array.__module__ == arrays.__name__ and hasattr(arrays, row.array.__name__):
            made: Expr = row.array(*operands)
            if _is_short(made):
                return made
            self._define(row.name, _without_types(row.array))
            return call(row.name, *operands)
        return self._one_by_one(row, operands)

    def exact(self, code: int, operands: Sequence[Expr]) -> Expr:
        """An operation that a comparison reads: to the last bit what the engine gives."""
        row = PRIMITIVES[code]
        if row.traits & Trait.SAME_BITS or hasattr(special, row.name):
            return self.row(code, operands)
        given = ", ".join("xy"[: row.arity])
        if row.traits & Trait.OF_MATH and isinstance(row.array, np.ufunc):
            numpy = f"np.{row.array.__name__}({given})"
            source = (
                f"def exact_{row.name}({given}):\n    try:\n        return math.{row.name}({given})"
                f"\n    except (ValueError, OverflowError):\n        return float({numpy})"
            )
            self._define(f"exact_{row.name}", source)
        elif row.scalar.__module__ == floats.__name__ and hasattr(floats, row.scalar.__name__):
            for piece, source in _with_what_it_needs(row.scalar).items():
                own = piece == row.scalar.__name__
                name = f"exact_{row.name}" if own else piece
                self._define(name, source.replace(f"def {piece}(", f"def {name}(", 1))
        else:
            return self.row(code, operands)
        self.needs_math = True
        each = f"each_exact_{row.name}"
        self._define(each, f"{each} = np.vectorize(exact_{row.name}, otypes=[float])")
        return call(each, *operands)

    def slope(self, code: int, k: int, operands: Sequence[Expr], result: Expr) -> Expr:
        """The slope of an operation along its operand ``k``."""
        partials = PRIMITIVES[code].partials
        found = self._partial(partials, k, [*operands, result])
        if _is_short(found):
            return found
        names = list(inspect.signature(partials).parameters)
        symbols = [
            x if x.op == "number" else leaf(name, x.shape)
            for name, x in zip(names, [*operands, result], strict=True)
        ]
        made = self._partial(partials, k, symbols)
        used = {part.args[0] for part in made.parts() if part.op == "leaf"}
        chosen = [n for n in names if n in used]
        base = f"{PRIMITIVES[code].name}_slope" + ("" if k == 0 else "_of_second")
        body = _body(made)
        name, count = base, 1
        source = _function(name, chosen, body)
        while self.functions.get(name, source) != source:
            count += 1
            name = f"{base}_{count}"
            source = _function(name, chosen, body)
        self._define(name, source)
        given = dict(zip(names, [*operands, result], strict=True))
        return call(name, *(given[n] for n in chosen))

    def _partial(self, partials: Callable[..., Any], k: int, numbers: Sequence[Expr]) -> Expr:
        with np.errstate(all="ignore"):
            found = partials(*numbers)[k]
        return self._settled(found if isinstance(found, Expr) else number(float(found)), {})

    def _settled(self, x: Expr, done: dict[int, Expr]) -> Expr:
        """The same with operations of the table in the place of their names."""
        if id(x) not in done:
            operands = [self._settled(a, done) for a in x.args if isinstance(a, Expr)]
            if x.op == "call" and x.args[0] in CODES:
                done[id(x)] = self.row(CODES[x.args[0]], operands)
            elif x.op == "call" and x.args[0] == "np.where":
                done[id(x)] = where(*operands)
            elif x.op == "*":
                done[id(x)] = operands[0] * operands[1]
            elif x.op == "-":
                done[id(x)] = _one_less(*operands)
            elif operands:
                args = iter(operands)
                made = tuple(next(args) if isinstance(a, Expr) else a for a in x.args)
                done[id(x)] = Expr(x.op, made, x.shape)
            else:
                done[id(x)] = x
        return done[id(x)]

    def _one_by_one(self, row: Primitive, operands: Sequence[Expr]) -> Expr:
        """A function that NumPy lacks: Python's own, or this package's, on each number."""
        self.needs_math = True
        name = row.name
        if row.scalar.__module__ == "math":
            self._define(name, f"{name} = np.vectorize(math.{name}, otypes=[float])")
            return call(name, *operands)
        for piece, source in _with_what_it_needs(getattr(special, name)).items():
            self._define(piece, source)
        each = f"each_{name}"
        self._define(each, f"{each} = np.vectorize({name}, otypes=[float])")
        ordered = reversed(operands) if name == "polygamma" else operands
        return call(each, *ordered)

    def helper(self, name: str, source: str) -> str:
        """The name of a function that is written out at the top."""
        self._define(name, textwrap.dedent(source).strip())
        return name

    def _define(self, name: str, source: str) -> None:
        self.functions.setdefault(name, source)


def _beside_number(name: str, operands: Sequence[Expr]) -> Expr | None:
    """``max(x, 0)``, where one of the two is a number: the first of equal ones, or of nan."""
    a, b = operands
    keeps, drops = _EXTREMES[name]
    if b.op == "number" and b.args[0] == b.args[0]:
        return call(keeps, a, b)
    if a.op == "number" and a.args[0] == a.args[0]:
        return call(drops, b, a)
    return None


def _one_less(a: Expr, b: Expr) -> Expr:
    """``a - b``; 1 less a choice between 1 and 0 is the opposite choice."""
    if a.op == "number" and a.args[0] == 1.0 and b.op == "call" and b.args[0] == "np.where":
        _, condition, yes, no = b.args
        if yes.op == no.op == "number":
            return where(condition, number(1.0 - yes.args[0]), number(1.0 - no.args[0]))
    return a - b


def _is_short(x: Expr) -> bool:
    """Whether a formula is written where it is used: few parts, none of them twice."""
    seen: set[int] = set()
    parts = list(x.parts())
    for part in parts:
        if part.op not in ("leaf", "number") and id(part) in seen:
            return False
        seen.add(id(part))
    leaves = [str(part) for part in parts if part.op == "leaf"]
    return len(parts) <= _SHORT and len(leaves) <= 3


# -- functions of their own -------------------------------------------------------------------


def _function(name: str, arguments: Sequence[str], body: Sequence[str]) -> str:
    return "\n".join([f"def {name}({', '.join(arguments)}):", *(f"    {line}" for line in body)])


def _body(x: Expr) -> list[str]:
    """The lines of a function that returns ``x``; what is used twice gets a name."""
    taken = {part.args[0] for part in x.parts() if part.op == "leaf"}
    names = (c for c in "epqrstuvw" if c not in taken)
    lines: list[tuple[str, Expr]] = []
    while True:
        shared = _shared([x, *(made for _, made in lines)])
        if not shared:
            return [*(f"{name} = {made}" for name, made in lines), f"return {x}"]
        largest = max(shared, key=lambda p: sum(1 for _ in p.parts()))
        name = next(names)
        symbol = leaf(name, largest.shape)
        x = x.replaced(largest, symbol)
        lines = [(n, made.replaced(largest, symbol)) for n, made in lines]
        lines.insert(0, (name, largest))


def _shared(roots: Sequence[Expr]) -> list[Expr]:
    """The parts of expressions that stand in more than one place."""
    counts: dict[int, int] = {}
    parts = [part for x in roots for part in x.parts() if part.op not in ("leaf", "number")]
    for part in parts:
        counts[id(part)] = counts.get(id(part), 0) + 1
    return [part for part in parts if counts[id(part)] > 1]


class _Untyped(ast.NodeTransformer):
    """Source without types and docstrings."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        node.returns = None
        if ast.get_docstring(node):
            node.body = node.body[1:]
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        assert node.value is not None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def _without_types(function: Callable[..., Any]) -> str:
    return _unparsed(ast.parse(textwrap.dedent(inspect.getsource(function))).body[0])


def _unparsed(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(_Untyped().visit(node)))


def _with_what_it_needs(function: Callable[..., Any]) -> dict[str, str]:
    """A function of a module with the module's own names that it uses, in their order there."""
    module = inspect.getmodule(function)
    assert module is not None
    defined: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef):
            defined[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            defined[node.target.id] = node
    needed, waiting = set(), [function.__name__]
    while waiting:
        name = waiting.pop()
        if name in defined and name not in needed:
            needed.add(name)
            waiting += [n.id for n in ast.walk(defined[name]) if isinstance(n, ast.Name)]
    return {name: _unparsed(node) for name, node in defined.items() if name in needed}
