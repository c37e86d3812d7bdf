"""What is said of a wrong gradient, and the hypotheses that lead to it.

What is left out: the hypotheses themselves (the rules) and trying them (``case``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from autograd_nn.checking.diagnosis.probes import Probe

__all__ = ["Changes", "Finding", "Hypothesis"]

Changes = Callable[[Probe], Mapping[tuple[int, int], float] | None]


class Finding(NamedTuple):
    """What is said of a wrong gradient; the cheaper the cost, the more likely.

    Attributes:
        cost: from 0 (certain) to 9 (nothing known).
        kind: a word for programs, such as "factor", "rule" or "unknown".
        text: one line for people, of at most 100 characters.
        advice: what to do, in one line.
        details: more about it, one line each.
    """

    cost: float
    kind: str
    text: str
    advice: str = ""
    details: tuple[str, ...] = ()


class Hypothesis(NamedTuple):
    """A possible mistake, and the slopes that it leads to.

    Attributes:
        cost, kind, text, advice: as of a ``Finding``; the text names no parameters.
        slopes: the slopes at a probe, or ``None`` where the mistake cannot be made.
        changes: in place of ``slopes``, the partials that the mistake changes.
        alone: whether the text tells by itself which parameters are meant.
        place: what tells two hypotheses of one text apart.
    """

    cost: float
    kind: str
    text: str
    advice: str = ""
    slopes: Callable[..., Any] | None = None
    changes: Changes | None = None
    alone: bool = False
    place: object = None
