"""The jit beside hand-written NumPy, PyTorch, JAX, CasADi, micrograd and the engine.

    python -m benchmarks.jit [--rounds 7] [--only moons,digits,...]

Every contestant computes the same loss and gradient in double precision; results are
compared before anything is timed.  One thread; the parts with large matrices are then run
once more with all threads.  The parts ``paths`` and ``calls`` ask what a jit costs where it
cannot help, see ``jit_paths``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import compare, finish, installed, interleaved, pin_threads, report

WITH_MATRICES = "moons,digits,mnist"


def repeated(run: Callable[[], Any], times: int) -> Callable[[], None]:
    """``times`` calls in one, where one takes only microseconds."""

    def loop() -> None:
        for _ in range(times):
            run()

    return loop


Work = dict[str, tuple[Callable[[], Any], int]]


def contest(title: str, work: Work, base: str, rounds: int) -> list[dict[str, Any]]:
    """Compare the results, time each contestant, print the table per call."""
    import numpy as np

    compare(
        {
            name: np.concatenate([np.ravel(np.asarray(part, float)) for part in run()])
            for name, (run, _) in work.items()
        },
        rtol=1e-7,
    )
    loops = {name: repeated(run, times) for name, (run, times) in work.items()}
    times = interleaved(loops, rounds, seconds=8.0)
    per_call = {name: [t / work[name][1] for t in ts] for name, ts in times.items()}
    return report(title, per_call, base)


def compiled(title: str, jitted: Any, *args: Any, lines: int = 12, **options: Any) -> None:
    """Record and compile, and say how long that took and what was found."""
    start = time.perf_counter()
    program = jitted.program(*args)
    jitted.value_and_grad(*args, **options)
    spent = time.perf_counter() - start
    print(
        f"\n{title}: recorded and compiled in {spent:.3f} s, "
        f"{spent / program.recorded * 1e6:.2f} us an operation"
    )
    print("\n".join(str(program).splitlines()[:lines]))


def moons(rounds: int) -> list[dict[str, Any]]:
    from autograd_nn.jit import jit
    from benchmarks import jit_work as w

    args, jitted = w.moons_data(), jit(w.moons_loss)
    compiled("moons", jitted, *args)
    work: Work = {
        "NumPy by hand": (lambda: w.moons_numpy(*args), 200),
        "jit": (lambda: jitted.value_and_grad(*args), 200),
        "engine": (lambda: w.eager(w.moons_loss, *args), 1),
    }
    if installed("torch"):
        work["PyTorch"] = (w.moons_torch(*args), 100)
    if installed("jax"):
        work["JAX jit"] = (w.moons_jax(*args), 100)
    if installed("casadi"):
        work["CasADi"] = (w.moons_casadi(*args), 50)
    if installed("micrograd"):
        peer = w.micrograd_value()
        work["micrograd"] = (lambda: w.eager(w.moons_loss, *args, make=peer), 1)
    return contest("moons step, loss and gradient", work, "NumPy by hand", rounds)


def classifier(sizes: tuple[int, ...], rounds: int) -> list[dict[str, Any]]:
    from autograd_nn.jit import jit
    from benchmarks import jit_work as w

    title = f"{'-'.join(map(str, sizes))}, batch 256, rows form"
    args = w.classifier_data(sizes)
    jitted = jit(w.classifier_loss, rows=("x", "target"))
    compiled(title, jitted, *args)

    def step() -> Any:
        loss, slopes = jitted.value_and_grad(*args)
        return loss, *(s for pair in slopes for s in pair)

    work: Work = {
        "NumPy by hand": (lambda: w.classifier_numpy(*args), 20),
        "jit": (step, 20),
    }
    if installed("torch"):
        work["PyTorch"] = (w.classifier_torch(*args), 20)
    if installed("jax"):
        work["JAX jit"] = (w.classifier_jax(*args), 20)
    return contest(title, work, "NumPy by hand", rounds)


def against_engine(
    title: str,
    f: Callable[..., Any],
    args: tuple[Any, ...],
    rounds: int,
    peer: bool = False,
    calls: int = 20,
) -> list[dict[str, Any]]:
    from autograd_nn.jit import jit
    from benchmarks import jit_work as w

    jitted = jit(f)
    compiled(title, jitted, *args)
    work: Work = {
        "jit": (lambda: jitted.value_and_grad(*args), calls),
        "engine": (lambda: w.eager(f, *args), max(calls // 20, 1)),
    }
    if peer and installed("micrograd"):
        made = w.micrograd_value()
        work["micrograd"] = (lambda: w.eager(f, *args, make=made), 1)
    return contest(title, work, "jit", rounds)


def recurrent(rounds: int) -> list[dict[str, Any]]:
    """Batch 64: as one plain function, and written for one sequence; micrograd does 4 of them."""
    import numpy as np

    from autograd_nn.jit import jit
    from benchmarks import jit_work as w

    rng = np.random.default_rng(0)
    p, X = rng.normal(size=32 * 36) * 0.2, rng.normal(size=(64, 50, 3))
    whole, by_rows = jit(w.recurrent), jit(w.recurrent_of_one, rows="sequence", reduce="sum")
    compiled("recurrent, 32 units, 50 steps, batch 64", whole, p, X, lines=8)
    compiled("the same, written for one sequence", by_rows, p, X, lines=8)
    work: Work = {
        "jit": (lambda: whole.value_and_grad(p, X), 10),
        "jit, rows form": (lambda: by_rows.value_and_grad(p, X), 10),
        "engine": (lambda: w.eager(w.recurrent, p, X), 1),
    }
    rows = contest("recurrent, 32 units, 50 steps, batch 64", work, "jit", min(rounds, 3))
    if installed("micrograd"):
        some, made = jit(w.recurrent), w.micrograd_value()
        work = {
            "jit": (lambda: some.value_and_grad(p, X[:4]), 20),
            "micrograd": (lambda: w.eager(w.recurrent, p, X[:4], make=made), 1),
        }
        rows += contest("recurrent, batch 4", work, "jit", 1)
    return rows


def compile_time(largest: int) -> None:
    """Recording and compiling of ever larger functions: the time an operation must be flat."""
    import numpy as np

    from autograd_nn.jit import jit

    print("\nrecording and compiling, by size\n  operations   us an operation")
    for rows in (50, 500, 5000, 15_000):
        if rows * 200 > largest:
            break
        rng = np.random.default_rng(0)
        w, X = rng.normal(size=(10, 10)), rng.normal(size=(rows, 10))

        def f(w: Any, X: Any) -> Any:
            return sum(sum(a * b for a, b in zip(r, x, strict=True)).relu() for x in X for r in w)

        jitted = jit(f)
        start = time.perf_counter()
        recorded = jitted.program(w, X).recorded
        jitted.value_and_grad(w, X)
        spent = time.perf_counter() - start
        print(f"{recorded:12d}{spent / recorded * 1e6:14.2f}")


def memory() -> None:
    """Bytes for each recorded operation: at the peak of recording, and what a program keeps."""
    from autograd_nn.jit import jit
    from benchmarks import jit_work as w

    args = w.moons_data()
    jit(w.moons_loss).value_and_grad(*args)  # imports and caches are not counted
    tracemalloc.start()
    jitted = jit(w.moons_loss)
    jitted.value_and_grad(*args)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    program = jitted.program(*args)
    runner = program.buffers.borrow()
    numbers = len(runner.values) - len(args[0]) - args[1].size - args[2].size
    print(
        f"\nmemory of the moons step, bytes an operation: {peak / program.recorded:.0f} at the "
        f"peak of recording, {kept / program.recorded:.0f} kept; {numbers} of "
        f"{program.recorded} results are kept for the way back"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="names of the parts, separated by commas")
    parser.add_argument("--largest", type=int, default=3_500_000, help="operations to compile")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pin_threads(options.threads)
    sys.setrecursionlimit(1_000_000)  # for micrograd
    import numpy as np

    if installed("torch"):
        import torch

        torch.set_num_threads(options.threads)
    from autograd_nn import engine_is_compiled
    from benchmarks import jit_paths
    from benchmarks import jit_work as w

    print(f"engine {'compiled' if engine_is_compiled() else 'in plain Python'}")
    rng, n = np.random.default_rng(0), options.rounds
    normal = rng.normal
    option = np.array([100.0, 95.0, 0.03, 0.2, 1.0])

    def against(*rest: Any, **more: Any) -> Callable[[], list[dict[str, Any]]]:
        return lambda: against_engine(*rest, **more)

    parts: dict[str, Callable[[], Any]] = {
        "moons": lambda: moons(n),
        "digits": lambda: classifier((64, 128, 64, 10), n),
        "mnist": lambda: classifier((784, 128, 10), n),
        "rosenbrock": against(
            "Rosenbrock, 1,000 variables", w.rosenbrock, (np.linspace(0, 2, 1000),), n
        ),
        "pendulum": against(
            "pendulum, 1,000 steps", w.pendulum, (np.array([1.0, 0.0, 1.0, 0.1]),), n
        ),
        "irregular": against(
            "irregular, 10,000 operations", w.irregular, (np.linspace(-1, 1, 20),), n
        ),
        "option": against("price of an option", w.black_scholes, (option,), n, calls=2000),
        "recurrent": lambda: recurrent(n),
        "attention": against(
            "attention, 16 positions, width 8",
            w.attention,
            (normal(size=192) * 0.3, normal(size=(16, 8))),
            n,
            peer=True,
        ),
        "causal": against(
            "causal attention, 16 positions, width 8",
            w.causal,
            (normal(size=192) * 0.3, normal(size=(16, 8))),
            n,
            peer=True,
        ),
        "convolution": against(
            "convolution, four 5x5 kernels, 16x16",
            w.convolution,
            (normal(size=104) * 0.2, normal(size=(16, 16))),
            n,
            peer=True,
        ),
        "paths": lambda: jit_paths.changing_paths(n),
        "calls": lambda: jit_paths.small_calls(n) + jit_paths.first_calls(n),
    }
    rows: list[dict[str, Any]] = []
    chosen = options.only.split(",") if options.only else [*parts, "compile", "memory"]
    for name, part in parts.items():
        if name in chosen:
            rows += part()
    if "compile" in chosen:
        compile_time(options.largest)
    if "memory" in chosen:
        memory()
    finish(rows, options.json)
    everything = os.cpu_count() or 1
    if not options.only and options.threads < everything:
        print(f"\n\nthe same with {everything} threads", flush=True)
        command = [sys.executable, "-m", "benchmarks.jit", f"--threads={everything}"]
        command += [f"--only={WITH_MATRICES}", f"--rounds={n}"]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
