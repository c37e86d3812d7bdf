"""Chain, product, quotient and power rule put together wrongly, for each number by itself.

What is left out: a wrong local slope at an operation (``rules``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Hypothesis
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.rules import family_text
from autograd_nn.checking.diagnosis.structure import Structure
from autograd_nn.ops import primitive

__all__ = ["inner_missing", "one_number", "power_laws"]

_TELLING = 4  # points at which a quantity is no chance


def inner_missing(case: Case) -> Iterator[Hypothesis]:
    """The chain stops one step early: the slope along an inner part stands for the whole."""
    s = case.structure
    if not case.same or len(s.probe.nodes) * len(case.names) > 20_000:
        return
    for k in range(len(s.probe.nodes) - 1):
        if not s.live[k] or k in s.leaf:
            continue
        if all(s.probe.ops[user] in ("add", "sub") for user, _ in s.uses[k]):
            continue  # as good as the sum itself

        def slopes(p: Probe, k: int = k) -> np.ndarray:
            inner = p.reach[k]
            return np.asarray(p.slopes) + p.adjoints[k] * np.where(inner != 0.0, 1.0 - inner, 0.0)

        inner = {tuple(np.round(p.reach[k], 9)) for p in case.probes}
        values = {v for v in next(iter(inner)) if v != 0.0} if len(inner) == 1 else set()
        said = s.say(k)
        if s.vague(k) or s.probe.ops[k] in ("abs", "relu", "maximum", "minimum"):
            continue  # too large to be an inner function that someone forgets
        text = f"the inner derivative of {said} is missing (chain rule)"
        if len(values) == 1:
            value = next(iter(values))
            if value == 1.0:
                continue
            text = f"the inner derivative of {said}, a factor {value:.6g}, is missing (chain rule)"
        advice = f"Multiply by the slope of {said} too."
        yield Hypothesis(1.95, "inner", text, advice, slopes=slopes)


def one_number(case: Case) -> Iterator[Hypothesis]:
    """Product, quotient and chain rule put together wrongly, for each number by itself."""
    s = case.structure
    if not case.same or len(s.probe.nodes) * len(case.names) > 20_000:
        return
    for nodes in s.families.values():
        several = [[k] for k in nodes] if len(nodes) <= 12 else []
        for some in [nodes, *several] if len(nodes) > 1 else [nodes]:
            yield from _put_together(s, some)


def _put_together(s: Structure, nodes: Sequence[int]) -> Iterator[Hypothesis]:
    k, op = nodes[0], s.probe.ops[nodes[0]]
    live = [o for o in s.probe.operands[k] if s.live[o]]
    at = f"at {s.say(k)}"
    if len(nodes) > 1:
        such = "" if s.vague(k) or len(s.say(k)) > 16 else f", such as {s.say(k)}"
        at = family_text(s, [(k, 0)]) + such
    vague = 0.4 if s.vague(k) else 0.0
    if op in ("mul", "div") and len(live) == 2:
        for rare, words, form in _TOGETHER[op]:
            yield Hypothesis(
                1.97 + rare + vague, "rule", f"{at}: {words}", slopes=_both(nodes, form)
            )
    elif len(live) == 1 and op in (*_INNER, "pow") and live[0] not in s.leaf:
        for cost, words, form in _MISPLACED:
            text = f"{at}: {words.format(op='the power' if op == 'pow' else op)}"
            rare = 0.1 if op == "pow" else 0.0
            yield Hypothesis(cost + rare, "rule", text, slopes=_outer(nodes, op, form))


_MISPLACED: tuple[tuple[float, str, Callable[..., Any]], ...] = (
    (2.1, "the inner slope is put inside {op}, not multiplied (chain rule)",
     lambda outer, du, x, u: outer(du)),
    (2.15, "the inner slope is put inside {op} too, not only multiplied (chain rule)",
     lambda outer, du, x, u: outer(du) * du),
    (2.15, "the slope of {op} is taken at the variable, not at the inner value (chain rule)",
     lambda outer, du, x, u: outer(x) * du),
    (2.12, "the inner slope is added to that of {op}, not multiplied (chain rule)",
     lambda outer, du, x, u: outer(u) + du),
    (2.12, "divided by the inner slope, not multiplied, at {op} (chain rule)",
     lambda outer, du, x, u: outer(u) / du),
    (2.14, "numerator and denominator are exchanged: u/u', not u'/u as for log",
     lambda outer, du, x, u: 1 / (outer(u) * du)),
)  # fmt: skip


def power_laws(case: Case) -> Iterator[Hypothesis]:
    """Powers that are written as roots and quotients, such as ``2 / sqrt(x)``: c * u**n."""
    s = case.structure
    like = [q for q in case.around if q.shape == s.probe.shape]
    if not case.same or len(like) < _TELLING or len(s.probe.nodes) > 300:
        return
    for k, op in enumerate(s.probe.ops):
        leaves = [o for o in s.below(k) if o in s.leaf] if s.live[k] and k not in s.leaf else []
        if len(leaves) != 1 or op not in ("mul", "div", "sqrt", "pow"):
            continue
        law = _power_law(leaves[0], k, like)
        if law is None:
            continue
        c, n = law
        at = f"at {s.say(k)}" + (f", c*u**{n:g}" if op != "pow" else "")
        for words, slope in (
            ("the exponent is not lowered by one", lambda u, c=c, n=n: n * c * u**n),
            (f"the exponent {n:.3g} - 1 = {n - 1:.3g} has the wrong sign",
             lambda u, c=c, n=n: n * c * u ** (1 - n)),
            ("the exponent is raised by one, not lowered", lambda u, c=c, n=n: n * c * u ** (n + 1)),
            ("the exponent in front, a factor, is missing", lambda u, c=c, n=n: c * u ** (n - 1)),
            ("the sign of the exponent in front is lost", lambda u, c=c, n=n: -n * c * u ** (n - 1)),
        ):  # fmt: skip

            def slopes(
                p: Probe, k: int = k, o: int = leaves[0], slope: Callable[..., float] = slope
            ) -> Any:
                found = np.array(p.slopes)
                i = s.leaf[o]
                found[i] += p.adjoints[k] * (slope(p.data[o]) - float(p.reach[k, i]))
                return found

            yield Hypothesis(1.99, "rule", f"{at}: power rule: {words}", slopes=slopes)


def _power_law(leaf: int, k: int, like: Sequence[Probe]) -> tuple[float, float] | None:
    """c and n of ``c * u**n``, the same at all points; not of a plain multiple or constant."""
    u, y = np.array([[q.data[leaf], q.data[k]] for q in like]).T
    if (u <= 0).any() or (y == 0).any() or np.ptp(u) < 1e-6 * u.max():
        return None
    far = int(np.argmax(np.abs(np.log(u / u[0]))))
    if y[far] / y[0] <= 0:
        return None
    n = round(float(np.log(y[far] / y[0]) / np.log(u[far] / u[0])), 9)
    c = float(y[0] / u[0] ** n)
    fits = np.allclose(c * u**n, y, rtol=1e-7)
    return (c, n) if fits and min(abs(n), abs(n - 1)) > 1e-6 else None


def _outer(nodes: Sequence[int], op: str, form: Callable[..., Any]) -> Callable[[Probe], Any]:
    """The slopes with the slope of ``op`` taken at a wrong place, for some nodes."""
    row = primitive(op)

    def slopes(p: Probe) -> Any:
        total = np.array(p.slopes)
        for k in nodes:
            u, *rest = p.operands[k]
            fixed = [p.data[o] for o in rest]

            def outer(v: float, fixed: Sequence[float] = fixed) -> float:
                return float(row.partials(v, *fixed, row.scalar(v, *fixed))[0])

            wrong = [form(outer, float(du), x, p.data[u]) if du else 0.0
                     for du, x in zip(p.reach[u], p.at, strict=True)]  # fmt: skip
            total += p.adjoints[k] * (np.array(wrong) - p.reach[k])
        return total

    return slopes


_INNER = frozenset(["sin", "cos", "exp", "log", "tanh", "sigmoid", "sqrt", "tan", "atan"])


_Form = Callable[[Any, Any, Any, Any], Any]


_TOGETHER: dict[str, list[tuple[float, str, _Form]]] = {
    "mul": [
        (0.0, "product rule: the derivatives of both factors are multiplied",
         lambda u, v, du, dv: du * dv),
        (0.15, "product rule: the two terms are subtracted, not added: a sign",
         lambda u, v, du, dv: du * v - u * dv),
        (0.2, "product rule: the derivatives of both factors are added",
         lambda u, v, du, dv: du + dv),
        (0.05, "product rule: each derivative times its own factor", lambda u, v, du, dv: du * u + dv * v),
        (-0.2, "product rule: only the first factor is differentiated", lambda u, v, du, dv: du * v),
        (-0.2, "product rule: only the second factor is differentiated", lambda u, v, du, dv: u * dv),
    ],
    "div": [
        (0.0, "quotient rule: the derivatives of numerator and denominator are divided",
         lambda u, v, du, dv: du / dv),
        (0.01, "quotient rule: the denominator is not squared",
         lambda u, v, du, dv: (du * v - u * dv) / v),
        (0.02, "quotient rule: the division by the denominator squared is missing",
         lambda u, v, du, dv: du * v - u * dv),
        (0.02, "quotient rule: the two terms are added, not subtracted: a sign",
         lambda u, v, du, dv: (du * v + u * dv) / v**2),
        (0.02, "quotient rule: the terms are in the wrong order: the sign",
         lambda u, v, du, dv: (u * dv - du * v) / v**2),
        (-0.2, "quotient rule: only the numerator is differentiated", lambda u, v, du, dv: du / v),
        (-0.2, "quotient rule: only the denominator is differentiated",
         lambda u, v, du, dv: -u * dv / v**2),
        (0.05, "quotient rule: divided by the derivative of the denominator squared",
         lambda u, v, du, dv: (du * v - u * dv) / dv**2),
        (0.05, "quotient rule: divided by the numerator squared, not the denominator",
         lambda u, v, du, dv: (du * v - u * dv) / u**2),
    ],
}  # fmt: skip


def _both(nodes: Sequence[int], form: _Form) -> Callable[[Probe], Any]:
    """The slopes with ``form`` in place of the true slope of some nodes along each number."""

    def slopes(p: Probe) -> Any:
        total = np.array(p.slopes)
        for k in nodes:
            operands = p.operands[k]
            u, v = operands[0], operands[-1]
            own = p.reach[k]
            depends = (p.reach[u] != 0.0) | (p.reach[v] != 0.0)
            wrong = form(p.data[u], p.data[v], p.reach[u], p.reach[v])
            total += p.adjoints[k] * (np.where(depends, wrong, own) - own)
        return total

    return slopes
