"""Right hand gradients over functions with kinks, ties and narrow domains: all must be accepted.

`right(*at)` is in the structure of the arguments.  Where `kink` is true, the point lies exactly
on a kink and the slope given is one between the left and the right slope along each argument
(often not the engine's convention); elsewhere it equals autograd's.
"""
# fmt: off
# ruff: noqa

import math
from typing import Callable, NamedTuple

import numpy as np

from autograd_nn import functions as F


class Right(NamedTuple):
    name: str
    kind: str
    f: Callable
    at: tuple
    right: Callable
    kink: bool = False


RIGHT: list[Right] = []
A = np.asarray
exp, log, sin, cos, sqrt, pi = math.exp, math.log, math.sin, math.cos, math.sqrt, math.pi
sig = lambda z: 1 / (1 + np.exp(-A(z, dtype=float)))


def ok(name, kind, f, at, right, kink=False):
    RIGHT.append(Right(name, kind, f, at, right, kink))


def some_zero(n, seed):
    x = np.random.default_rng(seed).normal(size=n).round(2)
    x[:: 3] = 0.0
    return x


# relu exactly at 0, many inputs
for n, seed, at0 in [(50, 1, 0.0), (80, 2, 1.0), (120, 3, 0.5), (200, 4, 0.0)]:
    ok(f"relu_sum_{n}_slope_{at0}_at_0", "relu at 0", lambda x: F.relu(x).sum(), (some_zero(n, seed),),
       lambda x, at0=at0: np.where(x > 0, 1.0, np.where(x < 0, 0.0, at0)), True)
C100 = np.random.default_rng(7).normal(size=100).round(2)
ok("relu_weighted_100", "relu at 0", lambda x: (F.relu(x) * C100).sum(), (some_zero(100, 5),), lambda x: C100 * (x > 0), True)
ok("relu_squared_150", "relu at 0", lambda x: (F.relu(x) ** 2).sum(), (some_zero(150, 6),), lambda x: 2 * np.maximum(x, 0))
ok("relu_all_zero_64_list", "relu at 0", lambda x: sum(F.relu(v) for v in x), ([0.0] * 64,), lambda x: [1.0 if v > 0 else 0.0 for v in x], True)
ok("relu_all_zero_64_list_right_slope", "relu at 0", lambda x: sum(F.relu(v) for v in x), ([0.0] * 64,), lambda x: [1.0 if v >= 0 else 0.0 for v in x], True)
ok("relu_one_weight_60_rows", "relu at 0", lambda w: F.relu(w * C100[:60]).sum(), (0.0,), lambda w: float((C100[:60] * (w * C100[:60] > 0)).sum()), True)
ok("relu_mixed_slope_within_70", "relu at 0", lambda x: (3 * F.relu(x) - x).sum(), (some_zero(70, 9),), lambda x: np.where(x > 0, 2.0, np.where(x < 0, -1.0, 0.25)), True)
ok("leaky_relu_at_0", "relu at 0", lambda x: F.leaky_relu(x) * 2, (0.0,), lambda x: 2.0 if x > 0 else 0.02, True)
ok("relu_if_written_by_hand", "relu at 0", lambda x: sum(v if v > 0 else 0 * v for v in x), ([0.0, 1.2, -0.7, 0.0],), lambda x: [1.0 if v > 0 else 0.0 for v in x], True)

# abs at 0
ok("abs_at_0_slope_0", "abs at 0", lambda x: abs(x), (0.0,), lambda x: float(np.sign(x)), True)
ok("abs_at_0_right_slope", "abs at 0", lambda x: abs(x), (0.0,), lambda x: 1.0 if x >= 0 else -1.0, True)
ok("abs_at_0_left_slope", "abs at 0", lambda x: 2 * abs(x) + 3 * x, (0.0,), lambda x: 5.0 if x > 0 else 1.0, True)
ok("abs_shifted", "abs at 0", lambda x: abs(x - 1.5) + x**2, (1.5,), lambda x: float(np.sign(x - 1.5)) + 2 * x, True)
ok("lasso_zero_coefficients_60", "abs at 0", lambda c: 0.3 * sum(abs(v) for v in c), ([0.0, 1.2, -0.4] * 20,), lambda c: [0.3 * float(np.sign(v)) for v in c], True)
ok("abs_product_smooth_at_0", "abs at 0", lambda x: x * abs(x), (0.0,), lambda x: 2 * abs(x))
ok("mae_exact_fit", "abs at 0", lambda m: sum(abs(m * x - y) for x, y in [(1.0, 2.0), (2.0, 4.0), (3.0, 5.0)]), (2.0,),
   lambda m: float(sum(x * np.sign(m * x - y) for x, y in [(1.0, 2.0), (2.0, 4.0), (3.0, 5.0)])), True)
ok("sqrt_of_square", "abs at 0", lambda x: F.sqrt(x**2 + 1e-12), (0.0,), lambda x: x / sqrt(x**2 + 1e-12))

# ties
ok("max_tie_first", "ties", lambda a, b: F.maximum(a, b), (1.3, 1.3), lambda a, b: (1.0, 0.0) if a >= b else (0.0, 1.0), True)
ok("max_tie_second", "ties", lambda a, b: F.maximum(a, b), (1.3, 1.3), lambda a, b: (1.0, 0.0) if a > b else (0.0, 1.0), True)
ok("max_tie_shared", "ties", lambda a, b: F.maximum(a, b), (0.7, 0.7), lambda a, b: (0.5, 0.5) if a == b else (float(a > b), float(b > a)), True)
ok("max_tie_quarter", "ties", lambda a, b: F.maximum(3 * a, 2 * b), (1.0, 1.5), lambda a, b: (0.75, 1.5) if 3 * a == 2 * b else (3.0 * (3 * a > 2 * b), 2.0 * (3 * a < 2 * b)), True)
ok("min_tie", "ties", lambda a, b: F.minimum(a, b) * 2, (0.4, 0.4), lambda a, b: (2.0, 0.0) if a <= b else (0.0, 2.0), True)
ok("max_with_zero", "ties", lambda x: F.maximum(0.0, x), (0.0,), lambda x: 1.0 if x > 0 else 0.0, True)
ok("clip_lower_edge", "ties", lambda x: F.clip(x, 0.0, 1.0), (0.0,), lambda x: float(0 < x < 1), True)
ok("clip_upper_edge", "ties", lambda x: F.clip(x, 0.0, 1.0) * 4, (1.0,), lambda x: 4.0 if 0 < x <= 1 else 0.0, True)
def pool(x):
    best = x[0]
    for v in x[1:]:
        best = F.maximum(best, v)
    return best
def first_max(x):
    j = int(np.argmax(x))
    return [1.0 if i == j else 0.0 for i in range(len(x))]
ok("max_pool_four_equal", "ties", pool, ([0.5, 0.5, 0.5, 0.5],), first_max, True)
ok("max_pool_two_of_four", "ties", pool, ([0.1, 0.9, -0.3, 0.9],), first_max, True)
ok("hinge_exactly_at_margin", "ties", lambda s: sum(F.maximum(0.0, s[j] - s[1] + 1.0) for j in (0, 2)), ([1.0, 2.0, 1.4],),
   lambda s: [float(s[0] - s[1] + 1 > 0), -float(s[0] - s[1] + 1 > 0) - float(s[2] - s[1] + 1 > 0), float(s[2] - s[1] + 1 > 0)], True)
ok("huber_at_delta", "ties", lambda e: 0.5 * e**2 if abs(e) <= 1 else abs(e) - 0.5, (1.0,), lambda e: e if abs(e) <= 1 else float(np.sign(e)))
ok("python_max_tie", "ties", lambda a, b: max(a, b) * 3, (2.0, 2.0), lambda a, b: (3.0, 0.0) if a >= b else (0.0, 3.0), True)

# relu networks of zeros, and XOR nets
ZX = A([[0.5, -1.2, 0.3], [1.4, 0.8, -0.6], [-0.7, 0.2, 1.9]]); ZY = A([1.0, -0.5, 2.0])
def znet(w1, b1, w2, b2):
    return ((F.relu(ZX @ w1 + b1) @ w2 + b2 - ZY) ** 2).sum() / 3
def znet_g(w1, b1, w2, b2):
    z = ZX @ w1 + b1; h = np.maximum(z, 0); d = 2 * (h @ w2 + b2 - ZY) / 3
    dz = np.outer(d, w2) * (z > 0)
    return ZX.T @ dz, dz.sum(0), h.T @ d, float(d.sum())
ok("zero_net_8_hidden", "zero nets", znet, (np.zeros((3, 8)), np.zeros(8), np.zeros(8), 0.0), znet_g, True)
ok("zero_net_30_hidden", "zero nets", znet, (np.zeros((3, 30)), np.zeros(30), np.zeros(30), 0.0), znet_g, True)
ok("zero_first_layer_only", "zero nets", znet, (np.zeros((3, 5)), np.full(5, -0.5), A([0.4, -1.0, 0.7, 0.2, 1.1]), 0.3), znet_g)
ok("zero_output_layer", "zero nets", znet, (A([[0.5, -0.4], [1.1, 0.3], [-0.8, 0.9]]), A([0.1, -0.2]), np.zeros(2), 0.0), znet_g)
ok("dead_network", "zero nets", znet, (A([[0.5, -0.4], [0.1, 0.3], [-0.2, 0.2]]), A([-9.0, -8.0]), A([0.7, -0.6]), 0.2), znet_g)
def zdeep(w1, w2, w3):
    return ((F.relu(F.relu(ZX @ w1) @ w2) @ w3 - ZY) ** 2).sum()
def zdeep_g(w1, w2, w3):
    z1 = ZX @ w1; h1 = np.maximum(z1, 0); z2 = h1 @ w2; h2 = np.maximum(z2, 0); d = 2 * (h2 @ w3 - ZY)
    d2 = np.outer(d, w3) * (z2 > 0); d1 = d2 @ w2.T * (z1 > 0)
    return ZX.T @ d1, h1.T @ d2, h2.T @ d
ok("zero_deep_net", "zero nets", zdeep, (np.zeros((3, 4)), np.zeros((4, 4)), np.zeros(4)), zdeep_g, True)
XX = A([[0.0, 0], [0, 1], [1, 0], [1, 1]]); XY = A([0.0, 1, 1, 0])
def xor(act, slope):
    def f(w1, b1, w2, b2):
        return ((act(XX @ w1 + b1) @ w2 + b2 - XY) ** 2).sum() / 4
    def g(w1, b1, w2, b2):
        z = XX @ w1 + b1; h = {"relu": np.maximum(z, 0), "tanh": np.tanh(z), "sigmoid": sig(z)}[slope]
        m = {"relu": z > 0, "tanh": 1 - h**2, "sigmoid": h * (1 - h)}[slope]
        d = (h @ w2 + b2 - XY) / 2; dz = np.outer(d, w2) * m
        return XX.T @ dz, dz.sum(0), h.T @ d, float(d.sum())
    return f, g
GOOD = (np.ones((2, 2)), A([0.0, -1.0]), A([1.0, -2.0]))
fr, gr = xor(F.relu, "relu")
ok("xor_relu_solution_goodfellow", "xor nets", fr, (*GOOD, 0.0), gr, True)
ok("xor_relu_generic", "xor nets", fr, (A([[0.8, -0.6], [1.1, 0.9]]), A([0.05, -0.3]), A([0.7, -1.2]), 0.1), gr)
ok("xor_tanh", "xor nets", *(lambda p: (p[0], (A([[1.3, -0.7], [0.9, -1.1]]), A([-0.4, 1.2]), A([0.8, 1.1]), -0.6), p[1]))(xor(F.tanh, "tanh")))
ok("xor_sigmoid_zeros", "xor nets", *(lambda p: (p[0], (np.zeros((2, 3)), np.zeros(3), np.zeros(3), 0.0), p[1]))(xor(F.sigmoid, "sigmoid")))

# defined near the point only
def near(name, f, x, g):
    ok(name, "narrow domain", f, (x,), g)
near("lorentz_gamma", lambda v: 1 / F.sqrt(1 - v**2), 0.6, lambda v: v / (1 - v**2) ** 1.5)
near("lorentz_gamma_fast", lambda v: 1 / F.sqrt(1 - v**2), 0.995, lambda v: v / (1 - v**2) ** 1.5)
near("log_1e-3", lambda x: F.log(x), 1e-3, lambda x: 1 / x)
near("log_1e-7", lambda x: F.log(x) + x, 1e-7, lambda x: 1 / x + 1)
near("sqrt_1e-4", lambda x: 3 * F.sqrt(x), 1e-4, lambda x: 1.5 / sqrt(x))
near("sqrt_1e-9", lambda x: F.sqrt(x), 1e-9, lambda x: 0.5 / sqrt(x))
near("power_three_halves", lambda x: x**1.5, 1e-5, lambda x: 1.5 * sqrt(x))
near("x_log_x", lambda x: x * F.log(x), 1e-4, lambda x: log(x) + 1)
near("entropy_near_1", lambda p: -p * F.log(p) - (1 - p) * F.log(1 - p), 0.999, lambda p: log((1 - p) / p))
near("asin_near_1", lambda x: F.asin(x), 0.999, lambda x: 1 / sqrt(1 - x * x))
near("half_circle_edge", lambda x: F.sqrt(4 - x**2), 1.99, lambda x: -x / sqrt(4 - x * x))
near("atanh_as_log", lambda x: 0.5 * F.log((1 + x) / (1 - x)), 0.98, lambda x: 1 / (1 - x * x))
near("log_of_log", lambda x: F.log(F.log(x)), 1.01, lambda x: 1 / (x * log(x)))
near("tan_near_pole", lambda x: F.tan(x), 1.55, lambda x: 1 / cos(x) ** 2)
near("reciprocal_near_pole", lambda x: 1 / (1 - x), 0.99, lambda x: 1 / (1 - x) ** 2)
near("log_of_cosine", lambda x: F.log(F.cos(x)), 1.5, lambda x: -math.tan(x))
ok("hypot_tiny", "narrow domain", lambda x, y: F.sqrt(x**2 + y**2), (3e-5, -4e-5), lambda x, y: (x / math.hypot(x, y), y / math.hypot(x, y)))
ok("log_barrier", "narrow domain", lambda x: -sum(F.log(v) for v in x) - F.log(1 - sum(x)), ([0.001, 0.3, 0.69],),
   lambda x: [-1 / v + 1 / (1 - sum(x)) for v in x])
ok("cross_entropy_sure", "narrow domain", lambda p: -(F.log(p[0]) + F.log(1 - p[1])), ([1e-4, 0.9999],), lambda p: [-1 / p[0], 1 / (1 - p[1])])
