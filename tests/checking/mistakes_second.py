"""Wrong hand-written gradients that were put away until the rules were first measured.

They were written before the rules, by someone who had not read them.

Every entry: ``hand(*at)`` is wrong, ``right(*at)`` is right, both in the structure of the
arguments (one argument: that structure itself; several: a tuple).  Each names the source where
this kind of mistake is met; the numbers are made up.  What is left out: grading (``mistake``).
"""
# fmt: off
# ruff: noqa

import math

import numpy as np

from mistake import Mistake, adder

from autograd_nn import functions as F

MISTAKES: list[Mistake] = []
add = adder(MISTAKES)

A = np.asarray
exp, log, sin, cos, tan, sqrt, tanh, pi = (
    math.exp, math.log, math.sin, math.cos, math.tan, math.sqrt, math.tanh, math.pi)
INNER = [["inner"], ["inside"], ["chain"]]
sig = lambda z: 1 / (1 + exp(-z))
sigs = lambda z: 1 / (1 + np.exp(-A(z, dtype=float)))

# ---------------------------------------------------------------- single formulas
K = "formula"
add("power_outer_exponent_kept", K, "Thomas' Calculus, power rule exercises",
    lambda r: 4 / 3 * math.pi * r**3, (1.4,), lambda r: 4 * pi * r**3, lambda r: 4 * pi * r**2,
    "The exponent was not lowered: the sphere's slope is 4 pi r**2.", [["exponent"], ["power"], ["lower"], ["factor", "r"], ["r**2"]], ["r**3", "power", "r**2"])
add("power_coefficient_replaced", K, "OpenStax Calculus 1, 3.3 Differentiation Rules (constant multiple)",
    lambda x: 6 * x**4, (0.9,), lambda x: 4 * x**3, lambda x: 24 * x**3,
    "The constant factor 6 was dropped.", [["factor", "6"], ["constant", "6"], ["coefficient"]], ["6"], ["learning rate"])
add("constant_kept", K, "OpenStax Calculus 1, 3.3 Differentiation Rules (constant rule)",
    lambda x: x**3 + 7, (1.2,), lambda x: 3 * x**2 + 7, lambda x: 3 * x**2,
    "A constant has slope 0; the 7 was kept.", [["constant"], ["7"], ["added", "7"]], ["7", "constant", "second term"], numbers=False)
add("reciprocal_sign", K, "OpenStax Calculus 1, 3.3 Differentiation Rules (negative exponents)",
    lambda x: 3 / x, (1.9,), lambda x: 3 / x**2, lambda x: -3 / x**2, "The minus of (1/x)' = -1/x**2 is missing.",
    [["sign"], ["minus"], ["negat"]], ["1/x", "sign", "/ x"], numbers=True)
add("reciprocal_as_log", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (integral for derivative)",
    lambda x: 1 / x, (2.2,), lambda x: log(x), lambda x: -1 / x**2, "1/x was integrated (log x) instead of derived.",
    [["integra"], ["antideriv"], ["log"]], ["1/x", "/ x", "log"])
add("chain_inner_quadratic", K, "Stewart, Calculus: Early Transcendentals, 3.4 The Chain Rule",
    lambda x: (x**2 - 2 * x + 3) ** 4, (0.3,), lambda x: 4 * (x**2 - 2 * x + 3) ** 3, lambda x: 4 * (x**2 - 2 * x + 3) ** 3 * (2 * x - 2),
    "The inner derivative 2x - 2 is missing.", INNER + [["2x - 2"], ["2 * x - 2"]], ["inner", "x**2", "power", "2 * x"])
add("chain_inner_only", K, "Stewart, Calculus: Early Transcendentals, 3.4 The Chain Rule",
    lambda x: (2 * x**3 + 1) ** 2, (0.8,), lambda x: 6 * x**2, lambda x: 2 * (2 * x**3 + 1) * 6 * x**2,
    "Only the inside was derived: the outer derivative 2*(2x**3+1) is missing.", [["outer"], ["outside"], ["chain"], ["square"]], ["outer", "square", "power", "x**3"])
add("chain_inner_added", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (chain rule in the wrong place)",
    lambda x: F.exp(2 * x) + F.sin(5 * x), (0.35,), lambda x: exp(2 * x) + 2 + 5 * cos(5 * x), lambda x: 2 * exp(2 * x) + 5 * cos(5 * x),
    "The inner derivative 2 was added instead of multiplied.", INNER + [["added"], ["plus", "2"]], ["exp", "first"])
add("product_one_term", K, "Spivak, Calculus, product rule exercises",
    lambda x: x**3 * F.exp(-x), (1.3,), lambda x: 3 * x**2 * exp(-x), lambda x: (3 * x**2 - x**3) * exp(-x),
    "The product rule's second term -x**3*exp(-x) is missing.", [["product"], ["term", "missing"], ["exp", "missing"], ["exp", "constant"], ["path"]], ["exp", "product", "second"])
add("product_minus", K, "Stewart, Calculus: Early Transcendentals, 3.2 The Product and Quotient Rules",
    lambda x: F.log(x) * x**2, (1.8,), lambda x: x - 2 * x * log(x), lambda x: x + 2 * x * log(x),
    "The product rule adds its terms; they were subtracted.", [["sign"], ["product"], ["subtract"], ["minus"]], ["product", "log", "x**2", "term"])
add("quotient_top_only", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (quotient rule)",
    lambda x: (x**3 - 1) / (x**2 + 1), (1.4,), lambda x: 3 * x**2 / (2 * x),
    lambda x: (3 * x**2 * (x**2 + 1) - (x**3 - 1) * 2 * x) / (x**2 + 1) ** 2,
    "Numerator and denominator were derived separately: that is not the quotient rule.", [["quotient"], ["numerator", "denominator"]], ["quotient", "/", "denominator"])
add("quotient_denominator_constant", K, "OpenStax Calculus 1, 3.3 Differentiation Rules (quotient rule)",
    lambda x: F.sin(x) / x, (2.1,), lambda x: cos(x) / x, lambda x: (x * cos(x) - sin(x)) / x**2,
    "The denominator was taken as a constant: the part -sin(x)/x**2 is missing.", [["quotient"], ["denominator"], ["term", "missing"], ["path"], ["second"]], ["/ x", "denominator", "quotient", "sin"])
add("quotient_plus", K, "Stewart, Calculus: Early Transcendentals, 3.2 The Product and Quotient Rules",
    lambda x: 5 * x / (1 + x**2), (1.7,), lambda x: (5 * (1 + x**2) + 10 * x**2) / (1 + x**2) ** 2,
    lambda x: (5 * (1 + x**2) - 10 * x**2) / (1 + x**2) ** 2, "In the quotient rule's numerator the minus became a plus.",
    [["quotient"], ["sign"], ["minus"], ["plus"]], ["numerator", "quotient", "/", "denominator", "x**2"], numbers=True)
add("exp_square_inner", K, "Abramowitz/Stegun style: Gaussian exp(-x**2)", lambda x: F.exp(-(x**2)), (0.7,), lambda x: -exp(-x * x),
    lambda x: -2 * x * exp(-x * x), "The inner derivative -2x: the 2x is missing.", INNER + [["2x"], ["2 * x"], ["x**2"], ["factor"]], ["exp", "x**2", "inner"])
add("exp_minus_lost", K, "Stewart, Calculus: Early Transcendentals, 3.8 Exponential Growth and Decay",
    lambda t: 40 * F.exp(-t / 8), (5.0,), lambda t: 5 * exp(-t / 8), lambda t: -5 * exp(-t / 8), "The minus of the exponent is missing.",
    [["sign"], ["minus"], ["negat"]], ["exp", "sign"])
add("exponential_base_ln_wrong", K, "OpenStax Calculus 1, 3.9 Derivatives of Exponential and Logarithmic Functions",
    lambda t: 100 * 1.05**t, (3.0,), lambda t: 100 * 1.05**t, lambda t: 100 * log(1.05) * 1.05**t, "1.05**t is not e**t: the factor ln(1.05) is missing.",
    [["ln"], ["log(1.05)"], ["log", "1.05"], ["base"], ["0.048"], ["exponential"]], ["1.05", "base", "exponent"], ["learning rate"])
add("log2_as_ln", K, "MacKay, Information Theory, entropy in bits", lambda p: -p * F.log(p) / math.log(2) - (1 - p) * F.log(1 - p) / math.log(2), (0.3,),
    lambda p: log((1 - p) / p), lambda p: log((1 - p) / p) / log(2), "The entropy is in bits: 1/ln(2) is missing.",
    [["ln"], ["log(2)"], ["log 2"], ["bits"], ["base"], ["0.693"], ["1.44"], ["log2"]], ["log", "0.69", "1.44"], numbers=True)
add("log_power_inner", K, "OpenStax Calculus 1, 3.9 Derivatives of Exponential and Logarithmic Functions",
    lambda x: F.log(x**2 + 5), (1.6,), lambda x: 1 / (x**2 + 5), lambda x: 2 * x / (x**2 + 5), "The inner derivative 2x of log(x**2+5) is missing.",
    INNER + [["2x"], ["2 * x"]], ["log", "x**2", "inner"])
add("log_flipped", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (log)", lambda x: 3 * F.log(1 + 2 * x), (0.7,), lambda x: 3 * (1 + 2 * x) / 2,
    lambda x: 6 / (1 + 2 * x), "Numerator and denominator are exchanged: log' is inner'/inner, not inner/inner'.",
    [["upside"], ["recipro"], ["numerator"], ["flip"], ["swap"], ["invert"], ["1/"]], ["log", "1 + 2"])
add("sin_sign", K, "OpenStax Calculus 1, 3.5 Derivatives of Trigonometric Functions", lambda x: F.sin(x) + x**2, (0.9,), lambda x: -cos(x) + 2 * x,
    lambda x: cos(x) + 2 * x, "sin' is +cos.", [["sin", "sign"], ["sin", "cos"], ["sin", "minus"], ["sign", "term"]], ["sin", "cos", "first"])
add("cos_of_2x_inner", K, "Stewart, Calculus: Early Transcendentals, 3.4 The Chain Rule", lambda x: F.cos(2 * x + 0.3), (0.5,), lambda x: -sin(2 * x + 0.3),
    lambda x: -2 * sin(2 * x + 0.3), "The inner derivative 2 is missing.", INNER + [["factor", "2"], ["2", "missing"]], ["cos", "2", "inner"])
add("degrees_tan", K, "Surveying exercise: slope height 50*tan(angle in degrees)", lambda angle: 50 * F.tan(angle * (math.pi / 180)), (28.0,),
    lambda a: 50 / cos(a * pi / 180) ** 2, lambda a: 50 / cos(a * pi / 180) ** 2 * pi / 180, "The angle is in degrees: pi/180 is missing.",
    [["degree"], ["radian"], ["pi"], ["180"]] + INNER, ["pi", "180", "57.3", "0.017"], ["learning rate"])
add("degrees_cos_in_radians", K, "Stack Overflow kind: math.cos called on degrees", lambda angle: 10 * F.sin(angle * (math.pi / 180)), (50.0,),
    lambda a: 10 * pi / 180 * cos(a), lambda a: 10 * pi / 180 * cos(a * pi / 180), "cos was called with degrees instead of radians.",
    [["degree"], ["radian"], ["180"]], ["sin", "cos", "180", "argument"])
add("cos_cubed_sign", K, "Thomas' Calculus, chain rule exercises", lambda x: F.cos(x) ** 3, (0.6,), lambda x: 3 * cos(x) ** 2, lambda x: -3 * cos(x) ** 2 * sin(x),
    "The inner derivative -sin(x) of cos(x)**3 is missing.", INNER + [["sin", "missing"]], ["cos", "sin", "inner"])
add("sqrt_reciprocal_exponent", K, "public-textbooks.pages.dev, Common Mistakes, mistake 4 (root as power)", lambda x: 2 / F.sqrt(x), (1.6,), lambda x: -1 / sqrt(x),
    lambda x: -(x**-1.5), "The exponent -1/2 goes down to -3/2; it stayed at -1/2.", [["exponent"], ["power"], ["x**1.5"], ["factor", "x"], ["1/x"]], ["sqrt", "power", "/ x"])
add("cube_root_exponent", K, "OpenStax Calculus 1, 3.3 Differentiation Rules (rational exponents)", lambda x: 3 * x ** (2 / 3), (2.7,), lambda x: 2 * x ** (1 / 3),
    lambda x: 2 * x ** (-1 / 3), "2/3 - 1 is -1/3, not 1/3.", [["exponent"], ["power"], ["1/3"]], ["exponent", "power", "x**"])
add("abs_product_kink", K, "Thomas' Calculus, derivative of |u|", lambda x: 2 * abs(1 - 3 * x), (0.1,), lambda x: 6.0 if 1 > 3 * x else -6.0, lambda x: -6.0 if 1 > 3 * x else 6.0,
    "For 1 - 3x > 0 the slope is -6: the sign of the inside times -3.", [["sign"], ["abs"], ["minus"], ["negat"]], ["abs", "1 - 3", "sign"])
add("min_wrong_side", K, "CS231n notes, backprop (max gate)", lambda a, b: F.minimum(a**2, 3 * b), (1.6, 1.1), lambda a, b: (0.0, 3.0) if a * a < 3 * b else (2 * a, 0.0), lambda a, b: (2 * a, 0.0) if a * a < 3 * b else (0.0, 3.0),
    "min passes the slope to the smaller operand a**2; it was given to 3*b.", [["branch"], ["min"], ["smaller"], ["side"]], ["min", "branch", "a**2", "3 * b"])
add("max_both_sides", K, "CS231n notes, backprop (add gate vs max gate)", lambda a, b: F.maximum(2 * a, b**2), (1.9, 1.3), lambda a, b: (2.0, 2 * b), lambda a, b: (2.0, 0.0) if 2 * a > b * b else (0.0, 2 * b),
    "max passes a slope only to the larger operand; b got one too.", [["branch"], ["max"], ["larger"], ["side"]], ["max", "branch", "b:", "b", "b**2"])
add("relu_leak_forgotten", K, "Maas et al. 2013, leaky relu (slope 0.01 for z < 0)", lambda z: F.leaky_relu(z) * 3, (-1.5,), lambda z: 3.0 if z > 0 else 0.0, lambda z: 3.0 if z > 0 else 0.03,
    "Left of 0 the leaky relu has slope 0.01, not 0.", [["leaky"], ["0.01"], ["relu"]], ["leaky", "0.01", "relu"])
add("tanh_scaled_inner", K, "LeCun et al., Efficient BackProp (1.7159 tanh(2x/3))", lambda x: 1.7159 * F.tanh(2 / 3 * x), (0.8,),
    lambda x: 1.7159 * (1 - tanh(2 / 3 * x) ** 2), lambda x: 1.7159 * 2 / 3 * (1 - tanh(2 / 3 * x) ** 2), "The inner 2/3 is missing.", INNER + [["2/3"], ["0.66"]], ["tanh", "2/3", "0.66"])
add("sigmoid_one_minus_missing", K, "Nielsen, Neural Networks and Deep Learning, ch. 3 (sigmoid_prime)", lambda z: 4 * F.sigmoid(z), (-0.6,), lambda z: 4 * sig(z), lambda z: 4 * sig(z) * (1 - sig(z)),
    "sigmoid' is s(1-s): the factor 1 - s is missing.", [["sigmoid"], ["1 - s"]], ["sigmoid"])
add("sigmoid_prime_at_input", K, "iamtrask, A Neural Network in 11 lines of Python (x*(1-x) called on z)", lambda z: F.sigmoid(z), (0.4,), lambda z: z * (1 - z), lambda z: sig(z) * (1 - sig(z)),
    "z(1-z) was taken of the input z; it is meant for the sigmoid's output s.", [["sigmoid"], ["activation"]], ["sigmoid"])
add("sinh_as_minus", K, "Stewart, Calculus: Early Transcendentals, 3.11 Hyperbolic Functions", lambda x: F.sinh(2 * x), (0.45,), lambda x: math.cosh(2 * x), lambda x: 2 * math.cosh(2 * x),
    "The inner 2 of sinh(2x) is missing.", INNER + [["factor", "2"], ["2", "missing"]], ["sinh", "2"])
add("acos_sign", K, "OpenStax Calculus 1, 3.7 Derivatives of Inverse Functions", lambda x: F.acos(x) * 2, (0.35,), lambda x: 2 / sqrt(1 - x * x), lambda x: -2 / sqrt(1 - x * x),
    "acos' is -1/sqrt(1-x**2): the minus is missing.", [["sign"], ["minus"], ["negat"]], ["acos", "sign"])
add("erf_constant", K, "Abramowitz/Stegun 7.1 (erf' = 2/sqrt(pi) exp(-x**2))", lambda x: F.erf(x), (0.75,), lambda x: exp(-x * x), lambda x: 2 / sqrt(pi) * exp(-x * x),
    "The constant 2/sqrt(pi) of erf' is missing.", [["erf"], ["sqrt(pi)"], ["1.128"], ["2/sqrt"]], ["erf", "1.128", "pi"])
add("softplus_as_relu", K, "Goodfellow et al., Deep Learning, 3.10 (softplus' is the sigmoid)", lambda x: F.softplus(x) * 2, (0.6,), lambda x: 2.0, lambda x: 2 * sig(x),
    "softplus' is the sigmoid, not relu's step.", [["softplus"], ["sigmoid"]], ["softplus"])
add("power_base_variable_exponent", K, "Stewart, Calculus: Early Transcendentals, 3.6 (logarithmic differentiation)", lambda base, power: base**power, (1.8, 2.3),
    lambda b, p: (p * b ** (p - 1), p * b ** (p - 1)), lambda b, p: (p * b ** (p - 1), log(b) * b**p), "Along the exponent: ln(base)*base**power; the power rule was used.",
    [["ln"], ["log"], ["exponent"], ["power rule"]], ["power"])
add("polar_x_y_swapped", K, "OpenStax Calculus 3, 4.3 Partial Derivatives (polar coordinates)", lambda r, phi: r * F.cos(phi) + 2 * r * F.sin(phi), (1.5, 0.7),
    lambda r, p: (-r * sin(p) + 2 * r * cos(p), cos(p) + 2 * sin(p)), lambda r, p: (cos(p) + 2 * sin(p), -r * sin(p) + 2 * r * cos(p)), "The slopes of r and phi are swapped.",
    [["swap"], ["exchang"], ["order"]], ["r", "phi"], numbers=True)
add("atan2_swapped", K, "Robotics exercise: bearing atan2(y, x)", lambda y, x: F.atan2(y, x), (0.8, 1.9), lambda y, x: (-y / (x * x + y * y), x / (x * x + y * y)),
    lambda y, x: (x / (x * x + y * y), -y / (x * x + y * y)), "The slopes along y and x are swapped.", [["swap"], ["exchang"], ["order"]], ["x", "y", "atan2"])
add("three_factors_one_path", K, "Spivak, Calculus, product of three functions", lambda x: x * F.sin(x) * F.exp(x), (0.6,), lambda x: (sin(x) + x * cos(x)) * exp(x),
    lambda x: (sin(x) + x * cos(x) + x * sin(x)) * exp(x), "The third term of the product rule (the slope of exp) is missing.", [["product"], ["term", "missing"], ["exp"], ["path"]], ["exp", "third", "product"])

# ---------------------------------------------------------------- regression over rows
PX = A([[1.0, 0.3, -1.1], [1.0, 1.6, 0.7], [1.0, -0.9, 2.0], [1.0, 2.2, -0.4], [1.0, 0.8, 1.5], [1.0, -1.7, 0.6]])
PY = A([1.3, -0.4, 2.8, 0.9, 3.7, -1.2])
def sse(theta):
    return ((PX @ theta - PY) ** 2).sum()
def sse_g(theta, k=2.0, rows=1, y=PY, x=PX, xe=PX):
    return k * x.T @ ((xe @ theta - y) * rows)
P_AT = (A([0.5, -0.8, 1.2]),)
def reg(name, source, hand, truth, cause, where, wrong=(), numbers=False, right=sse_g, f=sse, at=P_AT):
    add(name, "regression", source, f, at, hand, right, truth, cause, where, wrong, numbers)
def roww(*words):
    return [[r, w] for r in ["row", "observation", "sample", "example"] for w in words]
reg("sse_mean_instead", "Stack Overflow kind: mse gradient against an sse loss", lambda t: sse_g(t, 2 / 6), "The loss is a sum over 6 rows, the slope that of the mean: 1/6 too much.",
    [["1/n"], ["mean"], ["6", "row"], ["factor 6"], ["divid", "row"], ["divid", "n"]], ["6", "row"])
reg("sse_two_forgotten", "Coursera Machine Learning (Ng): 1/2 convention", lambda t: sse_g(t, 1.0), "The 2 of the square is missing.", [["factor 2"], ["2", "missing"], ["2", "forgot"], ["half"]], ["2"])
reg("sse_two_and_mean", "d2l-ai/d2l-en pull 1000 (mean and sum mixed)", lambda t: sse_g(t, 1 / 6), "Both wrong: the 2 is missing and it is divided by the 6 rows.",
    [["12"], ["1/n", "2"], ["6", "2"], ["mean", "2"], ["row", "2"]], ["12", "row"], numbers=True)
reg("sse_second_row_skipped", "Stack Overflow kind: `continue` on one row", lambda t: sse_g(t, rows=A([1, 0, 1, 1, 1, 1])), "Row 1 (the second) is skipped.",
    roww("skip", "missing", "second", "1", "left out", "forgot"), ["row", "second", "observation"])
reg("sse_two_rows_skipped", "Stack Overflow kind: train/test split differs between loss and slope", lambda t: sse_g(t, rows=A([1, 1, 1, 1, 0, 0])), "The last two rows are missing in the slope.",
    roww("skip", "missing", "last", "left out", "forgot", "4"), ["row", "last"])
reg("sse_every_other_row", "Stack Overflow kind: range(0, n, 2)", lambda t: sse_g(t, rows=A([1, 0, 1, 0, 1, 0])), "Only every second row is counted.", roww("skip", "every", "only", "missing", "left out"), ["row"])
reg("sse_last_row_twice", "Stack Overflow kind: <= in a while loop", lambda t: sse_g(t, rows=A([1, 1, 1, 1, 1, 2])), "The last row is counted twice.", roww("twice", "repeat", "double", "2 x", "last"), ["row", "last", "row 5", "row 6"])
reg("sse_only_last_row", "iamtrask style loop with `=` for `+=`", lambda t: sse_g(t, rows=A([0, 0, 0, 0, 0, 1])), "Only the last row's slope is kept.", roww("last", "only") + [["+="], ["overwrit"]], ["row", "last"])
reg("sse_targets_reversed", "Stack Overflow kind: y sorted, X not", lambda t: sse_g(t, y=PY[::-1]), "The targets are in reverse order against the rows.", [["target"], ["shuffl"], ["order"], ["revers"], ["pair"]], ["target", "row"])
reg("sse_targets_sorted", "Stack Overflow kind: y sorted for a plot, X not", lambda t: sse_g(t, y=np.sort(PY)), "The targets are in another order than the rows.", [["target"], ["shuffl"], ["order"], ["sort"], ["pair"]], ["target", "row"])
reg("sse_targets_one_ahead", "Time-series forecast homework: y[t+1]", lambda t: sse_g(t, y=np.roll(PY, -1)), "The targets are shifted by one row.", [["target"], ["shift"], ["roll"], ["off by one"], ["order"]], ["target", "row", "shift"])
reg("sse_x_rows_swapped", "Stack Overflow kind: X shuffled after the predictions", lambda t: sse_g(t, x=PX[[0, 1, 3, 2, 4, 5]]), "Inputs of rows 2 and 3 are exchanged against their errors.", [["row", "swap"], ["row", "order"], ["row", "exchang"], ["row", "shuffl"], ["pair"], ["input", "row"], ["shift"]], ["row", "theta[1]", "theta[2]", "input"])
reg("sse_residual_sign", "Hastie et al., Elements of Statistical Learning 3.2 (y - Xb)", lambda t: sse_g(t, -2.0), "-2X'(y - Xb) lost its minus (or the residual its order).", [["sign"], ["minus"], ["negat"]], ["sign"], ["row"])
reg("sse_intercept_missing", "Coursera ex1: intercept handled apart and forgotten", lambda t: sse_g(t) * A([0, 1, 1]), "The intercept theta[0] got 0.", [["theta[0]", "0"], ["theta[0]", "missing"], ["theta[0]", "forgot"], ["intercept"]], ["theta[0]", "intercept"], numbers=True)
reg("sse_abs_error", "Stack Overflow kind: loss printed as |error| used in the slope", lambda t: 2 * PX.T @ abs(PX @ t - PY), "The absolute error was used: its sign is lost in rows with a negative error.", [["sign"], ["abs"], ["negative"]], ["row", "sign", "error"])
reg("sse_error_not_multiplied", "Stack Overflow kind: derivative of the prediction only", lambda t: 2 * PX.sum(0), "The error itself is missing: only 2*x was summed.", [["error"], ["residual"], ["outer"], ["square"], ["chain"]], ["error", "square", "row"])
reg("sse_one_slope_for_all", "Stack Overflow kind: a stray np.sum over features", lambda t: np.full(3, sse_g(t).sum()), "Summed over the parameters too: all slopes are the same total.", [["sum"], ["same"], ["total"], ["axis"]], ["theta", "sum"])

reg("sse_rows_weighted_by_index", "Stack Overflow kind: enumerate's index multiplied in", lambda t: sse_g(t, rows=np.arange(6.0)), "Each row was multiplied by its index.",
    roww("index", "weight", "number", "differ"), ["row"])
reg("sse_one_row_weighted_n", "Stack Overflow kind: a row broadcast over the batch", lambda t: sse_g(t, rows=A([1, 6, 1, 1, 1, 1])), "Row 1 (the second) counts 6 times.",
    roww("1", "2", "6", "second", "weight"), ["row 1", "row 2", "second"])
reg("sse_one_row_weighted_1_over_n", "Stack Overflow kind: last row divided in a running mean", lambda t: sse_g(t, rows=A([1, 1, 1, 1, 1, 1 / 6])), "The last row alone was divided by n.",
    roww("last", "5", "6", "weight", "1/6"), ["row 5", "row 6", "last"])

MXR, MYR = [0.2, 0.9, 1.7, 2.5], [1.6, 1.9, 3.4, 5.8]
def growth(scale, rate):
    total = 0.0
    for x, y in zip(MXR, MYR):
        total = total + (scale * F.exp(rate * x) - y) ** 2
    return total / 4
def growth_g(scale, rate, bug=None):
    gs = gr = 0.0
    for x, y in zip(MXR, MYR):
        p = exp(rate * x); d = 2 * (scale * p - y) / 4
        gs += d * p
        gr += d * p * (1 if bug == "noscale" else scale) * (1 if bug == "nox" else x)
    if bug == "meanrate": gr *= 4
    return gs, gr
def mk(name, kind, source, f, at, g, bug, truth, cause, where, wrong=(), numbers=False):
    add(name, kind, source, f, at, lambda *a: g(*a, bug=bug), g, truth, cause, where, wrong, numbers)
for nm, bug, tr, cw in [("growth_inner_x", "nox", "Along rate the inner derivative x is missing.", INNER + [["factor x"], ["input"], ["x", "missing"], ["row", "input"]]),
                        ("growth_scale_dropped", "noscale", "Along rate the factor scale is missing.", [["scale"], ["0.9"]]),
                        ("growth_rate_not_averaged", "meanrate", "1/n (4 rows) is missing along rate only.", [["1/n"], ["mean"], ["4", "row"], ["factor 4"], ["divid", "row"], ["divid", "n"]])]:
    mk(nm, "regression", "Nonlinear least squares exercise (Bates and Watts, Nonlinear Regression)", growth, (0.9, 0.6), growth_g, bug, tr, cw, ["rate"], numbers=bug == "meanrate")

def wmean(a, b):
    k = [2.0, 1.0, 0.5]
    return sum(q * (a + b * x - y) ** 2 for q, x, y in zip(k, [0.4, 1.9, 3.3], [1.2, 0.7, 4.1])) / sum(k)
def wmean_g(a, b, bug=None):
    k = A([2.0, 1.0, 0.5]); x = A([0.4, 1.9, 3.3]); y = A([1.2, 0.7, 4.1])
    n = {"rows": 3.0, "sum": 1.0}.get(bug, k.sum()); kk = {"plain": np.ones(3), "inverse": 1 / k}.get(bug, k)
    d = 2 * kk * (a + b * x - y) / n
    return float(d.sum()), float(d @ x)
for nm, bug, tr, cw in [("weighted_mean_by_rows", "rows", "Divided by the number of rows 3 instead of the sum of weights 3.5.", [["3.5"], ["weight", "sum"], ["1/n"], ["rows", "3"], ["mean"]]),
                        ("weighted_mean_not_divided", "sum", "The division by the sum of weights 3.5 is missing.", [["3.5"], ["weight", "sum"], ["mean"], ["divid"]]),
                        ("weighted_mean_plain", "plain", "The rows' weights were forgotten.", [["weight", "row"], ["weighted"], ["sample weight"]]),
                        ("weighted_mean_inverse", "inverse", "The rows were weighted by 1/k instead of k.", [["weight", "row"], ["weighted"], ["invers"], ["recipro"], ["1/"]])]:
    mk(nm, "regression", "Weighted least squares course notes (variances or weights)", wmean, (0.4, 0.8), wmean_g, bug, tr, cw, ["row", "weight", "3.5"])
def rmse(m):
    return F.sqrt(sum((m * x - y) ** 2 for x, y in zip([1.0, 2.0, 4.0], [1.3, 3.7, 5.1])) / 3)
def rmse_g(m, bug=None):
    e = [m * x - y for x, y in zip([1.0, 2.0, 4.0], [1.3, 3.7, 5.1])]
    inner = 2 / 3 * sum(a * x for a, x in zip(e, [1.0, 2.0, 4.0]))
    r = sqrt(sum(a * a for a in e) / 3)
    return {"mse": inner, "nohalf": inner / r}.get(bug, inner / (2 * r))
mk("rmse_as_mse", "regression", "Kaggle kernel kind: rmse metric, mse gradient", rmse, (1.1,), rmse_g, "mse", "The loss is the root of the mse: 1/(2*rmse) is missing.", [["sqrt"], ["root"], ["outer"]], ["sqrt", "root"])
mk("rmse_half", "regression", "Kaggle kernel kind: rmse gradient by hand", rmse, (1.1,), rmse_g, "nohalf", "The 1/2 of the root's slope is missing.", [["1/2"], ["half"], ["factor 2"], ["2 x"], ["0.5"], ["sqrt"]], ["sqrt", "2"])
def mae(a, b):
    return sum(abs(a * x + b - y) for x, y in zip([0.5, 1.2, 2.8, 3.3, 4.4], [1.0, 2.9, 2.1, 5.2, 4.0])) / 5
def mae_g(a, b, bug=None):
    x = A([0.5, 1.2, 2.8, 3.3, 4.4]); e = a * x + b - A([1.0, 2.9, 2.1, 5.2, 4.0])
    s = {"l2": 2 * e, "pos": np.ones(5)}.get(bug, np.sign(e)) / 5
    return float(s @ x), float(s.sum())
mk("mae_as_mse", "regression", "scikit-learn docs: absolute against squared error", mae, (0.9, 0.6), mae_g, "l2", "The slope is that of the squared error; the loss has |error|.", [["abs"], ["sign"], ["squared"]], ["abs", "sign", "row"])
mk("mae_sign_lost", "regression", "Stack Overflow kind: derivative of abs taken as 1", mae, (0.9, 0.6), mae_g, "pos", "abs' was taken as +1 in all rows: sign(error) is missing.", [["abs"], ["sign"], ["row", "sign"]], ["abs", "sign", "row"])
def lasso(coef):
    e = [sum(c * v for c, v in zip(coef, r)) - y for r, y in zip([[1.0, 2.0, -1.0], [0.5, -1.5, 0.8]], [1.0, -0.6])]
    return 0.5 * sum(v * v for v in e) + 0.2 * sum(abs(c) for c in coef)
def lasso_g(coef, bug=None):
    c = A(coef); X = A([[1.0, 2.0, -1.0], [0.5, -1.5, 0.8]])
    r = {"none": 0 * c, "plus": 1 + 0 * c, "l2": c}.get(bug, np.sign(c))
    return (X.T @ (X @ c - A([1.0, -0.6])) + 0.2 * r).tolist()
for nm, bug, tr, cw in [("lasso_forgotten", "none", "The penalty's slope 0.2*sign is missing.", [["regular"], ["penalty"], ["l1"], ["term", "missing"], ["abs"]]),
                        ("lasso_sign_lost", "plus", "The penalty's slope is 0.2*sign(c); the sign is missing for negative coefficients.", [["sign"], ["abs"], ["penalty"], ["l1"]]),
                        ("lasso_as_ridge", "l2", "The penalty is an absolute value; the slope is that of a square.", [["l1"], ["abs"], ["sign"], ["penalty"], ["regular"], ["decay"]])]:
    mk(nm, "regression", "Hastie et al., Elements of Statistical Learning 3.4 (lasso)", lasso, ([0.7, -0.3, 1.1],), lasso_g, bug, tr, cw, ["0.2", "abs", "coef[1]", "penalty", "term"])

# ---------------------------------------------------------------- logistic regression, Poisson
QX = [[0.6, -1.4], [1.9, 0.2], [-0.5, 1.1], [2.2, -0.7]]
QY = [1, 0, 1, 1]
def logit(w, bias):
    total = 0.0
    for r, y in zip(QX, QY):
        z = w[0] * r[0] + w[1] * r[1] + bias
        total = total + F.softplus(z) - y * z
    return total
def logit_g(w, bias, bug=None):
    X = A(QX); y = A(QY, dtype=float); z = X @ A(w) + bias
    h = {"linear": z, "tanh": np.tanh(z), "hard": (z > 0) * 1.0, "nobias": sigs(X @ A(w))}.get(bug, sigs(z))
    d = h - y
    if bug == "notarget": d = h
    if bug == "pm1": d = h - (2 * y - 1)
    if bug == "extra": d = d * h * (1 - h)
    if bug == "mean": d = d / 4
    if bug == "flip": d = h - (1 - y)
    g = X.T @ d
    if bug == "biasmean": return g.tolist(), float(d.mean())
    return g.tolist(), float(d.sum())
for nm, bug, src, tr, cw, ww in [
    ("logit_extra_sigmoid_slope", "extra", "Nielsen, ch. 3: cross-entropy cancels sigmoid'", "h(1-h) was multiplied in though it cancels.", [["sigmoid"], ["h(1"], ["cancel"], ["s(1"]], ["row", "sigmoid"]),
    ("logit_linear", "linear", "CS229 notes: linear hypothesis reused", "The sigmoid is missing in the prediction.", [["sigmoid"], ["activation"], ["probabilit"]], ["sigmoid", "prediction", "row"]),
    ("logit_tanh", "tanh", "Stack Overflow kind: tanh for sigmoid", "The prediction used tanh instead of the sigmoid.", [["tanh"], ["sigmoid"]], ["sigmoid", "row"]),
    ("logit_hard_prediction", "hard", "Perceptron update reused for logistic regression", "The prediction was rounded to 0 or 1 (perceptron rule).", [["round"], ["perceptron"], ["0 or 1"], ["sigmoid"], ["threshold"]], ["sigmoid", "row"]),
    ("logit_target_missing", "notarget", "Stack Overflow kind: derivative of softplus only", "The target was not subtracted.", [["target"], ["label"], ["- y"], ["y * z"]], ["target", "row", "label"]),
    ("logit_plus_minus_labels", "pm1", "CS229/SVM convention: labels -1 and 1", "Labels -1/1 were used where the loss has 0/1.", [["label"], ["target"], ["-1"]], ["target", "label", "row"]),
    ("logit_labels_flipped", "flip", "Stack Overflow kind: class 0 and 1 exchanged", "The labels are flipped: 1 - y was subtracted.", [["label"], ["target"], ["1 - y"], ["class"]], ["target", "label", "row"]),
    ("logit_mean", "mean", "scikit-learn: C times the sum against a mean", "A mean in the slope, a sum in the loss.", [["1/n"], ["mean"], ["4", "row"], ["factor 4"], ["divid", "row"], ["divid", "n"]], ["4", "row"]),
    ("logit_bias_mean", "biasmean", "github.com/rust0258/Deeplearning.ai-Natural-Language-Processing-Specialization issue 62", "The bias's slope is a mean over rows, the weights' a sum.", [["bias", "4"], ["bias", "mean"], ["bias", "1/n"], ["bias", "divid"], ["bias", "row"]], ["bias"]),
    ("logit_bias_left_out", "nobias", "Coursera ex2: bias not added in the hypothesis of the slope", "The prediction in the slope lacks the bias.", [["bias"], ["intercept"]], ["bias", "prediction"])]:
    mk(nm, "logistic", src, logit, ([0.7, -0.5], 0.4), logit_g, bug, tr, cw, ww, numbers=bug in ("flip", "biasmean"))
def poisson(beta):
    return sum(F.exp(beta[0] + beta[1] * x) - y * (beta[0] + beta[1] * x) for x, y in zip([0.1, 0.8, 1.5], [1, 3, 4]))
def poisson_g(beta, bug=None):
    x = A([0.1, 0.8, 1.5]); y = A([1, 3, 4]); z = beta[0] + beta[1] * x
    d = (z if bug == "nolink" else np.exp(z)) - y
    return [float(d.sum()), float(d @ x)]
mk("poisson_link_forgotten", "logistic", "McCullagh and Nelder, Generalized Linear Models (log link)", poisson, ([0.3, 0.7],), poisson_g, "nolink", "The mean is exp(z): exp is missing in the prediction.", [["exp"], ["link"]], ["exp", "row", "prediction"])

# ---------------------------------------------------------------- softmax cross-entropy
def softmax(z):
    z = A(z, dtype=float); e = np.exp(z - z.max(-1, keepdims=True)); return e / e.sum(-1, keepdims=True)
CX = A([[0.5, -1.0], [1.4, 0.6], [-0.7, 1.8], [0.9, 0.3], [-1.6, -0.2], [0.2, 1.1]])
CY = np.eye(3)[[2, 0, 1, 0, 2, 1]]
def ce(w, b):
    s = CX @ w + b
    return sum(F.logsumexp(r) - (r * y).sum() for r, y in zip(s, CY)) / 6
def ce_g(w, b, bug=None):
    p = softmax(CX @ w + b)
    if bug == "axis": e = np.exp(CX @ w + b); p = e / e.sum(0)
    if bug == "unnormalised": p = np.exp(CX @ w + b)
    if bug == "logits": p = CX @ w + b
    y = {"none": 0 * CY, "shift": np.roll(CY, 1, axis=1), "rows": np.roll(CY, 1, axis=0)}.get(bug, CY)
    d = p - y
    if bug == "sign": d = y - p
    if bug == "slope": d = d * p * (1 - p)
    if bug == "true_only": d = d * y
    if bug == "classes": d = d / 3 * 6
    if bug == "perclass": d = d / 3
    d = d / 6
    dw, db = CX.T @ d, d.sum(0)
    if bug == "bsum": db = np.full(3, abs(d).sum())
    if bug == "bias_n": db = db * 6
    return dw, db
for nm, bug, src, tr, cw, ww in [
    ("ce_one_hot_missing", "none", "CS231n neural networks case study", "The one-hot targets were not subtracted.", [["one-hot"], ["one hot"], ["target"], ["label"], ["- y"]], ["class", "target", "w", "row"]),
    ("ce_classes_shifted", "shift", "Stack Overflow kind: labels from 1 in one place, from 0 in the other", "The one-hot columns are shifted by one class.", [["class"], ["label"], ["target"], ["one-hot"]], ["class", "label", "target"]),
    ("ce_rows_shifted", "rows", "Stack Overflow kind: labels misaligned with rows", "The labels are shifted by one row.", [["label"], ["target"], ["row", "order"], ["shift"]], ["row", "label", "target"]),
    ("ce_sign", "sign", "UFLDL tutorial, softmax regression (leading minus)", "y - p instead of p - y: the sign is turned.", [["sign"], ["minus"], ["negat"]], ["sign"]),
    ("ce_softmax_slope_again", "slope", "stats.stackexchange.com 235528, Backpropagation with softmax / cross entropy", "p(1-p) was multiplied in though p - y holds the softmax already.", [["p(1"], ["p*(1"], ["cancel"], ["softmax"], ["jacobian"], ["sigmoid"]], ["softmax", "row", "class"]),
    ("ce_true_class_only", "true_only", "datascience.stackexchange.com 64746", "Only the true class's column got p - 1: the other classes' p is missing.", [["true class"], ["other class"], ["class"], ["diagonal"], ["jacobian"]], ["class", "row"]),
    ("ce_softmax_axis", "axis", "github.com/nerdai/llms-from-scratch-rs pull 30 (softmax along the wrong dimension)", "The softmax was taken down the rows instead of across the classes.", [["axis"], ["softmax"], ["dimension"]], ["softmax", "row", "class"]),
    ("ce_not_normalised", "unnormalised", "Stack Overflow kind: exp without dividing by the sum", "exp(z) was not divided by its sum.", [["softmax"], ["normal"], ["divid"], ["sum"]], ["softmax", "class", "row"]),
    ("ce_logits_for_probabilities", "logits", "Stack Overflow kind: logits - y", "The logits were used instead of the probabilities.", [["softmax"], ["logit"], ["probabilit"]], ["softmax", "class", "row"]),
    ("ce_divided_by_classes", "classes", "Keras/NumPy kind: mean over classes instead of rows", "Divided by the 3 classes instead of the 6 rows.", [["class"], ["1/n"], ["factor 2"], ["6", "3"], ["2 x"]], ["2", "class", "row"]),
    ("ce_mean_over_everything", "perclass", "NumPy kind: np.mean over rows and classes", "A mean over all 18 entries where the loss averages the 6 rows.", [["class"], ["3"], ["18"], ["mean"]], ["3", "class", "18"]),
    ("ce_bias_not_averaged", "bias_n", "github.com/rust0258/Deeplearning.ai-Natural-Language-Processing-Specialization issue 64", "b's slope lacks the 1/6.", [["b", "6"], ["bias", "6"], ["b", "mean"], ["1/n"], ["b", "row"], ["bias", "mean"]], ["b[", "bias"])]:
    mk(nm, "softmax", src, ce, (A([[0.4, -0.9, 0.2], [1.1, 0.3, -0.6]]), A([0.1, -0.3, 0.5])), ce_g, bug, tr, cw, ww, numbers=bug in ("classes", "sign"))
def ce2(z):
    return -F.log(F.exp(z[0]) / (F.exp(z[0]) + F.exp(z[1])))
def ce2_g(z, bug=None):
    p = softmax(z)
    return {"diag": [-(1 - p[0]), 0.0], "neg": [-(1 - p[0]), -p[1]], "noy": [p[0], p[1]]}.get(bug, [p[0] - 1, p[1]])
ce2_G = lambda z, bug=None: [float(v) for v in ce2_g(z, bug)]
mk("two_class_diagonal", "softmax", "datascience.stackexchange.com 64746 (two outputs)", ce2, ([1.7, 0.4],), ce2_G, "diag", "Only the true class's entry: the other logit's slope p is missing.", [["diagonal"], ["jacobian"], ["other class"], ["other logit"], ["z[1]", "0"], ["z[1]", "missing"], ["z[1]", "forgot"]], ["z[1]"])
mk("two_class_sign_of_other", "softmax", "datascience.stackexchange.com 64746 (two outputs)", ce2, ([1.7, 0.4],), ce2_G, "neg", "The other class's slope is +p, not -p: wrong sign.", [["z[1]", "sign"], ["sign"], ["minus"], ["negat"]], ["z[1]"], )
mk("two_class_target_missing", "softmax", "CS231n notes, Softmax classifier", ce2, ([1.7, 0.4],), ce2_G, "noy", "The 1 of the true class was not subtracted.", [["one-hot"], ["target"], ["subtract", "1"], ["label"], ["true class"], ["z[0]", "1"]], ["z[0]"], numbers=True)
def ce5(scores):
    return F.logsumexp(scores) - 0.7 * scores[1] - 0.3 * scores[4]
def ce5_g(s, bug=None):
    t = A([0, 0.7, 0, 0, 0.3])
    t = {"hard": A([0, 1.0, 0, 0, 0]), "swap": t[::-1].copy()}.get(bug, t)
    return (softmax(s) - t).tolist()
mk("mixup_hard_label", "softmax", "Zhang et al., mixup (soft targets)", ce5, ([0.2, 1.5, -0.8, 0.6, 0.9],), ce5_g, "hard", "The targets are 0.7 and 0.3; a hard one-hot was subtracted.", [["target"], ["label"], ["0.7"], ["0.3"], ["soft"], ["one-hot"]], ["scores[1]", "scores[4]"])

# ---------------------------------------------------------------- one hidden sigmoid layer, one row, loops and lists (Mazur's shape)
IN, OUT = [0.35, 0.9], [0.15, 0.8]
M_AT = ([[0.3, -0.7], [0.8, 0.5]], [0.25, -0.35], [[0.6, 1.1], [-0.9, 0.4]], [0.2, -0.1])
def mazur(hidden, hidden_bias, output, output_bias):
    hs = []
    for ws, b in zip(hidden, hidden_bias):
        hs.append(F.sigmoid(ws[0] * IN[0] + ws[1] * IN[1] + b))
    total = 0.0
    for ws, b, t in zip(output, output_bias, OUT):
        total = total + (F.sigmoid(ws[0] * hs[0] + ws[1] * hs[1] + b) - t) ** 2 / 2
    return total
def mazur_g(hidden, hidden_bias, output, output_bias, bug=None):
    V, U, x = A(hidden), A(output), A(IN)
    z = V @ x + A(hidden_bias); h = sigs(z); zo = U @ h + A(output_bias); o = sigs(zo)
    e = o - A(OUT)
    if bug == "sign": e = -e
    d = e * {"out_none": 1.0, "out_z": zo * (1 - zo), "out_twice": sigs(o) * (1 - sigs(o)), "out_s": o}.get(bug, o * (1 - o))
    if bug == "out_twice_factor": d = d * o * (1 - o)
    gU = np.outer(d, h)
    Ub = U - 0.5 * gU if bug == "stale" else U
    src = e if bug == "error_not_delta" else d
    back = {"straight": Ub @ src, "no_u": np.full(2, d.sum()), "first_output": Ub[0] * d[0]}.get(bug, Ub.T @ src)
    k = back * {"hid_none": 1.0, "hid_z": z * (1 - z), "hid_tanh": 1 - h**2, "hid_out": o * (1 - o)}.get(bug, h * (1 - h))
    gV, gb, gc = np.outer(k, x), k, d
    if bug == "turn": gV = gV.T
    if bug == "turn_u": gU = gU.T
    if bug == "h_in_v": gV = np.outer(k, h)
    if bug == "o_in_u": gU = np.outer(d, o)
    if bug == "swap_w": gV, gU = gU, gV
    if bug == "bias_zero": gb = 0 * gb; gc = 0 * gc
    if bug == "bias_b": gb = k * A(hidden_bias)
    if bug == "bias_error": gc = e
    return gV.tolist(), gb.tolist(), gU.tolist(), gc.tolist()
SG = [["sigmoid"], ["activation"]]
for nm, bug, src, tr, cw, ww in [
    ("output_sigmoid_slope_missing", "out_none", "github.com/Bot-Academy/NeuralNetworkFromScratch pull 3", "The output's sigmoid slope o(1-o) is missing.", SG + [["o(1"]], ["output", "sigmoid"]),
    ("output_sigmoid_at_z", "out_z", "iamtrask, 11 lines: nonlin(z, deriv=True) on the wrong quantity", "z(1-z) instead of o(1-o): sigmoid's slope at the value before it.", SG, ["output", "sigmoid"]),
    ("output_sigmoid_twice", "out_twice", "math.stackexchange kind (techqa copy: Calculating derivatives for backpropagation in 2-layer Neural Network)", "The sigmoid was applied to the output once more before its slope was taken.", SG + [["twice"]], ["output", "sigmoid"]),
    ("output_sigmoid_for_slope", "out_s", "Stack Overflow kind: sigmoid(z) for sigmoid'(z)", "o instead of o(1-o), the sigmoid for its slope.", SG, ["output", "sigmoid"]),
    ("output_slope_two_times", "out_twice_factor", "Stack Overflow kind: slope in the error and in the delta", "o(1-o) is multiplied in twice.", SG + [["twice"]], ["output", "sigmoid"]),
    ("hidden_sigmoid_missing", "hid_none", "Mazur, A Step by Step Backpropagation Example (hidden layer)", "The hidden sigmoid's slope h(1-h) is missing.", SG, ["hidden"]),
    ("hidden_sigmoid_at_z", "hid_z", "github.com/dragen1860/Deep-Learning-with-TensorFlow-book issue 217", "z(1-z) instead of h(1-h): sigmoid's slope at the value before it.", SG, ["hidden"]),
    ("hidden_tanh_slope", "hid_tanh", "Stack Overflow kind: activation changed, slope not", "1-h**2 is tanh's slope; the layer has the sigmoid.", [["tanh"], ["sigmoid"]], ["hidden"]),
    ("hidden_slope_of_output", "hid_out", "Stack Overflow kind: wrong layer's activation in the hidden delta", "The hidden delta uses the sigmoid slope o(1-o) of the output layer.", SG + [["layer"]], ["hidden"]),
    ("hidden_error_not_delta", "error_not_delta", "github.com/kim-marcel/basic_neural_network issue 7; CodingTrain Toy-Neural-Network-JS (errors, not deltas, sent back)", "The raw error was sent back instead of the delta: the output's sigmoid slope is missing in the hidden layer.", SG + [["delta"], ["error"]], ["hidden"]),
    ("output_weights_straight", "straight", "Nielsen, ch. 2 (BP2)", "The output weights are not transposed in the hidden delta.", [["transpos"]], ["hidden"]),
    ("output_weights_missing", "no_u", "github.com/louisjc/mnist-neural-network issue 1", "The output weights are missing in the hidden delta.", [["output", "weight"], ["output", "missing"], ["weights", "missing"], ["next layer"], ["second layer"]], ["hidden"]),
    ("one_output_only", "first_output", "Mazur, A Step by Step Backpropagation Example (E_o1 + E_o2)", "Only the first output's error reaches the hidden layer.", [["output", "first"], ["one output"], ["output", "only"], ["path"], ["sum", "output"], ["second output"]], ["hidden"]),
    ("output_weights_updated_first", "stale", "github.com/CodingTrain/Toy-Neural-Network-JS issue 72", "The output weights were updated before the hidden delta.", [["update"], ["stale"], ["new weight"]], ["hidden", "output"]),
    ("hidden_outer_turned", "turn", "Stack Overflow kind: np.outer turned", "hidden's slope is transposed.", [["transpos"], ["outer"]], ["hidden["]),
    ("output_outer_turned", "turn_u", "Stack Overflow kind: np.outer turned", "output's slope is transposed.", [["transpos"], ["outer"]], ["output["]),
    ("hidden_with_own_activation", "h_in_v", "Goodfellow et al., algorithm 6.4", "hidden's slope uses h instead of the input.", [["input"], ["activation", "layer"]], ["hidden["]),
    ("output_with_own_activation", "o_in_u", "Goodfellow et al., algorithm 6.4", "output's slope uses the outputs instead of the hidden values.", [["hidden value"], ["input"], ["activation"]], ["output["]),
    ("matrices_swapped", "swap_w", "Stack Overflow kind: gradients returned in another order", "The slopes of hidden and output are swapped.", [["swap"], ["exchang"], ["order"]], ["hidden", "output"]),
    ("biases_never_computed", "bias_zero", "github.com/dragen1860/Deep-Learning-with-TensorFlow-book issue 217 (bias not updated)", "Both biases got slope 0.", [["bias", "0"], ["bias", "zero"], ["bias", "missing"], ["bias", "forgot"]], ["bias"]),
    ("bias_times_bias", "bias_b", "Stack Overflow kind: bias treated like a weight times itself", "hidden_bias was multiplied in; its input is 1.", [["bias", "input"], ["bias", "multipl"], ["bias", "factor"], ["bias", "itself"], ["hidden_bias", "value"]], ["hidden_bias"]),
    ("output_bias_error", "bias_error", "Stack Overflow question on backprop bias gradient", "output_bias got the error without the sigmoid's slope.", SG, ["output_bias"]),
    ("all_signs", "sign", "Mazur, A Step by Step Backpropagation Example (target - out)", "target - out instead of out - target: all signs are turned.", [["sign"], ["minus"], ["negat"]], ["sign"])]:
    mk(nm, "net1", src, mazur, M_AT, mazur_g, bug, tr, cw, ww, numbers=bug in ("turn", "bias_zero", "sign"))

# ---------------------------------------------------------------- one relu layer, columns convention, binary cross-entropy, 6 rows (17 parameters)
rng = np.random.default_rng(5)
BX, BY = rng.normal(size=(2, 6)).round(2), A([1.0, 0, 1, 1, 0, 1])
B_AT = (rng.normal(size=(4, 2)).round(2), rng.normal(size=4).round(2), rng.normal(size=4).round(2), 0.3)
def planar(w1, b1, w2, b2):
    h = F.relu(w1 @ BX + b1[:, None])
    z = w2 @ h + b2
    return (F.softplus(z) - BY * z).sum() / 6
def planar_g(w1, b1, w2, b2, bug=None):
    z1 = w1 @ BX + b1[:, None]; h = np.maximum(z1, 0)
    d = (sigs(w2 @ h + b2) - BY) / 6
    if bug == "extra": s = sigs(w2 @ h + b2); d = d * s * (1 - s)
    dh = np.outer(np.ones(4) if bug == "now2" else w2, d)
    m = {"none": 1.0, "neg": z1 < 0, "tanh": 1 - h**2, "x": BX[0] > 0, "w": (w1[:, :1] > 0)}.get(bug, z1 > 0)
    d1 = dh * m
    g = [d1 @ BX.T, d1.sum(1), h @ d, float(d.sum())]
    if bug == "mean_w": g[0] = g[0] * 6
    if bug == "b1n": g[1] = d1.mean(1)
    if bug == "b1_first": g[1] = d1[:, 0]
    if bug == "w1_last": g[0] = np.outer(d1[:, -1], BX[:, -1])
    if bug == "w2_z": g[2] = z1 @ d
    if bug == "w2_mask": g[2] = (z1 > 0) @ d
    if bug == "cols": g[0] = g[0][:, ::-1].copy()
    if bug == "b_unmasked": g[1] = dh.sum(1)
    return tuple(g)
for nm, bug, src, tr, cw, ww in [
    ("planar_mask_missing", "none", "deeplearning.ai Neural Networks course, planar data classification", "The relu mask is missing.", [["relu"], ["mask"]], ["w1", "b1"]),
    ("planar_mask_inverted", "neg", "Stack Overflow kind: dZ[Z > 0] = 0", "The mask is inverted: slopes pass where the relu is off.", [["relu"], ["mask"], ["invert"]], ["w1", "b1"]),
    ("planar_tanh_slope_kept", "tanh", "deeplearning.ai planar data: 1 - A1**2 kept after switching tanh to relu", "tanh's slope was used for a relu layer.", [["relu"], ["tanh"], ["mask"]], ["w1", "b1"]),
    ("planar_mask_of_input", "x", "Stack Overflow kind: mask taken from the input", "The mask was taken of the input instead of z.", [["relu"], ["mask"]], ["w1", "b1"]),
    ("planar_mask_of_weights", "w", "Stack Overflow kind: mask taken from the weights", "The mask was taken of the weights instead of z.", [["relu"], ["mask"]], ["w1", "b1"]),
    ("planar_w2_missing", "now2", "Goodfellow et al., 6.5", "w2 is missing in the hidden delta.", [["w2"], ["weights", "missing"]], ["w1", "b1"]),
    ("planar_extra_slope", "extra", "deeplearning.ai: dZ2 = A2 - Y, sigmoid' added again", "sigmoid' was multiplied in though it cancels with the cross-entropy.", [["sigmoid"], ["cancel"], ["s(1"]], ["w1", "w2", "row", "sigmoid", "output"]),
    ("planar_w1_not_averaged", "mean_w", "deeplearning.ai: 1/m forgotten in dW1", "w1's slope lacks 1/6.", [["w1", "6"], ["1/n"], ["mean"], ["row", "6"], ["divid"]], ["w1"]),
    ("planar_b1_averaged_again", "b1n", "deeplearning.ai: np.mean and 1/m together", "b1's slope is averaged once more: a mean for a sum over rows.", [["b1", "6"], ["mean"], ["1/n"], ["b1", "row"], ["row", "divid"], ["factor 6"]], ["b1"]),
    ("planar_b1_first_row", "b1_first", "Stack Overflow kind: db = dZ[:, 0]", "b1's slope holds the first row only.", [["row", "first"], ["b1", "row"], ["b1", "first"], ["sum"]], ["b1"]),
    ("planar_w1_last_row", "w1_last", "Stack Overflow kind: `=` for `+=`", "w1's slope holds the last row only.", [["row", "last"], ["w1", "row"], ["w1", "last"]], ["w1"]),
    ("planar_w2_preactivation", "w2_z", "Nielsen, ch. 2 (BP4)", "w2's slope uses z1 instead of relu(z1).", [["activation"], ["relu"], ["before"], ["preact"]], ["w2"]),
    ("planar_w2_mask", "w2_mask", "Stack Overflow kind: relu's slope for relu's value", "w2's slope uses the mask instead of the activation.", [["activation"], ["relu"], ["mask"]], ["w2"]),
    ("planar_columns_reversed", "cols", "Stack Overflow kind: features in another order", "w1's slope columns are exchanged (features swapped).", [["swap"], ["exchang"], ["order"], ["revers"], ["column"], ["feature"], ["input"]], ["w1"]),
    ("planar_b1_unmasked", "b_unmasked", "Stack Overflow kind: bias summed before the mask", "b1's slope lacks the relu mask.", [["relu"], ["mask"]], ["b1"])]:
    mk(nm, "net1", src, planar, B_AT, planar_g, bug, tr, cw, ww)

# ---------------------------------------------------------------- two hidden tanh layers, 3 rows, nested lists and loops (29 parameters)
rng = np.random.default_rng(17)
TX3 = rng.normal(size=(3, 2)).round(2).tolist(); TY3 = rng.normal(size=(3, 2)).round(2).tolist()
T_AT = tuple(rng.normal(size=s).round(2).tolist() for s in [(3, 2), 3, (3, 3), 3, (2, 3), 2])
def layer(w, b, x):
    return [sum(p * q for p, q in zip(row, x)) + c for row, c in zip(w, b)]
def deep(p1, c1, p2, c2, p3, c3):
    total = 0.0
    for x, y in zip(TX3, TY3):
        o = layer(p3, c3, [F.tanh(z) for z in layer(p2, c2, [F.tanh(z) for z in layer(p1, c1, x)])])
        total = total + sum((a - b) ** 2 for a, b in zip(o, y))
    return total / 3 + 0.02 * sum(w * w for row in p1 for w in row)
def deep_g(p1, c1, p2, c2, p3, c3, bug=None):
    P1, P2, P3 = A(p1), A(p2), A(p3); X, Y = A(TX3), A(TY3)
    z1 = X @ P1.T + A(c1); h1 = np.tanh(z1); z2 = h1 @ P2.T + A(c2); h2 = np.tanh(z2)
    d3 = 2 * (h2 @ P3.T + A(c3) - Y) / 3
    d2 = d3 @ P3 * {"t2_none": 1.0, "t2_z": 1 - z2**2, "t2_h1": 1 - h1**2}.get(bug, 1 - h2**2)
    d1 = d2 @ (P2.T if bug == "p2_turn" else np.eye(3) if bug == "no_p2" else P2) * {"t1_none": 1.0, "t1_h2": 1 - h2**2, "t1_lin": 1 - h1}.get(bug, 1 - h1**2)
    if bug == "skip": d1 = d3 @ P3 * (1 - h1**2)
    reg = {"noreg": 0.0, "halfreg": 0.02, "regsum": 0.04 / 3}.get(bug, 0.04)
    g = [d1.T @ X + reg * P1, d1.sum(0), d2.T @ h1, d2.sum(0), d3.T @ h2, d3.sum(0)]
    if bug == "reg_everywhere": g[2] = g[2] + 0.04 * P2; g[4] = g[4] + 0.04 * P3
    if bug == "swap_c": g[1], g[3] = g[3], g[1]
    if bug == "p2_x": g[2] = d2.T @ h2
    if bug == "turn2": g[2] = g[2].T
    if bug == "c2_last": g[3] = d2[-1]
    if bug == "rows": g[0] = d1[[1, 2, 0]].T @ X + reg * P1
    return tuple(v.tolist() for v in g)
TH = [["tanh"], ["activation"]]
for nm, bug, src, tr, cw, ww in [
    ("deep_tanh2_missing", "t2_none", "makemore, becoming a backprop ninja (dtanh left out)", "Layer 2's tanh slope is missing.", TH, ["p2", "c2"]),
    ("deep_tanh2_at_z", "t2_z", "makemore, becoming a backprop ninja (1 - hpreact**2)", "Layer 2 uses 1 - z**2 instead of 1 - tanh(z)**2.", TH, ["p2", "c2"]),
    ("deep_tanh2_of_layer_1", "t2_h1", "CS231n assignment 2, wrong cache", "Layer 2 uses the tanh slope of layer 1.", TH + [["layer"]], ["p2", "c2"]),
    ("deep_tanh1_missing", "t1_none", "Goodfellow et al., 6.5", "Layer 1's tanh slope is missing.", TH, ["p1", "c1"]),
    ("deep_tanh1_of_layer_2", "t1_h2", "CS231n assignment 2, wrong cache", "Layer 1 uses the tanh slope of layer 2.", TH + [["layer"]], ["p1", "c1"]),
    ("deep_tanh1_not_squared", "t1_lin", "CS231n notes, activation functions", "1 - h instead of 1 - h**2 in layer 1's tanh.", TH, ["p1", "c1"]),
    ("deep_p2_transposed", "p2_turn", "Nielsen, ch. 2 (BP2)", "p2 is transposed the wrong way in delta 1.", [["transpos"]], ["p1", "c1"]),
    ("deep_p2_missing", "no_p2", "Goodfellow et al., 6.5", "p2 is missing in delta 1.", [["p2"], ["weights", "missing"]], ["p1", "c1"]),
    ("deep_layer_skipped", "skip", "Stack Overflow kind: delta taken from the output, layer 2 skipped", "Delta 1 comes straight from the output: layer 2 (p2 and its tanh) is skipped.", [["p2"], ["layer", "skip"], ["layer 2"]], ["p1", "c1"]),
    ("deep_reg_missing", "noreg", "CS231n assignment 1 (reg)", "The penalty's slope is missing in p1.", [["regular"], ["penalty"], ["decay"], ["l2"]], ["p1"]),
    ("deep_reg_half", "halfreg", "CS231n assignment 1 (reg without 2)", "The penalty's slope lacks its 2.", [["regular"], ["penalty"], ["decay"], ["l2"]], ["p1"]),
    ("deep_reg_averaged", "regsum", "Coursera ex4: lambda/m", "The penalty's slope is divided by the rows; the loss's penalty is not.", [["regular"], ["penalty"], ["decay"], ["l2"]], ["p1"]),
    ("deep_reg_everywhere", "reg_everywhere", "CS231n assignment 2 (reg on every W)", "Only p1 is in the penalty; p2 and p3 got one too.", [["regular"], ["penalty"], ["decay"], ["l2"]], ["p2", "p3"]),
    ("deep_biases_swapped", "swap_c", "Stack Overflow kind: return order", "The slopes of c1 and c2 are swapped.", [["swap"], ["exchang"], ["order"]], ["c1", "c2"]),
    ("deep_p2_own_activation", "p2_x", "Goodfellow et al., algorithm 6.4", "p2's slope uses its own activation h2 instead of its input h1.", [["activation"], ["input"], ["layer"], ["hidden"]], ["p2"]),
    ("deep_p2_outer_turned", "turn2", "Stack Overflow kind: outer product turned", "p2's slope is transposed.", [["transpos"], ["outer"]], ["p2"]),
    ("deep_c2_last_row", "c2_last", "Stack Overflow kind: `=` for `+=`", "c2's slope holds the last row only.", [["row", "last"], ["c2", "row"], ["c2", "last"]], ["c2"]),
    ("deep_rows_rolled", "rows", "Stack Overflow kind: shuffled batch", "p1's slope pairs inputs and deltas of different rows.", [["row", "shift"], ["row", "order"], ["row", "shuffl"], ["row", "pair"], ["roll"]], ["p1"])]:
    mk(nm, "net2", src, deep, T_AT, deep_g, bug, tr, cw, ww, numbers=bug in ("turn2", "noreg"))

# ---------------------------------------------------------------- branches
def quantile(q):
    return sum(F.maximum(0.8 * (y - q), -0.2 * (y - q)) for y in [0.4, 1.1, 1.9, 2.6, 3.3])
def quantile_g(q, bug=None):
    out = 0.0
    for y in [0.4, 1.1, 1.9, 2.6, 3.3]:
        out += {"swap": (-0.2 if y > q else 0.8), "sign": (0.8 if y > q else -0.2), "half": (-1.0 if y > q else 1.0)}.get(bug, -0.8 if y > q else 0.2)
    return out
for nm, bug, tr, cw in [("quantile_swapped", "swap", "The two branches' slopes 0.8 and 0.2 are exchanged.", [["branch"], ["swap"], ["max"], ["side"], ["exchang"]]),
                        ("quantile_sign", "sign", "The inner derivative -1 of y - q is missing.", [["sign"], ["minus"], ["inner"], ["negat"]]),
                        ("quantile_as_median", "half", "The slope of |y - q| instead of the quantile loss: 0.8 and 0.2 are missing.", [["0.8"], ["0.2"], ["branch"], ["max"], ["weight"]])]:
    mk(nm, "branch", "Koenker, Quantile Regression (pinball loss)", quantile, (1.5,), quantile_g, bug, tr, cw, ["branch", "max", "row", "0.8", "0.2", "sign"])
def elu(z):
    return sum(k * (v if v > 0 else 1.3 * (F.exp(v) - 1)) for k, v in zip([1.0, -2.0, 0.5, 1.5], z))
def elu_g(z, bug=None):
    neg = {"zero": lambda v: 0.0, "value": lambda v: 1.3 * (exp(v) - 1), "alpha": exp}.get(bug, lambda v: 1.3 * exp(v))
    return [k * (1.0 if v > 0 else neg(v)) for k, v in zip([1.0, -2.0, 0.5, 1.5], z)]
for nm, bug, tr, cw in [("elu_as_relu", "zero", "Left of 0 the slope is 1.3*exp(z), not 0.", [["branch"], ["exp"], ["relu"], ["negative"]]),
                        ("elu_value_for_slope", "value", "elu itself was used left of 0; its slope has no -1.", [["branch"], ["exp"], ["- 1"], ["-1"], ["constant"]]),
                        ("elu_alpha_dropped", "alpha", "The factor 1.3 is missing left of 0.", [["1.3"], ["branch"], ["factor"]])]:
    mk(nm, "branch", "Clevert et al., Exponential Linear Units", elu, ([0.8, -0.6, -1.4, 1.1],), elu_g, bug, tr, cw, ["z[1]", "z[2]", "branch", "negative"])

# ---------------------------------------------------------------- normalisation, dropout, tied weights
def lnorm(x, gamma):
    mu = x.sum() / 5
    var = ((x - mu) ** 2).sum() / 5
    y = gamma * (x - mu) / F.sqrt(var + 1e-3)
    return (y * y * A([0.2, 1.0, -0.5, 0.7, 0.4]) + y * A([1.0, 0.3, -0.8, 0.1, 0.6])).sum()
def lnorm_g(x, gamma, bug=None):
    s = np.sqrt(x.var() + 1e-3); h = (x - x.mean()) / s; y = gamma * h
    up = 2 * y * A([0.2, 1.0, -0.5, 0.7, 0.4]) + A([1.0, 0.3, -0.8, 0.1, 0.6])
    k = up if bug == "gamma" else up * gamma
    g = k - (0 if bug in ("mean", "both") else k.mean()) - (0 if bug in ("var", "both") else h * (k * h).mean())
    return g / s, up * ((x - x.mean()) if bug == "raw" else h)
for nm, bug, tr, cw, ww in [("layernorm_mean_part", "mean", "The path through the mean is missing.", [["mean"]], ["x[", "mean"]),
                            ("layernorm_variance_part", "var", "The path through the variance is missing.", [["varian"], ["std"], ["deviation"]], ["x[", "varian"]),
                            ("layernorm_constants", "both", "Mean and variance were taken as constants.", [["mean"], ["normal"]], ["x[", "mean"]),
                            ("layernorm_gamma_missing", "gamma", "gamma is missing in x's slope.", [["gamma"]], ["x[", "gamma"]),
                            ("layernorm_gamma_raw", "raw", "gamma's slope uses x - mean instead of the normalised value.", [["normal"], ["std"], ["deviation"], ["divid"], ["sqrt"]], ["gamma"])]:
    mk(nm, "normalisation", "Ba, Kiros, Hinton, Layer Normalization / CS231n assignment 2", lnorm, (A([0.7, -1.4, 2.1, 0.3, 1.2]), A([1.1, 0.9, 1.3, 0.8, 1.2])), lnorm_g, bug, tr, cw, ww)
def stdize(x):
    mu = sum(x) / 3
    return sum((v - mu) ** 2 for v in x) / 2 + x[0]
def stdize_g(x, bug=None):
    mu = sum(x) / 3
    return [2 * (v - (0 if bug == "nomean" else mu)) / (3 if bug == "n" else 2) + (i == 0) for i, v in enumerate(x)]
mk("variance_n_for_n_minus_1", "normalisation", "Statistics course notes: sample variance", stdize, ([1.2, 3.4, 0.5],), stdize_g, "n", "The variance divides by n - 1 = 2, the slope by n = 3.", [["n - 1"], ["n-1"], ["2", "3"], ["1/n"], ["varian"], ["divid"]], ["3", "varian", "square", "2"], numbers=True)
mk("variance_mean_forgotten", "normalisation", "Statistics course notes: sample variance", stdize, ([1.2, 3.4, 0.5],), stdize_g, "nomean", "The mean was not subtracted.", [["mean"]], ["mean", "square"])
KEEP = A([[1, 0, 1], [0, 1, 1]]) / 0.8
def dropnet(w, v):
    h = F.relu(A([[0.9, -0.4], [0.5, 1.3]]) @ w) * KEEP
    return ((h @ v - A([0.6, 1.0])) ** 2).sum() / 2
def dropnet_g(w, v, bug=None):
    X = A([[0.9, -0.4], [0.5, 1.3]]); z = X @ w; h = np.maximum(z, 0)
    d = h * KEEP @ v - A([0.6, 1.0])
    m = {"no": 1.0, "inv": 0.8 * KEEP, "twice": KEEP * KEEP, "other": KEEP[::-1]}.get(bug, KEEP)
    return X.T @ (np.outer(d, v) * m * (z > 0)), (h if bug == "v" else h * KEEP).T @ d
for nm, bug, tr, cw, ww in [("dropout_no_mask_back", "no", "The dropout mask is missing going back.", [["dropout"], ["mask"]], ["w[", "mask"]),
                            ("dropout_scale_forgotten", "inv", "1/0.8 is missing going back.", [["0.8"], ["1.25"], ["dropout"], ["scale"], ["keep"]], ["w[", "0.8", "1.25"]),
                            ("dropout_mask_twice", "twice", "The mask's 1/0.8 is multiplied in twice.", [["0.8"], ["1.25"], ["dropout"], ["mask"], ["scale"], ["twice"]], ["w[", "0.8", "1.25"]),
                            ("dropout_new_mask", "other", "Another mask than the forward pass's was drawn.", [["dropout"], ["mask"]], ["w[", "mask"]),
                            ("dropout_v_without_mask", "v", "v's slope uses the values before dropout.", [["dropout"], ["mask"], ["before"], ["activation"]], ["v["])]:
    mk(nm, "dropout", "Srivastava et al., Dropout / CS231n assignment 2", dropnet, (A([[0.8, 0.5, 1.1], [-0.3, 0.9, 0.4]]), A([0.7, -0.6, 1.2])), dropnet_g, bug, tr, cw, ww)
def conv(kernel):
    x = [0.5, -1.1, 0.8, 1.7, -0.3]
    return sum((kernel[0] * x[i] + kernel[1] * x[i + 1] + kernel[2] * x[i + 2] - t) ** 2 for i, t in enumerate([0.4, 1.0, -0.6]))
def conv_g(kernel, bug=None):
    x = A([0.5, -1.1, 0.8, 1.7, -0.3]); k = A(kernel)
    W = A([x[i : i + 3] for i in range(3)]); d = 2 * (W @ k - A([0.4, 1.0, -0.6]))
    if bug == "first": return (d[0] * W[0]).tolist()
    if bug == "flip": return (W.T @ d)[::-1].tolist()
    if bug == "shift": return [float(sum(d[i] * x[i + 1] for i in range(3)))] * 3
    return (W.T @ d).tolist()
for nm, bug, tr, cw in [("conv_one_position", "first", "The kernel is used at three positions; only the first was counted.", [["position"], ["first", "row"], ["row", "skip"], ["row", "only"], ["path"], ["uses"], ["+="], ["shared"]]),
                        ("conv_flipped", "flip", "The kernel's slope is flipped (convolution against correlation).", [["flip"], ["revers"], ["order"], ["swap"]]),
                        ("conv_same_slope", "shift", "All three kernel entries got the same slope, the middle's.", [["same"], ["kernel[1]"], ["index"], ["shift"], ["input"], ["constant"]])]:
    mk(nm, "tied", "LeCun et al. 1989, weight sharing; CS231n conv_backward_naive", conv, ([0.6, -0.4, 0.9],), conv_g, bug, tr, cw, ["kernel", "row", "position"], numbers=bug == "flip")
def embed(table):
    return (table[0][0] * table[1][1] + table[0][1] * table[2][0] - 1.0) ** 2 + (table[0][0] + table[2][1]) ** 2
def embed_g(t, bug=None):
    a = 2 * (t[0][0] * t[1][1] + t[0][1] * t[2][0] - 1.0); b = 2 * (t[0][0] + t[2][1])
    return [[b if bug == "=" else a * t[1][1] + b, a * t[2][0]], [0.0, a * t[0][0]], [a * t[0][1], b]]
mk("embedding_overwritten", "tied", "Karpathy, makemore part 4: dC[ix] += ... written with =", embed, ([[0.8, -0.5], [0.3, 1.4], [0.6, 0.9]],), embed_g, "=", "The entry used twice keeps only its last contribution: += is needed.", [["+="], ["twice"], ["path"], ["overwrit"], ["term", "missing"], ["one use"], ["uses"]], ["table[0][0]"])

# ---------------------------------------------------------------- recurrent nets
RXS = A([[0.4, -1.0], [1.2, 0.3], [-0.6, 0.8]])
def rec(wx, wh, wo):
    h = [0.0, 0.0]
    for x in RXS:
        h = [F.tanh(wx[i][0] * x[0] + wx[i][1] * x[1] + wh[i][0] * h[0] + wh[i][1] * h[1]) for i in range(2)]
    return (wo[0] * h[0] + wo[1] * h[1] - 0.5) ** 2
def rec_g(wx, wh, wo, bug=None):
    WX, WH, WO = A(wx), A(wh), A(wo); hs = [np.zeros(2)]
    for x in RXS: hs.append(np.tanh(WX @ x + WH @ hs[-1]))
    e = 2 * (WO @ hs[-1] - 0.5); d = e * WO; gx = np.zeros((2, 2)); gh = np.zeros((2, 2))
    for t in (2, 1, 0):
        dz = d * {"noact": 1.0, "z": 1 - (WX @ RXS[t] + WH @ hs[t]) ** 2}.get(bug, 1 - hs[t + 1] ** 2)
        gx = gx + np.outer(dz, RXS[0] if bug == "x0" else RXS[t]); gh = gh + np.outer(dz, hs[t + 1] if bug == "now" else hs[t])
        d = (WH if bug == "straight" else np.eye(2) if bug == "nowh" else WH.T) @ dz
        if bug == "trunc1" or (bug == "trunc2" and t == 1): break
    if bug == "turn": gh = gh.T
    if bug == "wo_first": return gx.tolist(), gh.tolist(), (e * hs[1]).tolist()
    return gx.tolist(), gh.tolist(), (e * hs[-1]).tolist()
for nm, bug, tr, cw, ww in [
    ("rec_last_step_only", "trunc1", "Only the last time step was counted: no backpropagation through time.", [["step"], ["truncat"], ["through time"], ["earlier"], ["recurr"]], ["wx", "wh"]),
    ("rec_truncated_two_steps", "trunc2", "Truncated after two of three steps.", [["step"], ["truncat"], ["through time"], ["earlier"], ["recurr"]], ["wx", "step"]),
    ("rec_wh_not_transposed", "straight", "wh is not transposed going back.", [["transpos"]], ["wx", "wh"]),
    ("rec_wh_missing", "nowh", "wh is missing going back to the earlier step.", [["wh", "missing"], ["recurr"], ["wh", "forgot"], ["weights", "missing"]], ["wx", "wh"]),
    ("rec_tanh_missing", "noact", "tanh's slope is missing in every step.", [["tanh"], ["activation"]], ["wx", "wh"]),
    ("rec_tanh_at_z", "z", "1 - z**2 instead of 1 - h**2: tanh's slope at the value before it.", [["tanh"], ["activation"]], ["wx", "wh"]),
    ("rec_h_of_same_step", "now", "wh's slope uses the same step's h instead of the previous.", [["previous"], ["step"], ["shift"], ["off by one"]], ["wh"]),
    ("rec_first_input_everywhere", "x0", "wx's slope uses the first input at every step.", [["input"], ["step"], ["first"]], ["wx"]),
    ("rec_outer_turned", "turn", "wh's slope is transposed.", [["transpos"], ["outer"]], ["wh"]),
    ("rec_output_first_state", "wo_first", "wo's slope uses the first hidden state instead of the last.", [["state"], ["step"], ["first"], ["hidden"], ["last"]], ["wo"])]:
    mk(nm, "recurrent", "Goodfellow et al., Deep Learning 10.2.2 / talwarabhimanyu.github.io RNN backprop post (tied weights)", rec,
       ([[0.7, -0.4], [0.2, 0.9]], [[0.5, -0.8], [1.1, 0.3]], [0.9, -0.6]), rec_g, bug, tr, cw, ww, numbers=bug == "turn")

# ---------------------------------------------------------------- physics and finance
K = "physics/finance"
add("lennard_jones_power", K, "Atkins, Physical Chemistry, Lennard-Jones potential", lambda r: 4 * (r**-12 - r**-6), (1.2,), lambda r: 4 * (-12 * r**-11 + 6 * r**-5), lambda r: 4 * (-12 * r**-13 + 6 * r**-7),
    "The negative exponents were raised instead of lowered.", [["exponent"], ["power"], ["factor", "r"], ["r**2"]], ["r**", "power", "exponent"])
add("drag_abs", K, "Taylor, Classical Mechanics, quadratic drag", lambda v: -0.4 * v * abs(v), (-2.3,), lambda v: -0.8 * v, lambda v: -0.8 * abs(v), "d(v|v|)/dv is 2|v|: the absolute value is missing (sign for v < 0).",
    [["abs"], ["sign"]], ["abs", "sign", "|v|"])
add("relativistic_gamma", K, "Taylor and Wheeler, Spacetime Physics", lambda v: 1 / F.sqrt(1 - v**2), (0.6,), lambda v: v / sqrt(1 - v * v), lambda v: v / (1 - v * v) ** 1.5, "The exponent goes from -1/2 to -3/2; it stayed at -1/2.",
    [["exponent"], ["power"], ["1.5"], ["3/2"], ["1 - v**2"]], ["sqrt", "1 - v", "power"])
add("ideal_gas_volume", K, "Atkins, Physical Chemistry, van der Waals equation", lambda volume, temp: 0.082 * temp / (volume - 0.04) - 3.6 / volume**2, (1.3, 300.0),
    lambda v, t: (-0.082 * t / (v - 0.04) ** 2 - 7.2 / v**3, 0.082 / (v - 0.04)), lambda v, t: (-0.082 * t / (v - 0.04) ** 2 + 7.2 / v**3, 0.082 / (v - 0.04)), "Along volume the second term's sign is wrong.",
    [["sign", "term"], ["sign"], ["second"]], ["volume", "3.6", "second"])
add("compound_monthly", K, "Bodie, Kane, Marcus, Investments: effective annual rate", lambda r: 1000 * (1 + r / 12) ** 24, (0.06,), lambda r: 24000 * (1 + r / 12) ** 23, lambda r: 2000 * (1 + r / 12) ** 23, "The inner derivative 1/12 is missing.",
    INNER + [["12"]], ["12", "inner"], ["row", "mean"], True)
add("call_delta_wrong_d", K, "Hull, The Greek Letters: delta N(d1), not N(d2)", lambda spot: spot * 0.5 * (1 + F.erf((F.log(spot / 50) + 0.08) / 0.4 / math.sqrt(2))) - 49 * 0.5 * (1 + F.erf(((F.log(spot / 50) + 0.08) / 0.4 - 0.4) / math.sqrt(2))), (53.0,),
    lambda s: 0.5 * (1 + math.erf(((log(s / 50) + 0.08) / 0.4 - 0.4) / sqrt(2))),
    lambda s: (lambda d: 0.5 * (1 + math.erf(d / sqrt(2))) + exp(-d * d / 2) / sqrt(2 * pi) / 0.4 - 49 / s / 0.4 * exp(-((d - 0.4) ** 2) / 2) / sqrt(2 * pi))((log(s / 50) + 0.08) / 0.4),
    "N(d2) was given; delta is N(d1) (plus what the density terms leave).", [["d1"], ["d2"], ["erf"], ["term"], ["first"]], ["erf", "d1", "d2"])
add("portfolio_variance_cross", K, "Markowitz portfolio variance", lambda a, b: a**2 * 0.04 + b**2 * 0.09 + 2 * a * b * 0.018, (0.6, 0.4), lambda a, b: (0.08 * a, 0.18 * b), lambda a, b: (0.08 * a + 0.036 * b, 0.18 * b + 0.036 * a),
    "The covariance term's slopes are missing.", [["cross"], ["covarian"], ["term", "missing"], ["third"], ["product"], ["0.018"], ["0.036"], ["last term"]], ["0.018", "third", "term", "last", "product"], numbers=True)
add("logistic_growth", K, "Verhulst growth r*N*(1 - N/K)", lambda n: 0.5 * n * (1 - n / 80), (30.0,), lambda n: 0.5 * (1 - n / 80), lambda n: 0.5 * (1 - n / 40), "The product rule's second part -0.5*n/80 is missing.",
    [["product"], ["term", "missing"], ["path"], ["twice"], ["second"]], ["80", "second", "product", "1 - n"])
add("snell_degrees_missing", K, "Hecht, Optics: refraction angle in degrees", lambda angle: F.asin(F.sin(angle * (math.pi / 180)) / 1.5) * (180 / math.pi), (40.0,),
    lambda a: cos(a * pi / 180) / 1.5 / sqrt(1 - (sin(a * pi / 180) / 1.5) ** 2) * pi / 180, lambda a: cos(a * pi / 180) / 1.5 / sqrt(1 - (sin(a * pi / 180) / 1.5) ** 2),
    "The result is in degrees too: the outer 180/pi is missing.", [["180"], ["degree"], ["radian"], ["outer"], ["57"]], ["180", "57", "degree", "0.017"], ["learning rate"])

# ---------------------------------------------------------------- attention
def attend(q, k, v):
    s = (q @ k.T) / math.sqrt(3)
    p = F.softmax(s)
    return ((p @ v) * A([1.0, -0.5])).sum()
def attend_g(q, k, v, bug=None):
    p = softmax(q @ k.T / sqrt(3)); up = A([1.0, -0.5]); dp = v @ up
    ds = p * (dp - p @ dp)
    if bug == "nojac": ds = dp
    if bug == "pdp": ds = p * dp
    if bug == "diag": ds = p * (1 - p) * dp
    r = {"scale": 1.0, "twice": 3.0, "d": 3.0}.get(bug, sqrt(3))
    dq, dk, dv = k.T @ ds / r, np.outer(ds, q) / r, np.outer(p, up)
    if bug == "kscale": dk = dk * sqrt(3)
    if bug == "v_scores": dv = np.outer(q @ k.T / sqrt(3), up)
    if bug == "v_up": dv = np.outer(p, np.ones(2))
    return dq, dk, dv
for nm, bug, tr, cw, ww in [
    ("attend_scale_missing", "scale", "1/sqrt(3) is missing going back.", [["sqrt(3"], ["1.73"], ["0.577"], ["scale"], ["sqrt(d"]], ["q[", "k["]),
    ("attend_scale_d", "d", "Divided by d = 3 instead of sqrt(3).", [["sqrt(3"], ["1.73"], ["0.577"], ["scale"], ["sqrt(d"]], ["q[", "k["]),
    ("attend_scale_missing_k", "kscale", "1/sqrt(3) is missing in k's slope only.", [["sqrt(3"], ["1.73"], ["0.577"], ["scale"], ["sqrt(d"]], ["k["]),
    ("attend_softmax_missing", "nojac", "The softmax's Jacobian is missing.", [["softmax"], ["jacobian"]], ["q[", "k["]),
    ("attend_softmax_half", "pdp", "The softmax's Jacobian lacks - p*sum(p*dp).", [["softmax"], ["jacobian"], ["normal"]], ["q[", "k["]),
    ("attend_softmax_diagonal", "diag", "Only the Jacobian's diagonal was used.", [["softmax"], ["jacobian"], ["diagonal"]], ["q[", "k["]),
    ("attend_v_with_scores", "v_scores", "v's slope uses the scores instead of the softmax's weights.", [["softmax"], ["scores"], ["before"]], ["v["]),
    ("attend_v_without_upstream", "v_up", "v's slope lacks the upstream gradient (1, -0.5).", [["upstream"], ["-0.5"], ["coefficient"], ["outer"], ["incoming"], ["factor"]], ["v["])]:
    mk(nm, "attention", "AlphaGPU/leetgpu-challenges pull 302 (softmax attention backward); Vaswani et al.", attend,
       (A([0.9, -0.4, 0.6]), A([[0.3, 1.1, -0.7], [-0.8, 0.5, 0.2], [1.2, -0.3, 0.9], [0.1, 0.6, -1.0]]), A([[0.5, -1.2], [1.4, 0.3], [-0.6, 0.8], [0.9, 0.2]])), attend_g, bug, tr, cw, ww)

# ---------------------------------------------------------------- data passed as arguments
def bilinear(x, m, y):
    return sum(x[i] * m[i][j] * y[j] for i in range(2) for j in range(3))
def bilinear_g(x, m, y, bug=None):
    X, M, Y = A(x), A(m), A(y)
    gx, gm, gy = M @ Y, np.outer(X, Y), X @ M
    if bug == "y": gy = np.full(3, M.sum())
    if bug == "m": gm = np.outer(np.ones(2), Y)
    if bug == "x": gx = M.sum(1)
    return gx.tolist(), gm.tolist(), gy.tolist()
for nm, bug, tr, cw, ww in [("bilinear_x_lost", "y", "y's slope is x'M; x was left out and everything summed.", [["x", "missing"], ["sum"], ["same"], ["factor"]], ["y["]),
                            ("bilinear_m_lacks_x", "m", "m's slope is the outer product x y'; x is missing.", [["x", "missing"], ["factor"], ["outer"], ["factor x"], ["x["]], ["m["]),
                            ("bilinear_x_lacks_y", "x", "x's slope is M y; y is missing.", [["y", "missing"], ["factor"], ["factor y"], ["y["]], ["x["])]:
    mk(nm, "data as arguments", "Petersen and Pedersen, The Matrix Cookbook, bilinear forms", bilinear, ([0.7, -1.2], [[0.5, 1.3, -0.4], [0.9, -0.6, 1.1]], [1.4, 0.3, -0.8]), bilinear_g, bug, tr, cw, ww)
def quad(m, x):
    return sum(x[i] * m[i][j] * x[j] for i in range(3) for j in range(3))
def quad_g(m, x, bug=None):
    M, X = A(m), A(x)
    return np.outer(X, X).tolist(), ({"sym": 2 * M @ X, "one": M @ X}.get(bug, (M + M.T) @ X)).tolist()
Q_AT = ([[1.2, 0.4, -0.3], [-0.8, 0.9, 0.6], [0.5, -1.1, 0.7]], [0.9, -0.4, 1.3])
mk("quadratic_form_symmetric", "data as arguments", "Petersen and Pedersen, The Matrix Cookbook, eq. on x'Bx ((B + B')x)", quad, Q_AT, quad_g, "sym", "2 M x holds for symmetric M only; here it is (M + M')x.", [["symmetr"], ["transpos"]], ["x["])
mk("quadratic_form_one_side", "data as arguments", "Petersen and Pedersen, The Matrix Cookbook, eq. on x'Bx", quad, Q_AT, quad_g, "one", "x stands on both sides: the part M'x is missing.", [["both"], ["twice"], ["transpos"], ["path"], ["product"], ["factor 2"]], ["x["])
def affine3(X, w, c):
    return ((X @ w + c - A([0.5, 1.5, -0.7, 0.2])) ** 2).sum() / 4
def affine3_g(X, w, c, bug=None):
    e = (X @ w + c - A([0.5, 1.5, -0.7, 0.2])) / 2
    gX = np.outer(e, w)
    if bug == "xsum": gX = np.outer(np.full(4, e.sum()), w)
    if bug == "xw": gX = np.outer(e, X[0])
    if bug == "csum": return gX, X.T @ e, float(e[0])
    return gX, X.T @ e, float(e.sum())
X_AT = (A([[0.6, -1.0], [1.4, 0.3], [-0.5, 0.8], [0.2, 1.7]]), A([0.9, -0.6]), 0.3)
for nm, bug, tr, cw, ww in [("inputs_slope_summed", "xsum", "X's slope is per row; the rows' errors were summed first.", [["row", "sum"], ["same"], ["sum"]], ["x["]),
                            ("inputs_slope_lacks_w", "xw", "X's slope has the factor w; the input's first row was used.", [["w["], ["weights"], ["factor w"], ["input"]], ["x["]),
                            ("constant_first_row", "csum", "c's slope holds the first row only.", [["row", "first"], ["row", "skip"], ["one row"], ["sum", "row"]], ["c"])]:
    mk(nm, "data as arguments", "CS231n assignment 2, affine_backward", affine3, X_AT, affine3_g, bug, tr, cw, ww)
