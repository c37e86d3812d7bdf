"""What a gradient check costs, and how it judges beside SciPy's, PyTorch's and JAX's.

The cost: one scalar check, and a network of 10,000 parameters.  The judgement: each method
is asked about right slopes and about wrong ones (off by 1 %, and twice as large), of
functions from 1e-12 to 1e4.  A check should accept the first and reject the others; the
methods of PyTorch and JAX are asked with their own tolerances.  The same for functions of 60
numbers, some of which sit on a kink of relu, abs or a maximum, where every slope between the
left and the right one is right.  Those that are not installed are left out.

    python -m benchmarks.checking --json checking.json
"""

from benchmarks.harness import arguments, finish, pin_threads

pin_threads()

import importlib
import importlib.util
import math
import statistics
import time
import warnings

import numpy as np

from autograd_nn import value_and_grad
from autograd_nn.checking import check_gradients, numeric_derivative
from autograd_nn.checking.check import judge


def median(f, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


rng = np.random.default_rng(0)
HIDDEN, INPUTS = 99, 101  # 99 * 101 + 99 = 10,098 parameters
x = rng.normal(size=INPUTS)
weights = {"first": rng.normal(size=(HIDDEN, INPUTS)) * 0.1, "second": rng.normal(size=HIDDEN)}


def loss(w):
    """The squared error of a network with one hidden layer."""
    return (np.dot(w["second"], np.tanh(np.dot(w["first"], x))) - 1.0) ** 2


# Each function is written over a library with exp, log, sin and so on; then its slope.
FUNCTIONS = {
    "sin": (lambda lib, x: lib.sin(x), math.cos),
    "cos": (lambda lib, x: lib.cos(x), lambda x: -math.sin(x)),
    "exp": (lambda lib, x: lib.exp(x), math.exp),
    "log": (lambda lib, x: lib.log(x), lambda x: 1 / x),
    "sqrt": (lambda lib, x: lib.sqrt(x), lambda x: 0.5 / math.sqrt(x)),
    "tanh": (lambda lib, x: lib.tanh(x), lambda x: 1 / math.cosh(x) ** 2),
    "square": (lambda lib, x: x * x, lambda x: 2 * x),
    "cube": (lambda lib, x: x**3, lambda x: 3 * x**2),
    "inverse": (lambda lib, x: 1 / x, lambda x: -1 / x**2),
    "x log x": (lambda lib, x: x * lib.log(x), lambda x: math.log(x) + 1),
    "bump": (lambda lib, x: lib.exp(-x * x), lambda x: -2 * x * math.exp(-x * x)),
    "root of sum": (lambda lib, x: lib.sqrt(1 + x * x), lambda x: x / math.sqrt(1 + x * x)),
}
POINTS = (1e-12, 4e-6, 1e-3, 0.3, 1.0, 2.5, 7.0, 100.0, 1e4)
CASES = [
    (f, slope(x), x)
    for name, (f, slope) in FUNCTIONS.items()
    for x in POINTS
    if not (name in ("exp", "tanh", "bump") and x > 20)
]


def ours():
    """The slope found from values of f, and judged by its own error bound."""

    def find(f, x):
        return numeric_derivative(lambda v: f(math, v), x)

    return (lambda d: d.value), find, (lambda d, slope: judge(slope, d, 1e-9)[0] == "ok")


def scipy_approx_derivative():
    """SciPy's differences, which have no bound: a relative 1e-6 is asked, as is usual."""
    approx_derivative = importlib.import_module("scipy.optimize._numdiff").approx_derivative

    def find(f, x):
        return float(approx_derivative(lambda v: f(np, v), x, method="3-point").item())

    return (lambda d: d), find, (lambda d, slope: abs(d - slope) <= 1e-6 * abs(slope))


def scipy_derivative():
    """``scipy.differentiate.derivative``, judged by the error that it reports."""
    derivative = importlib.import_module("scipy.differentiate").derivative

    def find(f, x):
        return derivative(lambda v: f(np, v), x)

    def accepts(d, slope):
        return bool(abs(d.df - slope) <= d.error + 1e-9 * abs(slope))

    return (lambda d: float(d.df)), find, accepts


def torch_gradcheck():
    """``torch.autograd.gradcheck`` of a function whose backward returns the slope asked about."""
    torch = importlib.import_module("torch")

    def accepts(case, slope):
        f, x = case

        class Claimed(torch.autograd.Function):
            @staticmethod
            def forward(ctx, v):
                return f(torch, v)

            @staticmethod
            def backward(ctx, gradient):
                return gradient * slope

        at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        return torch.autograd.gradcheck(Claimed.apply, (at,), raise_exception=False)

    return None, (lambda f, x: (f, x)), accepts


def jax_check_grads():
    """``jax.test_util.check_grads`` of a function whose VJP returns the slope asked about."""
    jax = importlib.import_module("jax")
    check_grads = importlib.import_module("jax.test_util").check_grads
    jax.config.update("jax_enable_x64", True)

    def accepts(case, slope):
        f, x = case
        claimed = jax.custom_vjp(lambda v: f(jax.numpy, v))
        claimed.defvjp(lambda v: (f(jax.numpy, v), None), lambda _, g: (g * slope,))
        try:
            check_grads(claimed, (jax.numpy.asarray(x),), order=1, modes=["rev"])
        except AssertionError:
            return False
        return True

    return None, (lambda f, x: (f, x)), accepts


# Functions of 60 numbers, a third of them on a kink; then the slopes from the left and the right.
MANY = 60
POINT = np.where(np.arange(MANY) % 3 == 0, 0.0, np.round(rng.normal(size=MANY), 2))
KINKED = {
    "sum of relus": (lambda lib, v: lib.maximum(v, 0 * v).sum(), np.heaviside, (0.0, 1.0)),
    "sum of |x|": (lambda lib, v: lib.abs(v).sum(), lambda v, at_0: np.sign(v) + at_0 * (v == 0),
                   (-1.0, 1.0)),
    "lasso": (lambda lib, v: (v * v).sum() + 0.3 * lib.abs(v).sum(),
              lambda v, at_0: 2 * v + 0.3 * (np.sign(v) + at_0 * (v == 0)), (-1.0, 1.0)),
    "relu and a slope": (lambda lib, v: (3 * lib.maximum(v, 0 * v) - v).sum(),
                         lambda v, at_0: 3 * np.heaviside(v, at_0) - 1, (0.0, 1.0)),
}  # fmt: skip


def kinked_ours():
    """``check_gradients`` of the slopes as numbers."""
    library = importlib.import_module("autograd_nn.functions")

    def accepts(f, slopes):
        return bool(check_gradients(lambda v: f(library, v), POINT, slopes))

    return accepts


def kinked_scipy():
    """``scipy.optimize.check_grad``, the difference at most 1e-6 of the length."""
    check_grad = importlib.import_module("scipy.optimize").check_grad

    def accepts(f, slopes):
        off = check_grad(lambda v: f(np, v), lambda v: slopes, POINT)
        return bool(off <= 1e-6 * np.linalg.norm(slopes))

    return accepts


def kinked_torch():
    """``torch.autograd.gradcheck`` of a function with the given backward."""
    torch = importlib.import_module("torch")

    def accepts(f, slopes):
        class Claimed(torch.autograd.Function):
            @staticmethod
            def forward(ctx, v):
                return f(torch, v)

            @staticmethod
            def backward(ctx, gradient):
                return gradient * torch.tensor(slopes)

        at = torch.tensor(POINT, requires_grad=True)
        return torch.autograd.gradcheck(Claimed.apply, (at,), raise_exception=False)

    return accepts


def kinked_jax():
    """``jax.test_util.check_grads`` of a function with the given VJP."""
    jax = importlib.import_module("jax")
    check_grads = importlib.import_module("jax.test_util").check_grads
    jax.config.update("jax_enable_x64", True)

    def accepts(f, slopes):
        claimed = jax.custom_vjp(lambda v: f(jax.numpy, v))
        claimed.defvjp(lambda v: (f(jax.numpy, v), None), lambda _, g: (g * slopes,))
        try:
            check_grads(claimed, (jax.numpy.asarray(POINT),), order=1, modes=["rev"])
        except AssertionError:
            return False
        return True

    return accepts


KINK_METHODS = {
    "autograd_nn": ("autograd_nn", kinked_ours),
    "scipy check_grad": ("scipy", kinked_scipy),
    "torch gradcheck": ("torch", kinked_torch),
    "jax check_grads": ("jax", kinked_jax),
}


def compare_on_kinks():
    """A table: slopes accepted at kinks, between the two sides, and wrong ones; its rows."""
    rows = []
    print(f"\n{len(KINKED)} functions of {MANY} numbers, a third of them on a kink")
    print("                           accepted slopes at the kinks:")
    print("method                      left   middle    right   beyond   one off by 1 elsewhere")
    for name, (package, build) in KINK_METHODS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{name:25}  not installed")
            continue
        accepts = build()
        shares = [0] * 5
        for f, slopes, (left, right) in KINKED.values():
            middle = (left + right) / 2
            wrong = slopes(POINT, middle)
            wrong[1] += 1.0
            claims = [slopes(POINT, c) for c in (left, middle, right, right + (right - left) / 2)]
            for k, claim in enumerate([*claims, wrong]):
                shares[k] += accepts(f, claim)
        print(f"{name:25}" + "".join(f" {100 * share / len(KINKED):6.0f} %" for share in shares))
        heads = ("left", "middle", "right", "beyond", "one off by 1")
        percents = (f"{share / len(KINKED):.0%}" for share in shares)
        rows.append(
            {"work": "slopes accepted at kinks", "name": name, **dict(zip(heads, percents))}
        )
    return rows


METHODS = {
    "autograd_nn": ("autograd_nn", ours),
    "scipy approx_derivative": ("scipy", scipy_approx_derivative),
    "scipy derivative": ("scipy", scipy_derivative),
    "torch gradcheck": ("torch", torch_gradcheck),
    "jax check_grads": ("jax", jax_check_grads),
}


def compare():
    """A table: right slopes accepted, wrong ones accepted, the error, and the time; its rows."""
    rows = []
    print(f"\n{len(CASES)} slopes of {len(FUNCTIONS)} functions; the best: 100 %, 0 %, 0 %, 0")
    print("                           accepted slopes:          median     time")
    print("method                     right  1 % off  doubled   error      a case")
    for name, (package, build) in METHODS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{name:25}  not installed")
            continue
        number, find, accepts = build()
        shares, off = [0, 0, 0], []
        start = time.perf_counter()
        for f, slope, at in CASES:
            found = find(f, at)
            for k, factor in enumerate((1.0, 1.01, 2.0)):
                shares[k] += accepts(found, factor * slope)
            if number is not None:
                off.append(abs(number(found) - slope) / abs(slope))
        spent = (time.perf_counter() - start) / len(CASES)
        right, one, two = (100 * share / len(CASES) for share in shares)
        error = f"{np.nanmedian(off):.0e}" if off else "-"
        print(
            f"{name:25} {right:5.1f} % {one:6.1f} % {two:6.1f} %  {error:>6}  {spent * 1e3:6.2f} ms"
        )
        percents = {"right": right, "1 % off": one, "doubled": two}
        rows.append({"work": f"{len(CASES)} slopes of {len(FUNCTIONS)} functions accepted",
                     "name": name, **{key: f"{share:.0f}%" for key, share in percents.items()},
                     "median error": error, "median": spent})  # fmt: skip
    return rows


def scalar():
    """The tutorial's slope of one weight."""
    return check_gradients(lambda w: (w * 5 - 7) ** 2, 2.0, lambda w: 10 * (w * 5 - 7))


def main():
    """Print and write what a check costs, and how the methods judge."""
    options = arguments(__doc__)
    assert check_gradients(loss, weights)
    assert scalar()
    one_pass = median(lambda: value_and_grad(loss)(weights), options.rounds)
    check = median(lambda: check_gradients(loss, weights), min(options.rounds, 3))
    single = median(scalar, 51)
    count = sum(a.size for a in weights.values())
    print(f"{count} parameters: check {check * 1e3:.0f} ms = {check / one_pass:.1f} passes")
    print(f"one scalar check: {single * 1e3:.2f} ms (at most 5 ms wanted)")
    work = f"a network of {count:,} parameters"
    rows = [
        {"work": work, "name": "one check", "median": check, "passes": check / one_pass},
        {"work": "the slope of one weight", "name": "one check", "median": single},
    ]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # steps outside the domain of log and sqrt
        rows += compare()
        rows += compare_on_kinks()
    finish(rows, options.json)


if __name__ == "__main__":
    main()
