"""The length and damping of a pendulum, found from noisy angles by gradient.

Not a network: a simulation.  The motion is integrated step by step in an ordinary loop, once
with Values for the two unknowns, so that the squared error against the measured angles is
one graph down to length and damping.  ``backward()`` runs the loop in reverse, Adam moves the
two numbers, and after some 200 rounds the simulation follows the measurements.  The picture
shows the motion before and after, and the way down over the landscape of the error.

Runs in about 3 seconds with the compiled engine and 5 with the plain one, picture included.
Exits non-zero if the fit misses the true length by 1 % or the true damping by 5 %.

    python examples/pendulum.py --out pendulum-output
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from autograd_nn import Value, functions
from autograd_nn.engine import topological_order
from autograd_nn.losses import mean_squared_error
from autograd_nn.optim import Adam, CosineAnnealingLR

GRAVITY = 9.81  # m/s^2
RELEASED_AT = 1.2  # rad: far from the small angles for which there is a closed form
TRUE_LENGTH, TRUE_DAMPING = 1.35, 0.30  # m, 1/s
FIRST_GUESS = (1.0, 0.05)
STEP = 0.05  # s, between two measurements and in the fit's own integration
NOISE = 0.03  # rad, standard deviation


def simulate(length: Any, damping: Any, steps: int, step: float = STEP) -> list[Any]:
    """The angles of a damped pendulum that is let go at rest: steps + 1 of them.

    The equation ``angle'' = -gravity/length * sin(angle) - damping * angle'``, by the classical
    Runge-Kutta method.  Works on numbers, on arrays of numbers and on Values.
    """
    stiffness = GRAVITY / length

    def acceleration(angle: Any, speed: Any) -> Any:
        return -(stiffness * functions.sin(angle) + damping * speed)

    angle, speed = RELEASED_AT + 0 * length, 0 * length
    angles = [angle]
    for _ in range(steps):
        speed_1 = speed
        pull_1 = acceleration(angle, speed)
        speed_2 = speed + step / 2 * pull_1
        pull_2 = acceleration(angle + step / 2 * speed_1, speed_2)
        speed_3 = speed + step / 2 * pull_2
        pull_3 = acceleration(angle + step / 2 * speed_2, speed_3)
        speed_4 = speed + step * pull_3
        pull_4 = acceleration(angle + step * speed_3, speed_4)
        angle = angle + step / 6 * (speed_1 + 2 * (speed_2 + speed_3) + speed_4)
        speed = speed + step / 6 * (pull_1 + 2 * (pull_2 + pull_3) + pull_4)
        angles.append(angle)
    return angles


def measure(steps: int) -> list[float]:
    """What a camera would see: the true motion, integrated ten times finer, with noise."""
    rng = random.Random(0)
    fine = simulate(TRUE_LENGTH, TRUE_DAMPING, 10 * steps, STEP / 10)
    return [angle + rng.gauss(0.0, NOISE) for angle in fine[::10]]


def fit(measured: list[float], rounds: int) -> list[tuple[float, float, float]]:
    """Gradient descent through the simulation; returns (length, damping, error) round by round."""
    length, damping = Value(FIRST_GUESS[0], "length"), Value(FIRST_GUESS[1], "damping")
    optimizer = Adam([length, damping], lr=0.05)
    schedule = CosineAnnealingLR(optimizer, T_max=rounds)
    path = []
    for done in range(rounds + 1):
        error = mean_squared_error(measured, simulate(length, damping, len(measured) - 1))
        path.append((length.data, damping.data, error.data))
        if done == 0:
            print(f"one simulation: {len(topological_order(error)):,} nodes in the graph")
        if done in (0, rounds) or done % 20 == 0:
            print(
                f"round {done:3}: length {length.data:.4f} m, damping {damping.data:.4f} 1/s, "
                f"root mean squared error {error.data**0.5:.4f} rad"
            )
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        schedule.step()
    return path


def plot(folder: Path, measured: list[float], path: list[tuple[float, float, float]]) -> None:
    """Draw the motion and the way down, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("For the picture: pip install '.[plot]'. Everything else ran.")
        return
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
    steps = len(measured) - 1
    times = [i * STEP for i in range(steps + 1)]
    length, damping, _ = path[-1]
    left.plot(times, measured, "o", color="0.55", markersize=3, label="measured")
    left.plot(times, simulate(*FIRST_GUESS, steps), "--", color="#d55e00", label="first guess")
    left.plot(times, simulate(length, damping, steps), color="#0072b2", label="fitted")
    left.set_xlabel("time / s")
    left.set_ylabel("angle / rad")
    left.set_title(f"Fitted: length {length:.3f} m, damping {damping:.3f} 1/s")
    left.set_ylim(-1.4, 1.6)
    left.legend(frameon=False, ncols=3, loc="upper center")
    left.spines[["top", "right"]].set_visible(False)

    lengths, dampings = np.meshgrid(np.linspace(0.85, 1.75, 90), np.linspace(0.0, 0.7, 70))
    angles = np.array(simulate(lengths, dampings, steps))
    errors = ((angles - np.array(measured)[:, None, None]) ** 2).mean(axis=0) ** 0.5
    filled = right.contourf(lengths, dampings, errors, levels=24, cmap="Blues_r")
    figure.colorbar(filled, ax=right, label="root mean squared error / rad")
    xs, ys, _ = zip(*path, strict=True)
    right.plot(xs, ys, ".-", color="#d55e00", linewidth=1, markersize=3, label="each round")
    right.plot(TRUE_LENGTH, TRUE_DAMPING, "+", color="black", markersize=14, label="truth")
    right.set_xlabel("length / m")
    right.set_ylabel("damping / (1/s)")
    right.set_title("The way down")
    right.legend(loc="upper left")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pendulum.png"
    figure.savefig(file, dpi=120)
    plt.close(figure)
    print(f"Picture: {file}")


def main(argv: list[str] | None = None) -> int:
    """Measure, fit and draw; 0 if length and damping are found, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path("pendulum-output"), help="where pictures go"
    )
    parser.add_argument("--quick", action="store_true", help="fewer measurements and rounds")
    arguments = parser.parse_args(argv)
    seconds, rounds = (5, 60) if arguments.quick else (8, 200)
    measured = measure(round(seconds / STEP))
    path = fit(measured, rounds)
    length, damping, _ = path[-1]
    print(f"the truth: length {TRUE_LENGTH:.4f} m, damping {TRUE_DAMPING:.4f} 1/s")
    plot(arguments.out, measured, path)
    found = abs(length / TRUE_LENGTH - 1) < 0.01 and abs(damping / TRUE_DAMPING - 1) < 0.05
    print("found" if found else "NOT found")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
