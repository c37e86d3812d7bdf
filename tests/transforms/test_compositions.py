"""Transforms in transforms: perturbation confusion, and 200 random ones against nested loops.

A derivative inside a derivative must not take the outer perturbation for its own (J. M. Siskind
and B. A. Pearlmutter, Nesting forward-mode AD in a functional framework, 2008).
"""

import math
import random

import numpy as np
import pytest

from autograd_nn import functions as F  # noqa: N812
from autograd_nn import grad, hessian, hvp, jacfwd, jacobian, jacrev, jit, jvp, taylor, vjp, vmap


@pytest.mark.parametrize("through", [lambda f: f, jit])
@pytest.mark.parametrize(
    "inner", [grad, jacfwd, jacrev, lambda f: lambda x: jvp(f, (x,), (1.0,))[1]]
)
@pytest.mark.parametrize(
    "outer", [grad, jacfwd, jacrev, lambda f: lambda x: jvp(f, (x,), (1.0,))[1]]
)
class TestPerturbationConfusion:
    def test_of_a_constant_inside(self, outer, inner, through):
        # d/dx (x * d/dy (x + y)) is 1, and 2 where the two are confused.
        assert through(outer(lambda x: x * inner(lambda y: x + y)(1.0)))(1.0) == 1.0

    def test_at_the_outer_point(self, outer, inner, through):
        assert through(outer(lambda x: x * inner(lambda y: x * y)(x)))(3.0) == 6.0

    def test_a_product_of_both(self, outer, inner, through):
        assert through(outer(lambda x: inner(lambda y: x**2 * y**3)(2.0)))(5.0) == 120.0

    def test_the_inner_one_of_a_jitted_function(self, outer, inner, through):
        f = jit(lambda x, y: x * y * y)
        assert through(outer(lambda x: x * inner(lambda y: f(x, y))(2.0)))(3.0) == 24.0


def test_a_higher_order_function_that_closes_over_its_perturbation():
    # The "amazing bug" of O. Manzyuk and others, Perturbation confusion in forward automatic
    # differentiation of higher-order functions, J. Funct. Programming 29 (2019).
    shift = lambda u: lambda f: lambda x: f(x + u)
    derivative = lambda f: lambda x: jvp(f, (x,), (1.0,))[1]
    hat = lambda f: lambda x: derivative(lambda u: shift(u)(f)(x))(0.0)
    assert hat(hat(F.exp))(1.0) == pytest.approx(math.e)


def test_grad_in_grad_in_jit():
    f = lambda x, y: F.sin(x * y) * x
    both = jit(grad(grad(f, 0), 1))
    expected = grad(grad(f, 0), 1)(0.3, 0.7)
    assert [both(0.3, 0.7) for _ in range(3)] == pytest.approx([expected] * 3)
    assert both.program(0.3, 0.7).guards == 0


# -- random compositions ----------------------------------------------------------------------

# A polynomial sum of c * x**i * y**j is differentiated exactly by a loop over its terms.
Terms = list[tuple[float, int, int]]


def evaluate(terms, x, y):
    return sum(c * x**i * y**j for c, i, j in terms)


def along_x(terms):
    return [(c * i, i - 1, j) for c, i, j in terms if i]


def along_y(terms):
    return [(c * j, i, j - 1) for c, i, j in terms if j]


DERIVATIVES = {
    "grad": lambda f, k: grad(f, argnums=k),
    "jacfwd": lambda f, k: jacfwd(f, argnums=k),
    "jacrev": lambda f, k: jacrev(f, argnums=k),
    "jacobian": lambda f, k: jacobian(f, argnums=k, mode="auto"),
    "jvp": lambda f, k: lambda x, y: jvp(f, (x, y), ((1.0, 0.0), (0.0, 1.0))[k])[1],
    "vjp": lambda f, k: lambda x, y: vjp(f, x, y)[1](1.0)[k],
    "taylor": lambda f, k: (
        lambda x, y: taylor((lambda t: f(t, y)) if k == 0 else (lambda t: f(x, t)), (x, y)[k], 1)[1]
    ),
}
WRAPPERS = {
    "jit": jit,
    "nothing": lambda f: f,
    "scaled": lambda f: lambda x, y: f(2.0 * x, y) - f(x, y),
}
SCALED = "scaled"


def build(choose, depth):
    """A composition of transforms, and the terms of what it must give."""
    terms = [
        (float(choose.randint(-3, 3)), choose.randint(0, 4), choose.randint(0, 4)) for _ in range(4)
    ]
    made, names = (lambda x, y, terms=terms: evaluate(terms, x, y)), []
    for _ in range(depth):
        wrapper = choose.choice(list(WRAPPERS))
        made = WRAPPERS[wrapper](made)
        if wrapper == SCALED:
            terms = [(c * (2.0**i - 1.0), i, j) for c, i, j in terms]
        name, k = choose.choice(list(DERIVATIVES)), choose.randint(0, 1)
        made = DERIVATIVES[name](made, k)
        terms = along_y(terms) if k else along_x(terms)
        names += [wrapper, f"{name} {k}"]
    return made, terms, names


@pytest.mark.parametrize("seed", range(200))
def test_random_compositions_against_nested_loops(seed):
    choose = random.Random(seed)
    made, terms, names = build(choose, depth=choose.randint(1, 3))
    xs = [choose.choice([-2.0, -1.0, 0.5, 1.0, 3.0]) for _ in range(3)]
    ys = [choose.choice([-1.0, 0.5, 2.0]) for _ in range(3)]
    expected = [evaluate(terms, x, y) for x, y in zip(xs, ys, strict=True)]
    outermost = choose.choice(["loop", "vmap", "jit of vmap", "vmap of jit"])
    if outermost == "loop":
        found = [made(x, y) for x, y in zip(xs, ys, strict=True)]
    else:
        mapped = vmap(jit(made)) if outermost == "vmap of jit" else vmap(made)
        mapped = jit(mapped) if outermost == "jit of vmap" else mapped
        found = mapped(np.array(xs), np.array(ys))
    assert list(map(float, found)) == pytest.approx(expected, rel=1e-11, abs=1e-9), names


def test_second_derivatives_by_every_pair_of_transforms():
    f = lambda x: F.exp(F.sin(x)) * x
    ways = {
        "hessian": hessian(f)(0.7),
        "hvp": hvp(f, (0.7,), (1.0,)),
        "taylor": 2.0 * taylor(f, 0.7, 2)[2],
        **{f"{a.__name__} {b.__name__}": a(b(f))(0.7)
           for a in (grad, jacfwd, jacrev) for b in (grad, jacfwd, jacrev)},
    }  # fmt: skip
    assert list(ways.values()) == pytest.approx([ways["hessian"]] * len(ways), rel=1e-13)
