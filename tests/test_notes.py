"""Notes: a label or an attribute of one node must not appear on another that shared its notes."""

import pickle

import pytest

from autograd_nn import Value, scope
from autograd_nn.notes import (
    LABEL,
    add_note,
    all_notes,
    as_label,
    label_of,
    place,
    remove_note,
    row_of,
    scope_of,
    take_notes,
)
from autograd_nn.state import BARE


def two_of_a_scope():
    with scope("layer"):
        return Value(1.0) * 2, Value(1.0) * 3


def test_a_note_is_on_one_node_only():
    a, b = two_of_a_scope()
    assert a._notes is b._notes
    add_note(a, LABEL, "a")
    assert (label_of(a), label_of(b)) == ("a", "")
    assert scope_of(a) == scope_of(b) == ("layer",)
    remove_note(a, LABEL)
    assert (label_of(a), scope_of(a)) == ("", ("layer",))


@pytest.mark.parametrize("name", ["color", "exp", "backward", "momentum", "x y"])
def test_an_attribute_of_ones_own_stays_with_its_node(name):
    """Also one that is called as a method is: it hides the method there, and nowhere else."""
    a, b = two_of_a_scope()
    setattr(a, name, 3)
    assert getattr(a, name) == 3
    assert getattr(b, name, None) != 3
    assert getattr(Value(1.0), name, None) != 3
    assert BARE == {}
    twin = pickle.loads(pickle.dumps(a))
    assert getattr(twin, name) == 3
    delattr(a, name)
    assert getattr(a, name, None) != 3
    with pytest.raises(AttributeError, match=name):
        delattr(a, name)


def test_a_bound_method_is_one():
    """The compiled engine has a short way to methods; what it finds is what Python finds."""
    x = Value(0.5)
    assert x.exp == x.exp
    assert x.exp.__self__ is x
    assert x.exp.__name__ == "exp"
    assert x.exp().data == Value.exp(x).data
    x.color = "red"  # no longer bare
    assert x.exp().data == Value.exp(x).data
    assert callable(x.leaky_relu)
    assert x.leaky_relu(slope=0.1).data == 0.5


def test_labels_are_text():
    assert as_label("w") == "w"
    with pytest.raises(TypeError, match="a label is a str, got int 3"):
        as_label(3)


def test_place_moves_a_node():
    a, b = two_of_a_scope()
    assert place(a, ("other", "part")) is a
    assert (a.scope, b.scope) == (("other", "part"), ("layer",))


def test_notes_survive_a_move_to_another_node():
    a, _ = two_of_a_scope()
    a.label, a.color = "a", "red"
    twin = Value(2.0)
    take_notes(twin, all_notes(a))
    assert (twin.label, twin.scope, twin.color) == ("a", ("layer",), "red")


def test_the_row_of_a_leaf_is_no_operation():
    assert row_of(Value(1.0)).name == ""
    assert row_of(Value(1.0) + 1).name == "add"
    assert row_of(Value(1.0, (Value(2.0),), "mine")).name == "mine"
