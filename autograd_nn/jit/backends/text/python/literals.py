"""Arrays of numbers as code, and long lines in parts."""

from __future__ import annotations

import ast
import textwrap
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.python.expressions import number
from autograd_nn.jit.backends.text.python.names import Names
from autograd_nn.jit.backends.text.python.statements import WIDTH

__all__ = ["Tables", "broken"]

_FEW: Final = 6  # indices that are written one by one


class Tables:
    """Arrays that are written out at the top of the file, each once."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[tuple[str, tuple[int, ...], bytes], tuple[str, Any]] = {}

    def __call__(self, numbers: Any, kind: str) -> str:
        """The name of an array of numbers, new or known; ``kind`` is what to call it."""
        numbers = np.array(numbers, order="C")
        key = (numbers.dtype.kind, numbers.shape, numbers.tobytes())
        if key not in self._known:
            self._known[key] = (self._names.new(kind), numbers)
        return self._known[key][0]

    def text(self) -> str:
        """The lines that define them."""
        return "\n".join(f"{name} = {_literal(x)}" for name, x in self._known.values())


def broken(code: str, indent: str, before: int = 0) -> str:
    """An expression; where it is long, its parts in lines of their own.

    Args:
        before: how much stands before it in its line.
    """
    node = ast.parse(code, mode="eval").body
    fits = before + len(indent) + len(code) <= WIDTH
    if fits or not isinstance(node, (ast.Tuple, ast.Dict, ast.List)):
        return code
    inner = indent + "    "

    def part(x: ast.expr, key: str = "") -> str:
        text = ast.get_source_segment(code, x) or ""
        return f"{inner}{key}{broken(text, inner, len(key))},"

    if isinstance(node, ast.Dict):
        keys = [f"{ast.get_source_segment(code, k)}: " for k in node.keys if k is not None]
        lines = [part(x, key) for key, x in zip(keys, node.values, strict=True)]
    else:
        lines = [part(x) for x in node.elts]
    first, last = {ast.Tuple: ("(", ")"), ast.Dict: ("{", "}"), ast.List: ("[", "]")}[type(node)]
    return "\n".join([first, *lines, indent + last])


def _literal(numbers: Any) -> str:
    """An array as code."""
    if numbers.dtype.kind in "iu" and numbers.size > _FEW:
        code = _by_aranges(numbers)
        if code:
            return code
    code = f"np.array({_nested(numbers.tolist())}"
    if numbers.dtype.kind == "f":
        code += ", dtype=float"
    if not numbers.size:
        code += f").reshape({numbers.shape}"
    return "\n    ".join(textwrap.wrap(code + ")", WIDTH, break_long_words=False))


def _nested(x: Any) -> str:
    if isinstance(x, list):
        return f"[{', '.join(map(_nested, x))}]"
    return str(x) if isinstance(x, (int, bool)) else str(number(x))


def _by_aranges(numbers: Any) -> str:
    """Indices that grow by a constant along each axis; "" if they do not."""
    first = int(numbers.flat[0])
    terms = [str(first)] if first else []
    found = np.full((), first)
    for axis, n in enumerate(numbers.shape):
        one = [0] * numbers.ndim
        one[axis] = min(1, n - 1)
        step = int(numbers[tuple(one)]) - first
        found = found[..., None] + step * np.arange(n)
        factor = "" if step == 1 else f"{step} * "
        after = ", None" * (numbers.ndim - axis - 1)
        terms.append(f"{factor}np.arange({n})" + (f"[:{after}]" if after else ""))
    return " + ".join(terms) if (found == numbers).all() else ""
