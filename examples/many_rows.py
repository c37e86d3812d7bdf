"""Rows that no process has whole: a network trained on a cluster of Dask.

10^7 rows of 10 columns are drawn and written by blocks to a temporary folder, 880 MB, and a small
network is fitted by two worker processes that map the files: Adam on batches of two blocks, which
the seed shuffles.  The address of Dask's dashboard is printed first; it shows every block's task
as it runs.  For a cluster of several machines, give its client to ``fit`` in the place of
this one's.

Runs in about a minute (--quick: 10 seconds).  Exits non-zero if the error on rows that were set
aside does not fall to less than half.

    python examples/many_rows.py
    python examples/many_rows.py --quick
    python examples/many_rows.py --rows 1000000 --dashboard :8787
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import dask
import dask.array as da
from distributed import Client, LocalCluster

from autograd_nn import MLP, fit
from autograd_nn.training import evaluate

COLUMNS = 10


def write(folder: Path, rows: int, block: int) -> None:
    """Draw the rows and write them, a file for each block; one block is in memory at a time."""
    X = da.random.default_rng(0).normal(size=(rows, COLUMNS), chunks=(block, COLUMNS))
    y = da.sin(2.0 * X[:, 0]) + X[:, 1] * X[:, 2] - 0.5 * X[:, 3]
    with dask.config.set(scheduler="synchronous"):
        da.to_npy_stack(folder / "X", X)
        da.to_npy_stack(folder / "y", y)


def train(folder: Path, client: Client, epochs: int, out: Path) -> tuple[float, float]:
    """The mean squared error on the last tenth of the rows, before training and after.

    A picture of the loss goes to the folder ``out``.
    """
    X, y = da.from_npy_stack(folder / "X"), da.from_npy_stack(folder / "y")
    blocks, block = len(X.chunks[0]), X.chunks[0][0]
    split = (blocks - max(1, blocks // 10)) * block
    model = MLP(COLUMNS, [16, 1], activation="tanh", seed=0)
    held_out = X[split:], y[split:]
    before = evaluate(model, *held_out, client=client)["loss"]
    start = time.perf_counter()
    history = fit(
        model, X[:split], y[:split], epochs=epochs, batch_size=2 * block, optimizer="adam",
        lr=0.05, client=client,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    out.mkdir(parents=True, exist_ok=True)
    history.plot().savefig(out / "many_rows.png", dpi=120)
    print(f"{split:,} rows, {epochs} epochs: {seconds:.1f} s; loss {history['loss'][-1]:.4f}")
    return before, evaluate(model, *held_out, client=client)["loss"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10**7, help="how many rows")
    parser.add_argument("--quick", action="store_true", help="10^5 rows")
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="a folder")
    parser.add_argument("--dashboard", default=":0", help="where the dashboard is; by default any")
    options = parser.parse_args(arguments)
    rows = 10**5 if options.quick else options.rows
    block = max(1, min(100_000, rows // 20))
    with (
        tempfile.TemporaryDirectory() as name,
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=options.dashboard
        ) as cluster,
        Client(cluster) as client,
    ):
        print(f"dashboard: {client.dashboard_link}")
        folder = Path(name)
        write(folder, rows, block)
        megabytes = rows * (COLUMNS + 1) * 8 / 1e6
        print(f"{rows:,} rows, {megabytes:,.0f} MB in blocks of {block:,} in {folder}")
        before, after = train(folder, client, 6, options.out)
        print(f"error on rows that were not trained on: {before:.3f} before, {after:.3f} after")
    return 0 if after < 0.5 * before else 1


if __name__ == "__main__":
    sys.exit(main())
