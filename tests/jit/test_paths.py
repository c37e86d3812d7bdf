"""When a path is recorded, when it waits, when it is compiled, and when the engine takes over.

If the bookkeeping were wrong, a jitted function would be slower than the function itself.
"""

import math

import numpy as np
import pytest

from autograd_nn import Value, value_and_grad
from autograd_nn.jit import JitWarning, jit
from autograd_nn.jit.capture.call import Call
from autograd_nn.jit.capture.path import Waiting
from autograd_nn.jit.capture.paths import GIVE_UP, Paths
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.jit.capture.trace import Record, join
from autograd_nn.recording import tracing
from autograd_nn.state import this_thread


def trace_of(f, x, watching=False):
    v = Value(x)
    with tracing(watching) as tape:
        result = f(v)
        left = this_thread().exits
    return join(Record(tape, [v], [result], left, {}), [])


def fresh():
    return Paths(Surroundings(trace_of))


def test_fewer_and_fewer_misses_are_recorded():
    paths = fresh()
    recorded = [k for k in range(40) if paths.miss()]
    assert recorded == [0, 1, 2, 3, 7, GIVE_UP - 1]


def test_the_last_recording_is_the_one_that_is_watched():
    paths = fresh()
    for _ in range(GIVE_UP - 1):
        paths.miss()
        assert not paths.is_last_try
    assert paths.miss()
    assert paths.is_last_try


def test_hits_make_misses_good():
    paths = fresh()
    for _ in range(3 * GIVE_UP):
        paths.miss()
        paths.hit()
        paths.hit()
    assert paths.misses == 0.0
    paths.hit()
    assert paths.misses == 0.0
    assert not paths.is_last_try


def test_given_up_nothing_is_recorded_and_few_programs_are_tried():
    paths = fresh()
    paths.programs = tuple(range(5))
    assert paths.candidates == (0, 1, 2, 3, 4)
    paths.gave_up = True
    assert paths.candidates == (0, 1)
    assert not paths.miss()


def waiting_at(x):
    call = Call((x,), frozenset())
    return Waiting(trace_of(lambda v: v * 2, x), call, ("value", 0), None)


def test_what_waits_is_bounded_and_the_newest_comes_first():
    paths = fresh()
    waiting = [waiting_at(float(k)) for k in range(20)]
    for each in waiting:
        paths.wait(each)
    assert len(paths.waiting) == 8
    assert paths.waiting[0] is waiting[-1]


@pytest.mark.parametrize(("recorded", "often"), [(1, 1), (2, 1), (3, 4), (4, 16), (9, 16)])
def test_the_more_paths_there_are_the_oftener_one_must_come_to_be_compiled(recorded, often):
    """Compiling takes as long as some hundred runs: of many paths only the frequent ones pay."""
    paths = fresh()
    for k in range(recorded):
        paths.wait(waiting_at(float(k)))
    newest = paths.waiting[0]
    assert [paths.is_worth_compiling(newest) for _ in range(often + 1)] == [
        *[False] * (often - 1),
        True,
        True,
    ]


def test_the_difference_between_two_recordings_is_the_first_guard_that_is_another():
    def f(v):
        if v > 0:
            return v * int(v)  # the index
        return -v

    paths = fresh()
    assert paths.difference(trace_of(f, 2.5))[0] == ">"
    how, line = paths.difference(trace_of(f, 3.5, watching=True))
    assert how == "int()"
    assert "the index" in line
    assert paths.difference(trace_of(f, 3.25)) == ("", "")
    assert paths.difference(trace_of(f, -1.0))[0] == ">"


# -- seen from outside ----------------------------------------------------------------------


def counted(f):
    """The jit of ``f``, and a list that grows by one with each run of it."""
    runs = []

    def g(*args):
        runs.append(1)
        return f(*args)

    return jit(g), runs


def test_the_first_result_is_the_recordings_and_the_function_runs_once():
    f, runs = counted(lambda x: x * x)
    assert f.value_and_grad(3.0) == (9.0, 6.0)
    assert len(runs) == 1
    assert [f.value_and_grad(x) for x in (3.0, 4.0)] == [(9.0, 6.0), (16.0, 8.0)]
    assert len(runs) == 1


def test_a_path_is_compiled_when_it_comes_a_second_time():
    f, _ = counted(lambda x: x * 2 if x > 0 else -x)
    f(1.0)
    (paths,) = f._known._paths.values()
    assert (len(paths.programs), len(paths.waiting)) == (0, 1)
    f(-1.0)
    assert (len(paths.programs), len(paths.waiting)) == (0, 2)
    f(2.0)
    assert (len(paths.programs), len(paths.waiting)) == (1, 1)
    f(-2.0)
    assert (len(paths.programs), len(paths.waiting)) == (2, 0)


def test_a_path_for_every_call_costs_one_run_each():
    """Never two: neither to record and then run, nor to run and then record."""
    f, runs = counted(lambda x: x * float(x))
    numbers = [k + 0.5 for k in range(100)]
    with pytest.warns(JitWarning, match="float"):
        found = [f.value_and_grad(x) for x in numbers]
    assert found == [(x * x, x) for x in numbers]
    assert len(runs) == 100


def test_after_giving_up_other_structures_still_become_programs():
    f, runs = counted(lambda x: sum(v * float(v) for v in x) if len(x) == 1 else sum(x))
    with pytest.warns(JitWarning, match="float"):
        assert [f([k + 0.5]) for k in range(40)] == [(k + 0.5) ** 2 for k in range(40)]
    before = len(runs)
    for k in range(10):
        assert f([1.0, float(k)]) == 1.0 + k
    assert len(runs) <= before + 2


def test_two_paths_that_alternate_are_two_programs():
    f, runs = counted(lambda x: x * 2 if x > 0 else -x)
    numbers = [(-1.0) ** k * (k + 1) for k in range(100)]
    expected = [x * 2 if x > 0 else -x for x in numbers]
    assert [f(x) for x in numbers] == expected
    assert len(runs) == 2


def test_a_result_that_is_not_finite_is_the_engines():
    """inf - inf depends on the order of a sum."""

    def g(a, b, c):
        return a + (b - c)

    f = jit(g)
    for args in ((1.0, 2.0, 3.0), (1.0, 2.0, 3.0), (1e308, 1e308, 1e308), (math.inf, 1.0, 2.0)):
        assert f.value_and_grad(*args, argnums=(0, 1, 2)) == value_and_grad(g, (0, 1, 2))(*args)


def test_a_key_that_raised_is_tried_in_the_engine_first():
    def g(x):
        if x > 5:
            raise KeyError("too large")
        return x * 2

    f, runs = counted(g)
    assert f(1.0) == 2.0
    for _ in range(3):
        with pytest.raises(KeyError, match="too large"):
            f(6.0)
    before = len(runs)
    assert [f(2.0), f(3.0), f(4.0)] == [4.0, 6.0, 8.0]
    assert len(runs) <= before + 2


def test_arrays_of_the_same_shape_are_one_structure():
    f, runs = counted(lambda a: (a * a).sum())
    for k in range(5):
        assert f(np.arange(3.0) + k) == ((np.arange(3.0) + k) ** 2).sum()
    assert len(runs) == 1
    f(np.arange(4.0))
    assert len(runs) == 2
