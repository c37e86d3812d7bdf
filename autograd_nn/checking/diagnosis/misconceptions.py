"""The table of mistaken derivative rules: what people write in place of a local partial.

A row is a sentence and a function from an ``Edge`` of the graph to the wrong
slope, or ``None`` where the mistake does not apply.  What is left out: trying
them (``explanations``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["MISCONCEPTIONS", "Edge"]


class Edge(NamedTuple):
    """One operand ``j`` of one operation: ``a`` and ``b`` are the operands, ``y`` the result."""

    j: int
    a: float
    b: float
    y: float
    slope: float


Rule = tuple[str, Callable[[Edge], float | None]]


def _base(rule: Callable[[Edge], float]) -> Callable[[Edge], float | None]:
    """A rule about the first operand only."""
    return lambda e: rule(e) if e.j == 0 else None


def _second(rule: Callable[[Edge], float]) -> Callable[[Edge], float | None]:
    return lambda e: rule(e) if e.j == 1 else None


def _never(name: str) -> Rule:
    return (f"{name} is not differentiated (its slope taken as 1)", _base(lambda e: 1.0))


# fmt: off
MISCONCEPTIONS: dict[str, tuple[Rule, ...]] = {
    "add": (
        ("this term is dropped from the sum", lambda e: 0.0),
        ("the sign of this term is flipped", lambda e: -1.0),
    ),
    "sub": (
        ("the minus sign of the subtraction is lost", _second(lambda e: 1.0)),
        ("this term is dropped", lambda e: 0.0),
        ("the sign of this term is flipped", lambda e: -e.slope),
    ),
    "neg": (("the minus sign is lost", lambda e: 1.0), ("this term is dropped", lambda e: 0.0)),
    "mul": (
        ("product rule: the other factor is missing (1 was used)", lambda e: 1.0),
        ("product rule: this factor itself, not the other one", lambda e: e.b if e.j else e.a),
        ("product rule: this term is dropped", lambda e: 0.0),
        ("product rule: the product instead of the other factor", lambda e: e.y),
        ("product rule: the sign is flipped", lambda e: -e.slope),
    ),
    "div": (
        ("quotient rule: 1/v is missing", _base(lambda e: 1.0)),
        ("quotient rule: v instead of 1/v", _base(lambda e: e.b)),
        ("quotient rule: the minus sign of -u/v**2 is missing", _second(lambda e: -e.slope)),
        ("quotient rule: v instead of v**2 in -u/v**2", _second(lambda e: -e.a / e.b)),
        ("quotient rule: the numerator of -u/v**2 is missing", _second(lambda e: -1.0 / e.b**2)),
        ("quotient rule: this term is dropped", lambda e: 0.0),
    ),
    "pow": (
        ("power rule: the exponent in front is missing", _base(lambda e: e.slope / e.b)),
        ("power rule: the exponent is not lowered by one", _base(lambda e: e.b * e.y)),
        ("power rule: the power is not differentiated (factor 1)", _base(lambda e: 1.0)),
        ("power rule: the base itself instead of n*u**(n-1)", _base(lambda e: e.a)),
        ("power rule: the power itself instead of its slope", _base(lambda e: e.y)),
        ("power rule: n*u**n / u**2, lowered by two", _base(lambda e: e.slope / e.a)),
        ("power rule used on an exponential: b*a**(b-1) for a**b*log(a)",
         _second(lambda e: e.b * e.a ** (e.b - 1.0))),
        ("the factor log(a) of the slope of a**b is missing", _second(lambda e: e.y)),
    ),
    "tanh": (
        ("1 - t instead of 1 - t**2", lambda e: 1 - e.y),
        ("1 + t**2 instead of 1 - t**2", lambda e: 1 + e.y**2),
        ("1 - u**2 with the input u in place of the output t", lambda e: 1 - e.a**2),
        ("the output t instead of 1 - t**2", lambda e: e.y),
        ("the sigmoid rule t*(1 - t) used for tanh", lambda e: e.y * (1 - e.y)),
        _never("tanh"),
    ),
    "sigmoid": (
        ("s instead of s*(1 - s)", lambda e: e.y),
        ("1 - s instead of s*(1 - s)", lambda e: 1 - e.y),
        ("s*(1 + s) instead of s*(1 - s)", lambda e: e.y * (1 + e.y)),
        ("u*(1 - u) with the input u in place of the output s", lambda e: e.a * (1 - e.a)),
        ("the tanh rule 1 - s**2 used for sigmoid", lambda e: 1 - e.y**2),
        _never("sigmoid"),
    ),
    "exp": (
        ("u instead of exp(u)", lambda e: e.a),
        ("the power rule u*exp(u - 1) used on exp", lambda e: e.a * math.exp(e.a - 1)),
        ("the sign is flipped", lambda e: -e.y),
        _never("exp"),
    ),
    "log": (
        ("u instead of 1/u", lambda e: e.a),
        ("log(u) instead of 1/u", lambda e: e.y),
        ("-1/u instead of 1/u", lambda e: -e.slope),
        ("1/u**2 instead of 1/u", lambda e: e.slope**2),
        _never("log"),
    ),
    "log1p": (("1/u instead of 1/(1 + u)", lambda e: 1 / e.a), _never("log1p")),
    "softplus": (_never("softplus"),
                 ("relu's step instead of sigmoid(u)", lambda e: float(e.a > 0)),
                 ("the value instead of sigmoid(u)", lambda e: e.y), _never("softplus")),
    "sin": (
        ("-cos instead of cos", lambda e: -e.slope),
        ("sin instead of cos", lambda e: e.y),
        _never("sin"),
    ),
    "cos": (
        ("+sin instead of -sin", lambda e: -e.slope),
        ("cos instead of -sin", lambda e: e.y),
        _never("cos"),
    ),
    "tan": (("1 - t**2 instead of 1 + t**2", lambda e: 1 - e.y**2), _never("tan")),
    "atan": (("1/(1 - u**2) instead of 1/(1 + u**2)", lambda e: 1 / (1 - e.a**2)),
             _never("atan")),
    "sqrt": (
        ("1/sqrt(u): the 1/2 is missing", lambda e: 2 * e.slope),
        ("sqrt(u)/2 instead of 1/(2*sqrt(u))", lambda e: e.y / 2),
        ("1/(2*u) instead of 1/(2*sqrt(u))", lambda e: 0.5 / e.a),
        _never("sqrt"),
    ),
    "relu": (
        ("treated as always on: slope 1 even where the input is negative", lambda e: 1.0),
        ("the value relu(u) instead of its slope 0 or 1", lambda e: e.y),
        ("the slope is inverted: 1 where off, 0 where on", lambda e: 1.0 - e.slope),
        ("a leaky slope 0.01 where the input is negative", lambda e: 1.0 if e.a > 0 else 0.01),
        ("sign(u) instead of 0 or 1", lambda e: math.copysign(1.0, e.a)),
    ),
    "abs": (("slope 1 everywhere: sign(u) is missing", lambda e: 1.0),
            ("the sign is flipped", lambda e: -e.slope)),
    "maximum": (("slope 1 for both operands", lambda e: 1.0),
                ("the slope of the other operand", lambda e: 1.0 - e.slope)),
    "minimum": (("slope 1 for both operands", lambda e: 1.0),
                ("the slope of the other operand", lambda e: 1.0 - e.slope)),
}
# fmt: on
