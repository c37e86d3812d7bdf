"""The table of mistaken derivative rules: what people write in place of a local partial.

A row is a sentence and a function from an ``Edge`` of the graph to the wrong
slope, or ``None`` where the mistake does not apply.  What is left out: trying
them (``rules``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from autograd_nn.ops import primitive

__all__ = ["MISCONCEPTIONS", "Edge", "Rule", "general_rules"]


class Edge(NamedTuple):
    """One operand ``j`` of one operation: ``a`` and ``b`` are the operands, ``y`` the result."""

    j: int
    a: float
    b: float
    y: float
    slope: float


Wrong = Callable[[Edge], float | None]


class Rule(NamedTuple):
    """A wrong rule: what it is, what it gives, and how much rarer it is than the others."""

    words: str
    wrong: Wrong
    rare: float = 0.0
    advice: str = ""


def _base(rule: Callable[[Edge], float]) -> Wrong:
    """A rule about the first operand only."""
    return lambda e: rule(e) if e.j == 0 else None


def _second(rule: Callable[[Edge], float]) -> Wrong:
    return lambda e: rule(e) if e.j == 1 else None


def _never(name: str) -> Rule:
    return Rule(f"{name} is not differentiated (its slope taken as 1)", _base(lambda e: 1.0))


def _sigmoid(u: float) -> float:
    return primitive("sigmoid").scalar(u)


# fmt: off
_TABLE: dict[str, tuple[Rule | tuple[str, Wrong], ...]] = {
    "add": (
        ("this term is dropped from the sum", lambda e: 0.0),
        ("the sign of this term is flipped", lambda e: -1.0),
    ),
    "sub": (
        ("the minus sign of this term is lost", _second(lambda e: 1.0)),
        ("this term is dropped from the difference", lambda e: 0.0),
        ("the sign of this term is flipped", lambda e: -e.slope),
    ),
    "neg": (("the minus sign is lost", lambda e: 1.0), ("this term is dropped", lambda e: 0.0)),
    "mul": (
        ("the other factor is missing (product rule)", lambda e: 1.0),
        ("product rule: this factor itself, not the other one", lambda e: e.b if e.j else e.a),
        ("product rule: this term is dropped", lambda e: 0.0),
        ("product rule: the product instead of the other factor", lambda e: e.y),
        ("product rule: the sign is flipped", lambda e: -e.slope),
        ("divided by the other factor, not multiplied",
         lambda e: 1 / e.slope if e.slope else None),
    ),
    "div": (
        ("the denominator, 1/v of the quotient rule, is missing", _base(lambda e: 1.0)),
        ("quotient rule: v instead of 1/v", _base(lambda e: e.b)),
        ("quotient rule: the minus sign of -u/v**2 is missing", _second(lambda e: -e.slope)),
        ("quotient rule: the denominator v is not squared in -u/v**2", _second(lambda e: -e.a / e.b)),
        ("quotient rule: the numerator of -u/v**2 is missing", _second(lambda e: -1.0 / e.b**2)),
        ("quotient rule: this term is dropped", lambda e: 0.0),
        ("quotient rule: the denominator's part is not divided at all", _second(lambda e: -e.a)),
        ("quotient rule: divided by v**2, not by v", _base(lambda e: e.slope**2)),
        ("u/v is integrated, to u*log(v), not derived", _second(lambda e: e.a * math.log(e.b))),
    ),
    "pow": (
        ("power rule: the exponent in front, a factor, is missing", _base(lambda e: e.slope / e.b)),
        ("power rule: the exponent is not lowered by one", _base(lambda e: e.b * e.y)),
        ("power rule: the power is not differentiated (factor 1)", _base(lambda e: 1.0)),
        ("power rule: the base itself instead of n*u**(n-1)", _base(lambda e: e.a)),
        ("power rule: the power itself instead of its slope", _base(lambda e: e.y)),
        ("power rule: the exponent is lowered by two", _base(lambda e: e.slope / e.a)),
        ("power rule: the exponent is raised by one, not lowered",
         _base(lambda e: e.slope * e.a**2)),
        ("power rule: n - 1 in front instead of n",
         _base(lambda e: e.slope * (e.b - 1) / e.b)),
        ("power rule: divided by n + 1 and raised, an integral",
         _base(lambda e: e.y * e.a / (e.b + 1))),
        Rule("the power rule b*a**(b-1) was used on the exponential a**b",
             _second(lambda e: e.b * e.a ** (e.b - 1.0)), -0.4),
        ("power rule: the exponent n - 1 has the wrong sign: u**(1-n)",
         _base(lambda e: e.b * e.a ** (1.0 - e.b))),
        ("exponential a**b: the factor log(a) is missing", _second(lambda e: e.y)),
        Rule("the exponent's part, with log(a), is missing", _second(lambda e: 0.0), -0.3),
        Rule("power rule: the base's part is missing", _base(lambda e: 0.0), -0.3),
    ),
    "tanh": (
        ("1 - t instead of 1 - t**2 (the square of tanh)", lambda e: 1 - e.y),
        ("1 + t**2 instead of 1 - t**2", lambda e: 1 + e.y**2),
        ("1 - u**2 with the input u in place of the output t", lambda e: 1 - e.a**2),
        ("the output t itself instead of 1 - t**2", lambda e: e.y),
        ("the sigmoid rule t*(1 - t) used for tanh", lambda e: e.y * (1 - e.y)),
        ("t**2 instead of 1 - t**2", lambda e: e.y**2),
        ("t**2 - 1 instead of 1 - t**2: the sign", lambda e: e.y**2 - 1),
        ("tanh applied twice: 1 - tanh(t)**2", lambda e: 1 - math.tanh(e.y)**2),
        ("sigmoid(u)*(1 - sigmoid(u)) instead of 1 - t**2",
         lambda e: _sigmoid(e.a) * (1 - _sigmoid(e.a))),
        ("relu's mask instead of 1 - t**2", lambda e: float(e.a > 0)),
        ("1/cosh(u) instead of 1/cosh(u)**2: the square is missing",
         lambda e: math.sqrt(max(e.slope, 0.0))),
    ),
    "sigmoid": (
        ("s instead of s*(1 - s)", lambda e: e.y),
        ("1 - s instead of s*(1 - s)", lambda e: 1 - e.y),
        ("s*(1 + s) instead of s*(1 - s)", lambda e: e.y * (1 + e.y)),
        ("u*(1 - u) with the input u in place of the output s", lambda e: e.a * (1 - e.a)),
        ("the tanh rule 1 - s**2 used for sigmoid", lambda e: 1 - e.y**2),
        ("s**2 instead of s*(1 - s)", lambda e: e.y**2),
        ("s - 1 instead of 1 - s: the sign", lambda e: -e.slope),
        ("sigmoid applied twice: its slope is taken at the output s",
         lambda e: _sigmoid(e.y) * (1 - _sigmoid(e.y))),
        ("relu's mask instead of s*(1 - s)", lambda e: float(e.a > 0)),
    ),
    "exp": (
        ("u instead of exp(u)", lambda e: e.a),
        ("the power rule u*exp(u - 1) used on exp", lambda e: e.a * math.exp(e.a - 1)),
        ("the sign is flipped", lambda e: -e.y),
        ("the power rule u*exp(u) used on exp", lambda e: e.a * e.y),
    ),
    "log": (
        ("u instead of 1/u", lambda e: e.a),
        ("log(u) instead of 1/u", lambda e: e.y),
        ("-1/u instead of 1/u", lambda e: -e.slope),
        ("1/u**2 instead of 1/u", lambda e: e.slope**2),
        ("1/log(u) instead of 1/u", lambda e: 1 / e.y),
        ("exp(u) instead of 1/u", lambda e: math.exp(e.a)),
    ),
    "log1p": (("1/u instead of 1/(1 + u)", lambda e: 1 / e.a),),
    "softplus": (("the input u instead of sigmoid(u): the sigmoid is missing", lambda e: e.a),
                 ("relu's step instead of sigmoid(u)", lambda e: float(e.a > 0)),
                 ("the value instead of sigmoid(u)", lambda e: e.y),
                 ("1 - sigmoid(u) instead of sigmoid(u)", lambda e: 1 - e.slope),
                 ("the slope s*(1 - s) is multiplied in once more",
                  lambda e: e.slope**2 * (1 - e.slope)),
                 ("s*(1 - s) instead of sigmoid(u)", lambda e: e.slope * (1 - e.slope)),),
    "sin": (
        ("-cos instead of cos: the sign", lambda e: -e.slope),
        ("sin instead of cos: sin is not differentiated", lambda e: e.y),
        ("-sin instead of cos", lambda e: -e.y),
    ),
    "cos": (
        ("+sin instead of -sin: the minus sign is missing", lambda e: -e.slope),
        ("cos instead of -sin: cos is not differentiated", lambda e: e.y),
        ("-cos instead of -sin", lambda e: -e.y),
    ),
    "tan": (("1 - t**2 instead of 1 + t**2", lambda e: 1 - e.y**2),
            ("1/cos instead of 1/cos**2: the square is missing", lambda e: math.sqrt(e.slope)
             * math.copysign(1.0, math.cos(e.a))),
            ("cos**2 instead of 1/cos**2", lambda e: 1 / e.slope),
            ("1/sin**2 instead of 1/cos**2", lambda e: 1 / math.sin(e.a)**2),
            ("-1/cos**2 instead of 1/cos**2: the sign", lambda e: -e.slope),),
    "atan": (("1/(1 - u**2) instead of 1/(1 + u**2)", lambda e: 1 / (1 - e.a**2)),
             ("1/(1 + u) instead of 1/(1 + u**2): the square is missing", lambda e: 1 / (1 + e.a)),
             ("1/(1 + u)**2 instead of 1/(1 + u**2): the square is in the wrong place",
              lambda e: 1 / (1 + e.a)**2),
             ("1/sqrt(1 + u**2) instead of 1/(1 + u**2)", lambda e: math.sqrt(e.slope)),
             ("1/tan(u)**2 or 1/(tan(u)**2 + 1): the inverse is not what is meant",
              lambda e: math.cos(e.a)**2),
             ("1 + u**2 instead of 1/(1 + u**2)", lambda e: 1 / e.slope),),
    "asin": (("sqrt(1 + u**2), not sqrt(1 - u**2), in the denominator: the sign in the root",
              lambda e: 1 / math.sqrt(1 + e.a**2)),
             ("1/(1 - u**2): the square root is missing", lambda e: e.slope**2),
             ("1/sqrt(1 - u): the square of u is missing", lambda e: 1 / math.sqrt(1 - e.a)),
             ("-1/sqrt(1 - u**2), the slope of acos: the sign", lambda e: -e.slope),),
    "acos": (("sqrt(1 + u**2), not sqrt(1 - u**2), in the denominator",
              lambda e: -1 / math.sqrt(1 + e.a**2)),
             ("the minus sign of acos is missing", lambda e: -e.slope),),
    "sinh": (("-cosh instead of cosh: the sign", lambda e: -e.slope),
             ("sinh instead of cosh", lambda e: e.y), ("cos instead of cosh", lambda e: math.cos(e.a)),),
    "cosh": (("-sinh instead of sinh: the minus sign belongs to cos", lambda e: -e.slope),
             ("cosh instead of sinh", lambda e: e.y), ("-sin instead of sinh", lambda e: -math.sin(e.a)),),
    "erf": (("the factor 2/sqrt(pi) is missing", lambda e: math.exp(-e.a**2)),
            ("the value erf(u) instead of its density", lambda e: e.y),
            ("the distribution (1 + erf(u))/2 instead of its density", lambda e: (1 + e.y) / 2),
            ("exp(-u**2/2) instead of exp(-u**2)",
             lambda e: e.slope * math.exp(e.a**2 / 2)),),
    "sqrt": (
        ("1/sqrt(u): the factor 1/2 is missing", lambda e: 2 * e.slope),
        ("sqrt(u)/2 instead of 1/(2*sqrt(u))", lambda e: e.y / 2),
        ("1/(2*u) instead of 1/(2*sqrt(u))", lambda e: 0.5 / e.a),
        ("1/2 only: the square root in the denominator is missing", lambda e: 0.5),
        ("-1/(2*sqrt(u)): the sign", lambda e: -e.slope),
        ("sqrt(u) itself instead of its slope", lambda e: e.y),
        ("1/u instead of 1/(2*sqrt(u))", lambda e: 1 / e.a),
    ),
    "relu": (
        ("the relu mask is missing (slope 1 even where the input is negative)", lambda e: 1.0),
        ("the value relu(u) instead of its mask 0 or 1", lambda e: e.y),
        ("the relu mask is inverted: 1 where off, 0 where on", lambda e: 1.0 - e.slope),
        ("a leaky slope 0.01 where the input of relu is negative", lambda e: 1.0 if e.a > 0 else 0.01),
        ("a leaky slope 0.1 where the input of relu is negative", lambda e: 1.0 if e.a > 0 else 0.1),
        ("sign(u) instead of relu's 0 or 1", lambda e: math.copysign(1.0, e.a)),
        ("the input u instead of relu's mask 0 or 1", lambda e: e.a),
        ("the tanh rule 1 - a**2 used for relu", lambda e: 1 - e.y**2),
        ("the tanh rule 1 - tanh(u)**2 used for relu", lambda e: 1 - math.tanh(e.a)**2),
        ("the sigmoid rule s*(1 - s) used for relu", lambda e: e.y * (1 - e.y)),
    ),
    "leaky_relu": (
        ("relu's 0 where the input is negative, not the leaky slope",
         _base(lambda e: float(e.a > 0))),
        ("slope 1 even where the input is negative: the mask is missing", _base(lambda e: 1.0)),
        ("the leaky slope everywhere", _base(lambda e: e.b)),
        ("the leaky slope on the wrong side", _base(lambda e: e.b if e.a > 0 else 1.0)),
        ("the sign of the leaky slope is flipped", _base(lambda e: 1.0 if e.a > 0 else -e.b)),
        ("the value instead of its slope", _base(lambda e: e.y)),
    ),
    "abs": (("the sign of the error is missing: slope 1 everywhere", lambda e: 1.0),
            ("the sign is flipped", lambda e: -e.slope),
            ("u itself, or 2*u, instead of sign(u)", lambda e: e.a),
            ("2*u, the slope of a square, instead of sign(u)", lambda e: 2 * e.a),
            ("the value |u| instead of sign(u)", lambda e: e.y)),
    "maximum": (("both operands get the slope, not the branch of the larger one only", lambda e: 1.0),
                ("the branches are swapped: the slope of the smaller operand", lambda e: 1.0 - e.slope),
                ("half the slope for each operand", lambda e: 0.5)),
    "minimum": (("both operands get the slope, not the branch of the smaller one only", lambda e: 1.0),
                ("the branches are swapped: the slope of the larger operand", lambda e: 1.0 - e.slope),
                ("half the slope for each operand", lambda e: 0.5)),
    "hypot": (("the outer 1/hypot is missing: divide by the distance",
               lambda e: e.a if e.j == 0 else e.b),
              ("divided by the distance squared", lambda e: e.slope / e.y)),
}
# fmt: on

_UNARY = [
    "tanh",
    "sigmoid",
    "exp",
    "log",
    "log1p",
    "softplus",
    "sin",
    "cos",
    "tan",
    "atan",
    "asin",
    "acos",
    "sinh",
    "cosh",
    "erf",
    "sqrt",
]
MISCONCEPTIONS: dict[str, tuple[Rule, ...]] = {
    op: (
        *((_never(op),) if op in _UNARY else ()),
        *(rule if isinstance(rule, Rule) else Rule(*rule) for rule in rules),
    )
    for op, rules in _TABLE.items()
}


def general_rules(op: str) -> Iterator[Rule]:
    """Wrong rules that any function of one operand invites."""
    if op not in _UNARY:
        return
    row = primitive(op)
    yield Rule(f"the slope of {op} is multiplied in twice", lambda e: e.slope**2, 0.2)
    yield Rule(
        f"the slope of {op} is taken at its output, not at its input",
        lambda e: row.partials(e.y, row.scalar(e.y))[0],
        0.2,
    )
    yield Rule(f"divided by the slope of {op}, not multiplied", lambda e: 1 / e.slope, 0.3)
    yield Rule(f"the sign of the slope of {op} is flipped", lambda e: -e.slope, 0.3)
