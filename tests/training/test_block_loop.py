"""Batches over blocks, and a training whose workers die.

``AUTOGRAD_NN_DASK_KILLS`` in the environment says in how many runs a worker is killed; the suite
does 2.
"""

import os
import random
import signal
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_nn import MLP, ClusterError, fit, predict
from autograd_nn.jit.blocks import Piece
from autograd_nn.parameters import gather
from autograd_nn.training import evaluate
from autograd_nn.training.block_loop import BlockLoop
from autograd_nn.training.block_rows import Reading

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

KILLS = int(os.environ.get("AUTOGRAD_NN_DASK_KILLS", "2"))
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(3000, 3))
Y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
CX, CY = da.from_array(X, chunks=(500, 3)), da.from_array(Y, chunks=500)


def batches(sizes, batch_size, shuffle=True, seed=0):
    """The rows of each batch of an epoch, each as (block, row of the block)."""
    loop = object.__new__(BlockLoop)
    blocks = SimpleNamespace(full=list(sizes))
    pieces = [Piece(k, None) for k in range(len(sizes))]
    loop.table = SimpleNamespace(rows=sum(sizes), blocks=blocks, pieces=pieces)
    loop.batch_size, loop.shuffle, loop.run = batch_size, shuffle, SimpleNamespace(epoch=0)
    loop.order = np.random.default_rng(seed)
    reading = Reading("", 0, [])
    found = []
    for batch in loop._batches():
        rows = []
        for block, taken in batch.pieces:
            numbers = np.arange(float(sizes[block]))
            got, _ = reading(taken, (numbers[:, None], numbers))
            rows += [(block, int(k)) for k in got[:, 0]]
        assert len(rows) == batch.rows
        found.append(rows)
    return found


@pytest.mark.parametrize("batch_size", [1, 3, 7, 10, 25, 26, 100])
@pytest.mark.parametrize("shuffle", [True, False])
def test_every_row_comes_once_an_epoch(batch_size, shuffle):
    sizes = [7, 10, 1, 8]
    found = batches(sizes, batch_size, shuffle)
    every = [(k, i) for k, n in enumerate(sizes) for i in range(n)]
    assert sorted(row for batch in found for row in batch) == every
    assert all(len(batch) == min(batch_size, 26) for batch in found[:-1])
    if not shuffle:
        assert [row for batch in found for row in batch] == every


def test_the_order_is_the_seeds():
    sizes = [30] * 6
    first = batches(sizes, 25, seed=1)
    assert batches(sizes, 25, seed=1) == first != batches(sizes, 25, seed=2)
    inside = [i for block, i in first[0] if block == first[0][0][0]]
    assert inside != sorted(inside)
    order = list(dict.fromkeys(block for batch in first for block, _ in batch))
    assert order != sorted(order)


def test_many_small_steps_are_warned_of():
    with pytest.warns(UserWarning, match="makes 1,500 steps an epoch.*that of a block, 1000"):
        batches([1000, 500], 1)


def two_workers():
    return distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs="CRITICAL"
    )


@pytest.fixture(scope="module")
def cluster():
    with two_workers() as cluster:
        yield cluster


def trained(**options):
    model = MLP(3, [4, 1], activation="tanh", seed=0)
    history = fit(model, CX, CY, epochs=2, batch_size=1600, verbose=0, metrics=["mae"], **options)
    return gather(model.parameters()), history["mae"]


def kill_at_a_random_moment(cluster, moments, seconds):
    """A worker's process, whichever lives then, is killed while the caller goes on."""

    def kill():
        time.sleep(moments.uniform(0.0, seconds))
        pids = [w.pid for w in list(cluster.workers.values()) if getattr(w, "pid", None)]
        os.kill(moments.choice(pids), signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_a_worker_that_dies_at_any_moment_changes_no_bit(cluster):
    with dask.config.set(scheduler="synchronous"):
        expected, scores = trained()
    with cluster.get_client() as client:
        start = time.perf_counter()
        theta, found = trained(client=client)
        seconds = time.perf_counter() - start
        assert np.array_equal(theta, expected)
        assert found == scores
    moments = random.Random(0)
    for run in range(KILLS):  # a cluster each: Dask may not start a worker again
        with two_workers() as own, distributed.Client(own) as client:
            thread = kill_at_a_random_moment(own, moments, seconds)
            theta, found = trained(client=client)
            thread.join()
        assert np.array_equal(theta, expected), f"run {run}"
        assert found == scores


def test_predictions_are_computed_by_the_workers(cluster):
    model = MLP(3, [4, 1], seed=0)
    with cluster.get_client() as client:
        np.testing.assert_allclose(predict(model, CX).compute(), predict(model, X), rtol=1e-12)
        found = evaluate(model, CX, CY, metrics=["r2"], client=client)
    for name, x in evaluate(model, X, Y, metrics=["r2"]).items():
        assert found[name] == pytest.approx(x, rel=1e-12)


def test_a_lost_scheduler_leaves_the_parameters_of_the_last_step():
    model, seen = MLP(3, [4, 1], seed=0), []
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        distributed.LocalCluster(
            n_workers=1, processes=False, dashboard_address=":0", silence_logs="CRITICAL"
        ) as cluster,
        distributed.Client(cluster),
    ):

        def lose(run):
            seen.append(gather(run.model.parameters()))
            if run.epoch == 2:
                cluster.sync(cluster.scheduler.close)

        with pytest.raises(ClusterError, match="was lost"):
            fit(model, CX, CY, epochs=50, verbose=0, callbacks=lose)
    assert len(seen) == 2
    assert np.array_equal(gather(model.parameters()), seen[-1])
