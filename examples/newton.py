"""Newton's method and ``trust-constr`` on five classic problems, with exact second derivatives.

Each problem is written as plain loops over numbers.  Gradients, Hessians and Jacobians come from
one recording of it; the large ones are sparse, with the pattern that the recording shows:

* Rosenbrock's valley;
* a robot arm that is to reach a point with as little bend as possible (Newton's method on the
  gradient of the Lagrangian);
* circles of one radius, fitted to points around several centres (a sparse Hessian);
* logistic regression, for which Newton's method is the textbook's;
* the swing-up of a pendulum by direct collocation (a sparse Jacobian of the constraints), which
  ``trust-constr`` solves and Newton's method polishes.

Runs in about 10 seconds with the compiled engine, pictures included.  Exits non-zero if a problem
is not solved, or if the two methods find different solutions.

    python examples/newton.py --out newton-output

Source of the last: M. Kelly, An introduction to trajectory optimization, SIAM Review 59 (2017).
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import NonlinearConstraint
from scipy.sparse import bmat, csc_matrix
from scipy.sparse.linalg import spsolve

from autograd_nn import grad, hessian, jacobian, jit, optimize
from autograd_nn.functions import cos, sin, softplus, sqrt

ROUGH = 3  # iterations of trust-constr before Newton's method takes over
ENOUGH = 1e-9  # size of a gradient at which Newton's method stops


class Way(NamedTuple):
    """The way of Newton's method: the points, and the size of what is to become 0 at each."""

    points: list[Any]
    sizes: list[float]


def newton(
    slope: Callable[[Any], Any], matrix: Callable[[Any], Any], x: Any, steps: int = 60
) -> Way:
    """Solve ``slope(x) == 0`` by full steps, halved where the slope would grow."""
    points, g = [x], slope(x)
    sizes = [float(np.linalg.norm(g))]
    while sizes[-1] > ENOUGH and len(points) <= steps:
        step, share = spsolve(csc_matrix(matrix(x)), -g), 1.0
        while share > 1e-6 and np.linalg.norm(slope(x + share * step)) > 2.0 * sizes[-1]:
            share /= 2.0
        x = x + share * step
        g = slope(x)
        points.append(x)
        sizes.append(float(np.linalg.norm(g)))
    return Way(points, sizes)


def minimum(f: Callable[..., Any], x: Any, sparse: bool = False) -> tuple[Way, Any]:
    """The minimum by Newton's method, and SciPy's result of ``trust-constr``."""
    path = newton(jit(grad(f)), jit(hessian(f, sparse=sparse)), x)
    return path, optimize.minimize(f, x, method="trust-constr", sparse=sparse, tol=1e-10)


def agree(name: str, path: Way, found: Any, within: float) -> bool:
    """Say what came out, and whether both methods found the same."""
    apart = float(np.abs(path.points[-1] - found).max())
    print(
        f"{name:24} Newton: {len(path.sizes) - 1:3} steps to {path.sizes[-1]:.0e}; "
        f"trust-constr is {apart:.0e} away"
    )
    return path.sizes[-1] <= 1e-6 and apart <= within


# -- the problems ---------------------------------------------------------------------------


def rosenbrock(x: Any) -> Any:
    """A narrow curved valley, whose lowest point is (1, 1)."""
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


LINKS, TARGET = 4, (2.2, 1.6)  # of length 1 each


def joints(angles: Any) -> list[tuple[Any, Any]]:
    """Where the joints of an arm are, from the bend at each."""
    places: list[tuple[Any, Any]] = [(0.0, 0.0)]
    total: Any = 0.0
    for bend in angles:
        total = total + bend
        x, y = places[-1]
        places.append((x + cos(total), y + sin(total)))
    return places


def bend(angles: Any) -> Any:
    return sum(a * a for a in angles)


def miss(angles: Any) -> list[Any]:
    x, y = joints(angles)[-1]
    return [x - TARGET[0], y - TARGET[1]]


def lagrangian(z: Any) -> Any:
    """Of the arm: the bends, then a multiplier for each coordinate of the target."""
    off = miss(z[:LINKS])
    return bend(z[:LINKS]) + z[LINKS] * off[0] + z[LINKS + 1] * off[1]


def circles(quick: bool) -> tuple[Callable[[Any], Any], Any, Any]:
    """Points around several centres at one radius: the error, a start, and the points."""
    rng = np.random.default_rng(0)
    count, each = (4, 8) if quick else (9, 20)
    centres = np.array([(3.0 * (k % 3), 3.0 * (k // 3)) for k in range(count)])
    centres += rng.normal(0.0, 0.3, centres.shape)
    turns = rng.uniform(0.0, 2.0 * math.pi, (count, each))
    around = np.stack([np.cos(turns), np.sin(turns)], axis=2)
    points = centres[:, None] + 1.2 * around + rng.normal(0.0, 0.05, around.shape)

    def error(unknown: Any) -> Any:
        """Squared distances from the circles; the radius, then two coordinates a circle."""
        radius, total = unknown[0], 0.0
        for k in range(count):
            x, y = unknown[1 + 2 * k], unknown[2 + 2 * k]
            for px, py in points[k].tolist():
                total = total + (sqrt((px - x) ** 2 + (py - y) ** 2) - radius) ** 2
        return total

    return error, np.concatenate([[1.0], points.mean(axis=1).ravel()]), points


def logistic(quick: bool) -> tuple[Callable[[Any], Any], Any, Any]:
    """Two clouds of points: the loss of a line between them, and the points with their side."""
    rng = np.random.default_rng(1)
    half = 20 if quick else 60
    points = np.concatenate([rng.normal(-0.8, 1.0, (half, 2)), rng.normal(0.9, 1.0, (half, 2))])
    sides = np.repeat([-1.0, 1.0], half)

    def loss(w: Any) -> Any:
        total = 0.5 * (w[0] * w[0] + w[1] * w[1])
        for (x, y), side in zip(points.tolist(), sides.tolist(), strict=True):
            total = total + softplus(-side * (w[0] * x + w[1] * y + w[2]))
        return total

    return loss, points, sides


SECONDS = 3.0  # of the swing-up; mass, length and gravity are 1 kg, 1 m and 9.81 m/s^2


def effort(z: Any) -> Any:
    """The work of the torque; ``z`` holds angles, speeds and torques at the knots."""
    knots = len(z) // 3
    step = SECONDS / (knots - 1)
    return step * sum(u * u for u in z[2 * knots :])


def defects(z: Any) -> list[Any]:
    """What is to be 0: the laws of motion between knots, and where it starts and ends."""
    knots = len(z) // 3
    angle, speed, torque = z[:knots], z[knots : 2 * knots], z[2 * knots :]
    step = SECONDS / (knots - 1)
    pull = [torque[k] - 9.81 * sin(angle[k]) for k in range(knots)]
    found = [angle[0], speed[0], angle[knots - 1] - math.pi, speed[knots - 1]]
    for k in range(knots - 1):
        found.append(angle[k + 1] - angle[k] - 0.5 * step * (speed[k] + speed[k + 1]))
        found.append(speed[k + 1] - speed[k] - 0.5 * step * (pull[k] + pull[k + 1]))
    return found


def swing_up(knots: int) -> tuple[Any, Way]:
    """The plan by ``trust-constr``, and Newton's method on the Lagrangian from a rough one on."""
    start = np.concatenate([np.linspace(0.0, math.pi, knots), np.zeros(2 * knots)])
    constraint = NonlinearConstraint(defects, 0.0, 0.0)
    rough, found = (
        optimize.minimize(
            effort, start, method="trust-constr", constraints=constraint, sparse=True,
            options={"maxiter": iterations, "gtol": 1e-6},
        )
        for iterations in (ROUGH, 300)
    )  # fmt: skip
    lines = jit(jacobian(lambda z: np.array(defects(z)), sparse=True))
    slope, values = jit(grad(effort)), jit(lambda z: np.array(defects(z)))
    size = len(start)

    def whole(z: Any) -> Any:
        weights = z[size:]
        return effort(z[:size]) + sum(
            w * d for w, d in zip(weights, defects(z[:size]), strict=True)
        )

    curve = jit(hessian(lambda z, w: whole([*z, *w]), sparse=True))

    def residual(z: Any) -> Any:
        x, w = z[:size].copy(), z[size:].copy()
        return np.concatenate([slope(x) + lines(x).T @ w, values(x)])

    def matrix(z: Any) -> Any:
        x, w = z[:size].copy(), z[size:].copy()
        constraints = lines(x)
        return bmat([[curve(x, w), constraints.T], [constraints, None]], format="csc")

    return found, newton(residual, matrix, np.append(rough.x, np.asarray(rough.v[0])))


# -- pictures ---------------------------------------------------------------------------------


def figure(title: str) -> Any:
    """A figure of two parts: the solution, and how fast Newton's method came there."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    drawn, axes = plt.subplots(1, 2, figsize=(9.0, 4.2), layout="constrained")
    drawn.suptitle(title)
    return drawn, axes


def convergence(axes: Any, path: Way) -> None:
    axes.semilogy(np.maximum(path.sizes, 1e-17), "o-", color="tab:blue")
    axes.set(xlabel="step of Newton's method", ylabel="size of the gradient")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)


def write(drawn: Any, out: Path | None, name: str) -> None:
    import matplotlib.pyplot as plt

    if out is not None:
        path = out / f"newton_{name}.png"
        drawn.savefig(path, dpi=110)
        print(f"  {path}")
    plt.close(drawn)


def draw_valley(path: Way, out: Path | None) -> None:
    drawn, (left, right) = figure("Rosenbrock's valley")
    x, y = np.meshgrid(np.linspace(-1.6, 1.5, 200), np.linspace(-1.6, 2.0, 200))
    left.contour(x, y, np.log10(rosenbrock([x, y]) + 1e-3), 20, cmap="Greys")
    left.plot(*np.array(path.points).T, "o-", color="tab:blue", label="Newton's method")
    left.plot(1.0, 1.0, "*", color="tab:red", markersize=14, label="minimum")
    left.set(xlabel="x", ylabel="y")
    left.legend(loc="lower right")
    convergence(right, path)
    write(drawn, out, "rosenbrock")


def draw_arm(path: Way, out: Path | None) -> None:
    drawn, (left, right) = figure("A robot arm reaches a point with little bend")
    for k, z in enumerate(path.points):
        last = k == len(path.points) - 1
        places = np.array(joints(z[:LINKS].tolist()))
        left.plot(*places.T, "o-", color="tab:blue" if last else "0.8", lw=3 if last else 1)
    left.plot(*TARGET, "*", color="tab:red", markersize=14, zorder=5)
    left.set(xlabel="x in m", ylabel="y in m", aspect="equal")
    convergence(right, path)
    write(drawn, out, "arm")


def draw_circles(path: Way, points: Any, out: Path | None) -> None:
    drawn, (left, right) = figure("Circles of one radius, fitted to points")
    turn = np.linspace(0.0, 2.0 * math.pi, 100)
    radius, *rest = path.points[-1].tolist()
    for k, group in enumerate(points):
        x, y = rest[2 * k : 2 * k + 2]
        left.plot(x + radius * np.cos(turn), y + radius * np.sin(turn), color="tab:blue")
        left.plot(*group.T, ".", color="0.4")
    left.set(xlabel="x", ylabel="y", aspect="equal", title=f"radius {radius:.3f}")
    convergence(right, path)
    write(drawn, out, "circles")


def draw_logistic(path: Way, points: Any, sides: Any, out: Path | None) -> None:
    drawn, (left, right) = figure("Logistic regression")
    for side, mark in ((-1.0, "o"), (1.0, "x")):
        left.plot(*points[sides == side].T, mark, markersize=5)
    xs = np.array([points[:, 0].min(), points[:, 0].max()])
    for k, w in enumerate(path.points[1:], 1):
        last = k == len(path.points) - 1
        color, width = ("black", 2) if last else ("0.7", 1)
        left.plot(xs, -(w[0] * xs + w[2]) / w[1], color=color, lw=width)
    left.set(xlabel="x", ylabel="y", ylim=(points[:, 1].min() - 0.5, points[:, 1].max() + 0.5))
    convergence(right, path)
    write(drawn, out, "logistic")


def draw_swing(z: Any, path: Way, out: Path | None) -> None:
    drawn, (left, right) = figure("A pendulum swings up with the least effort")
    knots = len(z) // 3
    times = np.linspace(0.0, SECONDS, knots)
    left.plot(times, z[:knots], label="angle in rad")
    left.plot(times, z[2 * knots :], label="torque in N m")
    left.axhline(math.pi, color="0.6", lw=0.8, ls="--")
    left.set(xlabel="time in s")
    left.legend()
    convergence(right, path)
    write(drawn, out, "pendulum")


# -- all of them --------------------------------------------------------------------------------


def solve_all(quick: bool, out: Path | None, draw: bool) -> bool:
    """Solve every problem; returns whether all are solved, alike by both methods."""
    path, found = minimum(rosenbrock, np.array([-1.2, 1.0]))
    right = agree("Rosenbrock", path, found.x, 1e-5)
    if draw:
        draw_valley(path, out)

    start = np.array([0.3] * LINKS)
    arm = optimize.minimize(
        bend, start, method="trust-constr", constraints=NonlinearConstraint(miss, 0.0, 0.0)
    )
    path = newton(jit(grad(lagrangian)), jit(hessian(lagrangian)), np.append(start, [0.0, 0.0]))
    right &= agree("robot arm", path, np.append(arm.x, np.asarray(arm.v[0])), 1e-4)
    if draw:
        draw_arm(path, out)

    error, start, points = circles(quick)
    path, found = minimum(error, start, sparse=not quick)
    right &= agree("circles", path, found.x, 1e-5)
    if draw:
        draw_circles(path, points, out)

    loss, points, sides = logistic(quick)
    path, found = minimum(loss, np.zeros(3))
    right &= agree("logistic regression", path, found.x, 1e-5)
    if draw:
        draw_logistic(path, points, sides, out)

    found, path = swing_up(15 if quick else 40)
    plan = path.points[-1][: len(found.x)]
    right &= agree("pendulum", Way([plan], path.sizes), found.x, 1e-2)
    if draw:
        draw_swing(plan, path, out)
    return right


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Newton's method on five classic problems")
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    parser.add_argument("--quick", action="store_true", help="smaller problems")
    options = parser.parse_args(arguments)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
    try:
        import matplotlib as mpl
    except ImportError:
        mpl = None
        print("no pictures without matplotlib: pip install 'autograd_nn[plot]'")
    right = solve_all(options.quick, options.out, draw=mpl is not None)
    print("all solved, alike by both methods" if right else "NOT all solved")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
