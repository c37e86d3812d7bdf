"""On workers in processes of their own: the same bits by one, two or none, also if one dies.

If these break, a run cannot be repeated, or ends when a machine does.
"""

import os
import signal
import warnings
from types import SimpleNamespace

import dask
import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster
from distributed.scheduler import KilledWorker

from autograd_nn import MLP, ClusterError, JitWarning, WrongTypeError, jit
from autograd_nn.jit.blocks import Cluster

RANDOM = np.random.default_rng(5)
X, T = RANDOM.normal(size=(2000, 3)), RANDOM.normal(size=2000)
CX, CT = da.from_array(X, chunks=(150, 3)), da.from_array(T, chunks=150)


def branching(model):
    def f(x, t):
        e = model(list(x)) - t
        return e**2 if abs(e) < 1.5 else 3.0 * abs(e)

    return jit(f, rows=("x", "t"))


def the_same(a, b):
    return a[0] == b[0] and np.array_equal(a[1], b[1])


def test_bits_do_not_depend_on_the_workers(client):
    """Nor on what they have done before, nor on a worker that dies and begins anew."""
    model = MLP(3, [4, 1], seed=0)
    f = branching(model)
    with dask.config.set(scheduler="synchronous"):
        expected = f.value_and_grad(CX, CT, argnums=model)
    assert the_same(f.value_and_grad(CX, CT, argnums=model), expected)
    first, *_ = client.scheduler_info()["workers"]
    f(CX[:150], CT[:150])
    pid = client.run(os.getpid, workers=[first])[first]
    data = client.persist([CX, CT])
    os.kill(pid, signal.SIGKILL)
    for _ in range(3):
        assert the_same(f.value_and_grad(*data, argnums=model), expected)
    client.wait_for_workers(2)
    fresh = branching(model)
    assert the_same(fresh.value_and_grad(*data, argnums=model), expected)


def test_a_function_goes_out_once(client):
    """A step sends the numbers of the parameters, and not the function again."""
    model = MLP(3, [4, 1], seed=0)
    f = branching(model)
    f.value_and_grad(CX, CT, argnums=model)

    def functions(dask_scheduler):
        return {str(key) for key in dask_scheduler.tasks if str(key).startswith("function-")}

    before = client.run_on_scheduler(functions)
    for k in range(3):
        vector = np.full(len(model.parameters()), 0.1 * k)
        f.value_and_grad(CX, CT, argnums=model, vector=vector)
        model.parameters()[0].data += 1.0
    assert client.run_on_scheduler(functions) == before


def test_a_client_that_is_given_is_used(client):
    def where(x):
        return x * float(os.getpid() != home)

    home = os.getpid()
    f = jit(where, rows="x", reduce="sum")
    with dask.config.set(scheduler="synchronous"), warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        assert f(CT[:4], client=client) == f(CT[:4]) == 0.0  # recorded here, whoever runs it


def test_exits_at_each_value_run_in_the_engine_of_the_worker_and_warn_once(client):
    f = jit(lambda w, x: w * int(x) + x, rows="x", backend="numpy")
    numbers = da.from_array(T * 100.0, chunks=150)
    with pytest.warns(JitWarning, match="the engine runs it") as caught:
        found = f.value_and_grad(2.0, numbers)
    assert len(caught) == 1
    expected = (2.0 * np.trunc(T * 100.0) + T * 100.0).mean()
    np.testing.assert_allclose(found, (expected, np.trunc(T * 100.0).mean()))
    assert f.value_and_grad(2.0, numbers) == found


def test_workers_of_another_version_are_named(client):
    def pretend(name, version):
        import autograd_nn
        from autograd_nn.jit.blocks import job

        found = job.versions()
        job.versions = lambda: found | {name: version}
        return autograd_nn.__version__

    def restore():
        import importlib

        from autograd_nn.jit.blocks import job

        importlib.reload(job)

    f = jit(lambda x: x * 2, rows="x")
    one, *_ = client.scheduler_info()["workers"]
    try:
        client.run(pretend, "numpy", "1.0.0")
        with pytest.warns(UserWarning, match=r"worker tcp.* has numpy 1\.0\.0, the client"):
            assert f(CT) == pytest.approx(2 * T.mean())
        for name in ("Python", "autograd_nn"):
            client.run(pretend, name, "0.9")
            with pytest.raises(ClusterError, match=rf"{name} 0\.9, the client .*same version"):
                f(CT)
    finally:
        client.run(restore)
    assert f(CT, client=client) == pytest.approx(2 * T.mean())
    assert one


def test_what_cannot_be_sent_is_said(client):
    import threading

    lock = threading.Lock()

    def locked(x):
        with lock:
            return x * 2

    with pytest.raises(WrongTypeError, match=r"cannot be sent to the workers.*lock"):
        jit(locked, rows="x")(CT)


def test_an_error_of_the_function_on_a_worker_is_its_own(client):
    def picky(x):
        if x > 2.9:
            raise ValueError(f"too much: {float(x)}")
        return x

    numbers = np.concatenate([np.zeros(400), [3.0]])
    with pytest.raises(ValueError, match=r"too much: 3\.0"):
        jit(picky, rows="x")(da.from_array(numbers, chunks=100))


def test_a_lost_scheduler_is_an_error_that_names_it():
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "200ms"}),
        LocalCluster(
            n_workers=1, processes=False, dashboard_address=":0", silence_logs="CRITICAL"
        ) as cluster,
        Client(cluster) as client,
    ):
        f = jit(lambda x: x * 2, rows="x")
        assert f(CT, client=client) == pytest.approx(2 * T.mean())
        cluster.sync(cluster.scheduler.close)
        with pytest.raises(ClusterError, match=r"the scheduler at .* was lost"):
            f(CT, client=client)


def test_a_block_that_kills_its_workers_is_said(client):
    cluster = Cluster(client)
    worker = SimpleNamespace(address="tcp://10.0.0.7:1234")
    error = KilledWorker("block-3", worker, 3)
    assert "cut them smaller" in cluster._why(error)
    assert "no autograd_nn" in cluster._why(ModuleNotFoundError("No module named 'autograd_nn'"))
    for own in (ValueError("a cell"), FileNotFoundError("a block's file"), TimeoutError("a disk")):
        assert cluster._why(own) == ""


def test_a_client_whose_calls_are_awaited_is_refused(client):
    class Awaited:
        asynchronous = True
        scheduler_info = as_current = None

    with pytest.raises(WrongTypeError, match="asynchronous"):
        Cluster(Awaited())
