"""A slope of 0 that is none: the numbers left the graph, and the result does not depend on them.

Inside ``grad``, ``value_and_grad`` and ``check_gradients`` that is an error which names the line
and the remedy.  A result that plainly does not depend on an argument keeps its slope of 0.
"""

import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import autograd_nn
from autograd_nn import Value, check_gradients, grad, parameter, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.jit import jit

REFUSED = (TypeError, ValueError, RuntimeError, ArithmeticError)


def filled(b):
    c = np.zeros(2)
    c[0] = b[0] * b[0]  # lost
    return c.sum()


def filled_by_slices(b):
    c = np.empty(2)
    c[:] = list(b)  # lost
    return (c * c).sum()


def converted(b):
    c = np.array(list(b), dtype=float)  # lost
    return (c * c).sum()


def cast(b):
    return (np.array(list(b)).astype(float) ** 2).sum()  # lost


def differences(b):
    return np.gradient(np.array(list(b)))[0]  # lost


def from_an_iterator(b):
    return np.fromiter((x * x for x in b), float).sum()  # lost


def averaged(b):
    return statistics.fmean(b)  # lost


def exponential(b):
    return math.exp(b[0]) + math.sin(b[1])  # lost


def converted_one_by_one(b):
    return sum(float(x) ** 2 for x in b)  # lost


def norm(b):
    return np.linalg.norm(np.array(list(b), dtype=float))  # lost


def interpolated(b):
    return float(np.interp(float(b[0]), [0.0, 9.0], [0.0, 3.0]))  # lost


def integral(b):
    from scipy.integrate import quad

    return quad(lambda t: b[0] * t * t, 0.0, 1.0)[0]  # lost


def trajectory(b):
    from scipy.integrate import odeint

    return odeint(lambda y, t: -b[0] * y[0], 1.0, [0.0, 1.0])[-1, 0]  # lost


def in_a_helper(b):
    def store(x):
        held = np.zeros(1)
        held[0] = x  # lost
        return held[0]

    return store(b[0] * 2.0) + 1.0


LOST = [
    *(filled, filled_by_slices, converted, cast, differences, from_an_iterator, averaged),
    *(exponential, converted_one_by_one, norm, interpolated),
    *(integral, trajectory, in_a_helper),
]


@pytest.mark.parametrize("f", LOST)
def test_a_slope_that_was_lost_is_an_error(f):
    """It was a gradient of zeros, without a word."""
    for derivative in (grad(f), value_and_grad(f)):
        with pytest.raises(REFUSED) as caught:
            derivative(np.array([1.5, 2.5]))
        message = str(caught.value)
        assert Path(__file__).name in message, message
        assert "# lost" in message, message
        assert "dtype=object" in message or "functions" in message, message


@pytest.mark.parametrize("f", LOST)
def test_the_checks_of_gradients_say_so_too(f):
    """A wrong formula must not pass because the engine found zeros as well."""
    with pytest.raises(REFUSED) as caught:
        check_gradients(f, np.array([1.5, 2.5]), lambda b: np.zeros(2))
    assert "# lost" in str(caught.value)


@pytest.mark.parametrize("f", LOST)
def test_the_jit_raises_what_f_raises(f):
    """``jit(f).value_and_grad`` is ``value_and_grad(f)``; the value alone needs no slope."""
    b = np.array([1.5, 2.5])
    with pytest.raises(REFUSED) as eager:
        value_and_grad(f)(b)
    jitted = jit(f)
    for _ in range(2):
        with pytest.raises(type(eager.value)):
            jitted.value_and_grad(b)
        assert jitted(b) == pytest.approx(float(f([Value(x) for x in b])))


def test_one_of_several_arguments():
    """The argument whose numbers were lost is named, beside one that is not."""

    def f(x, y):
        held = np.zeros(1)
        held[0] = y * y  # lost
        return x * x + held[0]

    with pytest.raises(REFUSED, match="argument 1"):
        grad(f, (0, 1))(2.0, 3.0)
    with pytest.raises(REFUSED, match="# lost"):
        grad(f, 1)(2.0, 3.0)
    assert grad(f)(2.0, 3.0) == 4.0


def test_inside_another_derivative():
    def f(x):
        held = np.zeros(1)
        held[0] = x * x  # lost
        return held[0]

    with pytest.raises(REFUSED, match="# lost"):
        grad(lambda x: grad(f)(x) * x)(2.0)
    with pytest.raises(REFUSED, match="# lost"):
        grad(grad(f))(2.0)


INDEPENDENT = {
    "a constant": lambda x, y: 3.0,
    "the other argument": lambda x, y: y * y,
    "a comparison": lambda x, y: y if x > 0 else -y,
    "an equality": lambda x, y: y * (x == 1.5),
    "a difference of itself": lambda x, y: (x - x) * y + y,
    "detached": lambda x, y: x.detach() * y,
    "times zero": lambda x, y: 0.0 * x + y,
    "its truth": lambda x, y: y if x else -y,
    "a list of it": lambda x, y: y * len([x, x]),
    "identity": lambda x, y: y if x is not None else -y,
}


@pytest.mark.parametrize("name", INDEPENDENT)
def test_a_result_that_plainly_does_not_depend_has_slope_zero(name):
    f = INDEPENDENT[name]
    assert grad(f)(1.5, 2.0) == 0.0
    assert value_and_grad(f, (0, 1))(1.5, 2.0)[1][0] == 0.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * float(x),
        lambda x: x * math.exp(x),
        lambda x: x * int(x),
        lambda x: x + np.zeros(1)[0],
        lambda x: x * x.data,
        lambda x: x * len(f"{x}"),
        lambda x: np.array([x * x, x], dtype=object).sum(),
    ],
)
def test_a_result_that_depends_by_another_way_keeps_its_slope(f):
    """``x * float(x)`` treats the factor as a constant, as documented."""
    assert grad(f)(1.5) != 0.0


def test_printing_a_number_loses_nothing(capsys):
    def f(x):
        print(x, f"{x.data:.3f}")
        return x * x

    assert grad(f)(1.5) == 3.0
    assert "1.500" in capsys.readouterr().out


def test_floors_have_slope_zero():
    """They are operations of the table: their slope is 0, not lost."""
    assert grad(lambda x: x - math.floor(x))(1.5) == 1.0
    assert grad(lambda x: math.floor(x) * 2.0)(1.5) == 0.0
    assert grad(lambda x: x % 1.0)(1.5) == 1.0
    assert grad(lambda x: x // 1.0)(1.5) == 0.0
    assert grad(lambda x, y: x % y, 1)(7.5, 2.0) == -3.0


def test_what_eager_python_gives_for_indexing_still_indexes():
    x = Value(2.6)
    table = list(range(5))
    assert [table[math.floor(x)], table[math.ceil(x)], table[round(x)], table[int(x)]] == [
        2,
        3,
        3,
        2,
    ]
    assert table[math.trunc(x)] == 2
    assert list(range(math.floor(x))) == [0, 1]
    assert [1.0] * math.floor(x) == [1.0, 1.0]


# -- fork and interrupts --------------------------------------------------------------------

FORKED = """
import os, signal, sys, threading, warnings
warnings.simplefilter("ignore")
from autograd_nn import Value, grad, jit

x = Value(1.0)
y = x
for _ in range(20000):
    y = y * 1.00001 + 0.5

stop = threading.Event()
def work():
    while not stop.is_set():
        y.backward()

thread = threading.Thread(target=work)
thread.start()
codes = []
for _ in range(10):
    child = os.fork()
    if not child:
        signal.alarm(20)  # a child that waits for ever ends by this
        a = Value(3.0)
        (a * a).backward()
        right = a.grad == 6.0 and grad(lambda t: t * t)(2.0) == 4.0
        right = right and jit(lambda t: t * t).value_and_grad(2.0) == (4.0, 4.0)
        os._exit(0 if right else 1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    if codes[-1]:
        break
stop.set()
thread.join()
print(codes)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("plain", [True, False])
def test_a_fork_while_another_thread_runs_backward(plain, tmp_path):
    """The child got a lock that no thread of its own would ever release."""
    package = Path(autograd_nn.__file__).parent
    if plain:  # the engine as plain Python, whatever is installed
        package = shutil.copytree(
            package, tmp_path / "autograd_nn", ignore=shutil.ignore_patterns("*.so", "*.pyd")
        )
    path = {"PYTHONPATH": str(package.parent)}
    run = subprocess.run(
        [sys.executable, "-P", "-c", FORKED.replace("20000", "2000") if plain else FORKED],
        capture_output=True,
        text=True,
        env=os.environ | path,
    )
    assert run.stdout.strip() == str([0] * 10), run.stderr


def interrupt():
    """Ctrl-C, here and now."""
    signal.raise_signal(signal.SIGINT)


needs_main_thread = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(),
    reason="signals go to the main thread",
)


@needs_main_thread
@pytest.mark.parametrize("at", range(12))
def test_ctrl_c_during_a_recording_leaves_nothing_changed(at):
    """Not ``max``, not the model, not what is open in the thread; and the next call is right."""
    before = max, min
    model = [parameter(2.0), parameter(-1.0)]
    pressed = [True]

    def f(xs, n):
        total = 0.0
        for k in range(12):
            if k == at and pressed[0]:
                interrupt()
            total = total + max(xs) * k * n + model[0] * float(xs[0]) - min(xs) * model[1]
        return total * (10**30 % 7) + int(xs[0]) * 2**70 * 0.0

    jitted = jit(f)
    for call in (jitted, jitted.value_and_grad):
        with pytest.raises(KeyboardInterrupt):
            call([1.5, 2.5], 3)
        assert (max, min) == before
        assert [p.data for p in model] == [2.0, -1.0]
        assert [p.grad for p in model] == [0.0, 0.0]
        x = Value(3.0)
        assert max([Value(1.0), x]) is x
        (x * x).backward()
        assert x.grad == 6.0
        assert grad(lambda t: t * t)(2.0) == 4.0
    pressed[0] = False
    expected = f([Value(1.5), Value(2.5)], 3).data
    assert jitted([1.5, 2.5], 3) == pytest.approx(expected)
    assert jitted([1.5, 2.5], 3) == pytest.approx(expected)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no timer here")
@needs_main_thread
# Where it strikes while Python tidies a generator away, Python itself cannot raise it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_moment():
    """Wherever it strikes, the next call is right and nothing is left open."""
    model = [parameter(2.0), parameter(-1.0)]

    def f(xs):
        total = 0.0
        for x in xs:
            total = total + max(x, 0.5) * model[0] + float(x) * model[1] * int(x)
        return total

    xs = [0.25 * k for k in range(60)]
    expected = f([Value(x) for x in xs]).data
    before, handler = max, signal.getsignal(signal.SIGINT)

    def strike(number, frame):
        raise KeyboardInterrupt

    old = signal.signal(signal.SIGALRM, strike)
    try:
        for k in range(150):
            jitted = jit(f)
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + k * 4e-5)
                for _ in range(3):
                    jitted(xs)
                    jitted.value_and_grad(xs)
            except KeyboardInterrupt:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            assert max is before
            assert [p.data for p in model] == [2.0, -1.0]
            assert jitted(xs) == pytest.approx(expected, rel=1e-12)
            assert jitted.value_and_grad(xs)[0] == pytest.approx(expected, rel=1e-12)
            x = Value(3.0)
            (x * x).backward()
            assert x.grad == 6.0
    finally:
        signal.signal(signal.SIGALRM, old)
        signal.signal(signal.SIGINT, handler)


@needs_main_thread
def test_integers_beyond_64_bits_in_a_recording():
    """mypyc keeps long integers elsewhere; an interrupt among them aborted Python."""
    big = 2**200

    def f(x, n):
        y = x
        for k in range(40):
            y = y + (big // 3**k) % 7 * x
            if n == 1 and k == 20:
                interrupt()
        return y

    jitted = jit(f)
    with pytest.raises(KeyboardInterrupt):
        jitted(1.5, 1)
    assert jitted(1.5, 0) == pytest.approx(f(1.5, 0))
    assert fn.exp(0.0) == 1.0
