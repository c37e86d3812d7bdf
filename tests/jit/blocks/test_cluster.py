"""On workers in processes of their own: the same bits by one, two or none, also if one dies.

If these break, a run cannot be repeated, or ends when a machine does.
"""

import importlib
import os
import signal
import sys
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
    client.wait_for_workers(2, timeout=120)
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


MODULE = """
from autograd_nn import MLP, jit, nn
from autograd_nn.engine import parameter

model = MLP(3, [4, 1], seed=0)

def output(x):
    return model(list(x))

@jit
def square(e):
    return e * e

@jit(rows=("x", "t"), backend="numpy")
def loss(x, t):
    e = output(x) - t
    return square(e) if abs(float(e)) < 1.5 else abs(e)

class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = parameter(2.0)

    @jit(rows=("x", "t"))
    def loss(self, x, t):
        return square(self.w * x[0] - t)
"""


def test_the_users_own_modules_need_not_be_on_the_workers(client, tmp_path, monkeypatch):
    """Nor is a model that lies in one the worker's own, with other numbers."""
    (tmp_path / "the_users_own.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "the_users_own", raising=False)  # and again afterwards
    own = importlib.import_module("the_users_own")
    for p in own.model.parameters():
        p.data *= 1.5
    some = (CX[:60], CT[:60]), (X[:60], T[:60])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)  # the engine runs the exits
        found, expected = (own.loss.value_and_grad(*rows, argnums=own.model) for rows in some)
    np.testing.assert_allclose(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], atol=1e-15)
    line = own.Line()
    found, expected = (line.loss.value_and_grad(*rows, argnums=line) for rows in some)
    np.testing.assert_allclose(found[1], expected[1])


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
