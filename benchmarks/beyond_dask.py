"""Rows on workers of Dask beside one process that reads the same files as memory maps.

Rows of 10 columns are drawn by blocks and written by blocks to a temporary folder, so that they
are never whole in memory; a network of 10-8-1 is trained on them, full batch, by ``fit``.

* one process: the same steps with NumPy memory maps of the same files;
* two workers: processes of one thread each, which map the files; parameters are compared first;
  ``fit`` also looks once at every row, so its steps are listed by themselves;
* what a step costs beside its work, by the number of blocks, on blocks of a few rows;
* workers killed at random moments: the parameters must come out the same, bit for bit.

Memory is the most that each process had at once: all of it, and without the pages of mapped files,
which the system takes back when it needs them.

    python -m benchmarks.beyond_dask --full --json beyond_dask.json

``--full`` takes 10^7 rows and kills a worker in each of 50 runs; without it 10^6 rows and 4 runs.
``--kills`` gives another number of runs.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.harness import compare, finish, interleaved, pin_threads, report

pin_threads()

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

from autograd_nn import MLP, fit
from autograd_nn.optim import SGD
from autograd_nn.parameters import gather

COLUMNS, BLOCK, EPOCHS = 10, 100_000, 3
ALONE = "one process, all steps"


def write(rows: int, folder: Path, block: int = BLOCK) -> None:
    """The rows, one file a block: inputs, targets."""
    random_numbers = da.random.default_rng(0)
    X = random_numbers.normal(size=(rows, COLUMNS), chunks=(block, COLUMNS))
    y = da.sin(X[:, 0]) + X[:, 1] * X[:, 2] - 0.5 * X[:, 3]
    with dask.config.set(scheduler="synchronous"):
        da.to_npy_stack(folder / "X", X)
        da.to_npy_stack(folder / "y", y)


def opened(folder: Path) -> tuple[Any, Any]:
    """The rows as arrays of Dask, of which each block is a mapped file."""
    return da.from_npy_stack(folder / "X"), da.from_npy_stack(folder / "y")


def network() -> MLP:
    """The network, untrained."""
    return MLP(COLUMNS, [8, 1], activation="tanh", seed=0)


def on_workers(X: Any, y: Any, epochs: int = EPOCHS, steps: Any = None) -> Any:
    """The parameters after some full-batch steps of Adam, by ``fit``.

    Args:
        steps: a list to which the seconds of each step are added.
    """
    model = network()
    history = fit(model, X, y, epochs=epochs, lr=0.01, verbose=0)
    if steps is not None:
        steps.extend(history.seconds)
    return gather(model.parameters())


def in_one_process(folder: Path, epochs: int = EPOCHS) -> Any:
    """The same steps, each over all files in their order, mapped one after another."""
    from autograd_nn import jit
    from autograd_nn.optim import Adam

    model = network()
    optimizer = Adam(model.parameters(), lr=0.01)
    f = jit(lambda x, t: (model(list(x)) - t) ** 2, rows=("x", "t"), reduce="sum")
    theta = gather(model.parameters())
    count = len(list((folder / "X").glob("*.npy")))
    for _ in range(epochs):
        total, rows = np.zeros(len(theta)), 0
        for k in range(count):
            X, y = (np.load(folder / name / f"{k}.npy", mmap_mode="r") for name in ("X", "y"))
            total += f.value_and_grad(X, y, argnums=model, vector=theta)[1]
            rows += len(X)
        optimizer.update(theta, total / rows)
    return theta


def memory(pid: int | str = "self") -> tuple[float, float]:
    """The most memory of a process so far, and what it has without mapped files now, in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = {line.split(":")[0]: line.split()[1] for line in text.splitlines() if "kB" in line}
    return float(found["VmHWM"]) / 1e3, float(found["RssAnon"]) / 1e3


class Watch:
    """The most memory without mapped files that the workers had, looked at 20 times a second."""

    def __init__(self, pids: list[int]) -> None:
        self.most = dict.fromkeys(pids, 0.0)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.05):
            for pid, most in self.most.items():
                self.most[pid] = max(most, memory(pid)[1])


def costs(client: Client) -> dict[str, float]:
    """What a step of ``fit`` costs beside its work, in ms: for itself, and for each block.

    Beside it what Dask takes for as many tasks that do nothing, and one that takes them all.
    """
    fitted, bare = {}, {}
    for blocks in (2, 100, 200):
        X = da.random.default_rng(0).normal(size=(8 * blocks, COLUMNS), chunks=(8, COLUMNS))
        X, y = client.persist([X, X[:, 0]])
        history = fit(network(), X, y, optimizer=_still, epochs=8, verbose=0)
        fitted[blocks] = float(np.median(history.seconds[2:])) * 1e3
        inputs = client.compute(list(X.to_delayed().ravel()))
        times = []
        for _ in range(6):
            start = time.perf_counter()
            client.submit(_nothing, client.map(_nothing, inputs, pure=False), pure=False).result()
            times.append(time.perf_counter() - start)
        bare[blocks] = float(np.median(times)) * 1e3
    found = {}
    for name, at in (("step", fitted), ("bare tasks", bare)):
        found[f"{name}, a block"] = (at[200] - at[2]) / 198
        found[f"{name}, of 2 blocks"] = at[2]
    return found


def _still(parameters: Any) -> SGD:
    return SGD(parameters, lr=0.0)


def _nothing(_: Any) -> None:
    return None


def workers() -> LocalCluster:
    """Two processes of one thread each."""
    return LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
    )


def killed(X: Any, y: Any, runs: int, expected: Any) -> int:
    """How many runs gave the same bits although a worker was killed at a random moment.

    Each has a cluster of its own: where Dask fails to start a worker again, the other goes on.
    """
    same, moments = 0, random.Random(0)
    seconds = 0.0
    for run in range(runs + 1):
        with workers() as cluster, Client(cluster):
            start = time.perf_counter()
            timer = None
            if run:
                victim = moments.choice([worker.pid for worker in cluster.workers.values()])
                timer = threading.Timer(moments.uniform(0.0, seconds), _kill, (victim,))
                timer.start()
            found = on_workers(X, y)
            if timer is not None:
                timer.join()
                same += bool(np.array_equal(found, expected))
            else:
                seconds = time.perf_counter() - start
    return same


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        print(f"process {pid} had ended already")


def main(rounds: int = 3, full: bool = False, kills: int | None = None) -> list[dict[str, Any]]:
    """All of it; returns the rows of the table."""
    rows, runs = (10**7, 50) if full else (10**6, 4)
    kills = runs if kills is None else kills
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(rows, folder)
        X, y = opened(folder)
        quiet = {"distributed.logging.distributed": "critical"}
        with (
            dask.config.set(quiet),
            workers() as cluster,
            Client(cluster) as client,
        ):
            on_workers(X, y, 1)  # what is compiled is compiled
            expected = on_workers(X, y)
            compare({"one process": in_one_process(folder), "two workers": expected})
            pids = [worker.pid for worker in cluster.workers.values()]
            steps: list[float] = []
            with Watch(pids) as watch:
                times = interleaved(
                    {
                        ALONE: lambda: in_one_process(folder),
                        "two workers, whole fit": lambda: on_workers(X, y, steps=steps),
                    },
                    rounds, seconds=1e9,
                )  # fmt: skip
            title = f"{rows:,} rows x {COLUMNS} in {len(X.chunks[0])} blocks, {EPOCHS} steps"
            times["one process, a step"] = [t / EPOCHS for t in times[ALONE]]
            times["two workers, a step"] = steps
            table = report(title, times, "one process, a step")
            size = rows * (COLUMNS + 1) * 8 / 1e6
            for pid in pids:
                most = memory(pid)[0]
                own = watch.most[pid]
                print(f"worker: at most {most:.0f} MB, {own:.0f} MB of it without mapped files; "
                      f"the rows are {size:.0f} MB")  # fmt: skip
                table.append({"work": title, "name": "worker", "MB": most, "own MB": own})
            table.append({"work": "overhead, ms", **costs(client)})
            print("a step beside its work, ms:", {k: round(t, 2) for k, t in table[-1].items()
                                                  if k != "work"})  # fmt: skip
        same = killed(X, y, kills, expected)
        print(f"a worker killed in each of {kills} runs: {same} gave the same bits")
        table.append({"work": "killed", "runs": kills, "same": same})
        if same != kills:
            raise SystemExit("a run in which a worker was killed gave other parameters")
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="turns for each contestant")
    parser.add_argument("--full", action="store_true", help="10^7 rows, 50 runs with a kill")
    parser.add_argument("--kills", type=int, help="runs in which a worker is killed")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    warnings.simplefilter("error")
    finish(main(options.rounds, options.full, options.kills), options.json)
