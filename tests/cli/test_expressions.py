"""Expressions of the command line: arithmetic is computed, and nothing else is ever run.

Without these a pasted text could run as Python, hang the process, or be refused without a place.
"""

import math
import random
from contextlib import suppress

import pytest

from autograd_nn import Value, functions
from autograd_nn.cli.expressions import CONSTANTS, FUNCTIONS, check_name, parse
from autograd_nn.errors import ExpressionError


def test_arithmetic_is_that_of_python():
    """The oracle is Python itself, on texts of names, numbers and operators made at random."""
    rng = random.Random(0)

    def made(depth):
        if depth == 0 or rng.random() < 0.2:
            return rng.choice(["w", "x", "t1", "2", "0.5", "1e-1", "3_0", "0x1f"])
        kind = rng.randrange(4)
        if kind == 0:
            return f"-{made(depth - 1)}"
        if kind == 1:
            return f"({made(depth - 1)})"
        signs = ["+", "-", "*", "/", " ", "//", "%"]
        return f"{made(depth - 1)} {rng.choice(signs).strip() or '+'} {made(depth - 1)}"

    numbers = {"w": 1.75, "x": -2.5, "t1": 0.875}
    compared = 0
    for _ in range(400):
        text = made(5)
        try:
            expected = eval(text, {"__builtins__": {}}, dict(numbers))
        except ZeroDivisionError:
            continue
        compared += 1
        assert parse(text)(numbers) == pytest.approx(expected, rel=1e-14, abs=1e-300)
    assert compared > 300


def test_the_slopes_are_those_of_the_same_lines_with_values():
    text = "tanh(w*x - t)**2 / (1 + exp(-x)) + maximum(w, t) % 2 - 7 // x"
    leaves = {name: Value(number) for name, number in {"w": 0.3, "x": 1.7, "t": -0.4}.items()}
    parse(text)(leaves).backward()
    w, x, t = (Value(v.data) for v in leaves.values())
    by_hand = functions.tanh(w * x - t) ** 2 / (1 + functions.exp(-x))
    (by_hand + functions.maximum(w, t) % 2 - 7 // x).backward()
    assert [v.grad for v in leaves.values()] == [w.grad, x.grad, t.grad]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_takes_numbers_and_gives_one(name):
    function = FUNCTIONS[name]
    for count in {function.least, function.most}:
        found = parse(f"{name}({', '.join(['0.5', '0.25', '0.75'][:count])})")({})
        assert type(found) is float
        assert math.isnan(found) == (name == "acosh")
    assert isinstance(parse(f"{name}({', '.join('xyz'[: function.least])})")(
        {letter: Value(0.5) for letter in "xyz"}
    ), Value)  # fmt: skip


def test_the_functions_of_the_table_are_all_there():
    from autograd_nn.functions import activations, table

    public = {name for name in (*table.__all__, *activations.__all__) if name != "apply"}
    assert public <= set(FUNCTIONS)


@pytest.mark.parametrize(
    ("text", "number"),
    [("9**9**9", math.inf), ("1/0", math.inf), ("-1/0", -math.inf), ("0/0", math.nan),
     ("log(0)", -math.inf), ("sqrt(-1)", math.nan), ("(-8)**(1/3)", math.nan), ("5 % 0", math.nan),
     ("2**-1", 0.5), ("cos(pi)", -1.0), ("inf - inf", math.nan), ("  2 +\n 3\t", 5.0),
     ("7 // 2", 3.0), ("+-+2", -2.0), ("1" * 300, float("1" * 300))],
)  # fmt: skip
def test_numbers_are_floats_whatever_is_computed(text, number):
    """``9**9**9`` of ints has 369,693,100 digits."""
    assert parse(text)({}) == pytest.approx(number, nan_ok=True)


HOSTILE = {
    "w.data": 1, "w.__class__.__bases__": 11, "(w).real": 3, "w[0]": 1, "w[0:1]": 1, "exp.x(2)": 3,
    "w.exp()": 1, "().__class__": 2, "__import__('os')": 0, "eval(w)": 0, "print(w)": 0,
    "open(w)": 0, "w(2)": 0, "(w + 1)(2)": 1, "exp(2)(3)": 0, "lambda: 1": 0,
    "(lambda x: x)(2)": 1, "'text'": 0, "w * 'a'": 4, "b'a'": 0, "f'{w}'": 0, "f'{eval(w)}'": 0,
    "(y := 2)": 1, "[x for x in w]": 0, "{x for x in w}": 0, "{x: x for x in w}": 0,
    "(x for x in w)": 0, "[1, 2]": 0, "(1, 2)": 0, "w, x": 0, "{1}": 0, "{}": 0, "exp(x=2)": 4,
    "exp(w, x=2)": 7, "exp(*w)": 4, "exp(**w)": 4, "*w": 0, "exp(x for x in w)": 3, "w < 2": 2,
    "(w) < x < 3": 4, "w == x": 2, "w is x": 2, "w in x": 2, "not w": 0, "w and x": 0,
    "w or x": 0, "1 if w else 2": 0, "w @ x": 2, "w | x": 2, "w & x": 2, "w ^ 2": 2, "w << 2": 2,
    "~w": 0, "await w": 0, "yield w": 0, "(yield)": 1, "w; x": 1, "w = 2": 2, "del w": 0,
    "import os": 0, "True": 0, "w + None": 4, "...": 0, "1j": 0, "w + 2j": 4, "exp": 0,
    "exp + 1": 0, "2 * sin": 4, "exp(exp)": 4, "exp()": 0, "exp(1, 2)": 0, "clip(w)": 0, "2w": 0,
    "w x": 2, "2 * * w": 4, "w *": 3, "(w": 0, "w)": 1, "w !": 2, "w # x": 2, "$w": 0, "w?": 1,
    "1e400": 0, "w + " + "1" * 310: 4, "max(w, 0)": 0, "w\u22121": 1, "x\u00b2": 1,
    "\u0435xp(w)": 0, "w\u200b": 1, "w\x00x": 1, "`w`": 0}  # fmt: skip


@pytest.mark.parametrize(("text", "column"), HOSTILE.items())
def test_whatever_is_no_arithmetic_is_an_error_at_its_column(text, column):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert (caught.value.column, caught.value.text) == (column, text)
    assert len(str(caught.value)) > 10


@pytest.mark.parametrize("shape", ["{}", "1 + {}", "exp({})", "[{} for _ in [1]]", "f'{{{}}}'"])
def test_nothing_of_a_text_runs(shape, tmp_path, monkeypatch):
    """The oracle is Python's ``eval`` of the same text, which leaves a trace."""
    monkeypatch.chdir(tmp_path)
    text = shape.format("__import__(w).mkdir(w)")
    with pytest.raises(ExpressionError):
        parse(text)
    assert not (tmp_path / "os").exists()
    with suppress(TypeError):
        eval(text, {"w": "os", "exp": math.exp})
    assert (tmp_path / "os").exists()


@pytest.mark.parametrize(
    "text",
    ["(" * 300 + "w" + ")" * 300, "-" * 3000 + "w", "w" * 2001, "1+" * 5000 + "w", "exp(" * 400,
     "[" * 1000, "w\ud800", "", "   ", "\n", "(" * 1999],
)  # fmt: skip
def test_what_is_too_deep_too_long_or_no_text_is_refused(text):
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("-" * 200 + "w", 2.0), ("1+" * 200 + "w", 202.0), ("2**" * 100 + "w", math.inf),
     ("(" * 80 + "w" + ")" * 80, 2.0), ("abs(" * 60 + "w" + ")" * 60, 2.0)],
)  # fmt: skip
def test_what_is_long_but_allowed_is_computed(text, number):
    assert parse(text)({"w": 2.0}) == number


def test_random_texts_are_read_or_refused():
    """Whatever the characters: a number or an ``ExpressionError``, never another error."""
    rng = random.Random(1)
    pieces = [*"wx()[]{}.,:;=+-*/%^@!<>'\"`~|&# \\\n\t0123\u00e9\u0435\uff57\u00b2\u221e",
              "**", "//", "exp", "lambda", "for", "if", "in", "not", "_", "1j"]  # fmt: skip
    read = 0
    for _ in range(3000):
        text = "".join(rng.choice(pieces) for _ in range(rng.randrange(1, 12)))
        try:
            expression = parse(text)
        except ExpressionError:
            continue
        read += 1
        assert isinstance(expression(dict.fromkeys(expression.names, 1.5)), float)
    assert read > 30


def test_names_come_in_order_with_their_columns_in_characters():
    assert parse("\u03b8*w + \u03b8 + x1").names == {"\u03b8": 0, "w": 2, "x1": 10}


def test_a_name_is_what_the_parser_makes_of_it():
    assert list(parse("\uff57 + 1").names) == ["w"] == [check_name("\uff57")]


@pytest.mark.parametrize(
    "name", ["2w", "", "w.x", "lambda", "True", "None", "exp", "pi", "a b", "("]
)
def test_what_cannot_be_a_name_says_why(name):
    with pytest.raises(ValueError, match=r"cannot be a name: .{20}"):
        check_name(name)


def test_constants_are_numbers():
    assert {name: parse(name)({}) for name in ("pi", "inf")} == {
        name: CONSTANTS[name] for name in ("pi", "inf")
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [("max(w, 0)", "write maximum"), ("w^2", r"write \*\*"), ("2w", r"as 2\*x"),
     ("w(x)", r"as w\*\(\.\.\.\)"), ("\u0435xp(w)", "CYRILLIC SMALL LETTER IE"), ("w=2", "follow"),
     ("atan2(w)", "takes 2 numbers, got 1"), ("elu(1,2,3)", "1 or 2 numbers, got 3"),
     ("w.exp()", r"write exp\(x\)"), ("w < 2", "maximum, minimum"), ("ln(w)", r"write log\(x\)")],
)  # fmt: skip
def test_errors_say_what_to_write_instead(text, says):
    with pytest.raises(ExpressionError, match=says):
        parse(text)
