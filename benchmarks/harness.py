"""What every benchmark shares: interleaved timings, compared results, a table, a JSON file.

Times on a shared machine drift, so the contestants take turns round by round and
the table prints medians and ratios, never one run's time.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

#: Packages whose versions belong to a figure, where they took part in it.
PEERS = {name: name for name in ("autograd_nn", "numpy", "scipy", "llvmlite", "jax", "torch",
         "casadi", "autograd", "xad", "micrograd", "dask", "mpmath")}  # fmt: skip
PEERS["sklearn"] = "scikit-learn"
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def pin_threads(count: int = 1) -> None:
    """Limit the threads of BLAS and of JAX; call before NumPy is first imported."""
    for name in THREAD_VARIABLES:
        os.environ[name] = str(count)
    if count == 1:
        os.environ["XLA_FLAGS"] = (
            "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        )


def installed(name: str) -> bool:
    """Whether the peer ``name`` can be imported; peers are never required."""
    return importlib.util.find_spec(name) is not None


def interleaved(
    contestants: dict[str, Callable[[], Any]],
    rounds: int,
    seconds: float = 60.0,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds per call of each contestant, taking turns; at least one call each.

    Args:
        rounds: how many turns at the most.
        seconds: a contestant that has used this much time sits out the rest.
        clock: what tells the time: ``time.process_time`` where one core is shared with others.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            if sum(times[name]) > seconds:
                continue
            gc.collect()
            start = clock()
            run()
            times[name].append(clock() - start)
    return times


def compare(results: dict[str, Any], rtol: float = 1e-9) -> None:
    """Stop unless all contestants computed the same numbers as the first."""
    import numpy as np

    (reference, expected), *others = results.items()
    for name, found in others:
        if not np.allclose(found, expected, rtol=rtol, atol=1e-12):
            raise SystemExit(f"{name} computes {found}, but {reference} computes {expected}")


def report(
    title: str, times: dict[str, list[float]], base: str, others: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Print a table of medians, minima and ratios; returns its rows.

    Args:
        base: the contestant that the ratios are to.
        others: more of these, a column each.
    """
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    heads = "".join(f"{'/ ' + name[:10]:>12}" for name in (base, *others))
    print(f"\n{title}\n{'':24}{'median ms':>12}{'min ms':>12}{heads}")
    rows = []
    for name, median in sorted(medians.items(), key=lambda item: item[1]):
        row = {"work": title, "name": name, "median": median, "min": min(times[name])}
        row["ratio"] = median / medians[base]
        row |= {f"ratio to {other}": median / medians[other] for other in others}
        rows.append(row)
        ratios = "".join(f"{median / medians[other]:12.3f}" for other in (base, *others))
        print(f"{name:24}{median * 1e3:12.4f}{min(times[name]) * 1e3:12.4f}{ratios}")
    return rows


def arguments(description: str, paths: dict[str, str] | None = None) -> argparse.Namespace:
    """The options that every benchmark takes.

    Args:
        paths: options of this one that name a file or a folder, and what each is for.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=7, help="turns for each contestant")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    for option, meaning in (paths or {}).items():
        parser.add_argument(option, type=Path, help=meaning)
    return parser.parse_args()


def conditions() -> dict[str, Any]:
    """What a figure depends on: machine, date, command, versions, threads."""
    from autograd_nn import engine_is_compiled

    loaded = {name.partition(".")[0] for name in sys.modules}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": _command(),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "engine": "compiled" if engine_is_compiled() else "plain Python",
        "python": platform.python_version(),
        "versions": {name: version(PEERS[name]) for name in PEERS if name in loaded},
        "threads": {name: os.environ.get(name, "not set") for name in THREAD_VARIABLES},
    }


def _processor() -> str:
    """The model of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _command() -> str:
    """The command line that measured, without the place of its file."""
    spec = sys.modules["__main__"].__spec__
    words = ["-m", spec.name] if spec else [Path(sys.argv[0]).name]
    options = iter(sys.argv[1:])
    for word in options:
        if word == "--json":
            next(options, None)
        elif not word.startswith("--json="):
            words.append(word)
    return " ".join(["python", *words])


def finish(rows: list[dict[str, Any]], path: Path | None) -> None:
    """State the conditions, and write the rows where asked.

    A row has a ``work``; a time is its ``median``, in seconds, and ``ratio`` is to another
    contestant at the same work.
    """
    found = conditions()
    print("\n" + "\n".join(f"{key}: {value}" for key, value in found.items()))
    if path is not None:
        about = (sys.modules["__main__"].__doc__ or "").strip().splitlines()
        contents = {"about": about[0] if about else "", "conditions": found, "rows": rows}
        path.write_text(json.dumps(contents, indent=1) + "\n", encoding="utf-8")
        print(f"written: {path}")
