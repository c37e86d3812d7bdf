"""What ``benchmarks.jit`` runs in loops over few numbers: a valley, a pendulum, an option's price,
and operations in no pattern.

Each workload is a function on scalars in plain loops, the same by hand (value and gradient), and
the same in JAX or CasADi.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_nn import functions as fn
from benchmarks.jit_sequences import in_jax


def rosenbrock(x: Any) -> Any:
    """The banana valley in many variables."""
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1))


def rosenbrock_numpy(x: Any) -> Any:
    """The same by hand."""
    inner, outer = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
    slopes = np.zeros_like(x)
    slopes[1:] = 200.0 * inner
    slopes[:-1] -= 400.0 * inner * x[:-1] + 2.0 * outer
    return 100.0 * (inner @ inner) + outer @ outer, slopes


def rosenbrock_jax(x: Any) -> Callable[[], Any]:
    """The same in JAX."""

    def loss(x: Any) -> Any:
        return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()

    return in_jax(loss, x)


def pendulum(steps: int) -> Callable[[Any], Any]:
    """Steps of a damped pendulum, and how far it is from an angle."""

    def loss(start: Any) -> Any:
        angle, speed, length, friction = start
        total = 0.0
        for _ in range(steps):
            speed = speed + (-9.81 / length * fn.sin(angle) - friction * speed) * 0.01
            angle = angle + speed * 0.01
            total = total + (angle - 0.1) ** 2
        return total

    return loss


def pendulum_by_hand(start: Any, steps: int) -> Any:
    """The same on floats, there and back."""
    angle, speed, length, friction = start.tolist()
    total, held = 0.0, []
    for _ in range(steps):
        held.append((angle, speed))
        speed = speed + (-9.81 / length * math.sin(angle) - friction * speed) * 0.01
        angle = angle + speed * 0.01
        total += (angle - 0.1) ** 2
    d_angle = d_speed = d_length = d_friction = 0.0
    for before, was in reversed(held):
        d_angle += 2.0 * (angle - 0.1)
        d_speed += 0.01 * d_angle
        d_length += d_speed * 0.01 * 9.81 / length**2 * math.sin(before)
        d_friction -= d_speed * 0.01 * was
        d_angle -= d_speed * 0.01 * 9.81 / length * math.cos(before)
        d_speed *= 1.0 - 0.01 * friction
        angle = before
    return total, np.array([d_angle, d_speed, d_length, d_friction])


def pendulum_jax(start: Any, steps: int) -> Callable[[], Any]:
    """The same by ``lax.scan``."""
    import jax
    import jax.numpy as jnp

    def loss(start: Any) -> Any:
        length, friction = start[2], start[3]

        def step(carry: Any, _: Any) -> Any:
            angle, speed, total = carry
            speed = speed + (-9.81 / length * jnp.sin(angle) - friction * speed) * 0.01
            angle = angle + speed * 0.01
            return (angle, speed, total + (angle - 0.1) ** 2), None

        (_, _, total), _ = jax.lax.scan(step, (start[0], start[1], 0.0), None, length=steps)
        return total

    return in_jax(loss, start)


def irregular(count: int, sin: Any = fn.sin, tanh: Any = fn.tanh) -> Callable[[Any], Any]:
    """Operations on whatever came before, in no pattern; all of them reach the result."""

    def loss(x: Any) -> Any:
        rng, values = random.Random(1), list(x)
        for _ in range(count):
            kind, a, b = rng.randrange(6), rng.choice(values), rng.choice(values)
            if kind == 0:
                values.append(a + b)
            elif kind == 1:
                values.append(a * b * 0.5)
            elif kind == 2:
                values.append(a - b)
            elif kind == 3:
                values.append(sin(a))
            elif kind == 4:
                values.append(tanh(a))
            else:
                values.append(a / (b * b + 1))
        return sum(values)

    return loss


def irregular_casadi(count: int, x: Any) -> Callable[[], Any]:
    """A step of value and gradient of ``irregular`` in CasADi."""
    import casadi

    f = irregular(count, casadi.sin, casadi.tanh)

    t = casadi.SX.sym("t", len(x))
    leaves = np.array([t[k] for k in range(len(x))], dtype=object)
    loss = f(leaves)
    function = casadi.Function("f", [t], [loss, casadi.gradient(loss, t)])

    def step() -> Any:
        value, slopes = function(x)
        return float(value), slopes.full().ravel()

    return step


def black_scholes(inputs: Any) -> Any:
    """The price of a call option: spot, strike, rate, volatility, years."""
    spot, strike, rate, sigma, years = inputs
    root = sigma * years.sqrt()
    d = ((spot / strike).log() + (rate + sigma * sigma * 0.5) * years) / root

    def normal(z: Any) -> Any:
        return 0.5 * (1.0 + (z * 0.7071067811865476).erf())

    return spot * normal(d) - strike * (-rate * years).exp() * normal(d - root)


def black_scholes_by_hand(inputs: Any) -> Any:
    """The same on floats, with the textbook's slopes."""
    spot, strike, rate, sigma, years = inputs.tolist()
    root = sigma * math.sqrt(years)
    d = (math.log(spot / strike) + (rate + sigma * sigma * 0.5) * years) / root
    high = 0.5 * (1.0 + math.erf(d * 0.7071067811865476))
    low = 0.5 * (1.0 + math.erf((d - root) * 0.7071067811865476))
    discount = math.exp(-rate * years)
    density = math.exp(-0.5 * d * d) * 0.3989422804014327
    held = strike * discount * low
    theta = spot * density * sigma * 0.5 / math.sqrt(years) + rate * held
    vega = spot * density * math.sqrt(years)
    return spot * high - held, np.array([high, -discount * low, years * held, vega, theta])


def black_scholes_jax(inputs: Any) -> Callable[[], Any]:
    """The same in JAX."""
    import jax

    def loss(inputs: Any) -> Any:
        spot, strike, rate, sigma, years = inputs
        root = sigma * years**0.5
        d = (jax.numpy.log(spot / strike) + (rate + sigma * sigma * 0.5) * years) / root
        normal = jax.scipy.stats.norm.cdf
        return spot * normal(d) - strike * jax.numpy.exp(-rate * years) * normal(d - root)

    return in_jax(loss, inputs)
