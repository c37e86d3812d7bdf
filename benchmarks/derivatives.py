"""Derivatives beyond the gradient: products, dense and sparse Hessians, a sparse Jacobian.

Each contestant runs whole calls from Python, and returns its own kind of matrix; results are
compared before times are.  The peers are CasADi, whose functions are built from its own symbols,
and JAX, where jitted loops over scalars would compile for minutes, so that it gets the functions
written on arrays, and for the sparse matrices the dense one as well as three products by hand.

    python -m benchmarks.derivatives
"""

from __future__ import annotations

from benchmarks.harness import (
    arguments,
    compare,
    finish,
    installed,
    interleaved,
    pin_threads,
    report,
)

pin_threads()

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn import grad, hessian, hvp, jacobian, jit

Contestants = dict[str, Callable[[], Any]]
REPEATS = 20  # calls for each turn: one takes microseconds


def rosenbrock(x: Any) -> Any:
    total = 0.0
    for k in range(len(x) - 1):
        total = total + 100 * (x[k + 1] - x[k] ** 2) ** 2 + (1 - x[k]) ** 2
    return total


def broyden(x: Any) -> Any:
    """Broyden's tridiagonal system."""
    n = len(x)
    held = np.empty(n, dtype=object)
    for k in range(n):
        value = (3 - 2 * x[k]) * x[k] + 1
        value = value - x[k - 1] if k else value
        held[k] = value - 2 * x[k + 1] if k + 1 < n else value
    return held


def dense(x: Any) -> Any:
    """Every variable meets every other."""
    total = 0.0
    for k in range(len(x)):
        total = total + x[k] * x[k]
    return (total * 0.01).exp() + rosenbrock(x)


def ready(f: Any, *args: Any) -> Any:
    """A jitted function with its program made."""
    jitted = jit(f)
    jitted.program(*args)
    return jitted


class Jax:
    """The same functions on arrays."""

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        self.jax, self.jnp = jax, jnp

    def rosenbrock(self, x: Any) -> Any:
        return self.jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    def dense(self, x: Any) -> Any:
        return self.jnp.exp(0.01 * self.jnp.sum(x * x)) + self.rosenbrock(x)

    def broyden(self, x: Any) -> Any:
        jnp = self.jnp
        left, right = jnp.pad(x[:-1], (1, 0)), jnp.pad(x[1:], (0, 1))
        return (3 - 2 * x) * x - left - 2 * right + 1

    def run(self, f: Any, *args: Any) -> Callable[[], Any]:
        jitted = self.jax.jit(f)
        given = [self.jnp.asarray(x) for x in args]
        return lambda: np.asarray(jitted(*given).block_until_ready())

    def product(self, f: Any) -> Any:
        return lambda x, v: self.jax.jvp(self.jax.grad(f), (x,), (v,))[1]

    def tangent(self, f: Any) -> Any:
        return lambda x, v: self.jax.jvp(f, (x,), (v,))[1]

    def coloured(self, push: Any, n: int) -> Any:
        """The three products whose columns share no row."""
        seeds = self.jnp.asarray([[float(k % 3 == c) for k in range(n)] for c in range(3)])
        return lambda x: self.jax.vmap(lambda v: push(x, v))(seeds)


class Casadi:
    """The same functions on CasADi's symbols."""

    def __init__(self) -> None:
        import casadi

        self.casadi = casadi

    def function(self, n: int, build: Callable[[Any, Any], Any]) -> Any:
        x, v = self.casadi.SX.sym("x", n), self.casadi.SX.sym("v", n)
        return self.casadi.Function("f", [x, v], [build(x, v)])

    def rosenbrock(self, x: Any) -> Any:
        return rosenbrock([x[k] for k in range(x.shape[0])])

    def dense(self, x: Any) -> Any:
        return self.casadi.exp(0.01 * self.casadi.dot(x, x)) + self.rosenbrock(x)

    def broyden(self, x: Any) -> Any:
        return self.casadi.vertcat(*broyden([x[k] for k in range(x.shape[0])]))


def turns(call: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> None:
        for _ in range(REPEATS):
            call()

    return run


def race(title: str, contestants: Contestants, base: str, rounds: int) -> list[dict[str, Any]]:
    """Compare results, then time the contestants; seconds are for one call."""
    compare({name: np.asarray(call(), dtype=float).ravel() for name, call in contestants.items()})
    times = interleaved({name: turns(call) for name, call in contestants.items()}, rounds, 20.0)
    each = {name: [t / REPEATS for t in taken] for name, taken in times.items()}
    return report(title, each, base)


def products(n: int, rounds: int, jax: Jax | None, casadi: Casadi | None) -> list[dict[str, Any]]:
    """A Hessian times a vector; the gradient stands beside it for its time."""
    x, v = np.linspace(-1, 1, n), np.cos(np.arange(n))
    product = ready(lambda x, v: hvp(rosenbrock, (x,), (v,)), x, v)
    calls: Contestants = {"autograd_nn": lambda: product(x, v)}
    if jax:
        calls["JAX"] = jax.run(jax.product(jax.rosenbrock), x, v)
    if casadi and n <= 1000:
        ca = casadi.casadi
        f = casadi.function(n, lambda x, v: ca.jtimes(ca.gradient(casadi.rosenbrock(x), x), x, v))
        calls["CasADi"] = lambda: np.asarray(f(x, v))
    rows = race(f"Hessian times vector, Rosenbrock in {n:,}", calls, "autograd_nn", rounds)
    slope = jit(grad(rosenbrock))
    slope.program(x)
    taken = interleaved(
        {"gradient": turns(lambda: slope(x)), "product": turns(lambda: product(x, v))}, rounds, 20.0
    )
    ratio = float(np.median(taken["product"]) / np.median(taken["gradient"]))
    print(f"    {ratio:.2f} gradients of the jit")
    return [{**row, "gradients": ratio} for row in rows]


def sparse_hessian(n: int, rounds: int, jax: Jax | None, casadi: Casadi | None) -> Any:
    x = np.linspace(-1, 1, n)
    ours = ready(hessian(rosenbrock, sparse=True), x)
    calls: Contestants = {"autograd_nn": lambda: ours(x)}
    if casadi:
        ca = casadi.casadi
        f = casadi.function(n, lambda x, v: ca.hessian(casadi.rosenbrock(x), x)[0])
        calls["CasADi"] = lambda: f(x, 0)
    if jax:
        calls["JAX, dense"] = jax.run(jax.jax.hessian(jax.rosenbrock), x)
        calls["JAX, three products"] = jax.run(jax.coloured(jax.product(jax.rosenbrock), n), x)
    rows = _sparse(f"sparse Hessian, Rosenbrock in {n:,}", calls, rounds)
    slope = jit(grad(rosenbrock))
    slope.program(x)
    taken = interleaved(
        {"gradient": turns(lambda: slope(x)), "hessian": turns(lambda: ours(x))}, rounds, 20.0
    )
    ratio = float(np.median(taken["hessian"]) / np.median(taken["gradient"]))
    print(f"    {ratio:.2f} gradients of the jit")
    return [{**row, "gradients": ratio} for row in rows]


def sparse_jacobian(n: int, rounds: int, jax: Jax | None, casadi: Casadi | None) -> Any:
    x = np.linspace(-1, 1, n)
    ours = ready(jacobian(broyden, sparse=True), x)
    calls: Contestants = {"autograd_nn": lambda: ours(x)}
    if casadi:
        ca = casadi.casadi
        f = casadi.function(n, lambda x, v: ca.jacobian(casadi.broyden(x), x))
        calls["CasADi"] = lambda: f(x, 0)
    if jax:
        calls["JAX, dense"] = jax.run(jax.jax.jacfwd(jax.broyden), x)
        calls["JAX, three products"] = jax.run(jax.coloured(jax.tangent(jax.broyden), n), x)
    return _sparse(f"sparse Jacobian, Broyden's system of {n:,}", calls, rounds)


def _sparse(title: str, calls: Contestants, rounds: int) -> list[dict[str, Any]]:
    """Compare whole matrices, then time calls that return them as each contestant does.

    Three products are the entries of these matrices in another order, still to be picked out.
    """
    matrices = {name: call() for name, call in calls.items() if name != "JAX, three products"}
    compare(
        {
            name: np.asarray(found.toarray() if hasattr(found, "toarray") else found, dtype=float)
            for name, found in matrices.items()
        }
    )
    times = interleaved({name: turns(call) for name, call in calls.items()}, rounds, 20.0)
    each = {name: [t / REPEATS for t in taken] for name, taken in times.items()}
    return report(title, each, "autograd_nn")


def dense_hessian(n: int, rounds: int, jax: Jax | None, casadi: Casadi | None) -> Any:
    x = np.linspace(-1, 1, n)
    ours = ready(hessian(dense), x)
    calls: Contestants = {"autograd_nn": lambda: ours(x)}
    if jax:
        calls["JAX"] = jax.run(jax.jax.hessian(jax.dense), x)
    if casadi:
        ca = casadi.casadi
        f = casadi.function(n, lambda x, v: ca.hessian(casadi.dense(x), x)[0])
        calls["CasADi"] = lambda: np.asarray(f(x, 0))
    return race(f"dense Hessian of {n} variables", calls, "autograd_nn", rounds)


def main() -> None:
    options = arguments(__doc__ or "")
    jax = Jax() if installed("jax") else None
    casadi = Casadi() if installed("casadi") else None
    rows: list[dict[str, Any]] = []
    for n in (10, 100, 1000, 10000):
        rows += products(n, options.rounds, jax, casadi)
    rows += sparse_hessian(1000, options.rounds, jax, casadi)
    rows += sparse_jacobian(1000, options.rounds, jax, casadi)
    rows += dense_hessian(100, options.rounds, jax, casadi)
    finish(rows, options.json)


if __name__ == "__main__":
    main()
