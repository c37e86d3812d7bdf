"""What a second recording tells: names, lines, and nothing that the first did not see."""

import sys

import numpy as np
import pytest

from autograd_nn import MLP, Value, scope
from autograd_nn import functions as fn
from autograd_nn.jit import JitWarning, jit, take
from autograd_nn.jit.origin import short


def words(f, *args, rows=()):
    """The names of each node, in order, and the lines."""
    again = jit(f, rows=rows).program(*args).origin.again()
    first = len(again.trace.codes) - again.trace.recorded
    nodes = range(first, len(again.trace.codes))
    return [again.names.get(k, []) for k in nodes], [again.lines.get(k, "") for k in nodes]


def test_variables_labels_lists_and_scopes_give_names():
    """The best name comes first: a label, then a variable, then the list it is put into."""

    def f(x):
        area = x * x
        area.label = "surface"
        sides = []
        sides.append(area + 1)
        with scope("tail"):
            return sides[0] * fn.sin(x)

    names, lines = words(f, 2.0)
    assert names[0][:2] == ["surface", "area"]
    assert names[1] == ["sides"]
    assert names[2] == ["tail sin"]
    assert [line.split(": ")[1] for line in lines[:2]] == ["area = x * x", "sides.append(area + 1)"]


def test_the_arguments_of_a_call_do_not_name_what_they_are_given():
    """``relu(total)`` computes nothing of the name that relu has for its argument."""

    def square(inner):
        return inner * inner

    def f(x):
        return square(x + 1)

    names, _ = words(f, 2.0)
    assert names[0] == []


def test_a_second_recording_is_on_the_path_of_the_first():
    """To look at a number that left the graph is to compare it: watching must not do that."""

    def f(x):
        plain = x.data
        held = [plain, x]
        return held[1] * 3 if plain > 1 else x

    again = jit(f).program(2.0).origin.again()
    assert len(again.trace.guards) == 1


def test_tracing_is_left_as_it_was():
    """Debuggers and coverage trace too."""
    seen = []

    def tracer(frame, event, arg):
        seen.append(event)

    before = sys.gettrace()
    program = jit(lambda x: x * 2).program(1.0)
    sys.settrace(tracer)
    try:
        program.to_python("f")
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def test_one_row_is_kept_of_arguments_with_rows():
    """A program must not keep a million rows alive for the sake of names."""
    X = np.arange(12.0).reshape(6, 2)
    program = jit(lambda w, x: (w * x).sum(), rows="x").program([1.0, 2.0], X)
    kept = program.origin.call.args[1]
    assert kept.shape == (1, 2)
    assert kept.base is None


def test_the_names_of_arguments_of_every_kind():
    def f(a, /, b, *rest, c=3.0):
        return a * b * sum(rest)

    program = jit(f).program(1.0, 2.0, 3.0, 4.0)
    assert program.origin.arguments == ["a", "b", "rest_0", "rest_1"]


def test_a_method_of_a_model_has_its_parameters_by_name():
    model = MLP(1, [1], seed=0)
    again = jit(model).program([2.0]).origin.again()
    assert set(again.owners.values()) == {"layers.0.neurons.0.w.0", "layers.0.neurons.0.b"}


def test_lines_are_short_and_without_folders():
    assert short("/home/me/work/net.py:12: loss = error**2") == "net.py:12: loss = error**2"
    assert len(short("net.py:1: " + "x" * 200)) < 90


def test_a_look_up_has_its_line_where_lines_are_watched():
    """The last recording before the engine takes over watches: it raised for a look-up."""

    def f(x, k):
        if float(x) > 100:
            return x
        return take([1.0, 2.0, 3.0], k) * x

    jitted = jit(f)
    with pytest.warns(JitWarning, match="takes another path at nearly every call"):
        found = [jitted(float(k), 1.0) for k in range(40)]
    assert found == [2.0 * k for k in range(40)]
    guards = jit(lambda k: take([1.0, 2.0], k)).program(1.0).origin.again().trace.guards
    assert "take([1.0, 2.0], k)" in guards[0].line


def test_a_value_that_is_closed_over_is_found_by_its_name():
    held = {"scale": [Value(2.0), Value(3.0)]}
    again = jit(lambda x: held["scale"][1] * x).program(1.0).origin.again()
    assert "held.scale.1" in again.owners.values()


def test_a_function_that_raises_now_is_written_without_names():
    """What it reads is gone: the program still is what it was."""
    held = {"scale": 2.0}
    program = jit(lambda x: x * held["scale"]).program(3.0)
    del held["scale"]
    assert program.origin.again() is None
    assert "could not be run once more" in program.to_python("f")
