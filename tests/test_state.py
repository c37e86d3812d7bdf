"""What is open in a thread: a setting that leaked into another thread would lose slopes there."""

import threading

import pytest

from autograd_nn import Value, no_grad, scope
from autograd_nn.plain import Plain
from autograd_nn.recording import tracing
from autograd_nn.state import (
    BARE,
    Context,
    Tape,
    new_pass,
    open_contexts,
    open_scope,
    refuse_in_trace,
    shared,
    this_thread,
)


def test_each_thread_has_a_context_of_its_own():
    found = []
    with no_grad():
        thread = threading.Thread(target=lambda: found.append((this_thread(), Value(1.0) * 2)))
        thread.start()
        thread.join()
        ((context, product),) = found
        assert context is not this_thread() is this_thread()
        assert context.recording
        assert product.kind == "operation"
        assert (Value(1.0) * 2).kind == "constant"


def test_the_counter_is_that_of_all_threads_and_returns_to_what_it_was():
    before = shared.contexts
    with no_grad(), scope("a"):
        assert shared.contexts == before + 2
        assert this_thread().open == 2
    assert shared.contexts == before
    context = Context()
    open_contexts(context, 3)
    assert (shared.contexts, context.open) == (before + 3, 3)
    open_contexts(context, 0)
    assert shared.contexts == before


def test_nodes_of_a_scope_share_its_notes_and_bare_stays_empty():
    context = Context()
    assert context.notes is BARE
    open_scope(context, ("a", "b"))
    assert context.scope == ("a", "b")
    assert list(context.notes.values()) == [("a", "b")]
    open_scope(context, ())
    assert context.notes is BARE
    Value(1.0).label = "x"
    Value(1.0).color = "red"
    assert BARE == {}


def test_a_walk_has_two_marks_that_no_other_has():
    first, second = new_pass(), new_pass()
    assert second - first == 2


def test_only_the_first_refusal_is_kept_and_only_in_a_trace():
    refuse_in_trace("is not heard")
    with tracing() as tape:
        assert tape.refused == ""
        refuse_in_trace("prints")  # the line
        refuse_in_trace("reads a file")
    assert tape.refused.startswith("it prints at ")
    assert "the line" in tape.refused


def test_a_new_tape_is_empty():
    tape = Tape(Plain)
    assert (tape.nodes, tape.comparisons, tape.exits, tape.lines, tape.lookups) == (
        [], [], {}, [], [],
    )  # fmt: skip
    assert (tape.refused, tape.watching) == ("", False)


@pytest.mark.parametrize("name", ["recording", "scope", "trace", "numbers", "anomalies"])
def test_an_error_inside_a_block_restores_what_was_open(name):
    before = getattr(this_thread(), name)
    with pytest.raises(KeyError), no_grad(), scope("s"):
        raise KeyError
    assert getattr(this_thread(), name) == before
