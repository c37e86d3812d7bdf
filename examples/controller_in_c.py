"""A controller that plans ahead, exported to C: a motor swings a pendulum up and holds it there.

The motor is too weak to lift the pendulum at once, so it must swing.  At every tick the controller
improves a plan of torques by a few steps down the gradient of what the plan would cost, applies
the first of them, and goes on.  The cost is written in Python on plain numbers; its value and
gradient become one file of C, which is compiled and called as firmware would call it: no
allocation, one workspace.  Without a compiler the same program runs here.

Runs in about 3 seconds, with --quick in 2.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd_nn import functions as fn
from autograd_nn.jit import jit

STEP = 0.1  # seconds
HORIZON = 60  # torques in a plan
STRONGEST = 0.6  # torque of the motor, where lifting takes 1
NAME = "controller"


def move(angle: Any, speed: Any, torque: Any) -> tuple[Any, Any]:
    """One step of a pendulum with a motor at its pivot; upright is angle 0."""
    speed = speed + STEP * (fn.sin(angle) + torque - 0.05 * speed)
    return angle + STEP * speed, speed


def cost(state: Any, plan: Any) -> Any:
    """How far from upright and at rest a plan leads, over its whole length."""
    angle, speed = state
    total = 0.0
    for wish in plan:
        angle, speed = move(angle, speed, STRONGEST * fn.tanh(wish))
        total = total + (1.0 - fn.cos(angle)) + 0.05 * speed * speed + 1e-3 * wish * wish
    return total + 5.0 * (1.0 - fn.cos(angle)) + speed * speed


Gradient = Callable[[Any, Any], tuple[float, Any]]


def in_c(text: str, folder: Path) -> Gradient | None:
    """Value and gradient by the compiled file; None where there is no compiler of C."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{NAME}.c"
    source.write_text(text, encoding="utf-8")
    print(f"Written: {source} ({len(text) / 1e3:.0f} kB)")
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        print("no compiler of C here: the program runs in Python instead")
        return None
    library = (folder / f"{NAME}.so").resolve()
    flags = ["-std=c99", "-O3", "-Wall", "-Wextra", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, str(source), "-o", str(library), "-lm"], check=True)
    function = ctypes.CDLL(str(library))[f"{NAME}_gradient"]
    size = re.search(r"#define \w+_WORKSPACE (\d+)", text)
    assert size is not None
    work = np.zeros(int(size[1]))
    value, slopes = np.zeros(1), np.zeros(HORIZON)

    def gradient(state: Any, plan: Any) -> tuple[float, Any]:
        arrays = (state, plan, value, slopes, work)
        code = function(*(ctypes.c_void_p(x.ctypes.data) for x in arrays))
        if code:
            raise RuntimeError("these numbers take another path through the cost")
        return float(value[0]), slopes

    return gradient


def swing_up(gradient: Gradient, seconds: float, rounds: int) -> tuple[list[Any], float]:
    """Where the pendulum is at each tick, and the seconds that a call of the gradient took."""
    state, plan = np.array([math.pi, 0.0]), np.full(HORIZON, 0.1)
    states, momentum, calls, spent = [state], np.zeros(HORIZON), 0, 0.0
    for _ in range(round(seconds / STEP)):
        for _ in range(rounds):
            start = time.perf_counter()
            _, slopes = gradient(state, plan)
            spent, calls = spent + time.perf_counter() - start, calls + 1
            momentum = 0.9 * momentum + slopes
            plan = plan - 0.02 * momentum
        torque = STRONGEST * math.tanh(plan[0])
        state = np.array([float(x) for x in move(*state.tolist(), torque)])
        states.append(state)
        plan, momentum = np.append(plan[1:], 0.0), np.append(momentum[1:], 0.0)
    return states, spent / calls


def plot(folder: Path, states: list[Any]) -> None:
    """The angle over time; without matplotlib only a line that says so."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("No picture without matplotlib: pip install '.[plot]'")
        return
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    seconds = STEP * np.arange(len(states))
    axes.plot(seconds, np.degrees([state[0] for state in states]), color="black")
    axes.axhline(0.0, color="tab:green", linewidth=1, linestyle=":")
    axes.set_yticks(range(0, 271, 90))
    axes.set_xlabel("time / s")
    axes.set_ylabel("angle / degrees")
    axes.set_title("From hanging to upright (dotted) with a motor too weak to lift")
    file = folder / f"{NAME}.png"
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=120)
    plt.close(figure)
    print(f"Picture: {file}")


def main(argv: list[str] | None = None) -> int:
    """Export, compile, control and draw; 0 if the pendulum stands and C agrees with Python."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=Path("controller-output"), help="where files go"
    )
    parser.add_argument("--quick", action="store_true", help="fewer steps of the plan at a tick")
    arguments = parser.parse_args(argv)
    start, plan = np.array([math.pi, 0.0]), np.full(HORIZON, 0.1)
    program = jit(cost).program(start, plan)
    compiled = in_c(program.to_c(NAME, argnums=1), arguments.out)
    here: Gradient = lambda state, plan: program.value_and_grad(state, plan, argnums=1)  # noqa: E731
    agrees = True
    if compiled is not None:
        value, slopes = compiled(start, plan)
        expected, gradient = here(start, plan)
        agrees = bool(np.allclose([value, *slopes], [expected, *gradient], rtol=1e-9, atol=1e-12))
        print(f"C and Python {'agree' if agrees else 'DISAGREE'}: cost {value:.6f} at the start")
    states, spent = swing_up(compiled or here, 20.0, 10 if arguments.quick else 30)
    angle, speed = states[-1]
    print(f"a call of value and gradient took {spent * 1e6:.1f} us, a tick has {STEP * 1e6:,.0f}")
    print(
        f"after {STEP * (len(states) - 1):.0f} s: angle {math.degrees(angle):.2f} degrees, ", end=""
    )
    stands = math.cos(angle) > 0.99 and abs(speed) < 0.2
    print("it stands" if stands else "it does NOT stand")
    plot(arguments.out, states)
    return 0 if stands and agrees else 1


if __name__ == "__main__":
    sys.exit(main())
