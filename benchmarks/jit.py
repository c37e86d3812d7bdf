"""The jit's backends beside NumPy by hand, JAX, PyTorch, CasADi, micrograd and the engine.

    python -m benchmarks.jit [--rounds 7] [--only moons,mixture,...] [--backends numpy,native]

Every contestant computes the same value and gradient in double precision; results are compared
before anything is timed.  Times are of whole calls from Python, on one thread and pinned to one
core, in seconds of the processor (so that others on the core do not count); the parts with large
matrices are then run once more with all threads, in seconds of the clock.  For each backend there
are also the stages of the first call, and the first, second and hundredth call.  The parts
``paths`` and ``calls`` ask what a jit costs where it cannot help, see ``jit_paths``.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import (
    THREAD_VARIABLES,
    compare,
    finish,
    installed,
    interleaved,
    pin_threads,
    report,
)

if TYPE_CHECKING:  # threads are pinned before NumPy is imported
    from benchmarks.jit_parts import Part

WITH_MATRICES = "moons,digits,mnist"
AT_LEAST = 0.01  # seconds that a timing takes; shorter calls are repeated
OFTEN = 20.0  # seconds that a hundred calls may take


def flat(found: Any) -> Any:
    """A value and a gradient in any structure, as one vector."""
    import numpy as np

    if isinstance(found, (list, tuple)):
        return np.concatenate([flat(part) for part in found])
    return np.ravel(np.asarray(found, float))


def repeated(run: Callable[[], Any], spent: float) -> tuple[Callable[[], None], int]:
    """As many calls in one as take long enough to be timed, and how many these are.

    Args:
        spent: seconds of a first call.
    """
    times = 1

    def loop() -> None:
        for _ in range(times):
            run()

    while spent < AT_LEAST:
        times = max(2 * times, min(100 * times, int(times * AT_LEAST / max(spent, 1e-7))))
        start = time.perf_counter()
        loop()
        spent = time.perf_counter() - start
    return loop, times


def run_part(part: Part, rounds: int, backends: list[str], lines: int) -> list[dict[str, Any]]:
    """Compare, time, print; returns the rows of the table."""
    from autograd_nn.jit import jit

    print(f"\n{'=' * 78}\n{part.title}")
    work = dict(part.others)
    alone = os.environ[THREAD_VARIABLES[0]] == "1"
    stages, clock = [], time.process_time if alone else time.perf_counter
    for name, (f, rows, reduce) in part.forms.items():
        for backend in backends:
            jitted = jit(f, rows=rows, reduce=reduce, backend=backend)
            stages += first_calls(part.title, f"{name}, {backend}", jitted, part.args, lines, clock)
            work[f"{name}, {backend}"] = lambda j=jitted: j.value_and_grad(*part.args)
            lines = 0
    results, loops = {}, {}
    for name, run in work.items():
        results[name] = flat(run())  # compiles, too
        start = time.perf_counter()
        run()
        loops[name] = repeated(run, time.perf_counter() - start)
    compare(results, rtol=1e-7)
    gc.collect()
    times = interleaved({name: loop for name, (loop, _) in loops.items()}, rounds, 6.0, clock)
    per_call = {name: [t / loops[name][1] for t in ts] for name, ts in times.items()}
    bases = [name for name in ("by hand", "JAX", "CasADi", "engine") if name in work]
    return stages + report(part.title, per_call, bases[0], bases[1:2])


def first_calls(
    title: str,
    name: str,
    jitted: Any,
    args: tuple[Any, ...],
    lines: int,
    clock: Callable[[], float],
) -> list[dict[str, Any]]:
    """Print what was found, the stages of a first call, and the first, second, hundredth call.

    Args:
        lines: how many lines of the program to print.
    """
    from autograd_nn.jit.capture.call import Call
    from autograd_nn.jit.capture.recorder import Recording
    from autograd_nn.jit.capture.surroundings import Surroundings
    from autograd_nn.jit.plan import Loop, walk
    from autograd_nn.jit.program import Program

    call = Call(args, jitted.row_positions)
    start = clock()
    recording = Recording(
        jitted.function, call, None, 0, Surroundings(jitted.function, call.held), False
    )
    recorded = clock()
    trace = recording.trace()
    program = Program(trace, call, recording.described, jitted.options)
    planned = clock()
    program.value_and_grad(*args)
    compiled = clock()
    program.value_and_grad(*args)
    again = clock()
    count = program.recorded
    items = [item for item, _ in walk(program.plan.items)]
    loops = sum(isinstance(item, Loop) for item in items)
    once = max(0.0, (compiled - planned) - (again - compiled))
    del recording, trace
    gc.collect()
    calls: list[float] = []
    while len(calls) < 100 and sum(calls) < OFTEN:
        start_of_call = clock()
        jitted.value_and_grad(*args)
        calls.append(clock() - start_of_call)
    if not jitted.row_positions:
        jitted.program(*args).wait()  # what is timed from here on is one backend
    last = sorted(calls[-9:])[len(calls[-9:]) // 2]
    print(
        f"{name:24}{count:10,d} operations, {program.packs} packs, {len(items)} nests"
        f" ({loops} loops)\n"
        f"{'':24}record {(recorded - start) / count * 1e6:.2f}, trace and plan "
        f"{(planned - recorded) / count * 1e6:.2f} us an operation; compile {once * 1e3:.1f} ms\n"
        f"{'':24}call 1: {calls[0] * 1e3:.2f} ms, call 2: {calls[1] * 1e3:.2f} ms, "
        f"call {len(calls)}: {last * 1e3:.3f} ms"
    )
    if lines:
        print("\n".join(f"    {line}" for line in str(program).splitlines()[:lines]))
    spent = {
        "record": recorded - start,
        "trace and plan": planned - recorded,
        "compile": once,
        "first call": calls[0],
        "second call": calls[1],
        f"call {len(calls)}": last,
    }
    return [{"work": title, "name": f"{name}, {stage}", "median": s} for stage, s in spent.items()]


def compile_time(largest: int, backends: list[str]) -> None:
    """Recording and compiling of ever larger functions: the time an operation must be flat."""
    import numpy as np

    from autograd_nn.jit import jit

    print(
        "\nrecording and compiling, by size\n  operations   us an operation: " + " ".join(backends)
    )
    for rows in (50, 500, 5000, 15_000):
        if rows * 200 > largest:
            break
        rng = np.random.default_rng(0)
        w, X = rng.normal(size=(10, 10)), rng.normal(size=(rows, 10))

        def f(w: Any, X: Any) -> Any:
            return sum(sum(a * b for a, b in zip(r, x, strict=True)).relu() for x in X for r in w)

        found = []
        for backend in backends:
            jitted = jit(f, backend=backend)
            start = time.perf_counter()
            recorded = jitted.program(w, X).recorded
            jitted.value_and_grad(w, X)
            found.append((time.perf_counter() - start) / recorded * 1e6)
        print(f"{recorded:12d}" + "".join(f"{each:12.2f}" for each in found))


def memory(backends: list[str]) -> None:
    """Bytes for each recorded operation: at the peak of recording, and what is kept."""
    from autograd_nn.jit import jit
    from benchmarks import jit_work as w

    args = w.moons_data()
    for backend in backends:
        jit(w.moons_loss, backend=backend).value_and_grad(*args)  # imports are not counted
        tracemalloc.start()
        jitted = jit(w.moons_loss, backend=backend)
        for _ in range(3):
            jitted.value_and_grad(*args)
        kept, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        program = jitted.program(*args)
        print(
            f"\nmemory of the moons step, {backend}, bytes an operation: "
            f"{peak / program.recorded:.0f} at the peak of recording, "
            f"{kept / program.recorded:.0f} kept; {program.plan.sizes[0]} cells for "
            f"{program.recorded} operations"
        )


def pin(threads: int) -> None:
    """Limit the threads of all contestants; one thread gets one core."""
    pin_threads(threads)
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        core = max(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {core})
        print(f"pinned to core {core}, one thread")
    if installed("torch"):
        import torch

        torch.set_num_threads(threads)


def usable(names: str) -> list[str]:
    """The backends, without those that cannot be used here; says why."""
    from autograd_nn.jit.backends.door import why_not

    for name in names.split(","):
        if why_not(name):
            print(f"{name} is left out: {why_not(name)}")
    return [name for name in names.split(",") if not why_not(name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="names of the parts, separated by commas")
    parser.add_argument("--backends", default="numpy,native", help="separated by commas")
    parser.add_argument("--lines", type=int, default=8, help="of each program to print")
    parser.add_argument("--largest", type=int, default=3_500_000, help="operations to compile")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    pin(options.threads)
    sys.setrecursionlimit(1_000_000)  # for micrograd
    from autograd_nn import engine_is_compiled
    from benchmarks import jit_paths, jit_threads
    from benchmarks.jit_parts import parts_of

    backends = usable(options.backends)
    print(f"engine {'compiled' if engine_is_compiled() else 'in plain Python'}")
    n, parts = options.rounds, parts_of()
    alone: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "paths": lambda: jit_paths.changing_paths(n),
        "threads": lambda: jit_threads.threads(n),
        "calls": lambda: jit_paths.small_calls(n) + jit_paths.first_calls(n),
    }
    known = [*parts, *alone, "compile", "memory"]
    chosen = options.only.split(",") if options.only else known
    for name in chosen:
        if name not in known:
            parser.error(f"there is no part {name!r}; the parts are {', '.join(known)}")
    rows: list[dict[str, Any]] = []
    for name, make in parts.items():
        if name in chosen:
            rows += run_part(make(), n, backends, options.lines)
    for name, measure in alone.items():
        if name in chosen:
            rows += measure()
    if "compile" in chosen:
        compile_time(options.largest, backends)
    if "memory" in chosen:
        memory(backends)
    finish(rows, options.json)
    everything = os.cpu_count() or 1
    if not options.only and options.threads < everything:
        print(f"\n\nthe same with {everything} threads", flush=True)
        command = [sys.executable, "-m", "benchmarks.jit", f"--threads={everything}"]
        command += [f"--only={WITH_MATRICES}", f"--rounds={n}"]
        os.sched_setaffinity(0, range(everything))
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
