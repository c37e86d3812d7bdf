"""Wrong hand-written gradients that were written after the rules of the diagnosis.

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


def mk(name, kind, source, f, at, g, bug, truth, cause, where, **k):
    add(name, kind, source, f, at, lambda *a: g(*a, bug=bug), g, truth, cause, where, **k)
softmax = lambda z: np.exp(z - z.max(-1, keepdims=True)) / np.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True)

# 1: classifier, 2 features, 4 relu units, 3 classes, 4 rows, l2 on the weights
CX = A([[0.3, -1.2], [1.1, 0.7], [-0.6, 0.9], [0.8, -0.3]]); CT = np.eye(3)[[2, 0, 1, 2]]
def clf(w1, b1, w2, b2):
    z = F.relu(CX @ w1 + b1) @ w2 + b2
    e = F.exp(z)
    logp = z - F.log(e.sum(axis=1)).reshape(4, 1)
    return -(CT * logp).sum() / 4 + 0.05 * ((w1 * w1).sum() + (w2 * w2).sum())
def clf_g(w1, b1, w2, b2, bug=None):
    w1, b1, w2, b2 = map(A, (w1, b1, w2, b2))
    z1 = CX @ w1 + b1; h = np.maximum(z1, 0); p = softmax(h @ w2 + b2)
    d = (p - CT) / 4
    if bug == "nohot": d = p / 4
    if bug == "non": d = d * 4
    if bug == "nclass": d = (p - CT) / 3
    if bug == "sq": d = d * p * (1 - p)
    if bug == "shift": d = (p - np.roll(CT, 1, 0)) / 4
    if bug == "sign": d = -d
    dh = d @ w2.T
    if bug == "now2": dh = d.sum(1, keepdims=True) * np.ones(4)
    m = z1 > 0
    if bug == "nomask": m = 1.0
    if bug == "maskinv": m = z1 <= 0
    dz = dh * m
    gw1 = CX.T @ dz; gb1 = dz.sum(0); gw2 = h.T @ d; gb2 = d.sum(0)
    if bug == "w2z": gw2 = z1.T @ d
    if bug == "b1mean": gb1 = dz.mean(0)
    if bug == "b2first": gb2 = d[0]
    if bug == "last": gw1, gb1, gw2, gb2 = np.outer(CX[-1], dz[-1]), dz[-1], np.outer(h[-1], d[-1]), d[-1]
    if bug == "skip": gw1, gb1, gw2, gb2 = CX[1:].T @ dz[1:], dz[1:].sum(0), h[1:].T @ d[1:], d[1:].sum(0)
    if bug == "w1rolled": gw1 = np.roll(gw1, 1, 1)
    r = 0.1
    if bug == "noreg": r = 0.0
    if bug == "reg2": r = 0.2
    if bug == "reghalf": r = 0.05
    gw1 = gw1 + r * w1; gw2 = gw2 + (0 if bug == "noregw2" else r) * w2
    if bug == "regb": gb1 = gb1 + 0.1 * b1; gb2 = gb2 + 0.1 * b2
    return gw1, gb1, gw2, gb2
C_AT = (A([[0.5, -0.7, 0.9, 0.2], [-0.3, 0.8, 0.4, -1.1]]), A([0.1, 0.2, -0.1, 0.3]), A([[0.6, -0.2, 0.4], [-0.5, 0.9, 0.1], [0.3, 0.7, -0.8], [1.0, -0.4, 0.2]]), A([0.05, -0.1, 0.2]))
ROWN = [["1/n"], ["mean"], ["4", "row"], ["divid", "4"], ["division", "4"]]
for bug, tr, cw, ww in [
    ("nohot", "The one-hot was not subtracted from the softmax.", [["one-hot"], ["target"], ["label"]], ["w2"]),
    ("non", "1/n of the 4 rows is missing in the cross-entropy.", ROWN, ["w1"]),
    ("nclass", "Divided by the 3 classes, not the 4 rows.", [["3", "4"], ["class"], ["1/n"], ["mean"]], ["w1"]),
    ("sq", "p(1-p) was multiplied in again.", [["softmax", "p*(1-p)"], ["once more"], ["again"], ["softmax", "slope"]], ["w2"]),
    ("shift", "The labels are shifted by one row.", [["label", "row"], ["target", "row"], ["label", "shift"]], ["row"]),
    ("sign", "y - p instead of p - y: the sign.", [["sign"]], ["w1"]),
    ("now2", "w2 is missing in the hidden delta.", [["w2", "missing"], ["weights", "missing"]], ["w1", "layer 1"]),
    ("nomask", "The relu mask is missing.", [["mask"], ["relu"]], ["w1", "layer 1"]),
    ("maskinv", "The relu mask is inverted.", [["mask", "invert"], ["relu", "invert"]], ["w1", "layer 1"]),
    ("w2z", "w2 uses z before relu, not the activations.", [["before", "activation"], ["relu"]], ["w2"]),
    ("b1mean", "b1's slope is a mean, not a sum over the rows.", [["b1", "mean"], ["b1", "divid"], ["b1", "4"]], ["b1"]),
    ("b2first", "b2's slope is of the first row only.", [["b2", "first"], ["b2", "row 0"]], ["b2"]),
    ("last", "Only the last row counts (= for +=).", [["last row"], ["row 3"]], ["row"]),
    ("skip", "The first row is skipped.", [["first row"], ["row 0"]], ["row"]),
    ("w1rolled", "w1's columns are rolled by one.", [["shift"], ["roll"], ["off by one"]], ["w1"]),
    ("noreg", "The regulariser is forgotten.", [["regular"], ["penalty"]], ["w1"]),
    ("reg2", "The regulariser is doubled.", [["penalty", "2"], ["regular", "2"], ["doubled"]], ["w1"]),
    ("reghalf", "The 2 of the regulariser's square is missing.", [["penalty", "2"], ["regular", "2"]], ["w1"]),
    ("noregw2", "The regulariser of w2 is forgotten.", [["penalty", "w2"], ["regular", "w2"]], ["w2"]),
    ("regb", "The biases are regularised too.", [["penalty", "b1"], ["regular", "b1"], ["penalty", "bias"]], ["b1"])]:
    mk("clf_" + bug, "softmax", "CS231n/Coursera assignment kinds", clf, C_AT, clf_g, bug, tr, cw, ww)

# 2: regression, 3 inputs, tanh 3, tanh 3, 1 output, 3 rows, half mse
RX = A([[0.2, -0.8, 0.5], [1.0, 0.3, -0.4], [-0.7, 0.6, 0.9]]); RT = A([0.4, -0.3, 0.8])
def reg(u, v, s):
    return ((F.tanh(F.tanh(RX @ u) @ v) @ s - RT) ** 2).sum() / 2
def reg_g(u, v, s, bug=None):
    u, v, s = map(A, (u, v, s)); h1 = np.tanh(RX @ u); h2 = np.tanh(h1 @ v); e = h2 @ s - RT
    if bug == "two": e = 2 * e
    if bug == "mean": e = e / 3
    if bug == "abs": e = np.sign(e)
    d2 = np.outer(e, s) * (1 - h2**2)
    if bug == "t2": d2 = np.outer(e, s)
    if bug == "t2lin": d2 = np.outer(e, s) * (1 - h2)
    back = {"vT": v, "vnone": np.eye(3), "stale": (v - 0.1 * h1.T @ d2).T}.get(bug, v.T)
    d1 = d2 @ back * (1 - (h2 if bug == "maskother" else h1) ** 2)
    if bug == "sig": d1 = d2 @ v.T * h1 * (1 - h1)
    gu, gv, gs = RX.T @ d1, h1.T @ d2, h2.T @ e
    if bug == "turnv": gv = gv.T
    if bug == "swapuv": gu, gv = gv, gu
    if bug == "vin": gv = RX.T @ d2
    if bug == "rev": gs = gs[::-1]
    if bug == "u0": gu = gu * 0
    return gu, gv, gs
R_AT = (A([[0.4, -0.6, 0.9], [0.7, 0.2, -0.5], [-0.3, 0.8, 0.1]]), A([[0.5, -0.9, 0.3], [0.6, 0.4, -0.7], [-0.2, 0.1, 1.0]]), A([0.8, -0.5, 0.6]))
for bug, tr, cw, ww in [
    ("two", "The 1/2 of the loss is forgotten: a factor 2 too many.", [["factor 2"], ["2 x"], ["half"]], ["u"]),
    ("mean", "A mean over the 3 rows instead of a sum.", [["mean"], ["1/n"], ["3", "row"]], ["u"]),
    ("abs", "sign(error), the slope of the absolute error.", [["sign(error)"], ["abs"]], ["u"]),
    ("t2", "tanh's slope is missing in layer 2.", [["tanh", "layer 2"], ["tanh", "not differ"]], ["layer 2"]),
    ("t2lin", "1 - t instead of 1 - t**2 in layer 2.", [["tanh"], ["1 - t"]], ["layer 2"]),
    ("vT", "v is not transposed going back.", [["transpos"]], ["u"]),
    ("vnone", "v is missing going back.", [["v", "missing"]], ["u"]),
    ("stale", "v was updated before the delta went back.", [["update"], ["stale"]], ["u"]),
    ("maskother", "tanh's slope of layer 2 used in layer 1.", [["layer 2", "layer 1"]], ["u", "layer 1"]),
    ("sig", "The sigmoid's rule used for tanh in layer 1.", [["sigmoid"]], ["u", "layer 1"]),
    ("turnv", "v's slope is transposed.", [["transpos"], ["outer"]], ["v"]),
    ("swapuv", "The slopes of u and v are swapped.", [["swap"]], ["u"]),
    ("vin", "v's slope uses the inputs, not the activations.", [["input"]], ["v"]),
    ("rev", "s's slope is reversed.", [["revers"]], ["s"]),
    ("u0", "u's slope was never computed.", [["u", "0"], ["never"]], ["u"])]:
    mk("reg_" + bug, "network", "Nielsen/Goodfellow kinds, Stack Overflow", reg, R_AT, reg_g, bug, tr, cw, ww)

# 3: layer norm with gain, dropout mask, tied weights
NT = A([0.5, -0.2, 0.9, 0.1]); KEEP = A([2.0, 0.0, 2.0, 2.0])
def norm(x, g):
    mu = x.sum() / 4; c = x - mu; sd = F.sqrt((c * c).sum() / 4 + 1e-3)
    return ((g * c / sd - NT) ** 2).sum()
def norm_g(x, g, bug=None):
    x, g = A(x), A(g); c = x - x.mean(); sd = math.sqrt((c * c).mean() + 1e-3); n = c / sd
    e = 2 * (g * n - NT); dn = e * g
    gx = (dn - dn.mean() - n * (dn * n).mean()) / sd
    if bug == "nomean": gx = (dn - n * (dn * n).mean()) / sd
    if bug == "novar": gx = (dn - dn.mean()) / sd
    if bug == "both": gx = dn / sd
    gg = e * n
    if bug == "gain": gx = (e - e.mean() - n * (e * n).mean()) / sd
    if bug == "gx": gg = e * x
    return gx, gg
for bug, tr, cw, ww in [("nomean", "The mean's path is missing.", [["mean"]], ["x"]), ("novar", "The variance's path is missing.", [["varian"], ["deviation"]], ["x"]),
    ("both", "Mean and deviation taken as constants.", [["mean", "constant"], ["mean", "missing"], ["deviation", "constant"]], ["x"]),
    ("gain", "The gain g is missing in x's slope.", [["g", "missing"], ["factor g"]], ["x"]), ("gx", "g's slope uses x, not the normalised value.", [["normal"], ["deviation"], ["before"]], ["g"])]:
    mk("norm_" + bug, "normalisation", "CS231n batchnorm assignment kinds", norm, (A([0.9, -0.4, 1.6, 0.2]), A([1.1, 0.7, -0.6, 1.4])), norm_g, bug, tr, cw, ww)
def tied(w, v):
    h = F.tanh(w @ A([0.6, -1.1])) * KEEP
    out = h @ w
    return ((out - v) ** 2).sum()
def tied_g(w, v, bug=None):
    w, v = A(w), A(v); x = A([0.6, -1.1]); t = np.tanh(w @ x); h = t * KEEP
    e = 2 * (h @ w - v); dh = w @ e
    m = {"nodrop": 1.0, "noscale": KEEP > 0}.get(bug, KEEP)
    dz = dh * m * (1 - t * t)
    gw = np.outer(dz, x) + np.outer(h, e)
    if bug == "enc": gw = np.outer(dz, x)
    if bug == "dec": gw = np.outer(h, e)
    return gw, (e if bug == "vsign" else -e)
for bug, tr, cw, ww in [("nodrop", "The dropout mask is missing going back.", [["mask"], ["dropout"]], ["w"]), ("noscale", "The scale 2 of the dropout mask is missing.", [["scale"], ["mask"], ["factor 2"]], ["w"]),
    ("enc", "Only the first use of the tied w counts.", [["path"], ["twice"], ["use"]], ["w"]), ("dec", "Only the second use of the tied w counts.", [["path"], ["twice"], ["use"]], ["w"]),
    ("vsign", "v's slope has the wrong sign.", [["sign"]], ["v"])]:
    mk("tied_" + bug, "tied", "Press/Wolf weight tying; Srivastava dropout", tied, (A([[0.5, -0.8], [0.9, 0.3], [-0.4, 0.7], [0.2, 1.1]]), A([0.3, -0.6])), tied_g, bug, tr, cw, ww)

# 4: rows and branches
QX = [0.5, 1.5, -0.8, 2.2, -1.4]; QY = [0.7, 2.9, -0.2, 7.5, -3.6]; QW = [1.0, 2.0, 0.5, 3.0, 1.5]
def wls(a, b): return sum(q * (a * x + b - y) ** 2 for q, x, y in zip(QW, QX, QY)) / 5
def wls_g(a, b, bug=None):
    q, x, y = A(QW), A(QX), A(QY); n = 5.0
    if bug == "now": q = np.ones(5)
    if bug == "sqw": q = q * q
    if bug == "n4": n = 4.0
    if bug == "y": y = np.roll(y, 1)
    if bug == "sw": y = y[[0, 2, 1, 3, 4]]
    d = 2 * q * (a * x + b - y) / n
    if bug == "dup": d[1] = 0; d[0] *= 2
    if bug == "half": d[3:] = 0
    if bug == "skip2": d[2] = 0
    return float(d @ x), float(d.sum())
for bug, tr, cw, ww in [("now", "The rows' weights are forgotten.", [["weight", "row"]], ["row"]), ("sqw", "The rows' weights are squared.", [["weight", "twice"], ["weight", "squar"]], ["row"]),
    ("n4", "Divided by n - 1.", [["n - 1"], ["4", "5"]], ["4"]), ("y", "The targets are shifted by one row.", [["target", "shift"], ["target", "row"]], ["row"]),
    ("sw", "The targets of rows 1 and 2 are swapped.", [["target", "swap"]], ["row"]), ("dup", "Row 0 counts twice, row 1 never.", [["row 0", "twice"], ["twice", "row 1"]], ["row"]),
    ("half", "Only the first 3 rows count.", [["first 3"], ["row 3", "row 4"], ["rows 3"]], ["row"]), ("skip2", "Row 2 is skipped.", [["row 2"]], ["row"])]:
    mk("wls_" + bug, "regression", "Course notes, minibatch loops", wls, (0.8, -0.3), wls_g, bug, tr, cw, ww)
def huber(m):
    t = 0
    for x, y in zip(QX, QY):
        e = m * x - y
        t = t + (e * e / 2 if abs(e) <= 1 else abs(e) - 0.5)
    return t
def huber_g(m, bug=None):
    g = 0.0
    for x, y in zip(QX, QY):
        e = m * x - y; s = math.copysign(1, e)
        g += {"quad": e, "lin": s, "swap": (s if abs(e) <= 1 else e), "sign": (e if abs(e) <= 1 else 1.0)}.get(bug, e if abs(e) <= 1 else s) * x
    return g
for bug, tr, cw in [("quad", "The quadratic branch for all rows.", [["quadratic"], ["branch"]]), ("lin", "The linear branch for all rows.", [["linear"], ["branch"]]),
    ("swap", "The branches are swapped.", [["swap"], ["branch"]]), ("sign", "The sign is missing in the linear branch.", [["sign"]])]:
    mk("huber_" + bug, "branch", "Huber 1964; GBM notes", huber, (0.6,), huber_g, bug, tr, cw, ["row", "branch"])
# 5: formulas
for name, f, at, hand, right, tr, cw, ww in [
    ("sincos", lambda x: F.sin(3 * x) * x, (0.7,), lambda x: 3 * math.sin(3 * x) * x + math.sin(3 * x), lambda x: 3 * math.cos(3 * x) * x + math.sin(3 * x), "sin instead of cos.", [["sin", "cos"]], ["sin"]),
    ("prod", lambda x: x**2 * F.exp(x), (0.9,), lambda x: 2 * x * math.exp(x), lambda x: (2 * x + x * x) * math.exp(x), "The product rule's second term is missing.", [["product"], ["exp"], ["used"]], ["exp", "x"]),
    ("quot", lambda x: F.log(x) / x, (1.7,), lambda x: (1 - math.log(x)) / x, lambda x: (1 - math.log(x)) / x**2, "The denominator is not squared.", [["quotient"], ["denominator"], ["divid"], ["division"]], ["x"]),
    ("chain", lambda x: F.exp(-(x**2) / 2), (0.8,), lambda x: math.exp(-x * x / 2), lambda x: -x * math.exp(-x * x / 2), "The inner derivative -x is missing.", [["inner"], ["chain"], ["exp"]], ["x"]),
    ("logbase", lambda x: F.log(x**2 + 1), (1.2,), lambda x: 1 / (x * x + 1), lambda x: 2 * x / (x * x + 1), "The inner 2x is missing.", [["inner"], ["chain"]], ["x"]),
    ("pend", lambda l, g: 2 * math.pi * F.sqrt(l / g), (1.3, 9.8), lambda l, g: (math.pi / math.sqrt(l * g), math.pi * math.sqrt(l / g) / g), lambda l, g: (math.pi / math.sqrt(l * g), -math.pi * math.sqrt(l / g) / g), "g's sign.", [["sign"], ["minus"]], ["g"]),
    ("power", lambda x: (2 * x + 1) ** 3, (0.6,), lambda x: 3 * (2 * x + 1) ** 2, lambda x: 6 * (2 * x + 1) ** 2, "The inner 2 is missing.", [["inner"], ["factor", "2"], ["chain"]], ["2"]),
    ("update", lambda w: (w * 5 - 7) ** 2, (2.3,), lambda w: w - 0.1 * 10 * (5 * w - 7), lambda w: 10 * (5 * w - 7), "The updated weight was returned.", [["update"]], ["w"]),
]:
    add("formula_" + name, "formula", "OpenStax Calculus 1; tutorial", f, at, hand, right, tr, cw, ww)
