"""What a jit costs where it cannot help: changing paths, small functions, the first call.

The worst case of changing paths is a path for nearly every call: simulations, filters,
searches and geometry whose decisions depend on their arguments.  Every call gets new random
numbers.  Times are of the processor, and the jit and the engine take turns call by call.

What is left out: functions with one path, which are in ``benchmarks.jit``.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from autograd_nn import MLP, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.jit import JitWarning, jit
from autograd_nn.jit.capture.surroundings import Surroundings
from benchmarks import jit_loops, jit_work
from benchmarks.harness import compare

# ---------------------------------------------------------------------------
# Functions with many paths


def monte_carlo_max(market: Any, normals: Any) -> Any:
    """The price of a call option, by the mean over drawn prices: spot, strike, rate, sigma."""
    spot, strike, rate, sigma = market
    total = 0.0
    for z in normals:
        price = spot * fn.exp(rate - 0.5 * sigma * sigma + sigma * z)
        total = total + max(price - strike, 0.0)
    return total * fn.exp(-rate) / len(normals)


def monte_carlo_if(market: Any, normals: Any) -> Any:
    """The same, written with an ``if``."""
    spot, strike, rate, sigma = market
    total = 0.0
    for z in normals:
        price = spot * fn.exp(rate - 0.5 * sigma * sigma + sigma * z)
        if price > strike:
            total = total + (price - strike)
    return total * fn.exp(-rate) / len(normals)


def _tree(market: Any, better: Callable[[Any, Any], Any]) -> Any:
    """An American put on a binomial tree of 25 steps; ``better`` chooses to wait or to exercise."""
    spot, strike, rate, sigma = market
    steps = 25
    up = fn.exp(sigma * (1.0 / steps) ** 0.5)
    discount = fn.exp(-rate / steps)
    p = (1.0 / discount - 1.0 / up) / (up - 1.0 / up)
    powers = [spot * up ** (2.0 * k - steps) for k in range(steps + 1)]
    values = [better(0.0, strike - price) for price in powers]
    for step in range(steps, 0, -1):
        powers = [price * up for price in powers[:step]]
        values = [
            better(discount * (p * values[k + 1] + (1.0 - p) * values[k]), strike - powers[k])
            for k in range(step)
        ]
    return values[0]


def american_max(market: Any) -> Any:
    """With builtin ``max``."""
    return _tree(market, max)


def american_if(market: Any) -> Any:
    """With an ``if``."""
    return _tree(market, lambda wait, exercise: exercise if exercise > wait else wait)


def pid(gains: Any, target: Any) -> Any:
    """A motor under a controller whose output and integral are clamped; the squared error."""
    kp, ki, kd = gains
    speed, integral, before, cost = 0.0, 0.0, 0.0, 0.0
    for _ in range(100):
        error = target - speed
        integral = integral + error * 0.05
        if integral > 1.0:
            integral = 1.0
        elif integral < -1.0:
            integral = -1.0
        drive = kp * error + ki * integral + kd * (error - before)
        if drive > 2.0:
            drive = 2.0
        elif drive < -2.0:
            drive = -2.0
        before = error
        speed = speed + (drive - 0.4 * speed) * 0.1
        cost = cost + error * error
    return cost


def bisection(bracket: Any, level: Any) -> Any:
    """Where x + x**3 reaches a level, by 30 halvings."""
    low, high = bracket
    for _ in range(30):
        middle = (low + high) * 0.5
        if middle + middle * middle * middle > level:
            high = middle
        else:
            low = middle
    return (low + high) * 0.5


def kalman(noise: Any, measured: Any) -> Any:
    """The cost of a filter for position and speed that leaves outliers out."""
    q, r = noise
    x, v, pxx, pxv, pvv = 0.0, 0.0, 1.0, 0.0, 1.0
    cost = 0.0
    for y in measured:
        x = x + 0.1 * v
        pxx = pxx + 0.2 * pxv + 0.01 * pvv + q * 0.1
        pxv, pvv = pxv + 0.1 * pvv, pvv + q
        innovation, s = y - x, pxx + r
        if innovation * innovation > 4.0 * s:
            continue
        k, kv = pxx / s, pxv / s
        x, v = x + k * innovation, v + kv * innovation
        pvv = pvv - kv * pxv
        pxx, pxv = (1.0 - k) * pxx, (1.0 - k) * pxv
        cost = cost + innovation * innovation / s + fn.log(s)
    return cost


def newton(orbit: Any) -> Any:
    """Kepler's equation, until a step is small: eccentricity and mean anomaly."""
    eccentricity, anomaly = orbit
    x = anomaly
    while True:
        step = (x - eccentricity * fn.sin(x) - anomaly) / (1.0 - eccentricity * fn.cos(x))
        x = x - step
        if abs(float(step)) < 1e-10:
            return fn.cos(x) - eccentricity


def ray_casting(spheres: Any) -> Any:
    """The light on three spheres (x, y, z, radius), by 8 x 8 rays along z."""
    total = 0.0
    for i in range(8):
        for j in range(8):
            nearest, shade = math.inf, 0.0
            for x, y, z, radius in spheres:
                dx, dy = 0.25 * i - 0.9 - x, 0.25 * j - 0.9 - y
                room = radius * radius - dx * dx - dy * dy
                if room < 0.0:
                    continue
                height = fn.sqrt(room)
                if z - height < nearest:
                    nearest, shade = z - height, height / radius
            total = total + shade
    return total


def robot_arm(angles: Any, target: Any) -> Any:
    """How far an arm of eight joints with limits is from a target, and what the limits cost."""
    x, y, heading, cost = 0.0, 0.0, 0.0, 0.0
    for angle in angles:
        turn = angle
        if angle > 0.6:
            turn = 0.6
        elif angle < -0.6:
            turn = -0.6
        cost = cost + (angle - turn) ** 2
        heading = heading + turn
        x, y = x + fn.cos(heading), y + fn.sin(heading)
    return (x - target[0]) ** 2 + (y - target[1]) ** 2 + cost


def _market(rng: Random) -> list[float]:
    return [rng.uniform(90, 110), rng.uniform(95, 105), rng.uniform(0, 0.05), rng.uniform(0.1, 0.4)]


class Work(NamedTuple):
    """A function with many paths, and what makes arguments for it."""

    title: str
    f: Callable[..., Any]
    draw: Callable[[Random], tuple[Any, ...]]


def _uniform(rng: Random, low: float, high: float, count: int) -> list[float]:
    return [rng.uniform(low, high) for _ in range(count)]


def _normals(rng: Random, count: int) -> list[float]:
    return [rng.gauss(0.0, 1.0) for _ in range(count)]


WORKS = (
    Work("Monte Carlo, max", monte_carlo_max, lambda rng: (_market(rng), _normals(rng, 300))),
    Work("Monte Carlo, if", monte_carlo_if, lambda rng: (_market(rng), _normals(rng, 300))),
    Work("American tree, max", american_max, lambda rng: (_market(rng),)),
    Work("American tree, if", american_if, lambda rng: (_market(rng),)),
    Work("PID clamps", pid, lambda rng: (_uniform(rng, 0.1, 4.0, 3), rng.uniform(-3, 3))),
    Work(
        "bisection",
        bisection,
        lambda rng: ([rng.uniform(-3, 0), rng.uniform(2, 4)], rng.uniform(-3, 9)),
    ),
    Work(
        "Kalman, gating",
        kalman,
        lambda rng: (_uniform(rng, 0.05, 0.5, 2), [z * 1.5 for z in _normals(rng, 60)]),
    ),
    Work("Newton, float(step)", newton, lambda rng: ([rng.uniform(0, 0.9), rng.uniform(0.1, 3)],)),
    Work(
        "ray casting",
        ray_casting,
        lambda rng: (
            [[*_uniform(rng, -1, 1, 2), rng.uniform(3, 6), rng.uniform(0.3, 1)] for _ in range(3)],
        ),
    ),
    Work(
        "robot arm, limits",
        robot_arm,
        lambda rng: (_uniform(rng, -1, 1, 8), _uniform(rng, -5, 5, 2)),
    ),
)

# ---------------------------------------------------------------------------
# Changing paths


def _in_turns(work: Work, calls: int, seed: int) -> tuple[float, float]:
    """Seconds that the engine and a fresh jit take for the same calls; results are compared."""
    rng, engine, jitted = Random(seed), value_and_grad(work.f), jit(work.f)
    spent_engine = spent_jit = 0.0
    for k in range(calls):
        args = work.draw(rng)
        start = time.process_time()
        expected = engine(*args)
        between = time.process_time()
        found = jitted.value_and_grad(*args)
        spent_jit += time.process_time() - between
        spent_engine += between - start
        if k < 50 or k % 100 == 0:
            compare({"engine": _flat(expected), "jit": _flat(found)})
    return spent_engine, spent_jit


def _flat(both: tuple[float, Any]) -> Any:
    import numpy as np

    return np.hstack([both[0], np.ravel(both[1])])


def changing_paths(rounds: int) -> list[dict[str, Any]]:
    """Calls at new numbers: what a jit takes for each second that the engine takes."""
    print("\nchanging paths, value and gradient: the jit's time by the engine's")
    print(f"{'':24}{'engine ms':>12}{'20 calls':>12}{'1,000 calls':>14}")
    rows = []
    for work in WORKS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", JitWarning)
            few = [_in_turns(work, 20, seed) for seed in range(rounds)]
            engine, jitted = _in_turns(work, 1000, rounds)
        ratio = sorted(b / a for a, b in few)[rounds // 2]
        per_call = engine / 1000
        print(f"{work.title:24}{per_call * 1e3:12.3f}{ratio:12.2f}{jitted / engine:14.2f}")
        for name, found in (("jit, 20 calls", ratio), ("jit, 1,000 calls", jitted / engine)):
            rows.append({"work": work.title, "name": name, "median": per_call, "ratio": found})
    return rows


# ---------------------------------------------------------------------------
# What a call costs


def _microseconds(run: Callable[[], Any], rounds: int) -> float:
    """The fastest of some rounds, for one call."""
    times, best = 1, math.inf
    while True:  # as often as takes 20 ms
        start = time.process_time()
        for _ in range(times):
            run()
        if time.process_time() - start > 0.02:
            break
        times *= 2
    for _ in range(max(rounds, 3)):
        start = time.process_time()
        for _ in range(times):
            run()
        best = min(best, time.process_time() - start)
    return best / times * 1e6


def _with_constants() -> Callable[..., Any]:
    a, b, c, d, e = 1.0, 2, 3.0, 4, 5.0
    name, flag, nothing, pair, last = "quick", True, None, (1.0, 2.0), 0.5

    def f(x: Any) -> Any:
        if flag and nothing is None and name == "quick":
            return ((a * x + b) * x + c) * x + d * pair[0] + e * last
        return x

    return f


def small_calls(rounds: int) -> list[dict[str, Any]]:
    """A call of a small function, the same program called directly, and the state check in it."""
    model = MLP(2, [16, 16, 1], seed=0)
    cases: list[tuple[str, Callable[..., Any], Any]] = [
        ("one line", lambda x: x * x + 3.0 * x, 0),
        ("ten constants in closure", _with_constants(), 0),
        ("model of 337 parameters", lambda x: model([x, 0.5]), model),
    ]
    print(
        "\na call, in microseconds (value; value and gradient; the gradient by the program alone)"
    )
    print(f"{'':28}{'value':>9}{'gradient':>10}{'program':>10}{'state check':>13}{'engine':>10}")
    rows = []
    for title, f, argnums in cases:
        jitted, engine = jit(f), value_and_grad(f)
        program = jitted.program(1.5)
        state = Surroundings(f)
        runs: dict[str, Callable[[], Any]] = {
            "value": lambda j=jitted: j(1.5),
            "gradient": lambda j=jitted, along=argnums: j.value_and_grad(1.5, argnums=along),
            "program": lambda p=program, along=argnums: p.value_and_grad(1.5, argnums=along),
            "state check": state.holds,
            "engine": lambda e=engine: e(1.5),
        }
        found = {name: _microseconds(run, rounds) for name, run in runs.items()}
        value, gradient, alone, check, eager = found.values()
        print(f"{title:28}{value:9.2f}{gradient:10.2f}{alone:10.2f}{check:13.2f}{eager:10.2f}")
        rows += [
            {"work": title, "name": name, "median": spent * 1e-6} for name, spent in found.items()
        ]
    return rows


def first_calls(rounds: int) -> list[dict[str, Any]]:
    """The first call, which records, and the second, which compiles, for each operation."""
    import numpy as np

    works: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "Rosenbrock": (jit_loops.rosenbrock, (np.linspace(0, 2, 1000),)),
        "irregular": (jit_loops.irregular(10_000), (np.linspace(-1, 1, 20),)),
        "moons": (jit_work.moons_loss, jit_work.moons_data()),
    }
    print("\nthe first calls, value and gradient, in microseconds an operation")
    print(f"{'':28}{'operations':>11}{'engine':>10}{'first':>10}{'second':>10}{'third':>10}")
    rows = []
    for title, (f, args) in works.items():
        engine, spent = value_and_grad(f), [math.inf] * 4
        for _ in range(rounds):
            jitted = jit(f)
            calls = [lambda e=engine, a=args: e(*a)]
            calls += [lambda j=jitted, a=args: j.value_and_grad(*a)] * 3
            for k, call in enumerate(calls):
                start = time.process_time()
                call()
                spent[k] = min(spent[k], time.process_time() - start)
        recorded = jitted.program(*args).recorded
        each = "".join(f"{x / recorded * 1e6:10.3f}" for x in spent)
        print(f"{title:28}{recorded:11,d}{each}")
        names = ("engine", "first call", "second call", "third call")
        rows += [
            {"work": title, "name": name, "median": x} for name, x in zip(names, spent, strict=True)
        ]
    return rows
