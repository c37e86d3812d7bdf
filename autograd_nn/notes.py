"""What few nodes have: a label, a scope, a row of their own, what a user keeps (``v.mark = 1``).

It is in a dict of notes, which nodes of one scope share; most nodes have none, and share ``BARE``.
The keys of the engine's own notes are no names, so that any name can be one of the user's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autograd_nn.checks import describe, shown
from autograd_nn.codes import MADE
from autograd_nn.errors import WrongTypeError
from autograd_nn.ops import PRIMITIVES, Primitive
from autograd_nn.state import BARE, SCOPE

if TYPE_CHECKING:
    from autograd_nn.engine import Value

LABEL: Final = 0
ROW: Final = 2  # of a node whose operation is not in the table: a row of its own
RULE: Final = 3  # what a user assigned to ``_backward``
CHILDREN: Final = 4  # where there are more than two

_IS_COMPILED: Final = not __file__.endswith(".py")


def add_note(v: Value, key: object, what: object) -> None:
    """Add a note to one node, in a dict of its own: others may share the old one."""
    notes = dict(v._notes)
    notes[key] = what
    v._notes = notes


def remove_note(v: Value, key: object) -> None:
    """Take a note away from one node."""
    notes = dict(v._notes)
    del notes[key]
    v._notes = notes


def label_of(v: Value) -> str:
    """The label; "" where none was given."""
    if v._notes is BARE:
        return ""
    label: str = v._notes.get(LABEL, "")
    return label


def as_label(label: object) -> str:
    """``label``, if it is one.

    Raises:
        TypeError: it is not a str.
    """
    if not isinstance(label, str):
        raise WrongTypeError(f"a label is a str, got {describe(label)}")
    return label


def scope_of(v: Value) -> tuple[str, ...]:
    """The names of the enclosing scopes, outermost first."""
    if v._notes is BARE:
        return ()
    scope: tuple[str, ...] = v._notes.get(SCOPE, ())
    return scope


def place(node: Value, scope: tuple[str, ...]) -> Value:
    """Put ``node`` into a scope, given by its names from the outermost; returns ``node``."""
    add_note(node, SCOPE, scope)
    return node


def row_of(v: Value) -> Primitive:
    """The row of a node's operation: of the table, or of its own."""
    code = v._code
    row: Primitive = v._notes[ROW] if code == MADE else PRIMITIVES[code]
    return row


def all_notes(v: Value) -> dict[Any, Any]:
    """The notes with the user's own attributes, which plain Python keeps in ``__dict__``."""
    if RULE in v._notes:
        raise WrongTypeError(
            f"{shown(v)} cannot be copied or pickled: its _backward was written by hand and "
            "hands on to the operands it was written for; make it with custom_op instead"
        )
    return dict(v._notes) if _IS_COMPILED else {**v._notes, **vars(v)}


def take_notes(v: Value, notes: dict[Any, Any]) -> None:
    """The inverse of ``all_notes``."""
    if not _IS_COMPILED:
        vars(v).update({key: what for key, what in notes.items() if isinstance(key, str)})
        notes = {key: what for key, what in notes.items() if not isinstance(key, str)}
    if notes:
        v._notes = notes
