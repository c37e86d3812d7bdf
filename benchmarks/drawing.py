"""How long pictures take, what they are like, and how many arrows cross, beside ``dot``'s.

    python -m benchmarks.drawing [--rounds 3] [--json drawing.json] [--pictures FOLDER]

Pure Python on one thread; each time is the median of several.  ``dot`` is run, where it is
installed, on the same layered net of about 1,000 values, as plain nodes and edges, and on every
value of each picture of the table that has few enough.  Shares of pixels need ``resvg-py``.
"""

import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd_nn import MLP, Value, scope
from autograd_nn.drawing import draw
from autograd_nn.drawing.graph import Simplified
from autograd_nn.drawing.layout import crossings, lay_out
from benchmarks.harness import arguments, finish
from benchmarks.pictures import PICTURES, batch, dot_picture, measure, recurrent


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


def layouts(rounds: int) -> list[dict[str, Any]]:
    """Time the layout of plain nodes and edges; the rows of the table."""
    rows = []
    print(f"{'nodes':>8} {'edges':>8} {'layout s':>9}")
    for count in (3, 28, 140):
        n, edges = net_edges(count)
        seconds = median_seconds(
            lambda n=n, edges=edges: lay_out(edges, [80.0] * n, [50.0] * n), rounds
        )
        print(f"{n:8,} {len(edges):8,} {seconds:9.2f}")
        rows.append({"work": f"layout of {n:,} nodes and {len(edges):,} edges", "median": seconds})
    if shutil.which("dot"):
        n, edges = net_edges(3)
        ours, theirs = own_crossings(n, edges), dot_crossings(n, edges)
        print(f"crossings at {n:,} nodes: built-in {ours:,}, dot {theirs:,}: {ours / theirs:.2f}x")
        work = f"crossings at {n:,} nodes"
        rows.append({"work": work, "built-in": f"{ours:,}", "dot": f"{theirs:,}"})
    return rows


def whole_pictures(rounds: int) -> list[dict[str, Any]]:
    """Time ``draw`` up to the SVG; the rows of the table."""
    rows = []
    for name, root in (
        ("a network on 17 rows, 11,000 values", batch([16, 16, 1], 17)),
        ("an unrolled loop, 11,000 values", recurrent(1_800)),
        ("an unrolled loop, 1,000,000 values", large_graph(1_000_000)),
    ):
        seconds = median_seconds(lambda root=root: draw(root).pipe("svg"), rounds)
        print(f"{name}: {seconds:.2f} s")
        rows.append({"work": f"draw {name}", "median": seconds})
    return rows


def what_pictures_are_like(folder: Path | None = None) -> list[dict[str, Any]]:
    """Measure each picture, and print it; writes it where a folder is given."""
    rows = []
    for name, (make, options, _) in PICTURES.items():
        root = make()
        drawing = draw(root, **options)
        if folder is not None:
            drawing.render(outfile=folder / f"{name.replace(' ', '-')}.svg", cleanup=True)
        found = measure(drawing.scene)
        row = {
            "work": f"picture: {name}",
            "size": f"{found.width:.0f} x {found.height:.0f}",
            "outside bands and boxes": f"{found.outside:.0%}",
            "blank": f"{found.blank:.0%}",
            "smallest text": f"{found.smallest:g} px",
            "overlaps": f"{found.overlaps}",
            "crossings": f"{found.crossings}",
        }
        dot = dot_picture(root) if shutil.which("dot") else None
        if dot is not None:
            crossed, width, height, text = dot
            row["dot: crossings"] = f"{crossed:,}"
            row["dot: size"] = f"{width:.0f} x {height:.0f}"
            row["dot: its text at 900 px"] = f"{text:.1f} px"
        print(", ".join(f"{key} {value}" for key, value in row.items()))
        rows.append(row)
    return rows


def main() -> None:
    """Print and write the tables, and write the pictures where a folder is given."""
    options = arguments(__doc__ or "", {"--pictures": "a folder for the pictures"})
    rounds = min(options.rounds, 3)
    rows = layouts(rounds) + whole_pictures(rounds)
    finish(rows + what_pictures_are_like(options.pictures), options.json)


if __name__ == "__main__":
    main()
