"""Any expression, value by value: every operation is docked to the value that it makes.

Columns are the depth of the operations, and ``layout`` says where in them values stand.  A chain
of unnamed additions is one sum.  A leaf that nothing else uses stands above or below its user,
with a short arrow, so that inputs of the first column alone stand on the left and the spine of
the computation is one level line.

Nothing is scaled to the width: what is too deep is closed, the deep end first, each part of it
into one box; a sum of very many shows its first and last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from autograd_nn.drawing.boxes import STACK, box_height, box_width, hang
from autograd_nn.drawing.graph import sign_of
from autograd_nn.drawing.layout import Placement, lay_out
from autograd_nn.drawing.pen import Pen
from autograd_nn.drawing.sums import Operand
from autograd_nn.ops import CONSTANT, PARAMETER

__all__ = ["NARROWEST", "Node", "Sheet", "value_numbers"]

NARROWEST, _WIDEST = 86.0, 168.0
_MOST_OPERANDS, _ENDS = 12, 4


@dataclass(slots=True)
class Node:
    """A box: a value, and what is drawn into it."""

    i: int
    operands: list[Operand]
    closed: bool = False  # whether what it is computed from is not drawn, or not all of it
    holds: list[int] = field(default_factory=list)  # values closed in it and in no other box
    above: Node | None = None  # a leaf that stands above it
    below: Node | None = None
    beside: Node | None = None  # of such a leaf: where it stands
    column: int = 0
    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0


class Sheet:
    """The nodes below some values, their columns and places.

    Args:
        pen: knows the graph.
        ends: the values to draw, with all that is below them.
        stop: values at which to stop: they are drawn as leaves.
        opened: numbers of values that are not to be closed.
        columns: at most so many.
        most: at most so many boxes, unless there are two columns alone.
        stacks: whether leaves may stand above and below their users.
        sizes: width and height of the box of a value, where they are not the usual ones.
    """

    def __init__(
        self,
        pen: Pen,
        ends: list[int],
        stop: Collection[int] = (),
        opened: Collection[int] = (),
        columns: int = 1_000_000,
        most: int = 1_000_000,
        stacks: bool = True,
        sizes: Callable[[int], tuple[float, float]] | None = None,
    ) -> None:
        self.pen, self.sums, self.ends, self.stop = pen, pen.sums, ends, frozenset(stop)
        self.opened = frozenset(opened)
        self.sizes = sizes
        self.nodes: dict[int, Node] = {}
        self._away = self._distances()
        self._read(columns - 1)
        while len(self.nodes) > most and columns > 2:
            columns -= 1
            self._read(columns - 1)
        if stacks:
            self._stack()

    # -- which boxes there are -----------------------------------------------------------

    def _distances(self) -> list[int]:
        """How many operations lie between each value and the ends, on the longest way; -1 for none.

        A folded sum is no step of the way.
        """
        folded, operands = self.sums.folded, self.pen.graph.operands
        away = [-1] * len(operands)
        for i in self.ends:
            away[i] = 0
        waiting = len(set(self.ends))
        for i in range(max(self.ends, default=-1), -1, -1):  # results come after operands
            if away[i] < 0:
                continue
            waiting -= 1
            for k, _ in operands[i] if i not in self.stop else ():
                waiting += away[k] < 0
                step = k not in folded or k in self.stop
                away[k] = max(away[k], away[i] + step)
            if not waiting:
                break
        return away

    def _read(self, limit: int) -> None:
        """The nodes from the ends down, operands first; so far away and farther all are closed."""
        self.nodes = {}
        reached: set[int] = set()
        pending = [(i, False) for i in reversed(self.ends)]
        while pending:
            i, ready = pending.pop()
            if not ready and i in reached:
                continue
            reached.add(i)
            found = [] if self._is_closed(i, limit) else self._drawn_operands(i)
            if ready:
                tall = self.sizes(i)[1] if self.sizes else box_height(self.pen, i)
                self.nodes[i] = Node(i, found, h=tall)
                continue
            pending.append((i, True))
            pending.extend((part.value, False) for part in reversed(found))
        taken: set[int] = set()
        for i, node in self.nodes.items():
            hidden = []
            if self._is_closed(i, limit):
                hidden = self._operands(i)
            elif self._left_out(i):
                hidden = self._operands(i)[_ENDS:-_ENDS]
            node.closed, node.holds = bool(hidden), self._held(hidden, taken)

    def _is_closed(self, i: int, limit: int) -> bool:
        far = self._away[i] >= limit and i not in self.opened and i not in self.stop
        return far and bool(self.pen.graph.operands[i])

    def _operands(self, i: int) -> list[Operand]:
        return [] if i in self.stop else self.sums.operands(i, self.stop)

    def _drawn_operands(self, i: int) -> list[Operand]:
        found = self._operands(i)
        return found if not self._left_out(i) else [*found[:_ENDS], *found[-_ENDS:]]

    def _left_out(self, i: int) -> int:
        count = len(self._operands(i))
        return count - 2 * _ENDS if count > _MOST_OPERANDS and i not in self.opened else 0

    def _held(self, hidden: list[Operand], taken: set[int]) -> list[int]:
        """What is below a value, has no box of its own, and is not held by another."""
        pending, found = [part.value for part in hidden], []
        while pending:
            k = pending.pop()
            if k in taken or k in self.nodes:
                continue
            taken.add(k)
            found.append(k)
            pending.extend(part.value for part in self._operands(k))
        return found

    def _stack(self) -> None:
        """Put leaves that only one node uses above and below it."""
        users: dict[int, int] = {}
        for node in self.nodes.values():
            for part in node.operands:
                users[part.value] = users.get(part.value, 0) + 1
        for node in self.nodes.values():
            leaves = [self.nodes[k.value] for k in node.operands if self._is_leaf(k.value)]
            free = [leaf for leaf in leaves if users[leaf.i] == 1]
            if len(leaves) == len(node.operands):  # one of them comes from the left
                free = [leaf for leaf in free if leaf is not self._lead(leaves)]
            if len(free) > 2 or len(node.operands) > 3:
                continue
            for leaf, side in zip(free, ("above", "below"), strict=False):
                setattr(node, side, leaf)
                leaf.beside = node

    def _is_leaf(self, i: int) -> bool:
        return not self.pen.graph.operands[i] and i not in self.stop

    def _lead(self, leaves: list[Node]) -> Node:
        """The leaf that comes from the left: no parameter and no plain number if it can be."""
        order = self.pen.order
        rank = {PARAMETER: 1, CONSTANT: 2}
        return min(reversed(leaves), key=lambda leaf: rank.get(order[leaf.i]._code, 0))

    # -- where they stand ----------------------------------------------------------------

    def place(
        self, paths: dict[int, tuple[int, ...]] | None = None, swapped: bool = False
    ) -> Placement:
        """Give every node its column and its place across; x is given by ``spread``."""
        free = [node for node in self.nodes.values() if node.beside is None]
        at = {node.i: k for k, node in enumerate(free)}
        edges = [
            (at[part.value], at[node.i])
            for node in free
            for part in node.operands
            if self.nodes[part.value].beside is None
        ]
        for node in self.nodes.values():
            node.w = self.width_of(node)
        above = [node.h / 2 + (STACK + node.above.h if node.above else 0.0) for node in free]
        heights = [
            top + node.h / 2 + (STACK + node.below.h if node.below else 0.0)
            for node, top in zip(free, above, strict=True)
        ]
        widths = [node.w + (hang(self.sign(node)) if self.sign(node) else 0.0) for node in free]
        if swapped:
            above = [w / 2 for w in widths]
        placed = lay_out(
            edges,
            heights if swapped else widths,
            widths if swapped else heights,
            [paths.get(node.i, ()) for node in free] if paths else None,
            above=above,
        )
        for k, node in enumerate(free):
            node.column, node.y, node.x = placed.ranks[k], placed.across[k], placed.along[k]
        self._level(free, 60.0 if not paths else 3.0)
        for node in free:
            for leaf, way in ((node.above, -1), (node.below, 1)):
                if leaf is not None:
                    leaf.column, leaf.x = node.column, node.x
                    leaf.y = node.y + way * (STACK + (node.h + leaf.h) / 2)
        return placed

    def _level(self, free: list[Node], most: float) -> None:
        """A node with one operand is made level with it where there is room: the spine is straight.

        From the left to the right, by ``most`` at most: between frames there is little room.
        """
        columns: dict[int, list[Node]] = {}
        for node in free:
            columns.setdefault(node.column, []).append(node)
        for column in sorted(columns):
            for node in columns[column]:
                ahead = [self.nodes[p.value] for p in node.operands]
                ahead = [other for other in ahead if other.beside is None]
                if len({other.i for other in ahead}) != 1:
                    continue
                goal = ahead[0].y
                others = [other for other in columns[column] if other is not node]
                if abs(goal - node.y) < most and all(_apart(node, goal, n) for n in others):
                    node.y = goal

    def sign(self, node: Node) -> str:
        """The operation docked to a node, or nothing for a leaf and what is closed."""
        return sign_of(self.pen.order[node.i]) if node.operands else ""

    def name(self, i: int) -> str:
        """A value's name as it is drawn."""
        own = self.pen.namer.has_own_name(self.pen.order[i])
        return self.pen.name(i) if own else self.pen.name(i).replace(" * ", " · ")

    def width_of(self, node: Node) -> float:
        """How wide a box would like to be."""
        if self.sizes:
            return self.sizes(node.i)[0]
        need = box_width(self.pen, node.i, self.name(node.i), 14.0 if node.operands else 8.0)
        return min(_WIDEST, max(NARROWEST, need))


def value_numbers(ids: Collection[str]) -> set[int]:
    """The values among some ids: ``v12``."""
    return {int(id[1:]) for id in ids if id[:1] == "v" and id[1:].isdecimal()}


def _apart(node: Node, y: float, other: Node) -> bool:
    """Whether there is room between a node at ``y`` and another in its column."""
    top, bottom = _reach(node)
    other_top, other_bottom = _reach(other)
    if y + bottom + 10.0 <= other.y - other_top:
        return True
    return y - top - 10.0 >= other.y + other_bottom


def _reach(node: Node) -> tuple[float, float]:
    """How far a node with its leaves goes up and down from its own place."""
    up = node.h / 2 + (STACK + node.above.h if node.above else 0.0)
    return up, node.h / 2 + (STACK + node.below.h if node.below else 0.0)
