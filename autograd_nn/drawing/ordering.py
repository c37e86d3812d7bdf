"""The order of nodes in a layered layout: ranks, bends of long edges, few crossings.

The steps are those of Sugiyama, Tagawa and Toda (1981) as Gansner, Koutsofios, North and Vo
(1993) arranged them for ``dot``: ranks by longest path, chains of bends for long edges, then an
order within each rank by means and by swapping neighbours.  ``layout`` finds the coordinates.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from autograd_nn.errors import BadArgumentError

__all__ = ["Layers", "count_crossings", "crossed", "ordered"]

_LONGEST_CHAIN = 40  # an edge over more ranks is drawn straight, so that cost stays linear


class Layers:
    """Ranks and bends: every edge now runs from one rank to the next, or is too long."""

    def __init__(self, n: int, edges: list[tuple[int, int]]) -> None:
        self.ranks = _ranks(n, edges)
        self.after: list[list[int]] = [[] for _ in range(n)]
        self.before: list[list[int]] = [[] for _ in range(n)]
        self.routes: list[list[int]] = []
        for tail, head in edges:
            route = [tail]
            if self.ranks[head] - self.ranks[tail] <= _LONGEST_CHAIN:
                for rank in range(self.ranks[tail] + 1, self.ranks[head]):
                    bend = len(self.ranks)
                    self.ranks.append(rank)
                    self.after.append([])
                    self.before.append([])
                    route.append(bend)
            route.append(head)
            for a, b in pairwise(route):
                self.after[a].append(b)
                self.before[b].append(a)
            self.routes.append(route)
        self.layers: list[list[int]] = [[] for _ in range(max(self.ranks, default=-1) + 1)]


def _ranks(n: int, edges: list[tuple[int, int]]) -> list[int]:
    """The longest path from a source; a source stands right before its first use."""
    after: list[list[int]] = [[] for _ in range(n)]
    waiting = [0] * n
    for tail, head in edges:
        after[tail].append(head)
        waiting[head] += 1
    sources = [i for i in range(n) if not waiting[i]]
    ranks = [0] * n
    order = list(sources)
    for node in order:
        for head in after[node]:
            ranks[head] = max(ranks[head], ranks[node] + 1)
            waiting[head] -= 1
            if not waiting[head]:
                order.append(head)
    if len(order) < n:
        raise BadArgumentError("the graph has a cycle: a layered layout needs a direction")
    for node in sources:
        if after[node]:
            ranks[node] = min(ranks[head] for head in after[node]) - 1
    return ranks


# ---------------------------------------------------------------------------
# Order within the ranks


def _first_order(graph: Layers, n: int, from_sinks: bool) -> None:
    """Depth first from one end, so that what belongs together starts out together."""
    graph.layers = [[] for _ in graph.layers]
    seen = [False] * len(graph.ranks)
    ahead, behind = (graph.before, graph.after) if from_sinks else (graph.after, graph.before)
    for sink in (i for i in range(n) if not behind[i]):
        stack = [sink]
        while stack:
            node = stack.pop()
            if seen[node]:
                continue
            seen[node] = True
            graph.layers[graph.ranks[node]].append(node)
            stack.extend(reversed(ahead[node]))


def _reduce_crossings(graph: Layers, rounds: int, patience: int = 4) -> int:
    """Sweeps to and fro with swaps of neighbours; the best order met is kept."""
    position = [0] * len(graph.ranks)
    for layer in graph.layers:
        for i, node in enumerate(layer):
            position[node] = i
    best = count_crossings(graph, position)
    kept = [list(layer) for layer in graph.layers]
    idle = 0
    for sweep in range(rounds):
        if best == 0 or idle >= patience:
            break
        _mean_sweep(graph, position, forward=sweep % 2 == 0)
        _swap_neighbours(graph, position, ties=sweep % 4 > 1)
        now = count_crossings(graph, position)
        idle += 1
        if now < best:
            idle = 0 if now < 0.995 * best else idle
            best, kept = now, [list(layer) for layer in graph.layers]
    graph.layers = kept
    return best


def _mean_sweep(graph: Layers, position: list[int], forward: bool) -> None:
    """Order each rank by the mean place of the neighbours on both sides.

    Places are shares of a rank's length.  Looking at both sides at once keeps the two
    directions from undoing each other where leaves are shared, as the weights of a net are.
    """
    scale = [1.0 / max(1, len(layer)) for layer in graph.layers]
    last = len(graph.layers) - 1
    before, after = graph.before, graph.after
    for rank in range(last + 1) if forward else range(last, -1, -1):
        layer = graph.layers[rank]
        back, ahead = scale[max(0, rank - 1)], scale[min(last, rank + 1)]
        keys = {}
        for node in layer:
            count = len(before[node]) + len(after[node])
            total = sum([position[k] for k in before[node]]) * back
            total += sum([position[k] for k in after[node]]) * ahead
            keys[node] = total / count if count else position[node] * scale[rank]
        layer.sort(key=keys.__getitem__)
        for i, node in enumerate(layer):
            position[node] = i


def _swap_neighbours(graph: Layers, position: list[int], ties: bool) -> None:
    """Exchange adjacent nodes wherever that removes crossings, or at first makes none."""
    for layer in graph.layers:
        places = {
            node: (
                sorted([position[k] for k in graph.before[node]]),
                sorted([position[k] for k in graph.after[node]]),
            )
            for node in layer
        }
        improved, tries = True, 0
        while improved and tries < 3:
            improved = False
            tries += 1
            for i in range(len(layer) - 1):
                a, b = layer[i], layer[i + 1]
                before_a, after_a = places[a]
                before_b, after_b = places[b]
                gain = _inversions(before_a, before_b) + _inversions(after_a, after_b)
                if gain > 0 or (ties and gain == 0 and tries == 1):
                    layer[i], layer[i + 1] = b, a
                    improved = True
        for i, node in enumerate(layer):
            position[node] = i


def _inversions(upper: list[int], lower: list[int]) -> int:
    """Crossings that go away, less those that appear, when two neighbours change places."""
    if not upper or not lower or upper[-1] <= lower[0]:
        if upper and lower and upper[-1] <= lower[0]:
            equal_high = (
                upper.count(lower[0]) * lower.count(upper[-1]) if (upper[-1] == lower[0]) else 0
            )
            return equal_high - len(upper) * len(lower)
        return 0
    gain = 0
    for u in upper:
        for v in lower:
            gain += (u > v) - (u < v)
    return gain


def crossed(pairs: list[tuple[float, float]]) -> int:
    """How many of the segments between two ranks cross, given as places (tail, head)."""
    total = 0
    heads: list[float] = []
    for _, head in sorted(pairs):  # those that begin or end together do not cross
        at = bisect_right(heads, head)
        total += len(heads) - at
        heads.insert(at, head)
    return total


def count_crossings(graph: Layers, position: list[int]) -> int:
    """Crossings between adjacent ranks."""
    return sum(
        crossed(
            [
                (position[node], position[head])
                for node in layer
                for head in graph.after[node]
                if graph.ranks[head] == graph.ranks[node] + 1
            ]
        )
        for layer in graph.layers
    )


def ordered(n: int, edges: list[tuple[int, int]]) -> tuple[Layers, int]:
    """Ranks and their orders, and how much work the graph is: nodes, bends and segments.

    Raises:
        ValueError: the edges have a cycle.
    """
    graph = Layers(n, edges)
    effort = len(graph.ranks) + sum(len(route) - 1 for route in graph.routes)
    if effort >= 1_500:
        _first_order(graph, n, from_sinks=False)
        _reduce_crossings(graph, 5 if effort < 12_000 else (3 if effort < 60_000 else 2))
        return graph, effort
    _first_order(graph, n, from_sinks=True)
    best, layers = _reduce_crossings(graph, 24), graph.layers
    if best:
        _first_order(graph, n, from_sinks=False)
        if _reduce_crossings(graph, 24) < best:
            layers = graph.layers
    graph.layers = layers
    return graph, effort
