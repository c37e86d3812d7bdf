"""The report of a gradient check: a headline, a table, and what to do; the rest in ``details``.

What is left out: how the slopes were found (``check``) and what is wrong (``diagnosis``).
"""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autograd_nn.checking.diagnosis import HEADLINE, UNCERTAIN, Finding, shortened
from autograd_nn.checking.shapes import NumericDerivative

__all__ = ["GradientReport", "Row", "judge", "judge_sides"]

_WIDTH = 80
_MOST_ROWS = 12
_LONGEST_NAME = 24
_TITLES = ("", "hand-written", "autograd", "numeric")


class Row(NamedTuple):
    """One slope, found in up to three ways; ``verdict`` is "ok", "wrong" or "inconclusive"."""

    name: str
    hand: float | None
    autograd: float | None
    numeric: NumericDerivative | None
    verdict: str
    note: str = ""

    @property
    def off(self) -> float:
        """How far the slopes are apart, relative to the larger one."""
        known = [x for x in (self.hand, self.autograd) if x is not None]
        if self.numeric is not None and math.isfinite(self.numeric.value):
            known.append(self.numeric.value)
        if len(known) < 2 or not all(map(math.isfinite, known)):
            return math.inf
        return (max(known) - min(known)) / (max(map(abs, known)) or 1.0)


def judge(slope: float, numeric: NumericDerivative, rtol: float) -> tuple[str, str]:
    """The verdict on a slope, and a note where the point is special.

    >>> from autograd_nn.checking.numeric import numeric_derivative
    >>> judge(0.5, numeric_derivative(abs, 0.0), 1e-9)[0]
    'ok'
    """
    left, right, note = numeric.left, numeric.right, numeric.note
    if numeric.status == "kink" and left is not None and right is not None:
        margin = 1e-6 * (abs(left) + abs(right)) + 1e-4 * abs(right - left)  # of the quotients
        if min(left, right) - margin <= slope <= max(left, right) + margin:
            return "ok", f"a kink: {note}; any slope in between passes"
        return "wrong", f"a kink: {note}"
    if numeric.status == "vertical":
        return ("ok" if math.isinf(slope) else "wrong"), note
    if numeric.status not in ("ok", "edge", "noisy") or not math.isfinite(numeric.error):
        return "inconclusive", note or numeric.status
    if math.isfinite(slope) and abs(slope - numeric.value) > numeric.error + rtol * abs(slope):
        return ("inconclusive" if numeric.status == "noisy" else "wrong"), note
    if not math.isfinite(slope):
        return "wrong", "the slope is not finite, and the function is smooth here"
    if numeric.error > abs(numeric.value) and numeric.error > 1e-6 * (abs(slope) or 1.0):
        return "inconclusive", "the numeric slope has no reliable digits"
    return "ok", "" if numeric.status == "ok" else note


def judge_sides(
    sides: tuple[float, float], numeric: NumericDerivative, rtol: float
) -> tuple[str, str]:
    """The verdict on the slopes to the left and to the right of a kink.

    >>> from autograd_nn.checking.numeric import numeric_derivative
    >>> judge_sides((-1.0, 1.0), numeric_derivative(abs, 0.0), 1e-9)[0]
    'ok'
    """
    left, right = numeric.left, numeric.right
    if numeric.status != "kink" or left is None or right is None:
        return judge((sides[0] + sides[1]) / 2, numeric, rtol)
    margin = 2e-2 * abs(right - left) + 1e-6 * (abs(left) + abs(right))  # they have few digits
    fits = abs(sides[0] - left) <= margin and abs(sides[1] - right) <= margin
    note = f"a kink: {numeric.note}"
    return ("ok", f"{note}; any slope in between passes") if fits else ("wrong", note)


class GradientReport:
    """What a gradient check found.  True where everything agrees.

    Printed, it is a headline of at most 100 characters, a table of at most 12 lines and, where
    something is wrong, one line that says what to do; a notebook shows the same as a table.

    Attributes:
        rows: one ``Row`` per checked number or direction.
        findings: what is probably wrong, most likely first.
        ok: whether everything agrees.
        points: how many points were compared.
        reproduce: the point where the slopes are wrong, and the seed.

    >>> from autograd_nn import check_gradients
    >>> report = check_gradients(lambda x: x**2, 3.0, lambda x: 2 * x)
    >>> report.ok, [row.name for row in report.rows]
    (True, ['x'])
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
        """The outcome in one line; the probable cause where something is wrong."""
        if self.ok:
            count = sum(not row.name.startswith("direction ") for row in self.rows)
            slopes = "the slope agrees" if count == 1 else f"all {count} slopes agree"
            return f"{slopes}, at {self.points} point{'s' * (self.points != 1)}"
        if self.findings:
            first = self.findings[0]
            hedged = self.only_numbers and first.kind not in UNCERTAIN
            return shortened(("consistent with: " if hedged else "") + first.text)
        return shortened(self._disagreement(), HEADLINE)

    def _disagreement(self) -> str:
        """The slope that disagrees most, where no cause is looked for."""
        wrong = [row for row in self.rows if row.verdict == "wrong"]
        single = [row for row in wrong if not row.name.startswith("direction ")]
        chosen = (single or wrong or [row for row in self.rows if row.verdict != "ok"])[0]
        if not wrong:
            return f"{chosen.name}: inconclusive, {chosen.note}"
        whose = "hand-written" if chosen.hand is not None else "engine's"
        more = f" (and {len(single) - 1} more)" if len(single) > 1 else ""
        return f"{chosen.name}{more}: the {whose} slope does not agree with the numeric one"

    @property
    def advice(self) -> str:
        """What to do, in one line; empty where everything agrees."""
        if self.ok:
            return ""
        if self.findings and self.findings[0].advice:
            return self.findings[0].advice
        if self.findings:
            return "Correct hand there; the column autograd has the true slopes."
        if any(row.verdict == "wrong" and row.hand is not None for row in self.rows):
            return "Derive the slope again; the column numeric has it, within its error."
        if any(row.verdict == "wrong" for row in self.rows):
            return "Look for a part of f that leaves the graph, or a custom_op with a wrong slope."
        return "Choose another point, or compare with a slope found otherwise."

    @property
    def details(self) -> str:
        """Everything else: more about the cause, other causes, notes, and how to reproduce it."""
        return "\n".join(self._details())

    def _details(self) -> Iterator[str]:
        if self.findings:
            yield from self.findings[0].details
        others = [finding.text for finding in self.findings[1:4]]
        if others:
            yield "It could also be:"
            yield from (f"- {text}" for text in others)
        for row in self.rows:
            if row.note:
                yield f"{row.name}: {row.note}"
        if not self.ok and self.reproduce:
            yield self.reproduce

    def __str__(self) -> str:
        parts = [textwrap.fill(self.headline, _WIDTH), "", *self._table()]
        if self.advice:
            parts += ["", textwrap.fill(f"To do: {self.advice}", _WIDTH)]
        return "\n".join(parts)

    def _shown(self) -> tuple[list[Row], str]:
        """The rows of the table, in the order given where all fit, and what is left out."""
        if len(self.rows) <= _MOST_ROWS:
            return self.rows, ""
        rank = {"wrong": 0, "inconclusive": 1, "ok": 2}
        ranked = sorted(self.rows, key=lambda row: (rank[row.verdict], -row.off))
        if self.ok:
            return self.rows[:_MOST_ROWS], f"... and {len(self.rows) - _MOST_ROWS} more"
        rest = len(self.rows) - _MOST_ROWS
        return ranked[:_MOST_ROWS], f"... and {rest} more; these are the worst, worst first"

    def _cells(self, rows: Sequence[Row]) -> tuple[list[int], list[list[str]]]:
        """The columns that hold something, and the lines under the titles."""
        cells = [
            [_name(row.name), _number(row.hand), _number(row.autograd), _with_bound(row.numeric),
             _verdict(row)]
            for row in rows
        ]  # fmt: skip
        return [c for c in range(4) if c == 0 or any(line[c] for line in cells)], cells

    def _table(self) -> list[str]:
        rows, rest = self._shown()
        kept, cells = self._cells(rows)
        every = [[*_TITLES, ""], *cells]
        widths = {c: max(len(line[c]) for line in every) for c in kept}
        lines = []
        for line in every:
            text = "  ".join(
                line[c].ljust(widths[c]) if c == 0 else line[c].rjust(widths[c]) for c in kept
            )
            lines.append(f"  {text}  {line[4]}".rstrip())
        return [*lines, f"  {rest}"] if rest else lines

    def _repr_html_(self) -> str:
        """The report as a small table, for notebooks."""
        rows, rest = self._shown()
        kept, cells = self._cells(rows)
        title = "".join(f"<th>{_TITLES[c]}</th>" for c in kept) + "<th></th>"
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(line[c])}</td>" for c in [*kept, 4]) + "</tr>"
            for line in cells
        )
        parts = [
            f"<p><b>{html.escape(self.headline)}</b></p>",
            f"<table><thead><tr>{title}</tr></thead><tbody>{body}</tbody></table>",
        ]
        if rest:
            parts.append(f"<p>{html.escape(rest)}</p>")
        if self.advice:
            parts.append(f"<p>To do: {html.escape(self.advice)}</p>")
        if self.details:
            details = html.escape(self.details).replace("\n", "<br>")
            parts.append(f"<details><summary>Details</summary>{details}</details>")
        return f"<div>{''.join(parts)}</div>"


def _name(name: str) -> str:
    """A name as the table has room for: of a long path its end."""
    return name if len(name) <= _LONGEST_NAME else f"…{name[-(_LONGEST_NAME - 1) :]}"


def _verdict(row: Row) -> str:
    if row.verdict != "ok":
        return f"<- {row.verdict}"
    return "kink" if row.numeric is not None and row.numeric.status == "kink" else ""


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
