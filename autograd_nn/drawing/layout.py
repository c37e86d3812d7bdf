"""A layered layout in plain Python: where every box goes, and along which points edges run.

``ordering`` says what stands beside what; here are the coordinates.  Nested groups keep their
nodes together: every group is a block that spans its ranks, and blocks are kept apart like single
nodes.  Every node is pulled to the mean of its neighbours, and then the distances are restored:
pushing everything down gives one arrangement that keeps them, pushing up another, and so does
their average.

"Along" is the direction in which the ranks follow each other, "across" is at right angles.
What is left out: names and colours, and networks, whose depth says where everything stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from autograd_nn.drawing.ordering import Layers, crossed, ordered

__all__ = ["Placement", "crossings", "lay_out"]

_GAP_ALONG, _GAP_ACROSS = 36.0, 22.0


@dataclass(slots=True)
class Placement:
    """The result: places and ranks by node (bends after nodes), routes by edge."""

    along: list[float]
    across: list[float]
    routes: list[list[int]]
    ranks: list[int]


@dataclass(slots=True)
class _Block:
    """A group as one item: its own items, and what it spans."""

    path: tuple[int, ...]
    items: list[int | _Block] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)  # all below, at any depth
    ranks: range = range(0)
    links: list[tuple[int, int]] = field(default_factory=list)  # (node in it, node beside it)
    height: float = 0.0
    top: float = 0.0


# ---------------------------------------------------------------------------
# Coordinates


class _Packer:
    """Places items across the ranks, groups within groups."""

    def __init__(
        self,
        graph: Layers,
        heights: list[float],
        above: list[float],
        paths: list[tuple[int, ...]],
        pads: tuple[float, float],
    ) -> None:
        self.graph, self.heights, self.above, self.pads = graph, heights, above, pads
        self.across = [0.0] * len(graph.ranks)
        for layer in graph.layers:
            edge = 0.0
            for node in layer:
                self.across[node] = edge + above[node]
                edge += heights[node] + _GAP_ACROSS
            for node in layer:  # all ranks start out centred on one line
                self.across[node] -= edge / 2
        self.blocks: dict[tuple[int, ...], _Block] = {(): _Block(())}
        for node in range(len(graph.ranks)):
            self._block(paths[node]).items.append(node)
            for depth in range(len(paths[node]) + 1):
                self.blocks[paths[node][:depth]].nodes.append(node)
        for block in self.blocks.values():
            ranks = [graph.ranks[node] for node in block.nodes]
            block.ranks = range(min(ranks, default=0), max(ranks, default=0) + 1)
        self.before, self.after = graph.before, graph.after
        if len(self.blocks) > 1:
            self._find_neighbours(paths)

    def _find_neighbours(self, paths: list[tuple[int, ...]]) -> None:
        """What each node follows, and which arrows run out of each group."""

        def within(node: int, near: list[int]) -> list[int]:
            path = paths[node]
            return [k for k in near if paths[k][: len(path)] == path]

        graph = self.graph
        self.before = [within(node, near) for node, near in enumerate(graph.before)]
        self.after = [within(node, near) for node, near in enumerate(graph.after)]
        for node, path in enumerate(paths):
            for other in (*graph.before[node], *graph.after[node]):
                shared = len(_shared(path, paths[other]))
                if shared < len(path):
                    self.blocks[path[: shared + 1]].links.append((node, other))

    def _block(self, path: tuple[int, ...]) -> _Block:
        for depth in range(1, len(path) + 1):
            if path[:depth] not in self.blocks:
                block = self.blocks[path[:depth]] = _Block(path[:depth])
                self.blocks[path[: depth - 1]].items.append(block)
        return self.blocks[path]

    def pull(self, forward: bool, both: bool) -> None:
        """Move every node towards its neighbours, in the order of the ranks.

        A node in a group follows only what is in the group too: were it to follow an arrow
        out of it, the group would grow that way and push the other end further off.
        """
        across = self.across
        for layer in self.graph.layers if forward else reversed(self.graph.layers):
            wanted = []
            for node in layer:
                near = self.before[node] if forward else self.after[node]
                if both:
                    near = self.before[node] + self.after[node]
                wanted.append(sum([across[k] for k in near]) / len(near) if near else across[node])
            if len(self.blocks) == 1:
                wanted = self._separated(layer, wanted)
            for node, place in zip(layer, wanted, strict=True):
                across[node] = place

    def _separated(self, layer: list[int], wanted: list[float]) -> list[float]:
        """The nearest places in the given order that keep the distances.

        Isotonic regression by pooling adjacent violators, on places less their offsets.
        """
        offset, offsets = 0.0, [0.0]
        for a, b in pairwise(layer):
            offset += self.heights[a] - self.above[a] + self.above[b] + _GAP_ACROSS
            offsets.append(offset)
        pools: list[tuple[float, int]] = []
        for want, offset in zip(wanted, offsets, strict=True):
            mean, size = want - offset, 1
            while pools and pools[-1][0] > mean:
                other, count = pools.pop()
                mean, size = (mean * size + other * count) / (size + count), size + count
            pools.append((mean, size))
        places = [mean for mean, size in pools for _ in range(size)]
        return [place + offset for place, offset in zip(places, offsets, strict=True)]

    def separate(self, order: dict[tuple[int, ...], list[int | _Block]]) -> None:
        """Restore all distances, the innermost groups first."""
        for path in sorted(self.blocks, key=lambda path: (-len(path), path)):
            block = self.blocks[path]
            tops = self._spread(order[path])
            for item, top in zip(order[path], tops, strict=True):
                self._move(item, top)
            low = min((self._top(item) for item in block.items), default=0.0)
            high = max((self._top(i) + self._height(i) for i in block.items), default=0.0)
            if path:
                block.top, block.height = low - self.pads[0], high - low + sum(self.pads)

    def order(self) -> dict[tuple[int, ...], list[int | _Block]]:
        """One order of all items of each group: by the mean place of what is in them."""
        mean = {
            path: sum(self.across[node] for node in block.nodes) / max(1, len(block.nodes))
            for path, block in self.blocks.items()
        }
        return {
            path: sorted(
                block.items,
                key=lambda i: self.across[i] if isinstance(i, int) else mean[i.path],
            )
            for path, block in self.blocks.items()
        }

    def _spread(self, items: list[int | _Block]) -> list[float]:
        wanted = [self._top(item) + self._tug(item) for item in items]
        down: list[float] = []
        edge: dict[int, float] = {}
        for item, want in zip(items, wanted, strict=True):
            ranks = self._ranks(item)
            top = max([want, *(edge[r] for r in ranks if r in edge)])
            bottom = top + self._height(item) + _GAP_ACROSS
            edge.update((r, bottom) for r in ranks)
            down.append(top)
        up: list[float] = []
        edge = {}
        for item, want in zip(reversed(items), reversed(wanted), strict=True):
            ranks = self._ranks(item)
            room = self._height(item) + _GAP_ACROSS
            top = min([want, *(edge[r] - room for r in ranks if r in edge)])
            edge.update((r, top) for r in ranks)
            up.append(top)
        return [(a + b) / 2 for a, b in zip(down, reversed(up), strict=True)]

    def _tug(self, item: int | _Block) -> float:
        """How far the arrows that leave a group would move it as a whole."""
        if isinstance(item, int) or not item.links:
            return 0.0
        across = self.across
        return sum([across[b] - across[a] for a, b in item.links]) / len(item.links)

    def _ranks(self, item: int | _Block) -> range:
        if isinstance(item, int):
            return range(self.graph.ranks[item], self.graph.ranks[item] + 1)
        return item.ranks

    def _height(self, item: int | _Block) -> float:
        return self.heights[item] if isinstance(item, int) else item.height

    def _top(self, item: int | _Block) -> float:
        if isinstance(item, int):
            return self.across[item] - self.above[item]
        return item.top

    def _move(self, item: int | _Block, top: float) -> None:
        if isinstance(item, int):
            self.across[item] = top + self.above[item]
            return
        shift = top - item.top
        for node in item.nodes:
            self.across[node] += shift
        for path, block in self.blocks.items():
            if path[: len(item.path)] == item.path:
                block.top += shift


def lay_out(
    edges: list[tuple[int, int]],
    lengths: list[float],
    heights: list[float],
    paths: list[tuple[int, ...]] | None = None,
    pads: tuple[float, float] = (24.0, 10.0),
    group_gap: float = 20.0,
    above: list[float] | None = None,
) -> Placement:
    """Place nodes ``0 .. n-1`` so that every edge runs forward along the ranks.

    Args:
        edges: (tail, head) pairs.
        lengths: the size of each node along the ranks.
        heights: its size across them.
        paths: for each node the numbers of the groups around it, outermost first.
        pads: room between a group's border and its nodes, across: before and after.
        group_gap: more room between ranks for each level of groups.
        above: how much of each node's height lies before its own place, where edges meet it;
            half of it unless given.

    Raises:
        ValueError: the edges have a cycle.

    >>> placed = lay_out([(0, 1)], [50.0, 50.0], [20.0, 20.0])
    >>> placed.along[1] - placed.along[0], placed.across[0] == placed.across[1]
    (86.0, True)
    """
    n = len(lengths)
    graph, effort = ordered(n, edges)
    bends = len(graph.ranks) - n
    lengths = lengths + [0.0] * bends
    heights = heights + [4.0] * bends
    above = [h / 2 for h in heights] if above is None else [*above, *[2.0] * bends]
    paths = list(paths) if paths is not None else [()] * n
    for route in graph.routes:
        around = _shared(paths[route[0]], paths[route[-1]])
        paths.extend([around] * (len(route) - 2))
    packer = _Packer(graph, heights, above, paths, pads)
    rounds = 40 if effort < 2_000 else (12 if effort < 12_000 else (6 if effort < 100_000 else 4))
    grouped = len(packer.blocks) > 1
    if grouped:
        order = packer.order()
        packer.separate(order)
    for k in range(rounds):
        packer.pull(forward=k % 2 == 0, both=k >= rounds // 2)
        if grouped:
            packer.separate(order)
    start = min(packer.across, default=0.0)
    return Placement(
        _columns(graph, lengths, max((len(path) for path in paths), default=0) * group_gap),
        [place - start for place in packer.across],
        graph.routes,
        graph.ranks,
    )


def _columns(graph: Layers, lengths: list[float], more: float) -> list[float]:
    """The place of each rank, wide enough for its longest node."""
    centres, edge = [], 0.0
    for layer in graph.layers:
        longest = max((lengths[node] for node in layer), default=0.0)
        centres.append(edge + longest / 2)
        edge += longest + _GAP_ALONG + more
    return [centres[rank] for rank in graph.ranks]


def _shared(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The groups that are around both ends."""
    depth = 0
    while depth < min(len(a), len(b)) and a[depth] == b[depth]:
        depth += 1
    return a[:depth]


def crossings(ranks: list[int], routes: list[list[int]], across: list[float]) -> int:
    """How many pairs of edges cross between neighbouring ranks, for a finished placement."""
    by_rank: dict[int, list[tuple[float, float]]] = {}
    for route in routes:
        for a, b in pairwise(route):
            if ranks[b] == ranks[a] + 1:
                by_rank.setdefault(ranks[a], []).append((across[a], across[b]))
    return sum(map(crossed, by_rank.values()))
