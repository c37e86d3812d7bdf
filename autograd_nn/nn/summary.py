"""``model.summary()``: the table of layers, output sizes and parameters that Keras users know."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_nn.engine import Value
from autograd_nn.recording import no_grad

__all__ = ["Line", "as_text", "lines_of", "size_of"]


class Line(NamedTuple):
    """A line of the table.

    Attributes:
        name: of the part in its model, such as ``layers.0``.
        kind: its ``repr``, the first line.
        size: of what it gives, such as ``(128,)``; "" where it was not run.
        parameters: how many it has.
    """

    name: str
    kind: str
    size: str
    parameters: int


def lines_of(parts: list[tuple[str, Any]], chained: bool, row: Any = None) -> list[Line]:
    """A line for each part of a model.

    Args:
        parts: its layers by name.
        chained: whether each takes what the one before gives, so that sizes can be found.
        row: what the first takes; by default zeros, where the layers say how many.
    """
    sizes = [""] * len(parts)
    if chained and (row is not None or _inputs(parts)):
        sizes = _sizes([part for _, part in parts], [0.0] * _inputs(parts) if row is None else row)
    return [
        Line(name, _kind(part), size, len(part.parameters()) if _has_parameters(part) else 0)
        for (name, part), size in zip(parts, sizes, strict=True)
    ]


def _inputs(parts: list[tuple[str, Any]]) -> int:
    """How many numbers the first layer with parameters takes; 0 where it does not say."""
    for _, part in parts:
        if _has_parameters(part) and part.parameters():
            count = getattr(part, "nin", getattr(part, "in_features", 0))
            return count if isinstance(count, int) else 0
    return 0


def _has_parameters(part: Any) -> bool:
    return hasattr(part, "parameters")


def _kind(part: Any) -> str:
    if _has_parameters(part):
        return repr(part).splitlines()[0].removesuffix("(")
    return str(getattr(part, "__name__", type(part).__name__))


def _sizes(layers: list[Any], x: Any) -> list[str]:
    found = []
    with no_grad():
        for layer in layers:
            x = layer([x] if isinstance(x, Value) else x)  # an MLP's layer of one gives one
            if getattr(layer, "gives_state", False):
                x, _ = x
            found.append(size_of(x))
    return found


def size_of(x: Any) -> str:
    """The size of a nest of lists, as NumPy writes a shape.

    >>> size_of([[1.0, 2.0]]), size_of(1.0)
    ('(1, 2)', '()')
    """
    sizes = []
    while hasattr(x, "__len__"):
        sizes.append(len(x))
        x = x[0]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"


def as_text(title: str, lines: list[Line], total: int) -> str:
    """The table, in letters of one width.

    >>> print(as_text("Net", [Line("0", "Linear(2 -> 1)", "(1,)", 3)], 3))
    Net
    layer  kind            output  parameters
    -----------------------------------------
    0      Linear(2 -> 1)  (1,)             3
    -----------------------------------------
    total                                   3
    """
    cells = [("layer", "kind", "output", "parameters")]
    cells += [(x.name, x.kind, x.size, f"{x.parameters:,}") for x in lines]
    end = ("total", "", "", f"{total:,}")
    widths = [max(len(row[c]) for row in (*cells, end)) for c in range(4)]
    shown = [
        "  ".join([*(row[c].ljust(widths[c]) for c in range(3)), row[3].rjust(widths[3])])
        for row in (*cells, end)
    ]
    rule = "-" * len(shown[0])
    return "\n".join([title, shown[0], rule, *shown[1:-1], rule, shown[-1]])
