"""A mixture of Gaussians, written for one point in plain Python, fitted inside of JAX.

How likely a point is under a mixture is a loop over its parts, written on scalars.  ``jit`` records
it for rows of points, and ``to_jax`` makes a function of JAX arrays of the recorded program, which
JAX compiles, differentiates and maps: the whole fit (steps of Adam in a ``lax.scan``) is one
compiled function, and ``jax.vmap`` runs it from many starts at once, because a mixture has many
local optima.  The likelihood of the best fit is computed by this package too, and compared.

Runs in about 10 seconds, most of which XLA takes to compile.  Exits non-zero if the two disagree or
the centres that the points were drawn around are not found.  Without JAX it says so, and does
nothing.

    python examples/mixture_jax.py --out mixture-output

Source of the steps: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization" (2015).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from autograd_nn import functions
from autograd_nn.jit import jit

CENTRES = np.array([[-2.0, 0.0], [1.5, 1.5], [1.0, -2.0]])
SPREAD = 0.6  # the standard deviation of the points around their centre
EACH = 6  # numbers a part: weight, centre, log of both deviations, correlation before tanh
NEAR = 0.25  # how far a centre that was found may lie from one that is meant


def log_density(parts: Any, point: Any) -> Any:
    """The logarithm of the density at one point, less its constant; on numbers and Values."""
    terms, weights = [], []
    for k in range(0, len(parts), EACH):
        weight, x, y, log_sx, log_sy, bend = parts[k : k + EACH]
        u = (point[0] - x) * functions.exp(-log_sx)
        v = (point[1] - y) * functions.exp(-log_sy)
        r = functions.tanh(bend)
        rest = 1.0 - r * r
        square = (u * u - 2.0 * r * u * v + v * v) / rest
        terms.append(weight - log_sx - log_sy - 0.5 * functions.log(rest) - 0.5 * square)
        weights.append(weight)
    return functions.logsumexp(terms) - functions.logsumexp(weights)


def draw_points(count: int) -> Any:
    """Points around the centres, one a row."""
    rng = np.random.default_rng(0)
    return CENTRES[rng.integers(0, len(CENTRES), count)] + rng.normal(0, SPREAD, (count, 2))


def starts_of(count: int, points: Any) -> Any:
    """Where fits start: parts of the same size, each at one of the points."""
    rng = np.random.default_rng(1)
    found = np.zeros((count, len(CENTRES), EACH))
    for start in found:
        start[:, 1:3] = points[rng.choice(len(points), len(CENTRES), replace=False)]
    return found.reshape(count, -1)


def fit_all(mean_density: Any, starts: Any, points: Any, steps: int) -> tuple[Any, Any]:
    """The parts that each start leads to, and their mean log density: one run of JAX."""
    import jax
    import jax.numpy as jnp

    slopes = jax.grad(mean_density)

    def fit(start: Any) -> Any:
        def step(state: Any, t: Any) -> Any:
            parts, mean, square = state
            g = slopes(parts, points)
            mean, square = 0.9 * mean + 0.1 * g, 0.99 * square + 0.01 * g * g
            moved = mean / (1.0 - 0.9**t) / (jnp.sqrt(square / (1.0 - 0.99**t)) + 1e-8)
            return (parts + 0.05 * moved, mean, square), None

        still = jnp.zeros_like(start)
        (parts, _, _), _ = jax.lax.scan(step, (start, still, still), jnp.arange(1.0, steps + 1.0))
        return parts, mean_density(parts, points)

    found = jax.jit(jax.vmap(fit))(starts)
    return np.asarray(found[0]), np.asarray(found[1])


def plot(out: Path, points: Any, parts: Any) -> None:
    """The points, and for each part the ellipse of two deviations."""
    try:
        import matplotlib
    except ImportError:
        print("no picture: pip install '.[plot]' adds matplotlib")
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 5), layout="constrained")
    axes.scatter(*points.T, s=8, color="#8a94a6", label="points")
    turn = np.linspace(0.0, 2.0 * np.pi, 100)
    for k, (_, x, y, log_sx, log_sy, bend) in enumerate(parts.reshape(-1, EACH)):
        r = np.tanh(bend)
        across = r * np.cos(turn) + np.sqrt(1.0 - r * r) * np.sin(turn)
        ring = x + 2.0 * np.exp(log_sx) * np.cos(turn), y + 2.0 * np.exp(log_sy) * across
        axes.plot(*ring, color="#c2410c", label="two deviations of a part" if not k else None)
    axes.plot(*CENTRES.T, "x", color="#1d4ed8", label="centres that were meant")
    axes.set(title="The best of all fits", xlabel="x", ylabel="y", aspect="equal")
    axes.legend(loc="upper left", frameon=False)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "mixture_jax.png"
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
    print(f"written: {path}")


def main(argv: list[str] | None = None) -> int:
    """Fit from all starts, compare and draw; 0 if all is as it should be, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("mixture-output"), help="for the picture")
    parser.add_argument("--quick", action="store_true", help="fewer points, starts and steps")
    arguments = parser.parse_args(argv)
    try:
        import jax  # noqa: F401
    except ImportError:
        print("this example needs JAX: pip install '.[jax]'")
        return 0
    points = draw_points(150 if arguments.quick else 600)
    starts = starts_of(4 if arguments.quick else 16, points)
    jitted = jit(log_density, rows="point")
    program = jitted.program(starts[0], points)
    print(str(program).splitlines()[0])
    fitted, densities = fit_all(program.to_jax(), starts, points, 150 if arguments.quick else 400)
    best = int(densities.argmax())
    shown = ", ".join(f"{x:.4f}" for x in np.sort(densities)[::-1])
    print(f"mean log density of {len(starts)} fits: {shown}")
    here = jitted(fitted[best], points)
    off = abs(here - float(densities[best]))
    print(f"the best by this package: {here:.6f}, off by {off:.1e} (JAX computed in float32)")
    centres = fitted[best].reshape(-1, EACH)[:, 1:3]
    distances = [np.linalg.norm(centres - c, axis=1).min() for c in CENTRES]
    shown = ", ".join(f"{x:.3f}" for x in distances)
    print(f"from each centre that was meant to the nearest found: {shown}")
    plot(arguments.out, points, fitted[best])
    found = off < 1e-4 and max(distances) < NEAR
    print("as it should be" if found else "NOT as it should be")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
