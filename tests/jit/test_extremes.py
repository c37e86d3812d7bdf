"""Python's max and min, and math's isnan and its like, while a recording is open.

They are exchanged for the time of a recording. If one stayed, or acted in another thread, code
that has nothing to do with this package would change under its user.
"""

import builtins
import math
import os
import threading

import pytest

from autograd_nn import Value
from autograd_nn.jit import jit
from autograd_nn.jit.capture.extremes import python_extremes
from autograd_nn.recording import tracing

ORIGINALS = [
    (module, name, getattr(module, name))
    for module, names in ((builtins, ("max", "min")), (math, ("isnan", "isinf", "isfinite")))
    for name in names
]


def are_the_originals():
    return all(getattr(module, name) is original for module, name, original in ORIGINALS)


def test_they_are_gone_afterwards():
    seen = []
    f = jit(lambda xs: (seen.append(max), max(xs))[1])
    assert f([1.0, 3.0]) == 3.0
    assert seen[0] is not builtins.max
    assert are_the_originals()
    assert seen[0]([1.0, 3.0]) == 3.0  # whoever kept one has the original's answers
    assert (seen[0].__name__, seen[0].__doc__) == ("max", max.__doc__)


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, SystemExit])
def test_they_are_gone_after_an_error(error):
    def f(x):
        raise error

    with pytest.raises(error):
        jit(f)(1.0)
    assert are_the_originals()


def test_other_threads_are_unaffected():
    """One records and waits; meanwhile the other asks for a maximum: it is the very object."""
    recording, asked = threading.Event(), threading.Event()
    found = []

    def f(x):
        recording.set()
        assert asked.wait(60)
        return max(x * 2, x)

    def other():
        assert recording.wait(60)
        a, b = Value(1.0), Value(2.0)
        found.append(max(a, b) is b)
        found.append(min([b, a]) is a)
        found.append(max([], default=7))
        found.append(math.isnan(Value(math.nan)))
        asked.set()

    thread = threading.Thread(target=other)
    thread.start()
    assert jit(f)(3.0) == 6.0
    thread.join()
    assert found == [True, True, 7, True]
    assert are_the_originals()


def test_two_threads_that_record_end_in_any_order():
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()
    nodes = []

    def first():
        with python_extremes():
            first_in.set()
            assert second_in.wait(60)
        first_out.set()

    def second():
        assert first_in.wait(60)
        with tracing() as tape, python_extremes():
            second_in.set()
            assert first_out.wait(60)
            max(Value(1.0), Value(2.0))
        nodes.extend(node.op for node in tape.nodes)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert nodes == ["first_max"]
    assert are_the_originals()


def recorded(f, *numbers):
    """What ``f`` makes of Values in a recording: its result and the tape."""
    values = [Value(x) for x in numbers]
    with tracing() as tape, python_extremes():
        return f(*values), tape


NAN, INF = math.nan, math.inf
TRIPLES = [(1.0, 3.0, 2.0), (2.0, 2.0, 1.0), (0.0, -0.0, 0.0), (NAN, 1.0, 2.0), (1.0, NAN, 0.5)]
TRIPLES += [(INF, -INF, NAN), (-1.0, 1.0, NAN)]


@pytest.mark.parametrize("numbers", TRIPLES)
@pytest.mark.parametrize(
    "f",
    [
        lambda a, b, c: max(a, b, c),  # noqa: PLW0108 - looked up when it is called
        lambda a, b, c: min(a, b, c),  # noqa: PLW0108
        lambda a, b, c: max([a, b, c]),
        lambda a, b, c: min(x for x in (a, b, c)),
        lambda a, b, c: max(a, 1.0),
        lambda a, b, c: min(2, b, c),
        lambda a, b, c: max({a: 1, b: 2}),
    ],
)
def test_a_maximum_is_pythons_and_makes_no_path(f, numbers):
    result, tape = recorded(f, *numbers)
    assert repr(result._data) == repr(float(f(*numbers)))
    assert tape.comparisons == []
    assert {node.op for node in tape.nodes} <= {"first_max", "first_min"}


def test_a_maximum_of_plain_numbers_stays_plain():
    result, tape = recorded(lambda a, b: max(a.data, b.data, 2.5), 1.0, 2.0)
    assert isinstance(result, float)
    assert not isinstance(result, Value)
    assert [node.op for node in tape.nodes] == ["detach", "detach", "first_max", "first_max"]
    assert result == 2.5


def test_what_is_no_maximum_of_numbers_is_the_originals():
    def f(a, b):
        assert max([a]) is a
        assert max([], default=5) == 5
        assert max("a", "b") == "b"
        assert max([1, 2.0], [1, 1.0]) == [1, 2.0]
        assert max(3, 2) == 3
        assert type(max(3, 2)) is int
        assert max(a, b, key=lambda v: -v) is a
        with pytest.raises(ValueError, match="empty"):
            max([])
        with pytest.raises(TypeError):
            max()
        with pytest.raises(TypeError):
            max(1)
        with pytest.raises(TypeError, match="not supported"):
            max(a, "b")
        with pytest.raises(TypeError, match="not supported"):
            min([None, a])
        return a

    recorded(f, 1.0, 2.0)


def test_an_iterator_is_taken_once():
    result, _ = recorded(lambda a, b: max(iter([a, b, "x"][:2])), 1.0, 2.0)
    assert result._data == 2.0
    with pytest.raises(TypeError, match="not supported"):
        recorded(lambda a, b: max(iter([a, b, "x"])), 1.0, 2.0)


@pytest.mark.parametrize("x", [1.0, -2.0, 0.0, INF, -INF, NAN])
@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite"])
def test_a_question_about_a_number_is_one_comparison(name, x):
    for f in (lambda v: v, lambda v: v.data):
        answer, tape = recorded(lambda v, f=f: getattr(math, name)(f(v)), x)
        assert answer is getattr(math, name)(x)
        assert len(tape.comparisons) == 1
    assert recorded(lambda v: getattr(math, name)(3), x)[1].comparisons == []
    with pytest.raises(TypeError):
        recorded(lambda v: getattr(math, name)("a"), x)


def test_missing_measurements_take_two_paths():
    runs = []

    @jit
    def f(w, y):
        runs.append(1)
        return w * 0.0 if math.isnan(y) else (w - y) ** 2

    for y in (1.0, NAN, 2.0, NAN, 3.0):
        assert f(5.0, y) == (0.0 if math.isnan(y) else (5.0 - y) ** 2)
    assert len(runs) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_was_forked_while_another_thread_recorded_has_the_originals():
    recording, done = threading.Event(), threading.Event()

    def f(x):
        recording.set()
        assert done.wait(60)
        return max(x, 1.0)

    thread = threading.Thread(target=jit(f), args=(3.0,))
    thread.start()
    assert recording.wait(60)
    child = os.fork()
    if not child:
        fine = are_the_originals() and max(1, 2) == 2
        os._exit(0 if fine else 1)
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert are_the_originals()
