"""The colours of a picture: one table, light and dark, for every writer.

A picture in SVG has its colours by class (``f-card`` fills, ``s-card`` strokes), so that one file
holds both tables and follows the reader's system.  DOT has no classes: it is written in light
colours.  Text has a contrast of at least 4.5:1 on what it stands on, light and dark.
"""

from __future__ import annotations

import math

__all__ = [
    "CLUSTERS", "COLOURS", "FONTS", "KINDS", "css", "edge_look", "edge_style", "mix",
    "sign_colour", "sign_ink", "table", "tint",
]  # fmt: skip

FONTS = "Arial, Helvetica, sans-serif"
_STEPS = 5  # of colour for each sign: enough to rank edges, few enough to be classes

#: name: (light, dark).  Of a kind: its fill, its outline ``-line`` and its text ``-ink``.
COLOURS = {
    "page": ("#FFFFFF", "#0D1117"),
    "band": ("#EEF2F7", "#161D29"),
    "ribbon": ("#F5F7FA", "#121821"),
    "card": ("#FFFFFF", "#212B3A"),
    "card-ink": ("#1E293B", "#E6EDF3"),
    "card-line": ("#B4C0CF", "#44536A"),
    "off": ("#F4F6F9", "#1A2230"),
    "ink": ("#1E293B", "#E6EDF3"),
    "quiet": ("#4B5A6D", "#A3B0C2"),
    "rule": ("#D3DBE6", "#333F52"),
    "input": ("#DDF1FE", "#0B2F47"),
    "input-line": ("#0284C7", "#38A5E0"),
    "input-ink": ("#0C4A6E", "#BFE6FF"),
    "parameter": ("#FEF0BF", "#42300A"),
    "parameter-line": ("#CF7A06", "#C9962B"),
    "parameter-ink": ("#78350F", "#FBE0A0"),
    "constant": ("#E6EBF1", "#2A3444"),
    "constant-line": ("#94A3B8", "#64748B"),
    "constant-ink": ("#334155", "#CBD5E1"),
    "output": ("#EBE5FE", "#33245F"),
    "output-line": ("#7C3AED", "#A78BFA"),
    "output-ink": ("#4C1D95", "#E4DCFF"),
    "op": ("#1E293B", "#C3CEDC"),
    "op-ink": ("#FFFFFF", "#0F172A"),
    "plus": ("#1D4ED8", "#86B6FF"),
    "minus": ("#B03A0A", "#FFA873"),
    "wrong": ("#BE123C", "#FB7185"),
    "zero": ("#A9B6C6", "#55637A"),
    "plain": ("#8494A8", "#7A8AA1"),
}
_RAMPS = {  # pale and strong, light and dark: on a dark page the strong end is the bright one
    "p": (("#B9D0F7", "#1D4ED8"), ("#27436F", "#7DB0FF")),
    "n": (("#F7CDB4", "#C2410C"), ("#5A3320", "#FF9B5E")),
}


def mix(a: str, b: str, t: float) -> str:
    """The colour ``t`` of the way from ``a`` to ``b``.

    >>> mix("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    parts = (int(a[i : i + 2], 16) * (1 - t) + int(b[i : i + 2], 16) * t for i in (1, 3, 5))
    return "#" + "".join(f"{round(part):02X}" for part in parts)


def table(dark: bool) -> dict[str, str]:
    """Every colour by name, with the steps of the ramps, ``p0`` to ``p4`` and ``n0`` to ``n4``."""
    colours = {name: pair[dark] for name, pair in COLOURS.items()}
    for sign, pairs in _RAMPS.items():
        pale, strong = pairs[dark]
        for i in range(_STEPS):
            colours[f"{sign}{i}"] = mix(pale, strong, i / (_STEPS - 1))
    return colours


def css(theme: str = "auto", within: str = "", names: set[str] | None = None) -> str:
    """Rules for ``.f-NAME`` (fill) and ``.s-NAME`` (stroke).

    Args:
        theme: ``"light"``, ``"dark"``, ``"auto"``: as the reader's system is; or ``"scheme"``: as
            the ``color-scheme`` around the picture is.
        within: a selector that goes before each rule, with its space.
        names: only these colours.
    """

    def rules(dark: bool) -> str:
        return "".join(
            f"{within}.f-{name}{{fill:{colour}}}{within}.s-{name}{{stroke:{colour}}}"
            for name, colour in table(dark).items()
            if names is None or name in names
        )

    if theme == "scheme":
        light, dark = table(False), table(True)
        return "".join(
            # Once for browsers that do not know light-dark.
            f"{within}.f-{name}{{fill:{light[name]};fill:light-dark({light[name]},{dark[name]})}}"
            f"{within}.s-{name}"
            f"{{stroke:{light[name]};stroke:light-dark({light[name]},{dark[name]})}}"
            for name in light
            if names is None or name in names
        )
    if theme == "auto":
        return f"{rules(False)}@media(prefers-color-scheme:dark){{{rules(True)}}}"
    return rules(theme == "dark")


def sign_ink(x: float | None) -> str:
    """The colour of a gradient's figures, by name."""
    if x is None or x == 0.0:
        return "quiet"
    if x != x:
        return "wrong"
    return "plus" if x > 0.0 else "minus"


def edge_look(x: float | None, largest: float, decades: float = 3.0) -> tuple[str, float]:
    """The colour, by name, and the width of a line that carries ``x``.

    Both follow the logarithm of the size, over so many decades below the largest.  None means
    that there is no number: backward has not run.  Lines that carry 0 (``zero``) are dashed.

    >>> edge_look(1.0, 1.0), edge_look(-1e-9, 1.0), edge_look(0.0, 1.0)
    (('p4', 3.2), ('n0', 0.9), ('zero', 1.0))
    """
    if x is None:
        return "plain", 1.2
    if x != x:
        return "wrong", 2.0
    if x == 0.0:
        return "zero", 1.0
    t = share(x, largest, decades)
    return f"{'p' if x > 0 else 'n'}{round(t * (_STEPS - 1))}", round(0.9 + 2.3 * t, 2)


def share(x: float, largest: float, decades: float = 3.0) -> float:
    """Where the size of ``x`` stands, from 0 to 1, on a scale that ends at ``largest``."""
    part = min(abs(x) / largest, 1.0) if largest > 0.0 else 1.0
    if math.isinf(x) or part != part:
        return 1.0
    if not decades:
        return part
    return max(0.0, 1.0 + math.log10(part) / decades) if part > 0.0 else 0.0


def tint(x: float | None, largest: float) -> str:
    """The fill of a dot that stands for ``x``, by name, on a linear scale; ``off`` at 0."""
    if x is None or x == 0.0:
        return "off"
    if x != x:
        return "wrong"
    step = min(_STEPS - 1, int(share(x, largest, 0) * _STEPS))
    return f"{'p' if x > 0 else 'n'}{step}"


# ---------------------------------------------------------------------------
# DOT

_LIGHT = table(False)
# kind: fill, outline, text
KINDS = {
    kind: tuple(_LIGHT[part] for part in (name, f"{name}-line", f"{name}-ink"))
    for kind, name in (
        ("input", "input"), ("parameter", "parameter"), ("intermediate", "card"),
        ("constant", "constant"), ("output", "output"),
    )
}  # fmt: skip
CLUSTERS = ("#F8FAFC", "#F1F5F9", "#E2E8F0")  # fills by depth
LABEL = _LIGHT["quiet"]
LEGEND = "#64748B"  # readable on white and on a dark page: the legend has no fill below it
POSITIVE, NEGATIVE, ZERO = _LIGHT["p4"], _LIGHT["n4"], _LIGHT["zero"]
UNKNOWN, NOT_FINITE = _LIGHT["plain"], _LIGHT["wrong"]


def sign_colour(x: float | None) -> str:
    """The colour of a gradient's figures."""
    return _LIGHT[sign_ink(x)]


def edge_style(contribution: float | None, largest: float) -> tuple[str, float, bool]:
    """Colour, width and whether dashed, for an arrow that carries ``contribution``."""
    name, width = edge_look(contribution, largest)
    return _LIGHT[name], width, name == "zero"
