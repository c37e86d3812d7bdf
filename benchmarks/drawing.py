"""How long pictures take, and how many arrows cross, beside Graphviz's ``dot``.

    python benchmarks/drawing.py [rounds]

Pure Python on one thread; each time is the median of several.  ``dot`` is run on the same
layered net of about 1,000 values, as plain nodes and edges, where it is installed.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from autograd_nn import MLP, Value, scope
from autograd_nn.drawing import draw
from autograd_nn.drawing.graph import Simplified
from autograd_nn.drawing.layout import crossings, lay_out


def median_seconds(work: Callable[[], Any], rounds: int) -> float:
    """The median time of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def net_edges(rows: int) -> tuple[int, list[tuple[int, int]]]:
    """A 2-8-8-1 net on some rows: values and operations as numbered nodes, and the edges."""
    model = MLP(2, [8, 8, 1], seed=1)
    total = Value(0.0)
    for i in range(rows):
        total = total + model([0.1 * i, -0.3 * i])
    graph = Simplified([total])
    edges, node = [], len(graph.order)
    for i, pairs in enumerate(graph.operands):
        if pairs:
            edges.append((node, i))
            edges.extend((k, node) for k, _ in pairs)
            node += 1
    return node, edges


def own_crossings(n: int, edges: list[tuple[int, int]]) -> int:
    """Crossings of the built-in layout."""
    placed = lay_out(edges, [80.0] * n, [50.0] * n)
    rank = {x: i for i, x in enumerate(sorted(set(placed.along)))}
    return crossings([rank[x] for x in placed.along], placed.routes, placed.across)


def dot_crossings(n: int, edges: list[tuple[int, int]]) -> int:
    """Crossings of dot's layout, counted on its curves between the ranks."""
    lines = "".join(f"n{a} -> n{b};\n" for a, b in edges)
    source = f'digraph {{ rankdir=LR; node [shape=box, width=1.1, height=0.7, label=""];\n{lines}}}'
    made = subprocess.run(
        ["dot", "-Tjson"], input=source, capture_output=True, text=True, check=True, timeout=600
    )
    found = json.loads(made.stdout)
    at = [tuple(map(float, o["pos"].split(","))) for o in found["objects"]]
    columns = sorted({round(x) for x, _ in at})
    rank = {x: i for i, x in enumerate(columns)}
    ranks = [rank[round(x)] for x, _ in at]
    across = [y for _, y in at]
    routes = []
    for edge in found["edges"]:
        tail, head = edge["tail"], edge["head"]
        points = [
            tuple(map(float, p.split(","))) for p in edge["pos"].split() if not p.startswith("e,")
        ]
        route = [tail]
        for column in range(ranks[tail] + 1, ranks[head]):
            x = columns[column]
            nearest = min(points, key=lambda p, x=x: abs(p[0] - x))
            ranks.append(column)
            across.append(nearest[1])
            route.append(len(ranks) - 1)
        routes.append([*route, head])
    return crossings(ranks, routes, across)


def large_graph(values: int) -> Value:
    """A graph of about that many values in fifty scopes."""
    total, x = Value(1.0), Value(0.5, "x")
    for k in range(50):
        with scope(f"part {k}"):
            for _ in range(values // 100):
                total = (total * x).relu()
    total.backward()
    return total


def main(rounds: int = 3) -> None:
    """Print the table."""
    print(f"{'nodes':>8} {'edges':>8} {'layout s':>9}")
    for rows in (3, 28, 140):
        n, edges = net_edges(rows)
        seconds = median_seconds(
            lambda n=n, edges=edges: lay_out(edges, [80.0] * n, [50.0] * n), rounds
        )
        print(f"{n:8,} {len(edges):8,} {seconds:9.2f}")
    if shutil.which("dot"):
        n, edges = net_edges(3)
        ours, theirs = own_crossings(n, edges), dot_crossings(n, edges)
        print(f"crossings at {n:,} nodes: built-in {ours:,}, dot {theirs:,}: {ours / theirs:.2f}x")
    root = large_graph(1_000_000)
    seconds = median_seconds(lambda: draw(root, engine="builtin").pipe("svg"), rounds)
    print(f"1,000,000 values in groups: {seconds:.2f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
