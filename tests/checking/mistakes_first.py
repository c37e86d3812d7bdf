"""Wrong hand-written gradients that the rules of the diagnosis were tuned on.

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
sig = lambda z: 1 / (1 + np.exp(-A(z, dtype=float)))

INNER = [["inner"], ["inside"], ["chain"]]

# ---------------------------------------------------------------- single formulas
K = "formula"
add("power_exponent_kept", K, "OpenStax Calculus 1, 3.3 Differentiation Rules (power rule)",
    lambda x: 4 * x**5 - x, (1.3,), lambda x: 20 * x**5 - 1, lambda x: 20 * x**4 - 1,
    "In the power rule the exponent was not lowered: x**5 gives 5*x**4, not 5*x**5.",
    [["exponent"], ["power"], ["lower"]], ["x**5", "first term", "4 * x", "x**4"])
add("power_coefficient_dropped", K, "OpenStax Calculus 1, 3.3 Differentiation Rules (power rule)",
    lambda x: x**7, (1.1,), lambda x: x**6, lambda x: 7 * x**6,
    "The exponent 7 was lowered but not brought to the front as a factor.",
    [["factor", "7"], ["exponent", "front"], ["power rule"], ["7", "missing"]], ["7", "power", "x**"])
add("negative_power_raised", K, "public-textbooks.pages.dev, Calculus Introduction, Common Mistakes, mistake 3",
    lambda x: 2 / x**3, (1.7,), lambda x: -6 / x**2, lambda x: -6 / x**4,
    "Lowering the exponent of x**-3 gives x**-4; it went to x**-2.",
    [["exponent"], ["power"], ["x**2"], ["factor", "x"]], ["1/x", "/ x", "denominator", "power"])
add("chain_inner_of_power", K, "public-textbooks.pages.dev, Calculus Introduction, Common Mistakes, mistake 1",
    lambda x: (3 * x + 1) ** 5, (0.4,), lambda x: 5 * (3 * x + 1) ** 4, lambda x: 15 * (3 * x + 1) ** 4,
    "The inner derivative 3 of (3x+1)**5 is missing.",
    INNER + [["factor", "3", "missing"]], ["3 * x", "factor 3", "inner"], numbers=False)
add("product_of_derivatives", K, "public-textbooks.pages.dev, Calculus Introduction, Common Mistakes, mistake 2",
    lambda x: x**2 * F.sin(x), (0.9,), lambda x: 2 * x * cos(x), lambda x: 2 * x * sin(x) + x**2 * cos(x),
    "The product rule: the derivatives of the two factors were multiplied.",
    [["product rule"], ["product", "derivatives"], ["product", "slopes"]], ["product", "x**2 * sin", "*"])
add("quotient_sign_turned", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (quotient rule)",
    lambda x: (x**2 + 1) / (x - 3), (0.5,),
    lambda x: ((x**2 + 1) - 2 * x * (x - 3)) / (x - 3) ** 2,
    lambda x: (2 * x * (x - 3) - (x**2 + 1)) / (x - 3) ** 2,
    "In the quotient rule the two terms of the numerator were subtracted in the wrong order: the sign is turned.",
    [["sign"], ["minus"], ["quotient", "order"], ["negat"]], ["quotient", "numerator", "/", "sign"])
add("quotient_denominator_not_squared", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (quotient rule)",
    lambda x: F.exp(x) / (x**2 + 2), (0.8,),
    lambda x: (exp(x) * (x**2 + 2) - exp(x) * 2 * x) / (x**2 + 2),
    lambda x: (exp(x) * (x**2 + 2) - exp(x) * 2 * x) / (x**2 + 2) ** 2,
    "The quotient rule divides by the denominator squared; it was not squared.",
    [["quotient"], ["denominator"], ["x**2 + 2"], ["square", "forgot"]], ["/", "denominator", "quotient", "x**2 + 2"])
add("exp_by_power_rule", K, "Stewart, Calculus: Early Transcendentals, 3.1 Exponential Functions",
    lambda x: 3.0 * F.exp(x), (1.6,), lambda x: 3 * x * exp(x - 1), lambda x: 3 * exp(x),
    "The power rule was used on e**x: its derivative is e**x, not x*e**(x-1).",
    [["power rule"], ["exp", "power"], ["exp", "itself"], ["exp", "rule"]], ["exp"])
add("exp_inner_constant", K, "Stewart, Calculus: Early Transcendentals, 3.4 The Chain Rule",
    lambda t: 12 * F.exp(-0.35 * t) + 2, (1.8,), lambda t: 12 * exp(-0.35 * t), lambda t: -4.2 * exp(-0.35 * t),
    "The inner derivative -0.35 of exp(-0.35 t) is missing.",
    INNER + [["factor", "0.35"], ["-0.35"]], ["exp", "0.35"], ["learning rate"])
add("two_to_the_x", K, "OpenStax Calculus 1, 3.9 Derivatives of Exponential and Logarithmic Functions",
    lambda x: 2.0**x, (2.3,), lambda x: x * 2.0 ** (x - 1), lambda x: log(2) * 2.0**x,
    "2**x is an exponential, not a power: its derivative is ln(2)*2**x.",
    [["exponential"], ["ln"], ["log(2)"], ["power rule"]], ["2**x", "base", "exponent"])
add("log10_as_ln", K, "OpenStax Calculus 1, 3.9 Derivatives of Exponential and Logarithmic Functions",
    lambda x: 10 * F.log(x / 0.001) / math.log(10), (0.07,), lambda x: 10 / x, lambda x: 10 / (x * log(10)),
    "The decibel level uses log10: its derivative is 1/(x ln 10), the ln 10 is missing.",
    [["ln"], ["log(10)"], ["log 10"], ["log10"], ["2.302"], ["base", "log"]], ["log", "2.30", "0.434"])
add("log_inner_linear", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (chain rule)",
    lambda x: F.log(4 * x + 3), (0.6,), lambda x: 1 / (4 * x + 3), lambda x: 4 / (4 * x + 3),
    "The inner derivative 4 of log(4x+3) is missing.", INNER + [["factor", "4", "missing"]], ["log", "4"], numbers=True)
add("cos_sign", K, "OpenStax Calculus 1, 3.5 Derivatives of Trigonometric Functions",
    lambda x: x * F.cos(x), (0.7,), lambda x: cos(x) + x * sin(x), lambda x: cos(x) - x * sin(x),
    "The derivative of cos is -sin; the minus is missing in the second term.",
    [["cos", "-sin"], ["cos", "sign"], ["sign", "term"], ["cos", "minus"]], ["cos", "sin", "second"])
add("tan_secant_not_squared", K, "OpenStax Calculus 1, 3.5 Derivatives of Trigonometric Functions",
    lambda x: F.tan(x), (0.6,), lambda x: 1 / cos(x), lambda x: 1 / cos(x) ** 2,
    "tan' is 1/cos**2, the square is missing.", [["tan", "cos"], ["square", "cos"], ["sec"], ["tan", "square"]], ["tan", "cos"])
add("degrees_as_radians", K, "Stewart, Calculus: Early Transcendentals, 3.3 (why radians are used)",
    lambda a: 30 * F.sin(a * math.pi / 180), (35.0,), lambda a: 30 * cos(a * pi / 180),
    lambda a: 30 * pi / 180 * cos(a * pi / 180),
    "The angle is in degrees: the inner derivative pi/180 is missing.",
    [["degree"], ["radian"], ["pi"], ["180"]] + INNER, ["pi", "180", "sin", "0.017"])
add("sin_squared_inner", K, "Stewart, Calculus: Early Transcendentals, 3.4 The Chain Rule",
    lambda x: F.sin(x) ** 2, (0.8,), lambda x: 2 * sin(x), lambda x: 2 * sin(x) * cos(x),
    "The inner derivative cos(x) of sin(x)**2 is missing.", INNER + [["cos", "missing"]], ["sin", "cos"])
add("sin_of_square_argument_derived", K, "derivativecalculus.com, Top 10 derivative mistakes on exams (chain rule in the wrong place)",
    lambda x: F.sin(x**2), (0.9,), lambda x: cos(2 * x), lambda x: 2 * x * cos(x**2),
    "The derivative of the inside was put in the cosine's argument instead of multiplied.", INNER + [["argument"]],
    ["sin", "cos", "x**2"])
add("sqrt_inner", K, "Stewart, Calculus: Early Transcendentals, 3.4 The Chain Rule",
    lambda x: F.sqrt(1 + x**4), (1.2,), lambda x: 1 / (2 * sqrt(1 + x**4)), lambda x: 2 * x**3 / sqrt(1 + x**4),
    "The inner derivative 4x**3 of sqrt(1+x**4) is missing.", INNER + [["4", "x**3"]], ["sqrt", "x**4", "x**3"])
add("sqrt_half_forgotten", K, "public-textbooks.pages.dev, Calculus Introduction, Common Mistakes, mistake 4",
    lambda x: 5 * F.sqrt(x), (2.6,), lambda x: 5 / sqrt(x), lambda x: 2.5 / sqrt(x),
    "sqrt' is 1/(2 sqrt): the 1/2 is missing.",
    [["1/2"], ["half"], ["factor 2"], ["0.5"], ["2 x"], ["sqrt", "2"]], ["sqrt", "2"], numbers=True)
add("abs_sign_forgotten", K, "Thomas' Calculus, derivative of |x|",
    lambda x: abs(x - 3) + x**2, (1.4,), lambda x: 1 + 2 * x, lambda x: float(np.sign(x - 3)) + 2 * x,
    "Left of the kink |x-3| falls: its slope is -1 (the sign of x-3).", [["abs", "sign"], ["abs", "kink"], ["abs"], ["sign"]],
    ["abs", "|", "x - 3"])
add("tanh_not_squared", K, "CS231n notes, commonly used activation functions",
    lambda z: F.tanh(z), (0.7,), lambda z: 1 - tanh(z), lambda z: 1 - tanh(z) ** 2,
    "tanh' is 1 - tanh**2: the square is missing.", [["tanh", "square"], ["1 - tanh"], ["tanh**2"]], ["tanh"])
add("tanh_at_its_input", K, "iamtrask, A Neural Network in 11 lines of Python (derivative in terms of the output)",
    lambda z: 2 * F.tanh(z), (0.55,), lambda z: 2 * (1 - z**2), lambda z: 2 * (1 - tanh(z) ** 2),
    "1 - y**2 is meant for the output y = tanh(z); it was given the input z.",
    [["tanh", "input"], ["tanh", "output"], ["before", "activation"], ["tanh", "z"], ["activation", "output"]], ["tanh", "activation"])
add("sigmoid_at_its_output", K, "github.com/dragen1860/Deep-Learning-with-TensorFlow-book issue 217",
    lambda z: F.sigmoid(z), (0.8,),
    lambda z: float(sig(sig(z)) * (1 - sig(sig(z)))), lambda z: float(sig(z) * (1 - sig(z))),
    "sigmoid' was taken at the activation a instead of at z: the sigmoid was applied twice.",
    [["sigmoid", "twice"], ["sigmoid", "output"], ["activation"], ["sigmoid", "wrong"]], ["sigmoid", "activation"])
add("cosh_minus", K, "Stewart, Calculus: Early Transcendentals, 3.11 Hyperbolic Functions",
    lambda x: 20 * F.cosh(x / 20), (13.0,), lambda x: -math.sinh(x / 20), lambda x: math.sinh(x / 20),
    "cosh' is +sinh; the minus belongs to cos.", [["sign"], ["minus"], ["negat"]], ["cosh", "sinh", "sign"])
add("arctan_inner", K, "OpenStax Calculus 1, 3.7 Derivatives of Inverse Functions",
    lambda x: F.atan(3 * x), (0.4,), lambda x: 1 / (1 + 9 * x**2), lambda x: 3 / (1 + 9 * x**2),
    "The inner derivative 3 of atan(3x) is missing.", INNER + [["factor", "3", "missing"]], ["atan", "3"])
add("arcsin_plus", K, "OpenStax Calculus 1, 3.7 Derivatives of Inverse Functions",
    lambda x: F.asin(x), (0.6,), lambda x: 1 / sqrt(1 + x**2), lambda x: 1 / sqrt(1 - x**2),
    "asin' has 1 - x**2 under the root, not 1 + x**2.", [["asin"], ["1 - x"], ["sign", "root"], ["sign", "sqrt"]], ["asin", "sqrt"])
add("x_to_the_x", K, "Stewart, Calculus: Early Transcendentals, 3.6 (logarithmic differentiation)",
    lambda x: x**x, (1.7,), lambda x: x * x ** (x - 1), lambda x: x**x * (log(x) + 1),
    "x stands in base and exponent: only the base's part was derived, the ln(x)*x**x of the exponent is missing.",
    [["exponent"], ["ln"], ["log"]], ["exponent", "x**x", "log"])
add("other_factor_dropped", K, "OpenStax Calculus 3, 4.3 Partial Derivatives",
    lambda x, y: x**2 * y**3, (1.5, 0.8), lambda x, y: (2 * x, 3 * y**2), lambda x, y: (2 * x * y**3, 3 * x**2 * y**2),
    "The other variable is a constant factor and stays: it was dropped.",
    [["factor"], ["other"], ["product"], ["y**3"]], ["x", "y**3", "x**2", "product"])
add("hypot_not_divided", K, "OpenStax Calculus 3, 4.3 Partial Derivatives",
    lambda x, y: F.sqrt(x**2 + y**2), (3.1, -1.7), lambda x, y: (x, y),
    lambda x, y: (x / math.hypot(x, y), y / math.hypot(x, y)),
    "The outer derivative 1/sqrt is missing: each slope has to be divided by the distance.",
    [["sqrt"], ["outer"], ["divid"], ["root"]], ["sqrt", "root", "distance"], ["learning rate"], True)
add("ratio_denominator", K, "OpenStax Calculus 3, 4.3 Partial Derivatives",
    lambda a, c: a / c, (2.4, 1.7), lambda a, c: (1 / c, -a / c), lambda a, c: (1 / c, -a / c**2),
    "Along c the slope is -a/c**2, the denominator was not squared.",
    [["quotient"], ["denominator"], ["c**2"], ["factor", "c"], ["square"], ["divid", "c"]], ["c:", "along c", "denominator", "/ c", " c "])
add("max_other_branch", K, "CS231n notes, backprop: gate patterns (max gate)",
    lambda x, y: F.maximum(x * y, x + y), (1.4, 1.2), lambda x, y: (y, x), lambda x, y: (1.0, 1.0),
    "max passes the slope to the larger operand, x + y here; the slope of x*y was given.",
    [["branch"], ["max"], ["larger"], ["side"]], ["max", "branch", "x * y", "x + y"])
add("gauss_sigma_norm", K, "Bishop, Pattern Recognition and Machine Learning, 1.2.4 (likelihood in mu and sigma)",
    lambda mu, sigma: F.log(sigma) + (1.9 - mu) ** 2 / (2 * sigma**2), (0.7, 1.3),
    lambda mu, sigma: (-(1.9 - mu) / sigma**2, -((1.9 - mu) ** 2) / sigma**3),
    lambda mu, sigma: (-(1.9 - mu) / sigma**2, 1 / sigma - (1.9 - mu) ** 2 / sigma**3),
    "Along sigma the normaliser's part 1/sigma (of log sigma) is missing.",
    [["log", "missing"], ["term", "missing"], ["log(sigma)"], ["1/sigma"], ["1 / sigma"], ["log", "forgot"]], ["sigma", "log"])
add("two_paths_one_used", K, "CS231n notes, backprop: gradients add up at forks",
    lambda x: (x + 2) * F.exp(x * x), (0.5,), lambda x: exp(x * x), lambda x: exp(x * x) * (1 + 2 * x * (x + 2)),
    "x is used twice (product rule): the path through the exponential is missing.",
    [["product"], ["path"], ["exp", "missing"], ["term", "missing"], ["exp", "constant"]], ["exp", "second", "product"])

# ---------------------------------------------------------------- regression over rows
K = "regression"
RX = [[0.5, 1.9], [1.7, -0.6], [2.3, 0.8], [3.1, 2.4], [4.6, -1.3]]
RY = [2.1, 0.4, 3.3, 6.2, 1.9]
RXa, RYa, RN = A(RX), A(RY), 5


def r_mse(weights, intercept):
    total = 0.0
    for row, y in zip(RX, RY):
        total = total + (weights[0] * row[0] + weights[1] * row[1] + intercept - y) ** 2
    return total / len(RX)


def r_grad(w, b, scale=2 / RN, x=RXa, y=RYa, rows=None, sign=1):
    e = x @ A(w) + b - y
    if rows is not None:
        e = e * A(rows)
    return (scale * sign * (x.T @ e)).tolist(), float(scale * sign * e.sum())


R_AT = ([0.6, -0.3], 0.8)
def reg(name, source, hand, truth, cause, where, wrong=(), numbers=False, right=r_grad, f=r_mse, at=R_AT):
    add(name, "regression", source, f, at, hand, right, truth, cause, where, wrong, numbers)

ROWW = ["row", "observation", "sample", "example"]
def roww(*words):
    return [[r, w] for r in ROWW for w in words]
N_WORDS = [["1/n"], ["mean"], ["number of rows"], ["divid"], ["rows", "5"], ["factor 5"], ["n =", "5"]]
reg("mse_sum_for_mean", "github.com/jxgu1016/MNIST_center_loss_pytorch issue 9 (gradient not divided by the batch size)",
    lambda w, b: r_grad(w, b, 2), "The loss is a mean over 5 rows; the slope is that of the sum: 1/n is missing.", N_WORDS, ["5", "row"])
reg("mse_n_twice", "github.com/deeplearning4j/deeplearning4j pull 366 (divided by the batch size twice)",
    lambda w, b: r_grad(w, b, 2 / 25), "Divided by the number of rows twice.",
    [["twice"], ["1/n"], ["mean"], ["number of rows"], ["5", "row"], ["divid", "5"]], ["5", "row"], numbers=True)
reg("mse_n_minus_1", "Statistics course notes: sample variance habit of n - 1",
    lambda w, b: r_grad(w, b, 2 / 4), "Divided by n - 1 = 4 instead of n = 5.",
    [["n - 1"], ["n-1"], ["4", "instead", "5"], ["4", "rows", "5"], ["one row", "few"], ["5/4"]], ["1.25", "row", "5/4"])
reg("mse_half_convention", "Coursera Machine Learning (Ng), week 1: J has 1/(2m)",
    lambda w, b: r_grad(w, b, 1 / 5), "The slope belongs to a loss with 1/(2n); this one has 1/n: the 2 is missing.",
    [["factor 2"], ["2", "missing"], ["2", "forgot"], ["half"], ["1/2"]], ["2", "0.5"], ["row"])
reg("intercept_not_averaged", "github.com/rust0258/Deeplearning.ai-Natural-Language-Processing-Specialization issue 64 (bias gradient wrong)",
    lambda w, b: (r_grad(w, b)[0], r_grad(w, b, 2)[1]), "The intercept's slope is a sum, the weights' a mean: 1/n is missing there.",
    [["intercept", "5"], ["intercept", "mean"], ["intercept", "1/n"], ["bias", "mean"], ["intercept", "rows"], ["intercept", "divid"]], ["intercept"])
reg("first_row_skipped", "Stack Overflow kind: loop written range(1, n)",
    lambda w, b: r_grad(w, b, rows=[0, 1, 1, 1, 1]), "The loop starts at 1: the first row (row 0) is skipped.",
    roww("first", "0", "1") + [["skip"], ["left out"]], ["row", "first", "observation"])
reg("last_row_skipped", "Stack Overflow kind: loop written range(n - 1)",
    lambda w, b: r_grad(w, b, rows=[1, 1, 1, 1, 0]), "The loop ends one early: the last row is skipped.",
    roww("last", "4", "5") + [["skip"], ["left out"]], ["row", "last", "observation"])
reg("only_last_row", "d2l.ai linear regression from scratch; the classic `=` for `+=`",
    lambda w, b: r_grad(w, b, rows=[0, 0, 0, 0, 1]), "`=` for `+=`: only the last row's contribution is kept.",
    roww("last", "4", "5") + [["+="], ["overwrit"]], ["row", "last"], numbers=True)
reg("only_first_row", "Stack Overflow kind: return indented into the loop",
    lambda w, b: r_grad(w, b, rows=[1, 0, 0, 0, 0]), "The return stands inside the loop: only the first row counts.",
    roww("first", "0", "1"), ["row", "first"])
reg("one_row_repeated", "Stack Overflow kind: row appended twice when merging batches",
    lambda w, b: r_grad(w, b, rows=[1, 1, 2, 1, 1]), "Row 2 is counted twice.",
    roww("twice", "2 ", "repeat", "double", "third"), ["row 2", "row 3", "rows[2]", "third"])
reg("targets_rolled", "Time-series exercises: targets shifted by one",
    lambda w, b: r_grad(w, b, y=np.roll(RYa, 1)), "The targets are shifted by one row against the inputs.",
    [["target", "row"], ["target", "shift"], ["target", "order"], ["shift", "row"], ["targets"], ["roll"], ["off by one"]], ["target", "row", "shift"])
reg("target_forgotten", "github.com/iamtrask/Grokking-Deep-Learning issue 37 (delta against the target)",
    lambda w, b: r_grad(w, b, y=0 * RYa), "The target was not subtracted: the slope uses the prediction instead of the error.",
    [["target"], ["error", "prediction"]], ["target", "prediction", "error"])
reg("target_minus_output", "github.com/iamtrask/Grokking-Deep-Learning issue 37 (target - output as delta)",
    lambda w, b: r_grad(w, b, sign=-1), "target - prediction instead of prediction - target: all signs are turned.",
    [["sign"], ["negat"], ["minus"]], ["sign", "minus"], ["row"])
reg("intercept_zero", "github.com/xnought/backprop-explainer issue 18 (reader thinks the bias slope is 0)",
    lambda w, b: (r_grad(w, b)[0], 0.0), "The intercept's slope is not 0: it is the mean of 2*error.",
    [["intercept", "0"], ["intercept", "forgot"], ["intercept", "missing"], ["intercept", "constant"], ["bias", "0"]], ["intercept"])
reg("intercept_in_error_forgotten", "Coursera Machine Learning (Ng), ex1: column of ones forgotten",
    lambda w, b: r_grad(w, 0.0), "The error was computed without the intercept.",
    [["intercept"], ["bias"], ["constant"]], ["intercept", "error", "prediction"])
reg("feature_columns_swapped", "Stack Overflow kind: columns in another order than the weights",
    lambda w, b: (r_grad(w, b)[0][::-1], r_grad(w, b)[1]), "The slopes of weights[0] and weights[1] are swapped.",
    [["swap"], ["exchang"], ["order"], ["revers"]], ["weights[0]", "weights[1]"])
reg("one_feature_missing", "Coursera Machine Learning (Ng), ex1 multi: simple-regression formula reused",
    lambda w, b: (lambda e: ([float(2 / 5 * (e @ RXa[:, 0])), float(2 / 5 * e.sum())], float(2 / 5 * e.sum())))(RXa @ A(w) + b - RYa),
    "Along weights[1] the input is missing: the intercept's slope was given.",
    [["input"], ["weights[1]", "intercept"], ["feature"], ["column"], ["x", "missing"], ["factor x"]], ["weights[1]"])

reg("divided_inside_the_loop", "Stack Overflow kind: `grad = (grad + row) / n` inside the loop",
    lambda w, b: r_grad(w, b, 2, rows=[5.0 ** -(5 - i) for i in range(5)]), "The division by n stands inside the loop: earlier rows are divided again and again.",
    [["row", "weight"], ["loop"], ["row", "divid"], ["1/n", "row"], ["rows", "differ"], ["row", "1/5"]], ["row"])
reg("divided_by_the_loop_counter", "Stack Overflow kind: running mean, divided by i + 1",
    lambda w, b: r_grad(w, b, 2, rows=[1 / (i + 1) for i in range(5)]), "Each row was divided by its number i + 1 instead of n.",
    [["row", "weight"], ["row", "number"], ["row", "divid"], ["counter"], ["index"], ["rows", "differ"]], ["row"])
reg("one_row_weighted_n", "Stack Overflow kind: one row added outside the mean",
    lambda w, b: r_grad(w, b, rows=[1, 1, 1, 5, 1]), "Row 3 was not divided by n: it counts 5 times.",
    roww("3", "4", "5", "fourth", "weight"), ["row 3", "row 4", "rows[3]", "fourth"])

SW = [1.0, 0.5, 2.0, 1.5]
SX = [1.2, 2.9, -0.7, 4.1]
SY = [3.0, 5.1, 0.2, 10.4]
def w_loss(slope, intercept):
    return sum(k * (slope * x + intercept - y) ** 2 for k, x, y in zip(SW, SX, SY))
def w_grad(slope, intercept, k=SW):
    e = [2 * kk * (slope * x + intercept - y) for kk, x, y in zip(k, SX, SY)]
    return float(sum(a * x for a, x in zip(e, SX))), float(sum(e))
reg("row_weights_forgotten", "Hastie, Tibshirani, Friedman, weighted least squares",
    lambda s, i: w_grad(s, i, [1] * 4), "The rows' weights in the weighted sum of squares were forgotten.",
    [["weight", "row"], ["weighted"], ["sample weight"]], ["row", "weight"], right=w_grad, f=w_loss, at=(1.8, 0.4))
reg("row_weights_squared", "Hastie, Tibshirani, Friedman, weighted least squares (weights inside the square)",
    lambda s, i: w_grad(s, i, [k * k for k in SW]), "The rows' weights are used twice (squared).",
    [["weight", "row"], ["weighted"], ["weight", "square"], ["weight", "twice"]], ["row", "weight"], right=w_grad, f=w_loss, at=(1.8, 0.4))
reg("row_weights_normalised", "scikit-learn sample_weight: some losses normalise, some do not",
    lambda s, i: w_grad(s, i, [k / 4 for k in SW]), "A mean over the 4 rows where the loss has a sum: 1/4 too much.",
    [["1/4"], ["mean"], ["4", "row"], ["factor 4"], ["divid", "4"], ["1/n"]], ["4", "row"], right=w_grad, f=w_loss, at=(1.8, 0.4))

def ridge(weights):
    e = [sum(w * x for w, x in zip(weights, r)) - y for r, y in zip(RX, RY)]
    return sum(v**2 for v in e) / (2 * 5) + 0.3 * sum(w**2 for w in weights)
def ridge_g(w, lam=0.6):
    w = A(w); e = RXa @ w - RYa
    return (RXa.T @ e / 5 + lam * w).tolist()
for nm, lam, tr, cw in [
    ("ridge_forgotten", 0.0, "The regulariser's slope 2*lambda*w is missing.", [["regular"], ["penalty"], ["l2"], ["ridge"], ["decay"], ["term", "missing"], ["w**2"]]),
    ("ridge_half", 0.3, "The regulariser's slope is 2*lambda*w: its 2 is missing.", [["regular"], ["penalty"], ["l2"], ["ridge"], ["decay"], ["term", "2"], ["w**2"]]),
    ("ridge_minus", -0.6, "The regulariser's slope has the wrong sign.", [["regular"], ["penalty"], ["l2"], ["ridge"], ["decay"], ["term", "sign"]])]:
    reg(nm, "CS231n assignment 1, regularised loss and its gradient", lambda w, lam=lam: ridge_g(w, lam), tr, cw,
        ["0.3", "w**2", "penalty", "regular", "second term", "last term", "weights"], right=ridge_g, f=ridge, at=([0.7, -1.1],), numbers=nm == "ridge_half")

# ---------------------------------------------------------------- logistic regression
LX = A([[1.0, 0.5, -1.2], [1.0, 1.7, 0.3], [1.0, -0.8, 2.2], [1.0, 2.4, 1.1], [1.0, -1.5, -0.4], [1.0, 0.2, 0.9]])
LY = A([0.0, 1.0, 1.0, 1.0, 0.0, 0.0])
def lr_loss(theta):
    z = LX @ theta
    h = F.sigmoid(z)
    return -(LY * F.log(h) + (1 - LY) * F.log(1 - h)).sum() / 6
def lr_g(theta):
    return LX.T @ (sig(LX @ theta) - LY) / 6
L_AT = (A([0.2, -0.4, 0.9]),)
def lr(name, source, hand, truth, cause, where, wrong=(), numbers=False, f=lr_loss, right=lr_g):
    add(name, "logistic", source, f, L_AT, hand, right, truth, cause, where, wrong, numbers)
lr("logistic_extra_sigmoid_slope", "Bishop, PRML 4.3.2: the sigmoid's slope cancels; 3Blue1Brown formula reused",
   lambda t: LX.T @ ((sig(LX @ t) - LY) * sig(LX @ t) * (1 - sig(LX @ t))) / 6,
   "With cross-entropy the sigmoid's slope cancels; h(1-h) was multiplied in once more.",
   [["sigmoid"], ["h(1", "cancel"], ["squared error"], ["s(1"]], ["sigmoid", "row", "cross", "activation"])
lr("logistic_no_sigmoid", "Coursera Machine Learning (Ng), ex2: linear hypothesis reused",
   lambda t: LX.T @ (LX @ t - LY) / 6, "The prediction in the error is z, not sigmoid(z).",
   [["sigmoid"], ["activation"], ["probabilit"]], ["sigmoid", "prediction", "activation"])
lr("logistic_mean_forgotten", "Coursera Machine Learning (Ng), ex2: 1/m left out of grad",
   lambda t: LX.T @ (sig(LX @ t) - LY), "1/m for the 6 rows is missing.",
   [["1/n"], ["mean"], ["6", "row"], ["factor 6"], ["divid", "row"], ["divid", "n"]], ["6", "row"])
lr("logistic_y_minus_h", "CS229 lecture notes, part II: ascent on the log-likelihood (y - h)x",
   lambda t: LX.T @ (LY - sig(LX @ t)) / 6, "That is the slope of the log-likelihood; the loss is its negative.",
   [["sign"], ["negat"], ["minus"], ["ascent"]], ["sign"], ["row"], True)
lr("logistic_only_positive_term", "Stack Overflow kind: (1-y) term of the cross-entropy dropped",
   lambda t: LX.T @ (LY * (sig(LX @ t) - 1)) / 6, "Only the y=1 term was derived: the (1-y)*log(1-h) rows are missing.",
   [["1 - y"], ["(1-y)"], ["term"], ["rows", "0"], ["class 0"], ["target 0"], ["row", "skip"]], ["row", "1 -", "term", "log(1"])
def lr_reg_loss(theta):
    return lr_loss(theta) + 0.5 / 12 * (theta[1] ** 2 + theta[2] ** 2)
def lr_reg_g(t, mask=(0, 1, 1), lam=0.5):
    return lr_g(t) + lam / 6 * A(mask) * t
lr("logistic_bias_regularised", "Stack Overflow 64030007, Regularized logistic regression with vectorization",
   lambda t: lr_reg_g(t, (1, 1, 1)), "theta[0] is not in the penalty, yet its slope has lambda*theta[0]/m.",
   [["theta[0]", "regular"], ["theta[0]", "penalty"], ["regular"], ["bias", "penal"], ["intercept", "penal"], ["decay"]], ["theta[0]"],
   f=lr_reg_loss, right=lr_reg_g)
lr("logistic_penalty_not_divided", "Coursera Machine Learning (Ng), ex2 reg: lambda*theta without 1/m",
   lambda t: lr_reg_g(t, lam=3.0), "The penalty's slope lacks its 1/m (6 times too large).",
   [["regular"], ["penalty"], ["l2"], ["decay"], ["term", "6"], ["theta", "6"]], ["theta[1]", "theta[2]", "penalty", "regular"],
   f=lr_reg_loss, right=lr_reg_g)

# ---------------------------------------------------------------- softmax cross-entropy
def softmax(z):
    z = A(z, dtype=float)
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)
K = "softmax"
def sm3(logits):
    return -F.log(F.exp(logits[1]) / sum(F.exp(z) for z in logits))
S3 = ([0.4, -1.1, 1.3],)
OH = np.eye(5)
def sm3_g(z):
    return (softmax(z) - OH[1][:3]).tolist()
def sm(name, source, hand, truth, cause, where, wrong=(), numbers=False, f=sm3, at=S3, right=sm3_g):
    add(name, "softmax", source, f, at, hand, right, truth, cause, where, wrong, numbers)
ONEHOT = [["one-hot"], ["one hot"], ["target"], ["subtract", "1"], ["label"], ["true class"], ["- y"]]
sm("one_hot_missing", "CS231n notes, Softmax classifier (dscores[range, y] -= 1)",
   lambda z: softmax(z).tolist(), "The one-hot target was not subtracted from the probabilities.", ONEHOT, ["logits[1]", "softmax", "class"])
sm("one_hot_wrong_class", "Stack Overflow kind: labels counted from 1",
   lambda z: (softmax(z) - OH[2][:3]).tolist(), "The 1 was subtracted at class 2 instead of class 1.",
   [["class"], ["label"], ["one-hot"], ["target"], ["logits[1]", "logits[2]"]], ["logits[1]", "logits[2]", "class"])
sm("softmax_sign", "CS229/UFLDL softmax regression: gradient written -(1{y=k} - p) with the minus lost",
   lambda z: (OH[1][:3] - softmax(z)).tolist(), "y - p instead of p - y: the sign is turned.", [["sign"], ["negat"], ["minus"]], ["sign"])
sm("two_class_one_hot_missing", "stats.stackexchange.com 235528, Backpropagation with softmax / cross entropy",
   lambda z: softmax(z).tolist(), "The 1 of the true class was not subtracted.", ONEHOT, ["logits[0]", "class"],
   f=lambda logits: F.logsumexp(logits) - logits[0], at=([0.8, -0.3],), right=lambda z: (softmax(z) - [1, 0]).tolist())
def smc5(logits):
    return -F.log(F.softmax(logits))[3]
def smc5_g(z):
    return softmax(z) - OH[3]
sm("jacobian_diagonal_only", "datascience.stackexchange.com 64746, Problem with chain rule in softmax layer",
   lambda z: -OH[3] / softmax(z) * softmax(z) * (1 - softmax(z)), "Only the diagonal of the softmax Jacobian was used: the -p_i p_j terms are missing.",
   [["diagonal"], ["jacobian"], ["off-diag"], ["cross term"]], ["softmax", "logits", "class", "other"], f=smc5, at=(A([0.3, 1.2, -0.7, 0.9, 0.1]),), right=smc5_g)
sm("softmax_slope_twice", "ai.stackexchange.com 35741, Trouble writing backpropagation through crossentropy and softmax",
   lambda z: (softmax(z) - OH[3]) * softmax(z) * (1 - softmax(z)), "p - y already holds the softmax's slope; p(1-p) was multiplied in again.",
   [["softmax", "twice"], ["p(1"], ["p*(1"], ["cancel"], ["jacobian"], ["sigmoid"]], ["softmax", "logits"], f=smc5, at=(A([0.3, 1.2, -0.7, 0.9, 0.1]),), right=smc5_g)
def sm2_rows(weights):
    total = 0.0
    for row, y in zip(SMX, SMY):
        s = [sum(w * x for w, x in zip(wc, row)) for wc in weights]
        total = total + F.logsumexp(s) - s[y]
    return total / len(SMX)
SMX, SMY = [[1.0, 0.4, -0.9], [0.3, -1.2, 2.0], [-0.6, 1.5, 0.7], [1.8, 0.2, 0.5]], [0, 1, 2, 1]
def sm2_g(w, scale=1 / 4, y=SMY, oh=1.0):
    x = A(SMX); p = softmax(x @ A(w).T)
    return ((p - oh * np.eye(3)[y]).T @ x * scale).tolist()
W33 = ([[0.2, -0.5, 0.7], [1.1, 0.3, -0.4], [-0.8, 0.6, 0.1]],)
for nm, hand, tr, cw, ww in [
    ("softmax_rows_sum_for_mean", lambda w: sm2_g(w, 1.0), "1/n for the 4 rows is missing.", [["1/n"], ["mean"], ["4", "row"], ["factor 4"], ["divid", "row"], ["divid", "n"]], ["4", "row"]),
    ("softmax_rows_one_hot_missing", lambda w: sm2_g(w, oh=0.0), "The one-hot rows were not subtracted.", ONEHOT, ["weights", "class", "row"]),
    ("softmax_rows_gradient_turned", lambda w: A(sm2_g(w)).T.tolist(), "The gradient matrix is transposed (inputs x classes instead of classes x inputs).",
     [["transpos"], ["outer"], ["rows and columns"]], ["weights"]),
    ("softmax_rows_labels_rolled", lambda w: sm2_g(w, y=[1, 0, 1, 2]), "The labels are shifted by one row against the inputs.",
     [["label"], ["target"], ["shift"], ["row", "order"], ["roll"]], ["row", "label", "class", "target"]),
    ("softmax_rows_one_hot_per_mean", lambda w: sm2_g(w, oh=0.25), "p - y is averaged, but y was divided by n once more before subtracting.",
     [["one-hot"], ["target"], ["label"], ["1/n", "y"], ["y", "divid"]], ["class", "weights", "label", "target"])]:
    sm(nm, "CS231n assignment 1, softmax.py (vectorised gradient)", hand, tr, cw, ww, f=sm2_rows, at=W33, right=sm2_g, numbers=nm.endswith("turned"))
def smooth(logits):
    q = [0.05, 0.9, 0.05]
    ls = F.logsumexp(logits)
    return sum(k * (ls - z) for k, z in zip(q, logits))
sm("label_smoothing_forgotten", "Szegedy et al., Rethinking the Inception Architecture (label smoothing)",
   sm3_g, "The labels are smoothed to 0.9/0.05/0.05; the slope uses the hard one-hot.",
   [["smooth"], ["target"], ["label"], ["one-hot"], ["0.9"]], ["logits", "target", "label"], f=smooth, right=lambda z: (softmax(z) - A([0.05, 0.9, 0.05])).tolist())
sm("temperature_forgotten", "Hinton, Vinyals, Dean, Distilling the Knowledge (temperature)",
   lambda z: (softmax(A(z) / 2.5) - OH[0][:3]).tolist(), "The logits are divided by T = 2.5: the inner 1/T is missing.",
   INNER + [["2.5"], ["temperature"], ["0.4"]], ["2.5", "0.4", "temperature"],
   f=lambda logits: F.logsumexp([z / 2.5 for z in logits]) - logits[0] / 2.5, right=lambda z: ((softmax(A(z) / 2.5) - OH[0][:3]) / 2.5).tolist())

# ---------------------------------------------------------------- one hidden relu layer, many rows (26 parameters)
rng = np.random.default_rng(11)
N1X = rng.normal(size=(5, 3)).round(2)
N1Y = rng.normal(size=(5, 2)).round(2)
N1_AT = (rng.normal(size=(3, 4)).round(2), rng.normal(size=4).round(2), rng.normal(size=(4, 2)).round(2), rng.normal(size=2).round(2))
def n1(w1, b1, w2, b2):
    h = F.relu(N1X @ w1 + b1)
    return ((h @ w2 + b2 - N1Y) ** 2).sum() / 5
def n1_g(w1, b1, w2, b2, bug=None):
    X = N1X[[1, 0, 2, 3, 4]] if bug == "rows" else N1X
    z = N1X @ w1 + b1
    h = np.maximum(z, 0)
    d = 2 * (h @ w2 + b2 - N1Y) / 5
    if bug == "sign": d = -d
    dw2, db2 = (z if bug == "pre" else h).T @ d, d.sum(0)
    if bug == "stale": w2 = w2 - 0.1 * dw2
    dh = np.repeat(d.sum(1, keepdims=True), 4, 1) if bug == "no_w2" else d @ w2.T
    if bug == "sign_hidden": dh = -dh
    dz = dh if bug == "no_mask" else dh * (h > 0.5 if bug == "mask_half" else z > 0)
    if bug == "mask_h": dz = dh * h
    dw1, db1 = X.T @ dz, dz.sum(0)
    if bug == "b2_total": db2 = np.full(2, d.sum())
    if bug == "b1_unmasked": db1 = dh.sum(0)
    if bug == "b1_mean": db1, db2 = dz.mean(0), d.mean(0)
    if bug == "b1_last": db1 = dz[-1]
    if bug == "b2_zero": db2 = 0 * db2
    if bug == "mean_once_more": dw1, db1 = dw1 / 5, db1 / 5
    if bug == "w1_first_row": dw1 = np.outer(X[0], dz[0])
    return dw1, db1, dw2, db2
MASK = [["relu"], ["mask"]]
def net(name, source, f, at, g, bug, truth, cause, where, wrong=(), numbers=False, kind="net1"):
    add(name, kind, source, f, at, lambda *a: g(*a, bug=bug), g, truth, cause, where, wrong, numbers)
for nm, bug, src, tr, cw, ww, num in [
    ("relu_mask_missing", "no_mask", "CS231n neural networks case study (dhidden[hidden <= 0] = 0 left out)",
     "The relu's mask is missing: rows where a hidden unit is off still pass slopes to w1 and b1.", MASK, ["w1", "b1", "layer 1", "hidden"], False),
    ("relu_multiplied_by_h", "mask_h", "Stack Overflow kind: delta * hidden instead of delta * (hidden > 0)",
     "The delta was multiplied by the activation h instead of the mask h > 0.", [["relu"], ["mask"], ["activation"]], ["w1", "b1", "hidden"], False),
    ("hidden_delta_without_w2", "no_w2", "Goodfellow et al., Deep Learning, 6.5 (back-propagation through a layer)",
     "The second layer's weights w2 are missing in the hidden delta.", [["w2"], ["second layer", "weight"], ["weights", "missing"], ["next layer"]], ["w1", "b1", "hidden", "layer 1"], False),
    ("b1_without_mask", "b1_unmasked", "Stack Overflow kind: bias gradient taken before the mask is applied",
     "b1's slope is summed before the relu's mask.", [["b1", "relu"], ["b1", "mask"], ["bias", "mask"], ["bias", "relu"], ["relu"], ["mask"]], ["b1"], False),
    ("bias_sum_over_all", "b2_total", "github.com/rasbt/stat453-deep-learning-ss21 issue 5",
     "b2's slope is summed over rows and units: every unit has the same total.", [["b2", "sum"], ["axis"], ["bias", "sum"], ["total"]], ["b2"], False),
    ("bias_mean_for_sum", "b1_mean", "github.com/kvfrans/notes issue 5",
     "The biases' slopes are averaged over rows that already hold 1/n: 5 times too small.",
     [["b1", "5"], ["bias", "mean"], ["b1", "mean"], ["bias", "sum"], ["b1", "row"], ["bias", "row"], ["bias", "divid"]], ["b1", "b2", "bias"], False),
    ("bias_last_row", "b1_last", "Stack Overflow question kind: bias gradient with `=` in the loop over rows",
     "b1's slope holds the last row only.", [["b1", "last"], ["row", "last"], ["bias", "row"], ["b1", "row"]], ["b1"], True),
    ("b2_left_zero", "b2_zero", "github.com/dragen1860/Deep-Learning-with-TensorFlow-book issue 217 (bias not updated)",
     "b2's slope was never computed (zeros).", [["b2", "0"], ["b2", "zero"], ["b2", "forgot"], ["b2", "missing"], ["bias", "0"]], ["b2"], False),
    ("w2_with_preactivation", "pre", "Nielsen, Neural Networks and Deep Learning, ch. 2 (BP4: activation in, delta out)",
     "w2's slope uses the values before the relu instead of the activations.", [["w2", "activation"], ["w2", "relu"], ["before"], ["pre-act"], ["preact"], ["activation"]], ["w2"], False),
    ("w2_updated_first", "stale", "github.com/joelgrus/data-science-from-scratch issue 31",
     "w2 was updated before the hidden delta was computed: w1 and b1 use the new w2.",
     [["update"], ["stale"], ["w2", "new"], ["w2", "chang"]], ["w1", "b1", "w2", "hidden"], False),
    ("divided_again_in_layer_1", "mean_once_more", "github.com/deeplearning4j/deeplearning4j pull 366",
     "In the first layer 1/n is used a second time.", [["1/n"], ["mean"], ["5", "row"], ["factor 5"], ["factor", "5"], ["divid", "row"], ["divid", "n"], ["twice"]], ["w1", "b1", "layer 1"], False),
    ("w1_first_row_only", "w1_first_row", "Stack Overflow kind: X[0] left over from a single-row version",
     "w1's slope holds the first row only.", [["w1", "first"], ["row", "first"], ["w1", "row"], ["row 0"]], ["w1"], False),
    ("w1_rows_swapped", "rows", "Stack Overflow kind: shuffled X after the forward pass",
     "w1's slope pairs inputs and deltas of different rows (rows 0 and 1 exchanged).",
     [["row", "swap"], ["row", "order"], ["row", "shuffl"], ["row", "pair"], ["row", "exchang"], ["shift"]], ["w1"], False),
    ("hidden_sign", "sign_hidden", "github.com/guevara/read-it-later issue 9098 (copy of Mazur's step-by-step example: delta's sign)",
     "The sign is turned in the first layer only.", [["sign"], ["negat"], ["minus"]], ["w1", "b1", "layer 1"], True)]:
    net(nm, src, n1, N1_AT, n1_g, bug, tr, cw, ww, numbers=num)

# ---------------------------------------------------------------- one hidden tanh layer, one row, all square (24 parameters, lists)
TX, TT = [0.7, -1.3, 0.4], [0.5, -0.2, 1.1]
N2_AT = ([[0.3, -0.6, 0.9], [1.0, 0.2, -0.5], [-0.4, 0.8, 0.1]], [0.1, -0.2, 0.3],
         [[0.7, 0.4, -0.9], [-0.3, 1.2, 0.5], [0.6, -0.8, 0.2]], [0.05, 0.15, -0.25])
def n2(v, a, u, c):
    h = [F.tanh(sum(w * x for w, x in zip(row, TX)) + b) for row, b in zip(v, a)]
    o = [sum(w * x for w, x in zip(row, h)) + b for row, b in zip(u, c)]
    return 0.5 * sum((p - t) ** 2 for p, t in zip(o, TT))
def n2_g(v, a, u, c, bug=None):
    v, u, x = A(v), A(u), A(TX)
    z = v @ x + A(a); h = np.tanh(z)
    d = u @ h + A(c) - A(TT)
    if bug == "two": d = 2 * d
    back = u @ d if bug == "untransposed" else u.T @ d
    slope = {"z": 1 - z**2, "none": 1 + 0 * h, "nosquare": 1 - h, "sigmoid": h * (1 - h), "tanh": h}.get(bug, 1 - h**2)
    e = back * slope
    gv, ga, gu, gc = np.outer(e, x), e, np.outer(d, h), d
    if bug == "turned": gv = gv.T
    if bug == "turned_u": gu = gu.T
    if bug == "h_for_x": gv = np.outer(e, h)
    if bug == "x_for_h": gu = np.outer(d, x)
    if bug == "ga_out": ga = d
    if bug == "ga_back": ga = back
    if bug == "swap_w": gv, gu = gu, gv
    if bug == "swap_b": ga, gc = gc, ga
    if bug == "gv_no_x": gv = np.outer(e, np.ones(3))
    return gv.tolist(), ga.tolist(), gu.tolist(), gc.tolist()
TH = [["tanh"]]
for nm, bug, src, tr, cw, ww, num in [
    ("weights_not_transposed", "untransposed", "Nielsen, Neural Networks and Deep Learning, ch. 2 (BP2)", "The hidden delta uses u instead of u transposed.",
     [["transpos"], ["u.t"]], ["v[", "a[", "hidden"], False),
    ("outer_turned", "turned", "Stack Overflow kind: np.outer(x, delta) for np.outer(delta, x)", "v's slope is transposed: outer(x, delta) instead of outer(delta, x).",
     [["transpos"], ["outer"]], ["v["], False),
    ("outer_turned_output", "turned_u", "Stack Overflow kind: np.outer(h, delta)", "u's slope is transposed.", [["transpos"], ["outer"]], ["u["], True),
    ("tanh_slope_at_z", "z", "github.com/dragen1860/Deep-Learning-with-TensorFlow-book issue 217 (which quantity goes in the derivative)",
     "1 - z**2 instead of 1 - tanh(z)**2: the slope was taken of the value before the activation.", [["tanh", "before"], ["tanh", "z"], ["tanh", "input"], ["tanh", "output"], ["pre-act"], ["tanh"]], ["v[", "a[", "hidden", "tanh"], False),
    ("tanh_slope_missing", "none", "github.com/Bot-Academy/NeuralNetworkFromScratch pull 3 (activation's derivative missing)",
     "The delta does not pass through tanh: 1 - h**2 is missing.", [["tanh"], ["activation"]], ["v[", "a[", "hidden"], False),
    ("tanh_slope_not_squared", "nosquare", "CS231n notes, activation functions", "1 - h instead of 1 - h**2: the square in tanh's slope is missing.", [["tanh"]], ["v[", "a[", "hidden"], False),
    ("sigmoid_slope_for_tanh", "sigmoid", "iamtrask, A Neural Network in 11 lines of Python (nonlin kept after changing the activation)",
     "h(1-h) is sigmoid's slope; the layer has tanh.", [["sigmoid"], ["tanh"]], ["v[", "a[", "hidden"], False),
    ("tanh_itself_for_slope", "tanh", "Stack Overflow kind: tanh(z) used where tanh'(z) is meant", "The activation itself was used where its slope is meant.",
     [["tanh"], ["activation"]], ["v[", "a[", "hidden"], False),
    ("activation_for_input", "h_for_x", "Goodfellow et al., Deep Learning, algorithm 6.4 (h of the layer below)", "v's slope uses the hidden values instead of the inputs.",
     [["hidden", "input"], ["activation", "input"], ["layer", "input"]], ["v["], False),
    ("input_for_activation", "x_for_h", "Goodfellow et al., Deep Learning, algorithm 6.4 (h of the layer below)", "u's slope uses the inputs instead of the hidden values.",
     [["input"], ["hidden value"], ["activation"]], ["u["], False),
    ("bias_before_activation", "ga_back", "Stack Overflow kind: bias takes the delta before the activation's slope", "a's slope lacks the factor 1 - h**2.",
     [["tanh"], ["activation"], ["1 - h"]], ["a["], False),
    ("bias_of_wrong_layer", "ga_out", "Stack Overflow question on backprop bias gradient (output delta given to the hidden bias)", "a was given the output layer's delta.",
     [["bias", "layer"], ["delta"], ["output"], ["slope of c"], ["a[", "c["], ["swap"]], ["a["], False),
    ("two_matrices_swapped", "swap_w", "Stack Overflow kind: return order of the gradients", "The slopes of v and u are swapped.", [["swap"], ["exchang"], ["order"]], ["v[", "u["], False),
    ("two_biases_swapped", "swap_b", "Stack Overflow kind: return order of the gradients", "The slopes of a and c are swapped.", [["swap"], ["exchang"], ["order"]], ["a[", "c["], True),
    ("half_forgotten_in_net", "two", "Mazur, A Step by Step Backpropagation Example (the 1/2 in the loss)", "The loss has 1/2, the slope is twice too large.",
     [["factor 2"], ["half"], ["1/2"], ["2 x"], ["twice"], ["0.5"]], ["2"], False),
    ("input_factor_missing", "gv_no_x", "Stack Overflow kind: delta given as the weight's slope", "v's slope lacks the input: it repeats the bias's slope.",
     [["input"], ["x", "missing"], ["factor x"]], ["v["], False)]:
    net(nm, src, n2, N2_AT, n2_g, bug, tr, cw, ww, numbers=num)

# ---------------------------------------------------------------- two hidden relu layers with weight decay, 4 rows
rng = np.random.default_rng(29)
N3X, N3Y = rng.normal(size=(4, 2)).round(2), rng.normal(size=(4, 1)).round(2)
N3_AT = tuple(rng.normal(size=s).round(2) for s in [(2, 3), 3, (3, 3), 3, (3, 1), 1])
def n3(w1, b1, w2, b2, w3, b3):
    h1 = F.relu(N3X @ w1 + b1); h2 = F.relu(h1 @ w2 + b2)
    return ((h2 @ w3 + b3 - N3Y) ** 2).sum() / 2 + 0.05 * ((w1**2).sum() + (w2**2).sum() + (w3**2).sum())
def n3_g(w1, b1, w2, b2, w3, b3, bug=None):
    z1 = N3X @ w1 + b1; h1 = np.maximum(z1, 0); z2 = h1 @ w2 + b2; h2 = np.maximum(z2, 0)
    d3 = h2 @ w3 + b3 - N3Y
    m2 = {"mask2_is_1": z1 > 0, "no_mask2": 1}.get(bug, z2 > 0)
    d2 = d3 @ w3.T * m2
    m1 = {"mask1_is_2": z2 > 0, "no_mask1": 1}.get(bug, z1 > 0)
    W = {"w2_straight": w2, "w2_missing": np.eye(3)}.get(bug, w2.T)
    d1 = d2 @ W * m1
    if bug == "skip": d1 = d3 @ w3.T * m1
    lam = {"no_decay": (0, 0, 0), "decay_last": (0.1, 0.1, 0), "decay_twice": (0.2, 0.2, 0.2), "decay_half": (0.05, 0.05, 0.05)}.get(bug, (0.1, 0.1, 0.1))
    g = [N3X.T @ d1 + lam[0] * w1, d1.sum(0), h1.T @ d2 + lam[1] * w2, d2.sum(0), h2.T @ d3 + lam[2] * w3, d3.sum(0)]
    if bug == "decay_bias": g[1] = g[1] + 0.1 * b1; g[3] = g[3] + 0.1 * b2; g[5] = g[5] + 0.1 * b3
    return tuple(g)
REGW = [["regular"], ["penalty"], ["decay"], ["l2"], ["w**2"]]
for nm, bug, src, tr, cw, ww in [
    ("mask_of_layer_1_in_layer_2", "mask2_is_1", "CS231n assignment 2, FullyConnectedNet (wrong cache used)", "Layer 2's delta is masked with layer 1's relu.",
     [["mask"], ["relu"]], ["w2", "b2", "layer 2", "w1"]),
    ("mask_of_layer_2_in_layer_1", "mask1_is_2", "CS231n assignment 2, FullyConnectedNet (wrong cache used)", "Layer 1's delta is masked with layer 2's relu.",
     [["mask"], ["relu"]], ["w1", "b1", "layer 1"]),
    ("mask_missing_layer_1", "no_mask1", "CS231n assignment 2, FullyConnectedNet", "Layer 1's relu mask is missing.", [["mask"], ["relu"]], ["w1", "b1", "layer 1"]),
    ("mask_missing_layer_2", "no_mask2", "CS231n assignment 2, FullyConnectedNet", "Layer 2's relu mask is missing (and everything below it is off).", [["mask"], ["relu"]], ["w2", "b2", "layer 2"]),
    ("w2_not_transposed_deep", "w2_straight", "Nielsen, Neural Networks and Deep Learning, ch. 2 (BP2)", "delta1 uses w2 instead of w2 transposed.", [["transpos"]], ["w1", "b1", "layer 1"]),
    ("w2_left_out_deep", "w2_missing", "Goodfellow et al., Deep Learning, 6.5", "w2 is missing in layer 1's delta.", [["w2", "missing"], ["w2", "forgot"], ["weights", "missing"], ["w2"]], ["w1", "b1", "layer 1"]),
    ("decay_forgotten", "no_decay", "CS231n assignment 1, two_layer_net (reg * W)", "The weight decay is missing in all three matrices.", REGW, ["w1", "w2", "w3", "0.05"]),
    ("decay_forgotten_last", "decay_last", "CS231n assignment 1, two_layer_net (reg * W)", "w3's weight decay is missing.", REGW, ["w3"]),
    ("decay_doubled", "decay_twice", "CS231n assignment 1, two_layer_net (reg or 2*reg)", "The weight decay is twice too large.", REGW, ["w1", "w2", "w3", "0.05"]),
    ("decay_on_biases", "decay_bias", "Stack Overflow 64030007 (bias should not be regularised)", "The biases are not in the penalty, yet decay was added to them.", REGW, ["b1", "b2", "b3", "bias"])]:
    net(nm, src, n3, N3_AT, n3_g, bug, tr, cw, ww, kind="net2")

# ---------------------------------------------------------------- branches
def huber(theta):
    total = 0.0
    for x, y in zip([0.5, 1.5, 2.5, 3.5], [0.4, 4.9, 2.2, 0.1]):
        e = theta * x - y
        total = total + (0.5 * e**2 if abs(e) < 1.5 else 1.5 * (abs(e) - 0.75))
    return total
def huber_g(theta, bug=None):
    g = 0.0
    for x, y in zip([0.5, 1.5, 2.5, 3.5], [0.4, 4.9, 2.2, 0.1]):
        e = theta * x - y
        out = {"nosign": 1.5, "nodelta": math.copysign(1, e), "quadratic": e}.get(bug, math.copysign(1.5, e))
        g += (e if abs(e) < 1.5 else out) * x
    return g
HUB = [["huber"], ["branch"], ["row"], ["abs", "sign"]]
for nm, bug, tr, cw in [("huber_sign_forgotten", "nosign", "In the linear branch the sign of the error is missing.", [["sign"], ["huber"], ["abs"]]),
                        ("huber_delta_forgotten", "nodelta", "In the linear branch the factor delta = 1.5 is missing.", [["1.5"], ["delta"], ["huber"], ["branch"]]),
                        ("huber_all_quadratic", "quadratic", "The quadratic branch's slope was used for all rows: the outliers' linear branch is missing.", [["branch"], ["huber"], ["if"], ["quadratic"]])]:
    net(nm, "d2l.ai / Hastie et al., Elements of Statistical Learning 10.6 (Huber loss)", huber, (0.9,), huber_g, bug, tr, cw, ["row", "branch", "abs", "linear"], kind="branch")
def hinge(scores):
    return sum(F.relu(s - scores[2] + 1.0) for j, s in enumerate(scores) if j != 2)
def hinge_g(s, bug=None):
    g = [0.0] * 4
    for j in range(4):
        if j != 2 and s[j] - s[2] + 1 > 0:
            g[j] += 1.0
            g[2] -= 1.0
    if bug == "correct": g[2] = 0.0
    if bug == "once": g[2] = -1.0
    return g
net("svm_correct_class_zero", "CS231n notes, optimization: multiclass SVM gradient", hinge, ([1.4, 0.9, 0.8, -2.0],), hinge_g, "correct",
    "The correct class's slope is missing: -1 for each margin violated.", [["correct"], ["true class"], ["scores[2]", "0"], ["scores[2]", "missing"]], ["scores[2]"], kind="branch", numbers=True)
net("svm_correct_class_once", "CS231n notes, optimization: multiclass SVM gradient", hinge, ([1.4, 0.9, 0.8, -2.0],), hinge_g, "once",
    "The correct class gets -1 once instead of once for each violated margin (2).", [["margin"], ["count"], ["scores[2]", "2"], ["correct"], ["times"]], ["scores[2]"], kind="branch")

# ---------------------------------------------------------------- normalisation, dropout, tied weights
def norm(x):
    mu = sum(x) / len(x)
    var = sum((v - mu) ** 2 for v in x) / len(x)
    return sum(k * (v - mu) / F.sqrt(var + 1e-5) for k, v in zip([1.0, -0.6, 0.3, 2.0], x))
def norm_g(x, bug=None):
    x = A(x); k = A([1.0, -0.6, 0.3, 2.0]); n = 4
    s = np.sqrt(x.var() + 1e-5); h = (x - x.mean()) / s
    g = k / s
    if bug != "mean": g = g - k.mean() / s
    if bug != "var": g = g - h * (k * h).mean() / s
    if bug == "both": g = k / s
    if bug == "std": g = (k - k.mean() - h * (k * h).mean()) / s**2
    return g.tolist()
for nm, bug, tr, cw in [("batchnorm_mean_part", "mean", "The path through the mean is missing.", [["mean"]]),
                        ("batchnorm_variance_part", "var", "The path through the variance is missing.", [["varian"], ["std"], ["deviation"]]),
                        ("batchnorm_both_parts", "both", "Mean and variance were taken as constants.", [["mean", "constant"], ["mean", "varian"], ["normal"], ["mean", "missing"]]),
                        ("batchnorm_var_for_std", "std", "Divided by the variance instead of the standard deviation.", [["varian"], ["std"], ["deviation"], ["sqrt"], ["root"]])]:
    net(nm, "Understanding the backward pass through Batch Normalization Layer / CS231n assignment 2", norm, ([0.9, 2.3, -0.4, 1.1],), norm_g, bug, tr, cw,
        ["mean", "varian", "normal", "x", "divid"], kind="normalisation", numbers=bug == "var")
DM = A([1, 0, 1, 1, 0]) / 0.6
def drop(w, v):
    h = F.tanh(w * A([0.5, -1.2, 0.8, 1.6, 0.3])) * DM
    return (h @ v - 0.7) ** 2
def drop_g(w, v, bug=None):
    x = A([0.5, -1.2, 0.8, 1.6, 0.3]); t = np.tanh(w * x); m = DM
    d = 2 * ((t * m) @ v - 0.7)
    mm = {"none": 1.0, "unscaled": DM > 0}.get(bug, m)
    return d * v * mm * (1 - t**2) * x, d * t * m
D_AT = (A([0.4, 1.1, -0.9, 0.6, 2.0]), A([0.7, -0.5, 1.2, 0.3, -0.8]))
net("dropout_mask_missing", "CS231n assignment 2, dropout_backward", drop, D_AT, drop_g, "none", "The dropout mask is missing going back: dropped units still pass slopes.",
    [["dropout"], ["mask"]], ["w[", "mask"], kind="dropout")
net("dropout_scale_missing", "CS231n assignment 2, inverted dropout (1/p)", drop, D_AT, drop_g, "unscaled", "The kept units' 1/0.6 of inverted dropout is missing going back.",
    [["0.6"], ["1.66"], ["dropout"], ["scale"], ["keep"]], ["w[", "0.6", "1.66", "mask"], kind="dropout")
def tied(w):
    x = [0.8, -0.3, 1.5]
    code = sum(a * b for a, b in zip(w, x))
    return sum((a * code - b) ** 2 for a, b in zip(w, x))
def tied_g(w, bug=None):
    w = A(w); x = A([0.8, -0.3, 1.5]); c = w @ x; d = 2 * (w * c - x)
    return ({"dec": 0, "enc": 1}.get(bug, 1) * (d @ w) * x + {"enc": 0}.get(bug, 1) * d * c).tolist()
net("tied_encoder_path_missing", "Vincent et al., Stacked Denoising Autoencoders (tied weights)", tied, ([0.6, 0.9, -0.4],), tied_g, "dec",
    "w is used twice (code and decoder): the path through the code is missing.", [["twice"], ["path"], ["tied"], ["two uses"], ["one use"], ["both"]], ["w", "code", "sum", "term"], kind="tied")
net("tied_decoder_path_missing", "Vincent et al., Stacked Denoising Autoencoders (tied weights)", tied, ([0.6, 0.9, -0.4],), tied_g, "enc",
    "w is used twice (code and decoder): the decoder's direct part is missing.", [["twice"], ["path"], ["tied"], ["two uses"], ["one use"], ["both"]], ["w", "code", "term", "decoder"], kind="tied")

# ---------------------------------------------------------------- recurrent nets
def rnn(wx, wh, b):
    h, total = 0.0, 0.0
    for x, y in zip([0.9, -0.5, 1.3, 0.4], [0.2, 0.1, 0.8, 0.5]):
        h = F.tanh(wx * x + wh * h + b)
        total = total + (h - y) ** 2
    return total
def rnn_g(wx, wh, b, bug=None):
    xs, ys = [0.9, -0.5, 1.3, 0.4], [0.2, 0.1, 0.8, 0.5]
    hs = [0.0]
    for x in xs: hs.append(tanh(wx * x + wh * hs[-1] + b))
    g, nxt = [0.0] * 3, 0.0
    for t in reversed(range(4)):
        d = 2 * (hs[t + 1] - ys[t]) * (0 if bug == "last_loss" and t < 3 else 1) + nxt
        dz = d * (1 - hs[t + 1] ** 2)
        prev = hs[t + 1] if bug == "h_now" else hs[t]
        new = [dz * xs[t], dz * prev, dz]
        g = new if bug == "overwrite" else [p + q for p, q in zip(g, new)]
        nxt = 0.0 if bug == "truncate" else (d if bug == "no_tanh" else dz) * (1 if bug == "no_wh" else wh)
    return tuple(g)
for nm, bug, tr, cw in [
    ("rnn_truncated", "truncate", "Backpropagation stops after one step: the path through the earlier hidden states is missing.", [["truncat"], ["earlier"], ["previous"], ["recurr"], ["through time"], ["step"]]),
    ("rnn_last_loss_only", "last_loss", "Only the last step's loss was counted.", [["last", "step"], ["step"], ["last", "row"], ["only", "last"]]),
    ("rnn_h_of_now", "h_now", "wh's slope uses h of the same step instead of the previous step.", [["previous"], ["step"], ["shift"], ["h_prev"], ["off by one"]]),
    ("rnn_wh_missing", "no_wh", "dh passed to the earlier step lacks wh.", [["wh"], ["recurr"]]),
    ("rnn_overwritten", "overwrite", "`=` for `+=`: only the first time step's slope (computed last) is kept.", [["+="], ["first"], ["step"], ["overwrit"], ["accumul"], ["once"]])]:
    net(nm, "Karpathy, min-char-rnn gist (dWhh += ..., dhnext)", rnn, (0.7, -0.9, 0.2), rnn_g, bug, tr, cw, ["wh", "step", "wx"], kind="recurrent", numbers=bug == "last_loss")

# ---------------------------------------------------------------- physics and finance
K = "physics/finance"
add("pendulum_period", K, "Halliday, Resnick, Walker, Fundamentals of Physics, simple pendulum",
    lambda length, gravity: 2 * math.pi * F.sqrt(length / gravity), (1.6, 9.81),
    lambda L, g: (pi / sqrt(L * g), -2 * pi * sqrt(L) / sqrt(g**3)), lambda L, g: (pi / sqrt(L * g), -pi * sqrt(L / g**3)),
    "Along gravity the 1/2 of the square root is missing.", [["1/2"], ["half"], ["factor 2"], ["2 x"], ["0.5"]], ["gravity"])
add("black_scholes_vega_as_delta_cdf", K, "Hull, Options, Futures and Other Derivatives, The Greek Letters (vega uses N')",
    lambda spot, vol: (lambda d1: spot * 0.5 * (1 + F.erf(d1 / math.sqrt(2))) - 95 * math.exp(-0.03) * 0.5 * (1 + F.erf((d1 - vol) / math.sqrt(2))))(
        (F.log(spot / 95) + 0.03 + vol**2 / 2) / vol), (100.0, 0.25),
    lambda s, v: (lambda d: (0.5 * (1 + math.erf(d / sqrt(2))), s * 0.5 * (1 + math.erf(d / sqrt(2)))))((log(s / 95) + 0.03 + v**2 / 2) / v),
    lambda s, v: (lambda d: (0.5 * (1 + math.erf(d / sqrt(2))), s * exp(-d * d / 2) / sqrt(2 * pi)))((log(s / 95) + 0.03 + v**2 / 2) / v),
    "Vega uses the density N'(d1), not the distribution N(d1).", [["densit"], ["n'("], ["erf"], ["cdf"], ["pdf"]], ["vol"])
add("present_value_exponent", K, "Hull / bond duration: years t brought down",
    lambda rate: sum(c / (1 + rate) ** t for t, c in [(1, 5.0), (2, 5.0), (3, 105.0)]), (0.04,),
    lambda r: -sum(t * c / (1 + r) ** t for t, c in [(1, 5.0), (2, 5.0), (3, 105.0)]),
    lambda r: -sum(t * c / (1 + r) ** (t + 1) for t, c in [(1, 5.0), (2, 5.0), (3, 105.0)]),
    "The exponent was not lowered: one more 1/(1+rate) is due.", [["exponent"], ["power"], ["1 + rate"], ["1.04"], ["1+rate"]], ["1 + rate", "1.04", "power", "exponent"], numbers=True)
add("lens_equation", K, "Hecht, Optics, thin lens equation",
    lambda f, d: 1 / (1 / f - 1 / d), (0.05, 0.4),
    lambda f, d: ((1 / f - 1 / d) ** -2 / f, -((1 / f - 1 / d) ** -2) / d),
    lambda f, d: ((1 / f - 1 / d) ** -2 / f**2, -((1 / f - 1 / d) ** -2) / d**2),
    "The inner derivative of 1/f is -1/f**2: the square is missing.", INNER + [["square"], ["1/f"], ["f**2"], ["divid"], ["reciproc"], ["power"]], ["f", "1/f"])
add("kinetic_plus_potential", K, "Goldstein, Classical Mechanics, Lagrangian of an oscillator",
    lambda q, p: p**2 / (2 * 0.8) - 0.5 * 3.2 * q**2, (0.7, -1.2), lambda q, p: (3.2 * q, p / 0.8), lambda q, p: (-3.2 * q, p / 0.8),
    "The potential enters with a minus: along q the sign is turned.", [["sign"], ["minus"], ["negat"]], ["q"])

# ---------------------------------------------------------------- attention
AK = A([[0.4, -1.0, 0.7, 0.2], [1.1, 0.3, -0.6, 0.9], [-0.5, 0.8, 0.1, -1.2]])
AV = A([1.5, -0.7, 0.4])
def att(query):
    return (F.softmax(AK @ query / 2.0) @ AV - 0.3) ** 2
def att_g(q, bug=None):
    p = softmax(AK @ q / 2); o = p @ AV; d = 2 * (o - 0.3)
    ds = {"diag": p * (1 - p) * AV, "nojac": AV, "pv": p * AV}.get(bug, p * (AV - o)) * d
    return AK.T @ ds / (1 if bug == "scale" else 2)
for nm, bug, src, tr, cw in [
    ("attention_scale", "scale", "Vaswani et al., Attention Is All You Need (1/sqrt(d_k)); AlphaGPU/leetgpu-challenges pull 302", "1/sqrt(d) = 1/2 is missing going back through the scores.",
     [["sqrt(d"], ["scale"], ["factor 2"], ["1/2"], ["2 x"], ["0.5"]] + INNER),
    ("attention_softmax_forgotten", "nojac", "github.com/pocketpy/cTensor pull 31 (softmax gradient is a Jacobian product)", "The softmax's Jacobian is missing: the scores got the weights' slope.", [["softmax"], ["jacobian"]]),
    ("attention_diagonal", "diag", "github.com/pocketpy/cTensor pull 31", "Only the diagonal p(1-p) of the softmax's Jacobian was used.", [["diagonal"], ["jacobian"], ["softmax"]]),
    ("attention_mean_not_subtracted", "pv", "github.com/pocketpy/cTensor pull 31", "The softmax's Jacobian lacks its second part: p*v without - p*sum(p*v).", [["softmax"], ["jacobian"], ["normal"]])]:
    net(nm, src, att, (A([0.6, -0.4, 1.3, 0.2]),), att_g, bug, tr, cw, ["query", "score", "softmax"], kind="attention")

# ---------------------------------------------------------------- data passed as arguments
UP = A([[0.7, -1.1], [0.2, 0.9], [-1.4, 0.5]])
def affine(x, w, b):
    return (UP * (x @ w + b)).sum()
def affine_g(x, w, b, bug=None):
    dx, dw, db = UP @ w.T, x.T @ UP, UP.sum(0)
    if bug == "straight": dx = UP @ w
    if bug == "ones": dx = np.ones((3, 2)) @ w.T
    if bug == "bias_first": db = UP[0]
    if bug == "up_forgotten": dw = x.T @ np.ones((3, 2))
    return dx, dw, db
AF_AT = (A([[1.2, 0.4], [-0.7, 1.9], [0.3, -0.8]]), A([[0.6, -1.3], [0.9, 0.2]]), A([0.1, -0.4]))
for nm, bug, tr, cw, ww in [
    ("affine_dx_not_transposed", "straight", "dx uses w instead of w transposed.", [["transpos"], ["w.t"]], ["x["]),
    ("affine_dx_without_upstream", "ones", "dx lacks the upstream gradient.", [["upstream"], ["coefficient"], ["outer"], ["incoming"], ["chain"], ["0.7"]], ["x["]),
    ("affine_db_first_row", "bias_first", "b's slope holds the first row only; it is a sum over rows.", [["row", "first"], ["sum", "row"], ["row", "skip"], ["row 0"], ["one row"]], ["b["]),
    ("affine_dw_without_upstream", "up_forgotten", "dw lacks the upstream gradient.", [["upstream"], ["coefficient"], ["outer"], ["incoming"], ["chain"], ["0.7"]], ["w["])]:
    net(nm, "CS231n assignment 2, affine_backward", affine, AF_AT, affine_g, bug, tr, cw, ww, kind="data as arguments")
