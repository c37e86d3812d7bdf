"""Generated NumPy beside NumPy by hand and the jit's own NumPy backend: value and gradient.

Whole calls from Python on all sides, results compared before times are, contestants in turn.  Times
on shared machines mean little; the ratios are what counts.

    python -m benchmarks.beyond_python
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.harness import arguments, compare, finish, interleaved, pin_threads, report

if __name__ == "__main__":
    pin_threads()

import numpy as np

from autograd_nn.jit import jit
from benchmarks import jit_geometry, jit_loops, jit_sequences, jit_work

__all__ = ["main"]


class Work(NamedTuple):
    """A function, its arguments, which of them have rows, and the same by hand."""

    title: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    rows: tuple[str, ...]
    by_hand: Callable[..., Any]


def _works() -> list[Work]:
    start = np.array([0.5, 0.0, 1.0, 0.1])
    return [
        Work("moons", jit_work.moons_loss, jit_work.moons_data(), (), jit_work.moons_numpy),
        Work(
            "classifier 64-32-10, 256 rows",
            jit_work.classifier_loss,
            jit_work.classifier_data((64, 32, 10)),
            ("x", "target"),
            jit_work.classifier_numpy,
        ),
        Work(
            "recurrent, 64 sequences of 50",
            jit_sequences.recurrent_of_one,
            jit_sequences.recurrent_data(),
            ("sequence",),
            jit_sequences.recurrent_numpy,
        ),
        Work(
            "gates, 200 steps",
            jit_sequences.gates,
            jit_sequences.gates_data(14, 200),
            (),
            jit_sequences.gates_numpy,
        ),
        Work(
            "attention",
            jit_sequences.attention,
            jit_sequences.attention_data(),
            (),
            jit_sequences.attention_numpy,
        ),
        Work(
            "pendulum, 200 steps",
            jit_loops.pendulum(200),
            (start,),
            (),
            lambda x: jit_loops.pendulum_by_hand(x, 200),
        ),
        Work(
            "mixture, 200 points",
            jit_geometry.mixture,
            jit_geometry.mixture_data(200, 6, 4),
            (),
            jit_geometry.mixture_numpy,
        ),
    ]


def _flat(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return np.concatenate([_flat(part) for part in x])
    return np.ravel(np.asarray(x, dtype=float))


def main(rounds: int = 7) -> list[dict[str, Any]]:
    """Run all works; prints a table each, and returns the rows.

    Args:
        rounds: turns for each contestant.
    """
    rows: list[dict[str, Any]] = []
    for work in _works():
        reduce = "sum" if work.by_hand is jit_sequences.recurrent_numpy else "mean"
        jitted = jit(work.f, rows=work.rows, reduce=reduce, backend="numpy")
        program = jitted.program(*work.args)
        start = time.perf_counter()
        text = program.to_python("f")
        spent = time.perf_counter() - start
        names: dict[str, Any] = {}
        exec(compile(text, "<generated>", "exec"), names)
        generated = names["f_value_and_grad"]
        runs: dict[str, Callable[[], Any]] = {
            "by hand": lambda w=work: w.by_hand(*w.args),
            "generated": lambda w=work, g=generated: g(*w.args),
            "jit, NumPy backend": lambda w=work, j=jitted: j.value_and_grad(*w.args),
        }
        compare({name: _flat(run()) for name, run in runs.items()}, rtol=1e-8)
        times = interleaved(runs, rounds, seconds=10.0)
        found = report(work.title, times, base="by hand")
        length = len(text[text.index("def f_value_and_grad") :].splitlines())
        print(f"{length} lines, written in {spent:.2f} s from {program.recorded:,} operations")
        rows += [{**row, "lines": length, "seconds to write": spent} for row in found]
    return rows


if __name__ == "__main__":
    given = arguments(__doc__.splitlines()[0])
    finish(main(given.rounds), given.json)
