"""Special functions on JAX's arrays, where ``jax.scipy`` has none or loses digits.

The methods are those of ``autograd_nn.special``, of which these are the elementwise forms.
"""

from __future__ import annotations

import math
from typing import Any, Final

import jax
import jax.numpy as jnp
from jax.scipy.special import digamma, erfc
from jax.scipy.special import gammaln as lgamma

__all__ = ["digamma", "lgamma", "log_ndtr", "mills", "polygamma"]

_LOG_ROOT_TWO_PI: Final = 0.5 * math.log(2.0 * math.pi)
_ROOT_HALF: Final = math.sqrt(0.5)
_FAR: Final = 5.0  # where the tail's continued fraction needs few terms
_TERMS: Final = 80
# Bernoulli numbers B2, B4 ... (Abramowitz and Stegun 6.4.11)
_BERNOULLI: Final = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def _tail(t: Any) -> Any:
    """The normal probability above ``t`` over the density there: Laplace's continued fraction."""

    def term(i: Any, fraction: Any) -> Any:
        return t + (_TERMS - i) / fraction

    return 1.0 / jax.lax.fori_loop(0, _TERMS, term, t)


def mills(x: Any) -> Any:
    """The density of the standard normal distribution at ``x``, over its probability below."""
    near = jnp.maximum(x, -_FAR)
    density = jnp.exp(-0.5 * near * near - _LOG_ROOT_TWO_PI)
    below = density / (0.5 * erfc(-near * _ROOT_HALF))
    far = 1.0 / _tail(jnp.maximum(-x, _FAR))
    return jnp.where(x < -_FAR, jnp.where(x == -jnp.inf, jnp.inf, far), below)


def log_ndtr(x: Any) -> Any:
    """The logarithm of the probability of a standard normal number below ``x``."""
    near = jnp.clip(x, -_FAR, 0.0)
    below = jnp.log(0.5 * erfc(-near * _ROOT_HALF))
    far = jnp.log(_tail(jnp.maximum(-x, _FAR))) - 0.5 * x * x - _LOG_ROOT_TWO_PI
    above = jnp.log1p(-0.5 * erfc(x * _ROOT_HALF))
    far = jnp.where(x == -jnp.inf, x, far)
    return jnp.where(x < -_FAR, far, jnp.where(x < 0.0, below, above))


def polygamma(x: Any, n: Any) -> Any:
    """The ``n``-th slope of ``digamma``, for whole ``n`` of at least 0; nan at its poles."""
    defined = (n > 0.0) & (n < 100.0) & (n == jnp.floor(n)) & (x == x) & (x >= -1e4)
    defined &= (x > 0.0) | (x != jnp.floor(x))
    order = jnp.where(defined, n, 1.0)
    start = jnp.where(defined & (x != jnp.inf), x, 1.0)
    far, factorial = 12.0 + 2.0 * order, jnp.exp(lgamma(order + 1.0))

    def near(state: Any) -> Any:
        return jnp.any(state[0] < far)

    def step(state: Any) -> Any:
        # the recurrence (Abramowitz and Stegun 6.4.6) up to where the expansion holds
        at, total = state
        term = jnp.power(at, -order - 1.0) * factorial
        return jnp.where(at < far, at + 1.0, at), jnp.where(at < far, total + term, total)

    at, total = jax.lax.while_loop(near, step, (start, jnp.zeros_like(start)))
    total += jnp.power(at, -order) * factorial / order
    total += jnp.power(at, -order - 1.0) * factorial / 2.0
    for k, b in enumerate(_BERNOULLI, 1):
        rising = jnp.exp(lgamma(2.0 * k + order) - lgamma(2.0 * k + 1.0))
        total += b * rising * jnp.power(at, -order - 2.0 * k)
    found = jnp.where(order % 2.0 == 1.0, total, -total)
    found = jnp.where(x == jnp.inf, jnp.zeros_like(x), found)
    return jnp.where(n == 0.0, digamma(x), jnp.where(defined, found, jnp.nan))
