"""A program given to JAX, beside the same scalar code in JAX, and beside JAX by hand.

    python -m benchmarks.beyond_jax [--rounds 7] [--only moons,mixture,...]

On each workload: how long it takes until value and gradient can be had (recording, planning and
tracing, then XLA), and how long a call takes.  "scalar" is what JAX makes of the same scalar code:
the recorded operations, one by one, in ``jax.jit``.  XLA takes seconds for a thousand of them, so
that contestant runs on as many operations as ``SCALAR`` says, the first ones of the workload's
trace, and its build time is stated for an operation.  "by hand" is the workload written for JAX by
somebody who knows it.  Results are compared before anything is timed; all seconds are of the
processor, so that others on it do not count, and calls run on one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import compare, finish, installed, interleaved, pin_threads, report

PARTS = (
    "option",
    "moons",
    "digits",
    "attention",
    "convolution",
    "mixture",
    "rosenbrock",
    "pendulum",
    "gates",
    "irregular",
)
SCALAR = 600  # operations that JAX gets one by one


def build(part: Any) -> tuple[Any, Callable[[], Any], dict[str, float]]:
    """The program of a workload, a call of value and gradient by JAX, and the stages' seconds."""
    import jax

    from autograd_nn.jit import jit

    f, rows, reduce = part.forms["jit"]
    start = time.process_time()
    program = jit(f, rows=rows, reduce=reduce).program(*part.args)
    planned = time.process_time()
    both = jax.jit(jax.value_and_grad(program.to_jax()))
    args = jax.tree.map(jax.numpy.asarray, part.args)
    lowered = both.lower(*args)
    traced = time.process_time()
    compiled = lowered.compile()
    done = time.process_time()
    stages = {"plan": planned - start, "trace": traced - planned, "XLA": done - traced}
    return program, lambda: jax.block_until_ready(compiled(*args)), stages


def scalar_build(part: Any) -> tuple[int, float]:
    """How many operations JAX got one by one, and the seconds of its tracing and XLA."""
    import jax

    from autograd_nn.jit.backends.jax.table import row
    from autograd_nn.jit.capture.call import Call
    from autograd_nn.jit.capture.recorder import Recording
    from autograd_nn.jit.capture.surroundings import Surroundings
    from autograd_nn.jit.lifting.flatten import Needs

    f, rows, _ = part.forms["jit"]
    known = list(f.__code__.co_varnames[: f.__code__.co_argcount]) if rows else []
    call = Call(part.args, frozenset(known.index(name) for name in rows))
    trace = Recording(f, call, None, 0, Surroundings(f, call.held), False).trace()
    end = min(trace.leaves + SCALAR, len(trace.codes))
    uses = Needs(trace).uses
    lines = [
        (k, int(trace.codes[k]), int(trace.lefts[k]), int(trace.rights[k]))
        for k in range(trace.leaves, end)
        if uses[k]
    ]
    first = trace.leaves - len(trace.constants)
    constants = dict(enumerate(map(float, trace.constants), first))
    used = sorted({k for _, _, *both in lines for k in both if 0 <= k < first})

    def loss(leaves: Any) -> Any:
        numbers: dict[int, Any] = {k: leaves[j] for j, k in enumerate(used)} | constants
        for k, code, a, b in lines:
            operands = (numbers[a],) if b < 0 else (numbers[a], numbers[b])
            numbers[k] = row(code)(*operands)
        return sum(numbers[k] for k, *_ in lines)

    start = time.process_time()
    jax.jit(jax.value_and_grad(loss)).lower(jax.numpy.ones(len(used))).compile()
    return len(lines), time.process_time() - start


def run_part(name: str, part: Any, rounds: int) -> list[dict[str, Any]]:
    """Compare, time, print; returns the rows of the table."""
    from benchmarks.jit import flat

    program, call, stages = build(part)
    count, seconds = scalar_build(part)
    each = 1e3 * seconds / max(count, 1)
    print(f"\n{'=' * 78}\n{name}: {part.title}, {program.recorded:,} operations")
    print(
        f"ready after {sum(stages.values()):.2f} s: "
        + ", ".join(f"{stage} {spent:.2f}" for stage, spent in stages.items())
    )
    print(
        f"the first {count:,} operations one by one in jax.jit: {seconds:.2f} s, "
        f"{each:.1f} ms an operation; all at that rate: {each * program.recorded / 1e3:,.0f} s"
    )
    work = {"to_jax": call, "native": lambda: program.value_and_grad(*part.args)}
    if "JAX" in part.others:
        work["JAX by hand"] = part.others["JAX"]
    compare({key: flat(run()) for key, run in work.items()}, rtol=1e-10)
    loops = {key: _often(run) for key, run in work.items()}
    times = interleaved(
        {key: loop for key, (loop, _) in loops.items()}, rounds, 6.0, time.process_time
    )
    rows = report(name, {k: [t / loops[k][1] for t in ts] for k, ts in times.items()}, "to_jax")
    made = {"work": name, "operations": program.recorded, "scalar ms an operation": each}
    return [*rows, {**made, **{f"build {stage}": spent for stage, spent in stages.items()}}]


def _often(run: Callable[[], Any]) -> tuple[Callable[[], None], int]:
    start = time.process_time()
    run()
    times = max(1, min(1000, int(0.02 / max(time.process_time() - start, 1e-5))))

    def loop() -> None:
        for _ in range(times):
            run()

    return loop, times


def main(rounds: int = 7, only: str = "") -> list[dict[str, Any]]:
    """Run the workloads; returns the rows of the tables.

    Args:
        rounds: turns for each contestant.
        only: names of workloads with commas between; all where there are none.
    """
    pin_threads()
    if not installed("jax"):
        print("JAX is not installed: nothing to compare")
        return []
    import jax

    from benchmarks.jit_parts import parts_of

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    rows = []
    for name in only.split(",") if only else PARTS:
        rows += run_part(name, parts_of()[name](), rounds)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="turns for each contestant")
    parser.add_argument("--only", default="", help="names of workloads, with commas between")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    finish(main(options.rounds, options.only), options.json)
