"""Machine code that takes long to make: NumPy answers until it is there."""

import multiprocessing
import subprocess
import sys
import threading

import numpy as np
import pytest

from autograd_nn import value_and_grad
from autograd_nn.errors import BackendError
from autograd_nn.jit import jit, later
from autograd_nn.jit.backends import door
from autograd_nn.jit.backends.door import compile_items, why_not
from autograd_nn.jit.workers import background

pytestmark = pytest.mark.skipif(bool(why_not("native")), reason=why_not("native"))
rng = np.random.default_rng(0)


def deep(w, x):
    """Thirty layers of different operations: many nests, of which each is quick in NumPy."""
    for k in range(30):
        x = [(sum(a * b for a, b in zip(w[k], x, strict=True))).tanh() * (k + 1) + v for v in x]
        x = [v.sin() + v * v * 0.01 if k % 2 else (v * 0.1).sigmoid() for v in x]
    return sum(x)


ARGS = rng.normal(size=(30, 12)), rng.normal(size=12)


@pytest.fixture(autouse=True)
def in_background(monkeypatch):
    """Whatever the environment says: these tests are about it."""
    monkeypatch.delenv("AUTOGRAD_NN_BACKGROUND", raising=False)


@pytest.fixture
def held(monkeypatch):
    """Holds up whatever is compiled in the background until it is set."""
    go = threading.Event()

    def wait_and_compile(name, items, sizes):
        if name == "native":
            go.wait()
        return compile_items(name, items, sizes)

    monkeypatch.setattr(later, "compile_items", wait_and_compile)
    yield go
    go.set()


def ready(f):
    """After some calls a path is compiled, or being compiled."""
    for _ in range(12):
        f.value_and_grad(*ARGS, argnums=(0, 1))
    return f.program(*ARGS)


def agrees(found):
    value, slopes = value_and_grad(deep, (0, 1))(*ARGS)
    assert found[0] == pytest.approx(value, rel=1e-12)
    for mine, theirs in zip(found[1], slopes, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-13)


def test_numpy_answers_until_the_code_is_there(held):
    """The second call of a large function must not wait for seconds of compiling."""
    f = jit(deep, backend="native")
    program = ready(f)
    assert program.running == "numpy"
    assert str(program).splitlines()[0].endswith("run by numpy")
    agrees(f.value_and_grad(*ARGS, argnums=(0, 1)))
    assert not program.wait(0.0)
    held.set()
    assert program.wait()
    agrees(f.value_and_grad(*ARGS, argnums=(0, 1)))
    assert program.running == "native"


def test_after_waiting_equal_calls_give_equal_bits(held):
    """A test or a benchmark that waits sees one backend only, for what it asks next too."""
    f = jit(deep, backend="native")
    held.set()
    program = ready(f)
    assert program.wait()
    first = f(*ARGS), program.value_and_grad(*ARGS, argnums=1)
    for _ in range(3):
        value, (again, slopes) = f(*ARGS), program.value_and_grad(*ARGS, argnums=1)
        assert value == first[0]
        assert again == first[1][0]
        assert np.array_equal(slopes, first[1][1])
    assert program.running == "native"


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_call_waits_where_it_is_asked_to(way, held, monkeypatch):
    if way == "environment":
        monkeypatch.setenv("AUTOGRAD_NN_BACKGROUND", "0")
    f = jit(deep, backend="native", background=way != "option")
    assert ready(f).running == "native"  # though nothing in the background gets done


def test_a_small_function_is_compiled_at_once(held):
    """Its code is there in less time than a user notices, and bits never change."""
    f = jit(lambda x: (x * x + 1).sin(), backend="native")
    for _ in range(2):
        f.value_and_grad(2.0)
    assert f.program(2.0).running == "native"


@pytest.mark.parametrize("error", [BackendError("no"), MemoryError(), RuntimeError("broken")])
def test_code_that_cannot_be_made_leaves_numpy(error, monkeypatch):
    """Out of memory in the background is no reason to lose a user's result."""

    def refuse(name, items, sizes):
        if name == "native":
            raise error
        return compile_items(name, items, sizes)

    monkeypatch.setattr(later, "compile_items", refuse)
    f = jit(deep, backend="native")
    program = ready(f)
    assert program.wait()
    agrees(f.value_and_grad(*ARGS, argnums=(0, 1)))
    assert program.running == "numpy"


def test_code_that_native_refuses_is_not_said_to_be_native(monkeypatch):
    """A user who wonders why it is slow reads what runs it."""

    class Refusing:
        def compile(self, items, sizes):
            raise BackendError("no")

    real = door._module
    f = jit(lambda x: x * x + 1, backend="native")
    program = f.program(2.0)
    monkeypatch.setattr(
        door, "_module", lambda name: Refusing() if name == "native" else real(name)
    )
    assert program(3.0) == 10.0
    assert program.running == "numpy"


def test_threads_may_call_while_the_code_changes(held):
    f, found = jit(deep, backend="native"), []

    def call():
        for _ in range(6):
            found.append(f.value_and_grad(*ARGS, argnums=(0, 1)))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    held.set()
    for thread in threads:
        thread.join()
    assert len(found) == 48
    for answer in found:
        agrees(answer)


def _in_child(f):
    agrees(f.value_and_grad(*ARGS, argnums=(0, 1)))
    program = f.program(*ARGS)
    assert program.wait(60.0)
    agrees(f.value_and_grad(*ARGS, argnums=(0, 1)))
    assert program.running == "native"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_makes_the_code_that_its_parent_was_making(held):
    """A pool of processes started early must not run without machine code for ever."""
    f = jit(deep, backend="native")
    ready(f)
    held.set()
    child = multiprocessing.get_context("fork").Process(target=_in_child, args=(f,))
    child.start()
    child.join(120)
    assert child.exitcode == 0


def test_a_process_ends_though_something_is_being_compiled():
    script = (
        "import numpy as np; from autograd_nn.jit import jit\n"
        "def f(w, x):\n"
        "    for k in range(40):\n"
        "        x = [(w[j] * v).tanh() + v.sin() * k for j, v in enumerate(x)]\n"
        "        x = [v * x[0] for v in x]\n"
        "    return sum(x)\n"
        "j = jit(f, backend='native'); w = np.ones(9)\n"
        "print([round(j.value_and_grad(w, w)[0], 6) for _ in range(3)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert len(set(done.stdout.strip("[]\n").split(", "))) == 1


def test_jobs_are_done_in_turn():
    done, both = [], threading.Event()
    background.add(lambda: done.append(1))
    background.add(lambda: (done.append(2), both.set()))
    assert both.wait(60)
    assert done == [1, 2]
