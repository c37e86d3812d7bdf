"""How each operation of the table is spelled for people: its symbol, its LaTeX, its slopes.

This stands beside ``ops``, whose rows say what an operation computes.  In every text ``{a}`` and
``{b}`` are the operands and ``{y}`` is the result; a brace of LaTeX's own is doubled, as
``str.format`` wants it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["NOTHING", "SPELLINGS", "Spelling", "spelling_of_call"]


class Spelling(NamedTuple):
    """How one operation is spelled.

    Attributes:
        symbol: the operator, or the name of the function.
        latex: the operation in LaTeX.
        formulas: the slope along each operand, in Python.
    """

    symbol: str
    latex: str
    formulas: tuple[str, ...]


#: The spelling of what is no operation.
NOTHING: Final = Spelling("", "", ())


def _s(symbol: str, latex: str, *formulas: str) -> Spelling:
    return Spelling(symbol, latex, formulas)


SPELLINGS: Final[dict[str, Spelling]] = {
    "add": _s("+", "{a} + {b}", "1", "1"),
    "sub": _s("-", "{a} - {b}", "1", "-1"),
    "mul": _s("*", r"{a} \cdot {b}", "{b}", "{a}"),
    "div": _s("/", r"\frac{{{a}}}{{{b}}}", "1/{b}", "-{a}/{b}**2"),
    "pow": _s("**", "{{{a}}}^{{{b}}}", "{b}*{a}**({b} - 1)", "{y}*log({a})"),
    "neg": _s("neg", "-{a}", "-1"),
    "abs": _s("abs", r"\left|{a}\right|", "sign({a})"),
    "relu": _s("relu", r"\operatorname{{relu}}\left({a}\right)", "1 if {a} > 0 else 0"),
    "leaky_relu": _s(
        "leaky_relu",
        r"\operatorname{{leaky\_relu}}\left({a}, {b}\right)",
        "1 if {a} > 0 else {b}",
        "min({a}, 0)",
    ),
    "exp": _s("exp", "e^{{{a}}}", "{y}"),
    "expm1": _s("expm1", "e^{{{a}}} - 1", "exp({a})"),
    "log": _s("log", r"\ln\left({a}\right)", "1/{a}"),
    "log1p": _s("log1p", r"\ln\left(1 + {a}\right)", "1/(1 + {a})"),
    "sqrt": _s("sqrt", r"\sqrt{{{a}}}", "1/(2*{y})"),
    "tanh": _s("tanh", r"\tanh\left({a}\right)", "1 - {y}**2"),
    "sigmoid": _s("sigmoid", r"\sigma\left({a}\right)", "{y}*(1 - {y})"),
    "softplus": _s("softplus", r"\operatorname{{softplus}}\left({a}\right)", "sigmoid({a})"),
    "sin": _s("sin", r"\sin\left({a}\right)", "cos({a})"),
    "cos": _s("cos", r"\cos\left({a}\right)", "-sin({a})"),
    "tan": _s("tan", r"\tan\left({a}\right)", "1 + {y}**2"),
    "asin": _s("asin", r"\arcsin\left({a}\right)", "1/sqrt(1 - {a}**2)"),
    "acos": _s("acos", r"\arccos\left({a}\right)", "-1/sqrt(1 - {a}**2)"),
    "atan": _s("atan", r"\arctan\left({a}\right)", "1/(1 + {a}**2)"),
    "sinh": _s("sinh", r"\sinh\left({a}\right)", "cosh({a})"),
    "cosh": _s("cosh", r"\cosh\left({a}\right)", "sinh({a})"),
    "erf": _s("erf", r"\operatorname{{erf}}\left({a}\right)", "2/sqrt(pi)*exp(-{a}**2)"),
    "log2": _s("log2", r"\log_2\left({a}\right)", "1/({a}*log(2))"),
    "log10": _s("log10", r"\log_{{10}}\left({a}\right)", "1/({a}*log(10))"),
    "exp2": _s("exp2", "2^{{{a}}}", "log(2)*{y}"),
    "cbrt": _s("cbrt", r"\sqrt[3]{{{a}}}", "1/(3*{y}**2)"),
    "asinh": _s("asinh", r"\operatorname{{arsinh}}\left({a}\right)", "1/sqrt({a}**2 + 1)"),
    "acosh": _s("acosh", r"\operatorname{{arcosh}}\left({a}\right)", "1/sqrt({a}**2 - 1)"),
    "atanh": _s("atanh", r"\operatorname{{artanh}}\left({a}\right)", "1/(1 - {a}**2)"),
    "erfc": _s("erfc", r"\operatorname{{erfc}}\left({a}\right)", "-2/sqrt(pi)*exp(-{a}**2)"),
    "lgamma": _s("lgamma", r"\ln\left|\Gamma\left({a}\right)\right|", "digamma({a})"),
    "digamma": _s("digamma", r"\psi\left({a}\right)", "polygamma(1, {a})"),
    "polygamma": _s(
        "polygamma", r"\psi^{{({b})}}\left({a}\right)", "polygamma({b} + 1, {a})", "nan"
    ),
    "log_ndtr": _s("log_ndtr", r"\ln\Phi\left({a}\right)", "mills({a})"),
    "mills": _s(
        "mills", r"\frac{{\varphi\left({a}\right)}}{{\Phi\left({a}\right)}}", "-{y}*({a} + {y})"
    ),
    "logaddexp": _s(
        "logaddexp",
        r"\ln\left(e^{{{a}}} + e^{{{b}}}\right)",
        "sigmoid({a} - {b})",
        "sigmoid({b} - {a})",
    ),
    "maximum": _s(
        "max", r"\max\left({a}, {b}\right)", "1 if {a} > {b} else 0", "1 if {b} > {a} else 0"
    ),
    "minimum": _s(
        "min", r"\min\left({a}, {b}\right)", "1 if {a} < {b} else 0", "1 if {b} < {a} else 0"
    ),
    "atan2": _s(
        "atan2",
        r"\operatorname{{atan2}}\left({a}, {b}\right)",
        "{b}/({a}**2 + {b}**2)",
        "-{a}/({a}**2 + {b}**2)",
    ),
    "hypot": _s("hypot", r"\sqrt{{{a}^2 + {b}^2}}", "{a}/{y}", "{b}/{y}"),
    "step": _s("step", r"\operatorname{{step}}\left({a}\right)", "0"),
    "sign": _s("sign", r"\operatorname{{sign}}\left({a}\right)", "0"),
    "share": _s("share", r"\operatorname{{share}}\left({a}, {b}\right)", "0", "0"),
    "greater": _s(">", r"\left[{a} > {b}\right]", "0", "0"),
    "floor": _s("floor", r"\left\lfloor {a} \right\rfloor", "0"),
    "ceil": _s("ceil", r"\left\lceil {a} \right\rceil", "0"),
    "trunc": _s("trunc", r"\operatorname{{trunc}}\left({a}\right)", "0"),
    "rint": _s("round", r"\operatorname{{round}}\left({a}\right)", "0"),
    "floordiv": _s("//", r"\left\lfloor \frac{{{a}}}{{{b}}} \right\rfloor", "0", "0"),
    "mod": _s("%", r"{a} \bmod {b}", "1", "-({a}//{b})"),
    "first_max": _s(
        "max", r"\max\left({a}, {b}\right)", "0 if {b} > {a} else 1", "1 if {b} > {a} else 0"
    ),
    "first_min": _s(
        "min", r"\min\left({a}, {b}\right)", "0 if {b} < {a} else 1", "1 if {b} < {a} else 0"
    ),
    "detach": _s("detach", r"\operatorname{{detach}}\left({a}\right)", "0"),
    "take": _s("take", "{{{a}}}_{{{b}}}", "1", "0"),
}


def spelling_of_call(name: str, arity: int) -> Spelling:
    """The spelling of an operation that is not in the table: ``name(a, b)``.

    >>> spelling_of_call("logit", 1).formulas
    ('d logit/d {a}',)
    """
    operands = ("{a}", "{b}")[:arity]
    word = "".join(c if c.isalnum() else rf"\{c}" if c in "_%$&#{}" else c for c in name)
    word = word.replace("{", "{{").replace("}", "}}")
    latex = rf"\operatorname{{{{{word}}}}}\left({', '.join(operands)}\right)"
    spelled = name.replace("{", "{{").replace("}", "}}")
    return Spelling(name, latex, tuple(f"d {spelled}/d {x}" for x in operands))
