"""The report of a gradient check, as text of at most 80 columns.

What is left out: how the slopes were found (``check``).
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from autograd_nn.checking.diagnosis import Finding
from autograd_nn.checking.shapes import NumericDerivative

__all__ = ["GradientCheckError", "GradientReport", "Row", "judge"]

_WIDTH = 80
_MOST_ROWS = 12


class Row(NamedTuple):
    """One slope, found in up to three ways; ``verdict`` is "ok", "wrong" or "inconclusive"."""

    name: str
    hand: float | None
    autograd: float | None
    numeric: NumericDerivative | None
    verdict: str
    note: str = ""


def judge(slope: float, numeric: NumericDerivative, rtol: float) -> tuple[str, str]:
    """The verdict on a slope, and a note where the point is special.

    >>> from autograd_nn.checking.numeric import numeric_derivative
    >>> judge(0.5, numeric_derivative(abs, 0.0), 1e-9)[0]
    'ok'
    """
    left, right, note = numeric.left, numeric.right, numeric.note
    if numeric.status == "kink" and left is not None and right is not None:
        margin = 1e-6 * (abs(left) + abs(right))
        if min(left, right) - margin <= slope <= max(left, right) + margin:
            return "ok", f"a kink: {note}; any slope in between passes"
        return "wrong", f"a kink: {note}"
    if numeric.status == "vertical":
        return ("ok" if math.isinf(slope) else "wrong"), note
    if numeric.status not in ("ok", "edge", "noisy") or not math.isfinite(numeric.error):
        return "inconclusive", note or numeric.status
    if math.isfinite(slope) and abs(slope - numeric.value) > numeric.error + rtol * abs(slope):
        return "wrong", note
    if not math.isfinite(slope):
        return "wrong", "the slope is not finite, and the function is smooth here"
    if numeric.error > abs(numeric.value) and numeric.error > 1e-6 * (abs(slope) or 1.0):
        return "inconclusive", "the numeric slope has no reliable digits"
    return "ok", "" if numeric.status == "ok" else note


class GradientReport:
    """What a gradient check found.  True where everything agrees.

    Attributes:
        rows: one ``Row`` per checked number or direction.
        findings: what is probably wrong, most likely first.
        ok: whether everything agrees.
        reproduce: the point where the slopes are wrong, and the seed.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        findings: Sequence[Finding],
        *,
        points: int,
        reproduce: str,
        only_numbers: bool = False,
    ) -> None:
        self.rows, self.findings = list(rows), list(findings)
        self.points, self.reproduce, self.only_numbers = points, reproduce, only_numbers
        self.ok = not findings and all(row.verdict == "ok" for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return str(self)

    @property
    def headline(self) -> str:
        """The outcome in one sentence; the probable cause where something is wrong."""
        count = len(self.rows)
        if self.ok:
            slopes = "the slope agrees" if count == 1 else f"all {count} slopes agree"
            return f"{slopes}, at {self.points} point{'s' * (self.points != 1)}"
        if self.findings:
            lead = "consistent with: " if self.only_numbers else ""
            return lead + self.findings[0].text
        wrong = [row for row in self.rows if row.verdict == "wrong"]
        chosen = (wrong or [row for row in self.rows if row.verdict != "ok"])[0]
        if wrong and chosen.hand is not None:
            return f"{chosen.name}: the hand-written slope does not agree with the numeric one"
        if wrong:
            return f"{chosen.name}: the engine's slope does not agree with the numeric one"
        return f"{chosen.name}: inconclusive, {chosen.note}"

    def __str__(self) -> str:
        parts = [textwrap.fill(self.headline, _WIDTH), "", *self._table()]
        notes = [f"{row.name}: {row.note}" for row in self.rows if row.note][:_MOST_ROWS]
        parts += [textwrap.fill(f"note: {note}", _WIDTH, subsequent_indent="  ") for note in notes]
        if len(self.findings) > 1:
            parts += ["", "It could also be:"]
            for finding in self.findings[1:3]:
                lines = textwrap.wrap(finding.text, _WIDTH - 4)
                parts += textwrap.wrap(
                    " ".join(lines), _WIDTH, initial_indent="  - ", subsequent_indent="    "
                )
        if not self.ok and self.reproduce:
            parts += ["", *textwrap.wrap(self.reproduce, _WIDTH, subsequent_indent="  ")]
        return "\n".join(parts)

    def _table(self) -> list[str]:
        rows = sorted(self.rows, key=lambda row: row.verdict == "ok") if not self.ok else self.rows
        shown = rows[:_MOST_ROWS]
        titles = ["", "hand-written", "autograd", "numeric", ""]
        cells = [
            [
                row.name if len(row.name) <= 16 else f"{row.name[:7]}…{row.name[-8:]}",
                _number(row.hand),
                _number(row.autograd),
                _with_bound(row.numeric),
                "" if row.verdict == "ok" else f"<- {row.verdict}",
            ]
            for row in shown
        ]
        kept = [c for c in range(4) if c == 0 or any(line[c] for line in cells)]
        widths = {c: max(len(line[c]) for line in [titles, *cells]) for c in kept}
        lines = []
        for line in [titles, *cells]:
            text = "  ".join(
                line[c].ljust(widths[c]) if c == 0 else line[c].rjust(widths[c]) for c in kept
            )
            lines.append(f"  {text}  {line[4]}".rstrip())
        if len(rows) > len(shown):
            lines.append(f"  ... and {len(rows) - len(shown)} more")
        return lines


def _number(x: float | None) -> str:
    return "" if x is None else f"{x:.8g}"


def _with_bound(d: NumericDerivative | None) -> str:
    if d is None:
        return ""
    if d.status == "kink" and d.left is not None and d.right is not None:
        return f"{d.left:.4g} | {d.right:.4g}"
    if math.isnan(d.value) or math.isinf(d.error):
        return d.status
    return f"{d.value:.8g} ± {d.error:.0e}"


class GradientCheckError(AssertionError):
    """Slopes do not agree.  ``report`` is the ``GradientReport``."""

    def __init__(self, report: GradientReport) -> None:
        super().__init__(str(report))
        self.report = report
