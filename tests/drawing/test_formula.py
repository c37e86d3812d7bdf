"""Formulas and the chain rule in words: what they say, and that they are true."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_nn import Value
from autograd_nn.drawing import derivative_text, expression, to_latex


def slope_example():
    w = [Value(float(i), f"w{i}") for i in (1, 2, 3)]
    x = [Value(float(i + 1), f"x{i}") for i in (1, 2, 3)]
    error = sum(a * b for a, b in zip(w, x, strict=True)) - 13.0
    error.label = "error"
    loss = error**2
    loss.label = "loss"
    return w, x, error, loss


def test_the_slope_of_a_squared_error():
    w, _, _, loss = slope_example()
    assert derivative_text(loss, wrt=w[0]) == "d loss/d w1 = 2 * error * x1 = 2 * 7 * 2 = 28"


def test_each_path_is_a_term():
    a = Value(3.0, "a")
    y = a * a + a
    y.label = "y"
    assert derivative_text(y, wrt=a) == "d y/d a = a + a + 1 = 3 + 3 + 1 = 7"


def test_functions_show_their_slope():
    x = Value(0.0, "x")
    y = x.exp()
    y.label = "y"
    assert derivative_text(y, wrt=x) == "d y/d x = y = 1"
    assert derivative_text(y, wrt=y) == "d y/d y = 1"
    z = (-x) - 2.0 * x
    z.label = "z"
    assert derivative_text(z, wrt=x).endswith("= -3")


def test_many_paths_are_shortened_to_the_first_step():
    x = Value(1.0, "x")
    y = x
    for _ in range(30):
        y = y * y
    text = derivative_text(y, wrt=x)
    assert len(text) < 400
    assert text.endswith("1.07374e+09")  # 2**30 at x = 1


def test_changed_data_do_not_change_the_slope_of_what_was_computed():
    w, _, _, loss = slope_example()
    w[0].data = 100.0
    loss.operands[0].data = 5.0
    assert derivative_text(loss, wrt=w[0]).endswith("= 28")


def test_what_is_not_in_the_graph_is_refused():
    with pytest.raises(ValueError, match="does not depend on other"):
        derivative_text(Value(1.0, "x") * 2.0, wrt=Value(1.0, "other"))
    with pytest.raises(TypeError, match="wrt is a Value"):
        derivative_text(Value(1.0), wrt="w")
    with pytest.raises(TypeError, match="formula is that of a Value"):
        expression(3.0)


def test_expression_names_shared_parts_once():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    s = a + b
    assert expression(s * s) == "t1 = a + b\nt1 * t1"
    _, _, _, loss = slope_example()
    assert expression(loss) == "error = w1 * x1 + w2 * x2 + w3 * x3 - 13\nloss = error**2"
    assert expression(loss, unfold=True) == "loss = (w1 * x1 + w2 * x2 + w3 * x3 - 13)**2"


def test_latex_of_each_spelling():
    a, b = Value(1.0, "a"), Value(2.0, "b_1")
    assert to_latex(a / (b + 1.0)) == r"\frac{a}{b_{1} + 1}"
    assert to_latex((a - (b - a)) * 2.0) == r"\left(a - \left(b_{1} - a\right)\right) \cdot 2"
    assert to_latex(a.relu()) == r"\operatorname{relu}\left(a\right)"
    assert to_latex(Value(1.0, "50%_{x}") * 1.0) == r"\text{50\%\_\{x\}} \cdot 1"


def test_remainders_and_roundings_are_written_as_in_python():
    a, b = Value(7.5, "a"), Value(2.0, "b")
    assert expression((a + b) % b) == "(a + b) % b"
    assert expression(a // (b * 2.0) * a) == "a // (b * 2) * a"
    assert expression(2.0 * (a % b)) == "2 * (a % b)"
    assert expression(-(a % b)) == "-(a % b)"
    assert expression((a % b) ** 2) == "(a % b)**2"
    assert expression(a.first_max(b) + math.floor(a)) == "max(a, b) + floor(a)"
    assert expression(round(a) - math.trunc(b)) == "round(a) - trunc(b)"
    assert expression(a.greater(b + 1.0)) == "a > b + 1"


def test_latex_of_remainders_keeps_the_brackets():
    a, b = Value(7.5, "a"), Value(2.0, "b")
    assert to_latex((a + b) % b) == r"\left(a + b\right) \bmod b"
    assert to_latex(a % (b + 1.0)) == r"a \bmod \left(b + 1\right)"
    assert to_latex(-(a % b)) == r"-\left(a \bmod b\right)"
    assert to_latex((a % b) ** 2) == r"{\left(a \bmod b\right)}^{2}"
    assert to_latex((a + b) // b) == r"\left\lfloor \frac{a + b}{b} \right\rfloor"
    assert to_latex(math.floor(a + b) * a) == r"\left\lfloor a + b \right\rfloor \cdot a"
    assert to_latex(a.greater(b)) == r"\left[a > b\right]"
    assert to_latex(a.first_min(b)) == r"\min\left(a, b\right)"


def test_the_slope_of_a_remainder_in_words():
    a, b = Value(7.5, "a"), Value(2.0, "b")
    y = (a % b) * a
    y.label = "y"
    assert derivative_text(y, wrt=a) == "d y/d a = a + (a % b) = 7.5 + 1.5 = 9"


LEAVES = st.floats(-3, 3).map(lambda x: round(x, 2))


@settings(max_examples=80, deadline=None)
@given(LEAVES, LEAVES, st.lists(st.sampled_from("+-*/p~%:M_"), min_size=1, max_size=8), st.data())
def test_the_expression_computes_the_value(a, b, signs, data):
    """Brackets are right: Python evaluates the text to the value."""
    known = [Value(a, "a"), Value(b, "b")]
    for sign in signs:
        x, y = data.draw(st.sampled_from(known)), data.draw(st.sampled_from(known))
        known.append(
            {
                "+": lambda x=x, y=y: x + y,
                "-": lambda x=x, y=y: x - y,
                "*": lambda x=x, y=y: x * y,
                "/": lambda x=x, y=y: x / (y * y + 1.0),
                "p": lambda x=x: x**2,
                "~": lambda x=x: -x,
                "%": lambda x=x, y=y: x % (y * y + 1.0),
                ":": lambda x=x, y=y: x // (y * y + 1.0),
                "M": lambda x=x, y=y: x.first_max(y),
                "_": lambda x=x: math.floor(x * 2.0),
            }[sign]()
        )
    names = {"a": a, "b": b, "floor": math.floor, "max": max}
    lines = expression(known[-1]).splitlines()
    for line in lines[:-1]:
        name, text = line.split(" = ")
        names[name] = eval(text, {}, names)
    found = eval(lines[-1], {}, names)
    assert math.isclose(found, known[-1].data, rel_tol=1e-9, abs_tol=1e-9)
