"""``explain``: why a slope is what it is, edge by edge, in a sentence, a table and a picture.

The chain rule as arithmetic: along a path the local slopes multiply, and paths add up.  Where there
are too many paths to list, the uses of the value are: each adds its local slope times the slope of
the value that uses it.
"""

from __future__ import annotations

import math
import textwrap
from typing import Any, NamedTuple

from autograd_nn import rich
from autograd_nn.checks import describe, without_graph
from autograd_nn.drawing.chain import ChainRule
from autograd_nn.drawing.render import Drawing, draw
from autograd_nn.drawing.scene import Scene
from autograd_nn.drawing.slopes import with_slopes
from autograd_nn.drawing.steps import value_names
from autograd_nn.drawing.text import short_number
from autograd_nn.drawing.views import Reading
from autograd_nn.engine import Value
from autograd_nn.errors import WrongTypeError
from autograd_nn.labels import clean

__all__ = ["Explanation", "Link", "explain"]

_LONGEST = 60  # edges of a path that is written out
_MOST_USES = 12
_MOST_DRAWN = 60  # values, in a notebook
_SHORTEST = 8  # characters to which a column of text is cut


class Link(NamedTuple):
    """One edge of a chain: from a value down to one of its operands.

    Additions without a label that follow one another are one link, from the first sum to what is
    added: each passes on what it gets.

    Attributes:
        where: the scopes of the upper value, "layer 0 / neuron 3"; "" where there are none.
        edge: "loss -> error".
        local: the local slope in words, "" where it is plainly a number.
        slope: its number.
        upstream: the slope of the result along the upper value; of a path, along this path alone.
        product: upstream times slope.
        at: the edges of the graph, each the number of the upper value and that of the operand
            among its operands, as in ``e3-0``.
    """

    where: str
    edge: str
    local: str
    slope: float
    upstream: float
    product: float
    at: tuple[tuple[int, int], ...]


class Explanation:
    """What ``explain`` found; it prints as text, and as a table in a notebook.

    Attributes:
        value, wrt: the names of the two.
        slope: the derivative of the one along the other.
        count: how many paths lead from one to the other.
        paths: each path as links, from the result down; empty where there are too many, or long
            ones.
        uses: where there are no paths, the uses of ``wrt``, as links.

    >>> x = Value(3.0, "x")
    >>> found = explain(x * x, wrt=x)
    >>> found.slope, found.count
    (6.0, 2)
    """

    def __init__(self, v: Value, wrt: Value) -> None:
        if not isinstance(v, Value):
            raise WrongTypeError(f"explain takes a Value, got {describe(v)}.{without_graph(v)}")
        read = Reading(v)
        walk = ChainRule(v, value_names(read)[0])
        self._root, self._walk = v, walk
        self._goal = goal = walk.goal(wrt)
        top = len(walk.graph.order) - 1
        self.value = clean(v.label) or (walk.name(top) if v._left is None else "the result")
        self.wrt = _with_scope(walk, goal)
        self.slope = walk.adjoints[goal]
        self.count = _count(walk, goal)
        self.paths = [_chain(walk, path) for path in walk.paths(goal, _LONGEST) if path]
        self.uses = [] if self.paths else _uses(walk, goal)

    @property
    def sentence(self) -> str:
        """What a little more of the one does to the other."""
        if self._goal == len(self._walk.graph.order) - 1:
            return f"{self.wrt} is what is differentiated: its slope along itself is 1."
        of, along = ("result" if not clean(self._root.label) else self.value), self.wrt
        along = f"({along})" if " " in along else along
        slope = f"d {of}/d {along} = {short_number(self.slope + 0.0)}"
        if not math.isfinite(self.slope):
            return f"The slope of {self.value} along {self.wrt} is not finite: {slope}."
        if self.slope == 0.0:
            return f"A little more or less of {self.wrt} does not change {self.value}: {slope}."
        size = short_number(abs(self.slope))
        how = "grows" if self.slope > 0.0 else "falls"
        times = "as much" if size == "1" else f"{size} times as much"
        return f"If {self.wrt} grows by a little, {self.value} {how} by {times}: {slope}."

    @property
    def why_flat(self) -> str:
        """Where a slope that is 0 or not finite comes from; "" for any other."""
        if self.slope != 0.0 and math.isfinite(self.slope):
            return ""
        links = [link for path in self.paths for link in path] or self.uses
        for link in links:
            if not math.isfinite(link.slope):
                return f"The local slope of {link.edge} is {short_number(link.slope)}."
            if self.slope == 0.0 and link.slope == 0.0:
                return f"The local slope of {link.edge} is 0: nothing comes through it."
        return "The contributions cancel." if self.slope == 0.0 and len(links) > 1 else ""

    def _tables(self) -> list[tuple[str, list[Link]]]:
        """Each table with its heading."""
        if len(self.paths) == 1:
            return [("", self.paths[0])]
        if self.paths:
            return [
                (f"path {n} of {len(self.paths)}", path) for n, path in enumerate(self.paths, 1)
            ]
        if not self.uses:
            return []
        times = "once" if len(self.uses) == 1 else f"{len(self.uses):,} times"
        paths = "1 path" if self.count == 1 else f"{_many(self.count)} paths"
        largest = sorted(self.uses, key=lambda link: -abs(link.product))[:_MOST_USES]
        shown = [link for link in self.uses if link in largest] if self.uses else []
        also = "" if len(shown) == len(self.uses) else f"; the {len(shown)} largest"
        return [(f"{self.wrt} is used {times} ({paths} to {self.value}){also}", shown)]

    @property
    def sum(self) -> str:
        """How paths, or uses, add up: ``3 + 3 + 1 = 7``; "" where there is one."""
        ends = [path[-1].product for path in self.paths] or [link.product for link in self.uses]
        if len(ends) < 2:
            return ""
        total = short_number(self.slope + 0.0)
        if len(ends) > _MOST_USES:
            return f"the sum of all {len(ends):,} products is {total}"
        figures = [short_number(x + 0.0) for x in ends]
        terms = " + ".join(
            f"({f})" if n and f.startswith("-") else f for n, f in enumerate(figures)
        )
        return f"{terms} = {total}"

    def draw(self, **options: Any) -> Drawing:
        """The picture of the graph with all that is not on a path from the one to the other pale.

        Gradients in it are the slopes of the value that is explained.

        Args:
            options: as for ``draw``.
        """
        values, edges = _on_paths(self._walk, self._goal)

        def pale(scene: Scene) -> None:
            for part in scene.parts:
                if part.role == "arrow" and part.id[:1] == "e":
                    part.faint = part.id not in edges
                elif part.values:
                    part.faint = values.isdisjoint(part.values)

        picture = draw(with_slopes(self._root), **options)
        picture.mark(pale)
        return picture

    def text(self, width: int | None = None) -> str:
        """The sentence, the tables and the sum.

        Args:
            width: the columns it may take: sentences are wrapped, and long formulas in a table
                are cut; at least 60.  None for no limit.

        >>> x = Value(2.0, "x")
        >>> print(Explanation(x * 3.0, x).text(80))
        If x grows by a little, the result grows by 3 times as much: d result/d x = 3.
        <BLANKLINE>
        edge        local slope  upstream  product
        x * 3 -> x  3                   1        3
        """
        lines = [*_wrapped(self.sentence, width), *_wrapped(self.why_flat, width)]
        for heading, links in self._tables():
            lines += ["", *_wrapped(heading, width), *_as_text(links, width)]
        if self.sum:
            adds = f"{'paths' if self.paths else 'uses'} add up: {self.sum}"
            lines += ["", *_wrapped(adds, width)]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = []
        for heading, links in self._tables():
            rows: list[list[rich.Cell]] = [
                [link.where, link.edge.replace(" -> ", " → "), _local(link), *link[4:6]]
                for link in links
            ]
            head = ["", "edge", "local slope", "upstream", "product"]
            if not any(link.where for link in links):
                rows, head = [row[1:] for row in rows], head[1:]
            shown = rich.table(head, rows, most=_LONGEST, signed="product")
            parts.append(rich.card(heading, shown) if heading else shown)
        if self.sum:
            how = "paths add up" if self.paths else "uses add up"
            parts.append(rich.card(how, note=self.sum))
        if len(self._walk.graph.order) <= _MOST_DRAWN:
            parts.append(self.draw()._repr_mimebundle_(include={"text/html"})["text/html"])
        return rich.card(self.sentence, *parts, note=self.why_flat)


def explain(v: Value, *, wrt: Value) -> Explanation:
    """Why the slope of ``v`` along ``wrt`` is what it is.

    One sentence, then the chain as a table: each edge from ``v`` down to ``wrt`` with its local
    slope, what comes from upstream, and their product.  Where several paths lead there, one table
    for each, and how they add up.  ``derivative_text`` says the same in one line.

    Args:
        v: the value that is differentiated.
        wrt: the value it is differentiated with respect to.

    Returns:
        An ``Explanation``: it prints as text, shows itself in a notebook, and ``.draw()`` is the
        picture of ``v`` with the paths marked.

    Raises:
        TypeError: one of them is not a Value.
        ValueError: ``v`` does not depend on ``wrt``.

    >>> from autograd_nn import Value
    >>> w, x = Value(5.0, "w"), Value(2.0, "x")
    >>> error = w * x - 3.0
    >>> error.label = "error"
    >>> loss = error**2
    >>> loss.label = "loss"
    >>> print(explain(loss, wrt=w))
    If w grows by a little, loss grows by 28 times as much: d loss/d w = 28.
    <BLANKLINE>
    edge            local slope     upstream  product
    loss -> error   2 * error = 14         1       14
    error -> w * x  1                     14       14
    w * x -> w      x = 2                 14       28
    """
    return Explanation(v, wrt)


def _with_scope(walk: ChainRule, i: int) -> str:
    """A name that tells the ``w0`` of one neuron from that of another."""
    node = walk.graph.order[i]
    return " / ".join([*map(clean, node.scope), walk.name(i)])


def _count(walk: ChainRule, goal: int) -> int:
    """How many paths lead from the root to the goal."""
    counts = [0] * len(walk.graph.order)
    counts[goal] = 1
    for i in range(goal + 1, len(counts)):
        # Beyond this nobody counts, and a chain of squares would make numbers of many digits.
        counts[i] = min(counts[i] + sum(counts[k] for k, _ in walk.graph.operands[i]), 10**12)
    return counts[-1]


def _many(count: int) -> str:
    return f"{count:,}" if count < 10**12 else "more than 10^12"


def _on_paths(walk: ChainRule, goal: int) -> tuple[set[int], set[str]]:
    """The values on any path from the root to the goal, and the ids of the edges."""
    values, edges = {goal}, set()
    for i in range(goal + 1, len(walk.graph.order)):
        for j, (k, _) in enumerate(walk.graph.operands[i]):
            if k in values:
                values.add(i)
                edges.add(f"e{i}-{j}")
    return values, edges


def _chain(walk: ChainRule, path: list[tuple[int, int]]) -> list[Link]:
    links: list[Link] = []
    upstream = 1.0
    for i, j in path:
        k = walk.graph.operands[i][j][0]
        if links and _is_plain_sum(walk, i) and _adds(walk, links[-1].at[-1][0]):
            before = links[-1]
            edge = f"{before.edge.partition(' -> ')[0]} -> {walk.name(k)}"
            count = len(before.at) + 1
            links[-1] = before._replace(
                edge=edge, local=f"{count} additions", at=(*before.at, (i, j))
            )
            continue
        link = _link(walk, i, j, upstream)
        links.append(link)
        upstream = link.product
    return links


def _adds(walk: ChainRule, i: int) -> bool:
    return walk.graph.order[i].op == "add"


def _is_plain_sum(walk: ChainRule, i: int) -> bool:
    """Whether this is an addition that nobody named."""
    return _adds(walk, i) and not walk.graph.order[i].label


def _uses(walk: ChainRule, goal: int) -> list[Link]:
    return [
        _link(walk, i, j, walk.adjoints[i])
        for i in range(goal + 1, len(walk.graph.order))
        for j, (k, _) in enumerate(walk.graph.operands[i])
        if k == goal
    ]


def _link(walk: ChainRule, i: int, j: int, upstream: float) -> Link:
    k, slope = walk.graph.operands[i][j]
    words = " * ".join(text for text, _ in walk.factors(i, j))
    if _is_wrapped(words):
        words = words[1:-1]
    local = "" if words in ("", short_number(slope)) else words
    edge = f"{walk.name(i)} -> {walk.name(k)}"
    where = " / ".join(map(clean, walk.graph.order[i].scope))
    return Link(where, edge, local, slope, upstream, slope * upstream, ((i, j),))


def _is_wrapped(text: str) -> bool:
    """Whether the first bracket is closed by the last character."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return at == len(text) - 1 and at > 0
    return False


def _local(link: Link) -> str:
    number = short_number(link.slope + 0.0)
    return f"{link.local} = {number}" if link.local else number


def _wrapped(text: str, width: int | None) -> list[str]:
    """The lines of a text; none of an empty one."""
    return textwrap.wrap(text, width or max(len(text), 1), break_on_hyphens=False)


def _cut(text: str, width: int) -> str:
    """The start and the end of a text that is too long: an edge's two ends are both told."""
    if len(text) <= width:
        return text
    kept = max(width - 3, 2)
    return f"{text[: kept - kept // 2]}...{text[len(text) - kept // 2 :]}"


def _as_text(links: list[Link], width: int | None) -> list[str]:
    cells = [["", "edge", "local slope", "upstream", "product"]]
    for link in links:
        numbers = [short_number(x + 0.0) for x in (link.upstream, link.product)]
        cells.append([link.where, link.edge, _local(link), *numbers])
    widths = [max(len(row[c]) for row in cells) for c in range(5)]
    while width and sum(widths) + 8 > width and max(widths[:3]) > _SHORTEST:
        widths[max(range(3), key=widths.__getitem__)] -= 1
    padded = [
        [
            _cut(cell, w).ljust(w) if c < 3 else cell.rjust(w)
            for c, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        for row in cells
    ]
    return ["  ".join(row if widths[0] else row[1:]) for row in padded]
