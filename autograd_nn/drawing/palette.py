"""The colours of a picture: one set for every writer.

Text has a contrast of at least 4.5:1 on the fill it stands on.
"""

from __future__ import annotations

import math

__all__ = ["CLUSTERS", "FONTS", "KINDS", "edge_style", "mix", "sign_colour"]

# kind: fill, stroke, text
KINDS = {
    "input": ("#E0F2FE", "#0284C7", "#0C4A6E"),
    "parameter": ("#FEF3C7", "#D97706", "#78350F"),
    "intermediate": ("#FFFFFF", "#94A3B8", "#1E293B"),
    "constant": ("#F1F5F9", "#94A3B8", "#334155"),
    "output": ("#EDE9FE", "#7C3AED", "#4C1D95"),
}
CLUSTERS = ("#F8FAFC", "#F1F5F9", "#E2E8F0")  # fills by depth
FONTS = "Arial, Helvetica, sans-serif"
POSITIVE = ("#A9C6F5", "#1D4ED8")
NEGATIVE = ("#F6C0A3", "#C2410C")
ZERO = "#B6C2D1"
UNKNOWN = "#94A3B8"
NOT_FINITE = "#BE123C"
LABEL = "#475569"
LEGEND = "#64748B"  # readable on white and on a dark page: the legend has no fill below it


def mix(a: str, b: str, t: float) -> str:
    """The colour ``t`` of the way from ``a`` to ``b``.

    >>> mix("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    parts = (int(a[i : i + 2], 16) * (1 - t) + int(b[i : i + 2], 16) * t for i in (1, 3, 5))
    return "#" + "".join(f"{round(part):02X}" for part in parts)


def sign_colour(x: float | None) -> str:
    """The colour of a gradient's figures."""
    if x is None or x == 0.0:
        return LABEL
    if x != x:
        return NOT_FINITE
    return "#1D4ED8" if x > 0.0 else "#B03A0A"


def edge_style(contribution: float | None, largest: float) -> tuple[str, float, bool]:
    """Colour, width and whether dashed, for an arrow that carries ``contribution``.

    Width and depth of colour follow the logarithm of the size, over three decades below
    the largest in the picture.  None means that backward has not run.
    """
    if contribution is None:
        return UNKNOWN, 1.2, False
    if contribution != contribution:
        return NOT_FINITE, 2.0, False
    if contribution == 0.0:
        return ZERO, 0.9, True
    share = min(abs(contribution) / largest, 1.0) if largest > 0.0 else 1.0
    if math.isinf(contribution) or share != share:
        share = 1.0
    t = max(0.0, 1.0 + math.log10(share) / 3.0) if share > 0.0 else 0.0
    pale, deep = POSITIVE if contribution > 0.0 else NEGATIVE
    return mix(pale, deep, t), 0.9 + 2.1 * t, False
