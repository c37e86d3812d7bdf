"""Random programs: value and gradient equal the engine's, nan and infinity included.

A program is a list of steps on vectors: reuse, ragged sums, matrix products, broadcasts,
gathers, look-ups, branches, every operation.

* Programs on small integers, where no sum rounds: equal to the last bit.
* As many on any numbers: equal to 1e-12.  Where cancellation makes a result sensitive, the
  engine itself moves by more than that when the inputs move by one unit in the last place;
  the comparison then allows some times that much, more for longer sums, and 1e-12 of the
  absolute sum of the contributions to a slope (6 of 1,000 comparisons need it).
* Programs written for one row and run on many.

``AUTOGRAD_NN_FUZZ_PROGRAMS`` in the environment sets how many, 1,000 unless it is there; the
plain engine records a quarter of them: what is made of its recordings is the same.
"""

import os
import warnings
from functools import reduce

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd_nn import Value, engine_is_compiled, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.engine import topological_order
from autograd_nn.jit import JitWarning, jit, take

COUNT = int(os.environ.get("AUTOGRAD_NN_FUZZ_PROGRAMS", "1000" if engine_is_compiled() else "250"))

UNARY = ["relu", "exp", "tanh", "sigmoid", "sin", "cos", "tan", "abs", "sqrt", "log", "log1p"]
UNARY += ["expm1", "softplus", "atan", "asin", "acos", "sinh", "cosh", "erf"]
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 0.5),
    "maximum": fn.maximum,
    "minimum": fn.minimum,
    "hypot": fn.hypot,
    "atan2": fn.atan2,
    "leaky": lambda a, b: fn.leaky_relu(a, 0.1) - b,
    "pow": lambda a, b: fn.abs(a) ** b,
}
SHAPES = ["prefix", "others", "dot", "outer", "matmul", "transposed", "branch", "scale", "gather"]
SHAPES += ["reverse", "square", "cube", "root", "quotient", "negate", "window", "where"]
SHAPES += ["triangle", "largest", "look up"]
EXACT = ["relu", "abs", "add", "sub", "mul", "maximum", "minimum", *SHAPES]
EXACT = [kind for kind in EXACT if kind not in ("scale", "root", "quotient")]

step = st.tuples(
    st.sampled_from([*UNARY, *BINARY, *SHAPES]),
    st.integers(0, 99),
    st.integers(0, 99),
    st.floats(-2, 2).map(lambda x: round(x, 2)),
)
numbers = st.one_of(
    st.floats(-3, 3).map(lambda x: round(x, 3) or 0.125),
    st.sampled_from([1e-8, 1e5, -40.0, 0.5]),
)


def apply(kind, u, v, w, c, index):
    n = len(u)
    if kind in UNARY:
        return [getattr(fn, kind)(a) for a in u]
    if kind in BINARY:
        return [BINARY[kind](a, b) for a, b in zip(u, v, strict=True)]
    if kind == "matmul":
        return [sum(w[i][j] * u[j] for j in range(n)) + v[i] for i in range(n)]
    if kind == "transposed":
        return [v[0] - sum(w[j][i] * u[j] for j in range(n)) for i in range(n)]
    if kind == "dot":
        s = sum(a * b for a, b in zip(u, v, strict=True))
        return [s * a for a in v]
    simple = {
        "prefix": lambda: [sum(u[: i + 1]) for i in range(n)],
        "others": lambda: [sum(u) - a for a in v],
        "outer": lambda: [sum(a * b for b in v) for a in u],
        "branch": lambda: [a * 2 if a > c else -a for a in u],
        "scale": lambda: [a * (i * 0.3 - c) for i, a in enumerate(u)],
        "gather": lambda: [u[(i * i + 1) % n] * v[(3 * i) % n] for i in range(n)],
        "reverse": lambda: u[::-1],
        "square": lambda: [a**2 for a in u],
        "cube": lambda: [a**3 for a in u],
        "root": lambda: [a**0.5 for a in u],
        "quotient": lambda: [a / b for a, b in zip(u, v, strict=True)],
        "negate": lambda: [c - a for a in u],
        "window": lambda: [u[i] * w[0][0] + u[(i + 1) % n] * w[0][-1] - c for i in range(n)],
        "where": lambda: [fn.where(a < b, a, b * c) for a, b in zip(u, v, strict=True)],
        "triangle": lambda: [sum(w[i][j] * u[j] for j in range(i + 1)) for i in range(n)],
        "largest": lambda: [reduce(fn.maximum, [*v[: i + 1], c]) for i in range(n)],
        "look up": lambda: [take(u, i) * a for i, a in zip(index, v, strict=True)],
    }
    return simple[kind]()


def program(steps, loops):
    def f(x, w, index):
        vectors = [list(x)]
        for kind, a, b, c in steps * loops:
            u, v = vectors[-1 - a % len(vectors)], vectors[-1 - b % len(vectors)]
            vectors.append(apply(kind, u, v, w, c, index))
        return sum(vectors[-1]) + 0.5 * vectors[len(vectors) // 2][0]

    return f


def flat(value, gradients):
    return np.concatenate([[value], *(np.ravel(g) for g in gradients)])


def eager(f, x, w, index):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return flat(*value_and_grad(f, (0, 1))(x, w, index))


def absolute_contributions(f, x, w, index):
    """For the value and each slope, the sum of the absolute contributions of all paths."""
    leaves = [Value(float(v)) for v in (*x, *w.ravel())]
    n = len(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        root = f(leaves[:n], np.array(leaves[n:], dtype=object).reshape(n, n), index)
    sums = {id(root): 1.0}
    for node in reversed(topological_order(root)):
        for operand, slope in zip(node.operands, node.partials, strict=True):
            share = abs(slope) * sums[id(node)]
            if share != share and operand.kind == "constant":  # along the 2 of a negative ** 2
                continue
            sums[id(operand)] = sums.get(id(operand), 0.0) + share
    terms = [abs(v.data) * sums.get(id(v), 0.0) for v in topological_order(root) if not v.operands]
    return np.array([sum(terms), *(sums.get(id(v), 0.0) for v in leaves)])


def agree(found, expected, slack):
    if not np.isfinite(expected).all():
        slack = np.where(np.isfinite(slack), slack, 0.0)
    with np.errstate(invalid="ignore"):
        size = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
        near = np.abs(found - expected) <= 1e-12 * np.maximum(np.abs(expected), 1e-3 * size) + slack
    return near | (found == expected) | (np.isnan(found) & np.isnan(expected))


common = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def replayed(jitted, x, w, index):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return flat(*jitted.value_and_grad(x, w, index, argnums=(0, 1)))


def nudged(x, rng):
    """Each number moved by one unit in the last place, up or down."""
    return np.nextafter(x, np.where(rng.random(x.shape) < 0.5, np.inf, -np.inf))


@settings(common, max_examples=COUNT)
@given(
    steps=st.lists(step, min_size=1, max_size=7),
    loops=st.sampled_from([1, 1, 1, 3]),
    n=st.sampled_from([1, 2, 3, 5, 8, 30]),
    values=st.lists(numbers, min_size=30, max_size=30),
    seed=st.integers(0, 1000),
)
def test_any_numbers(steps, loops, n, values, seed):
    f = program(steps, loops if len(steps) < 4 and n < 30 else 1)
    jitted = jit(f)
    rng = np.random.default_rng(seed)
    w = rng.normal(size=(n, n))
    for x in (np.array(values[:n]), rng.normal(size=n)):
        index = rng.integers(0, n, n)
        expected = eager(f, x, w, index)
        found = replayed(jitted, x, w, index)
        if not agree(found, expected, 0.0).all():
            moved = [eager(f, nudged(x, rng), nudged(w, rng), index) for _ in range(6)]
            with np.errstate(invalid="ignore"):
                slack = 4 * (n + 5) * np.max([np.abs(m - expected) for m in moved], axis=0)
                slack += 1e-12 * absolute_contributions(f, x, w, index)
            wrong = ~agree(found, expected, slack)
            assert not wrong.any(), (found[wrong], expected[wrong])


@settings(common, max_examples=COUNT)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(EXACT), st.integers(0, 99), st.integers(0, 99), st.integers(-2, 2)
        ),
        min_size=1,
        max_size=5,
    ),
    n=st.sampled_from([1, 2, 3, 5, 8, 12]),
    seed=st.integers(0, 1000),
)
def test_small_integers_to_the_last_bit(steps, n, seed):
    f = program(steps, 1)
    jitted = jit(f)
    rng = np.random.default_rng(seed)
    for _ in range(2):
        x, w = rng.integers(-3, 4, n).astype(float), rng.integers(-2, 3, (n, n)).astype(float)
        index = rng.integers(0, n, n)
        if absolute_contributions(f, x, w, index).max() < 2.0**48:  # else a sum may round
            np.testing.assert_array_equal(replayed(jitted, x, w, index), eager(f, x, w, index))


@settings(common, max_examples=COUNT // 5)
@given(
    steps=st.lists(step, min_size=1, max_size=5),
    n=st.sampled_from([1, 3, 6]),
    rows=st.sampled_from([1, 2, 5, 40]),
    seed=st.integers(0, 1000),
)
def test_one_row_at_a_time(steps, n, rows, seed):
    f = program(steps, 1)
    rng = np.random.default_rng(seed)
    w, X = rng.normal(size=(n, n)), rng.normal(size=(rows, n))
    indices = rng.integers(0, n, (rows, n))
    each = np.array([eager(f, x, w, index) for x, index in zip(X, indices, strict=True)])
    sizes = [absolute_contributions(f, x, w, index) for x, index in zip(X, indices, strict=True)]
    slack = 1e-11 * np.nan_to_num(np.array(sizes), nan=0.0, posinf=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)  # of many paths
        value, (along_x, along_w) = jit(f, rows=("x", "index"), reduce="sum").value_and_grad(
            X, w, indices, argnums=(0, 1)
        )
    shared = np.r_[0, n + 1 : each.shape[1]]
    with np.errstate(invalid="ignore"):
        found, expected = flat(value, [along_w]), each[:, shared].sum(axis=0)
        near = np.abs(found - expected) <= slack[:, shared].sum(axis=0) + 1e-10 * np.abs(expected)
        near_x = np.abs(along_x - each[:, 1 : n + 1]) <= slack[:, 1 : n + 1]
    # Of a result that is not finite, the order of a sum decides whether it is inf or nan.
    assert (near | ~(np.isfinite(found) | np.isfinite(expected))).all(), (found, expected)
    assert (near_x | ~(np.isfinite(along_x) | np.isfinite(each[:, 1 : n + 1]))).all()
