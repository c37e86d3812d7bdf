"""Rows on several threads: a million of them through a small network, value and gradient.

What is left out: work without rows, which one thread does.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from autograd_nn.jit import jit
from benchmarks.harness import compare, interleaved, report

ROWS = 1_000_000


def squared_error(w1: Any, b1: Any, w2: Any, b2: Any, x: Any, t: Any) -> Any:
    """One row through one hidden layer of tanh."""
    hidden = [
        (sum(w * v for w, v in zip(row, x, strict=True)) + b).tanh()
        for row, b in zip(w1, b1, strict=True)
    ]
    return (sum(w * h for w, h in zip(w2, hidden, strict=True)) + b2 - t) ** 2


def threads(rounds: int) -> list[dict[str, Any]]:
    """One and two threads, not pinned to a core."""
    everything = os.cpu_count() or 1
    if hasattr(os, "sched_setaffinity"):
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, range(everything))
    rows: list[dict[str, Any]] = []
    for units in (16, 64):
        rng = np.random.default_rng(0)
        w1, b1, w2 = (rng.normal(size=size) for size in ((units, 10), units, units))
        args = w1, b1, w2, 0.1, rng.normal(size=(ROWS, 10)), rng.normal(size=ROWS)
        jitted = {n: jit(squared_error, rows=("x", "t"), threads=n) for n in (1, 2)}
        run = {
            f"{n} thread{'s' * (n > 1)}": lambda f=f, args=args: f.value_and_grad(*args)
            for n, f in jitted.items()
        }
        compare({name: f()[1] for name, f in run.items()}, rtol=0.0)
        times = interleaved(run, rounds, clock=time.perf_counter)
        rows += report(f"{ROWS:,} rows, 10-{units}-1, {everything} cores", times, "1 thread")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, before)
    return rows
