"""What is open in a thread: whether it records, its scope, the tape of a trace.

``no_grad``, ``detect_anomaly``, ``scope`` and tracing are rare, so a node pays for all of them with
one test of a counter, ``shared.contexts``.  What is open in which thread is then looked up in that
thread's ``Context``.  The blocks themselves, which open and close contexts, are in ``recording``.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final, final

from mypy_extensions import i64

from autograd_nn.callers import user_line

if TYPE_CHECKING:
    from autograd_nn.engine import Value

#: The outermost scope of what a trace records: what is met again in a later one was kept outside.
RECORDED: Final = "recorded by the jit"

SCOPE: Final = 1  # the key of a scope among a node's notes; the others are in ``notes``
BARE: Final[dict[Any, Any]] = {}  # the notes of a node that has none; never written to


@final
class Tape:
    """What a trace collects.

    Args:
        plain: the class of numbers that ``.data`` gives meanwhile; see ``Plain``.
        watching: whether to note the user's line of every comparison.

    Attributes:
        nodes: every operation, in the order it was recorded.
        comparisons: (symbol, left, right, outcome) of every comparison, in order.
        exits: by the place of a comparison among them, how a number left the graph there.
        lines: the user's line of every comparison, where they are watched.
        lookups: of every ``take`` with a recorded index: the position of its first node in
            ``nodes``, how many there are, and the table, row after row.
        refused: what the function did that a replay would not do again; "" if nothing.
    """

    def __init__(self, plain: Any, watching: bool = False) -> None:
        self.plain, self.watching = plain, watching
        self.nodes: list[Value] = []
        self.comparisons: list[tuple[str, Value, Value, bool]] = []
        self.exits: dict[int, str] = {}
        self.lines: list[str] = []
        self.lookups: list[tuple[int, int, list[Value]]] = []
        self.refused: str = ""


@final
class Context:
    """What is open in one thread; each thread starts with these defaults.

    Attributes:
        recording: False inside ``no_grad``.
        scope: the names of the open ``scope`` blocks, outermost first.
        trace: what the jit records, while it does.
        numbers: whether Values stand in the place of numbers: as keys, text and indices they
            are then what the numbers are.
        stand_ins: by identity of a parameter, the Value that takes its place.
        exits: each Value that ``float()`` took out of the graph with the user's line, where
            somebody asks.
        differentiating: how many calls of ``grad`` this thread is inside of: an inner one
            must stay in the graph.
        open: how many contexts are.
        anomalies: of ``detect_anomaly``: by identity of a node, the node and the user's line.
    """

    def __init__(self) -> None:
        self.recording: bool = True
        self.scope: tuple[str, ...] = ()
        self.notes: dict[Any, Any] = BARE  # what a new node notes of the scope
        self.trace: Tape | None = None
        self.numbers: bool = False
        self.stand_ins: dict[int, Value] | None = None
        self.exits: list[tuple[Value, str]] | None = None
        self.differentiating: int = 0
        self.open: i64 = 0
        self.anomalies: dict[int, tuple[Value, str]] | None = None


@final
class Shared:
    """What all threads share.

    Attributes:
        contexts: how many contexts are open.
        passes: the mark of the last walk over a graph.
    """

    def __init__(self) -> None:
        self.contexts: i64 = 0
        self.passes: i64 = 0


shared: Final = Shared()
walking: Final = threading.RLock()  # two walks at once over one graph would mix up their marks
_local: Final = threading.local()


def new_pass() -> i64:
    """The mark of a new walk, which nodes carry while ``walking`` is held; the next is free too."""
    shared.passes += 2
    return shared.passes


def this_thread() -> Context:
    """The contexts that are open in this thread; ``recording`` opens and closes them."""
    context: Context | None = getattr(_local, "context", None)
    if context is None:
        context = _local.context = Context()
    return context


def open_scope(context: Context, scope: tuple[str, ...]) -> None:
    """New nodes of a thread belong to this scope."""
    context.scope = scope
    context.notes = {SCOPE: scope} if scope else BARE


def open_contexts(context: Context, count: i64) -> None:
    """Say how many contexts are open in a thread.

    In one step: at a signal, it is done or it is not.
    """
    with walking:
        shared.contexts += count - context.open
        context.open = count


def refuse_in_trace(what: str) -> None:
    """Note that the function does what a replay would not do again."""
    if shared.contexts:
        trace = this_thread().trace
        if trace is not None and not trace.refused:
            trace.refused = f"it {what} at {user_line()}"


if hasattr(os, "register_at_fork"):  # a child must not find a walk of another thread half done
    os.register_at_fork(
        before=walking.acquire, after_in_parent=walking.release, after_in_child=walking.release
    )
