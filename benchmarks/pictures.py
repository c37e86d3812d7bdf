"""The graphs whose pictures are measured, and what is measured of a picture.

A picture is painted by ``resvg`` with a colour of its own for the page and for the bands, and the
pixels are counted.
"""

import math
import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autograd_nn import MLP, Value, parameter, scope
from autograd_nn.drawing import draw
from autograd_nn.drawing.palette import COLOURS
from autograd_nn.drawing.scene import Edge, Scene
from autograd_nn.drawing.svg import curve, svg_text
from autograd_nn.drawing.text import text_width
from autograd_nn.engine import topological_order
from autograd_nn.functions import softmax

Point = tuple[float, float]


# ---------------------------------------------------------------------------
# Graphs, with backward run


def network(sizes: list[int], row: list[float]) -> Value:
    """The output of a network on one row."""
    out = MLP(len(row), sizes, seed=0)(row)
    out.backward()
    return out


def batch(sizes: list[int], rows: int) -> Value:
    """The mean squared error of a network on some rows."""
    model = MLP(2, sizes, seed=0)
    errors = [(model([0.1 * i - 0.4, 0.9 - 0.2 * i]) - 1.0) ** 2 for i in range(rows)]
    loss = sum(errors[1:], errors[0]) / rows
    loss.label = "loss"
    loss.backward()
    return loss


def neuron() -> Value:
    """The squared error of one neuron."""
    x1, x2, target = Value(2.0, "x1"), Value(0.0, "x2"), Value(2.0, "target")
    w1, w2, b = parameter(-3.0, "w1"), parameter(1.0, "w2"), parameter(6.8814, "b")
    with scope("neuron"):
        n = w1 * x1 + w2 * x2 + b
        out = n.relu()
    with scope("squared error"):
        error = out - target
        loss = error**2
    for value, name in ((n, "n"), (out, "out"), (error, "error"), (loss, "loss")):
        value.label = name
    loss.backward()
    return loss


def recurrent(steps: int = 1000) -> Value:
    """``h = tanh(w*h + u*x + b)`` over a noisy wave."""
    noise = random.Random(0)
    w, u, b = parameter(0.97, "w"), parameter(0.12, "u"), parameter(0.01, "b")
    h = Value(0.0, "h0")
    for t in range(1, steps + 1):
        x = Value(math.sin(t / 25.0) + noise.gauss(0.0, 0.2), f"x{t}")
        h = (w * h + u * x + b).tanh()
        h.label = f"h{t}"
    loss = (h - 0.5) ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def pendulum(steps: int = 10_000) -> Value:
    """The angle of a damped pendulum, by the semi-implicit Euler method."""
    length, damping = Value(1.35, "length"), Value(0.3, "damping")
    angle, speed, step = Value(1.2, "angle0"), Value(0.0, "speed0"), 0.01
    stiffness = 9.81 / length
    for _ in range(steps):
        speed = speed - step * (stiffness * angle.sin() + damping * speed)
        angle = angle + step * speed
    angle.backward()
    return angle


def attention(positions: int = 4, width: int = 4) -> Value:
    """One layer of attention over a few positions."""
    noise = random.Random(0)
    rows = [[Value(noise.random(), f"x{i}") for i in range(width)] for _ in range(positions)]

    def matrix() -> list[list[Value]]:
        return [[parameter(noise.gauss(0.0, 0.5)) for _ in range(width)] for _ in range(width)]

    def times(weights: list[list[Value]], row: list[Value], name: str) -> list[Value]:
        with scope(name):
            return [sum((w * x for w, x in zip(r, row)), Value(0.0)) for r in weights]

    query, key, value, out = matrix(), matrix(), matrix(), matrix()
    queries = [times(query, row, "query") for row in rows]
    keys = [times(key, row, "key") for row in rows]
    values = [times(value, row, "value") for row in rows]
    outputs = []
    for q in queries:
        with scope("attention"):
            scores = [sum(a * b for a, b in zip(q, k)) / math.sqrt(width) for k in keys]
            weights = softmax(scores)
            mixed = [sum(w * v[i] for w, v in zip(weights, values)) for i in range(width)]
        outputs.append(times(out, mixed, "output"))
    loss = sum(y * y for row in outputs for y in row)
    loss.label = "loss"
    loss.backward()
    return loss


#: name: (the graph, options of ``draw``, whether it is a network)
PICTURES: dict[str, tuple[Callable[[], Value], dict[str, object], bool]] = {
    "neuron": (neuron, {}, False),
    "2-2-1": (lambda: network([2, 2, 1], [3.0, 5.0]), {}, True),
    "2-2-1, circles": (lambda: network([2, 2, 1], [3.0, 5.0]), {"view": "network"}, True),
    "2-8-1": (lambda: network([8, 1], [3.0, 5.0]), {}, True),
    "2-16-16-1": (lambda: network([16, 16, 1], [0.4, -0.9]), {}, True),
    "2-16-16-1, circles": (
        lambda: network([16, 16, 1], [0.4, -0.9]), {"view": "network"}, True,
    ),
    "2-16-16-1, 20 rows": (lambda: batch([16, 16, 1], 20), {}, True),
    "2-16-16-16-16-1": (lambda: network([16, 16, 16, 16, 1], [0.4, -0.9]), {}, True),
    "recurrent, 1,000 steps": (recurrent, {}, False),
    "attention": (attention, {}, True),
    "pendulum, 10,000 steps": (pendulum, {}, False),
}  # fmt: skip


# ---------------------------------------------------------------------------
# Measuring


@dataclass
class Measured:
    """A picture's size in px, shares from 0 to 1, its smallest text in px, and counts."""

    width: float
    height: float
    outside: float
    blank: float
    smallest: float
    overlaps: int
    crossings: int


def measure(scene: Scene) -> Measured:
    """What the picture of a scene is like."""
    texts = scene.texts()
    return Measured(
        scene.width,
        scene.height,
        *shares(scene),
        min((text.size for text in texts), default=math.inf),
        len(overlaps(scene)),
        crossings([curve(m) for p in scene.parts for m in p.marks if isinstance(m, Edge)]),
    )


def shares(scene: Scene) -> tuple[float, float]:
    """How much lies outside bands and boxes, and how much has no ink or fill but the bands'."""
    import resvg_py

    svg = svg_text(scene, theme="light")
    page, band, ribbon = "#FF00FF", "#00FF00", "#00FFFF"
    for name, marked in (("page", page), ("band", band), ("ribbon", ribbon)):
        svg = svg.replace(f".f-{name}{{fill:{COLOURS[name][0]}}}", f".f-{name}{{fill:{marked}}}")
    pixels = decode(bytes(resvg_py.svg_to_bytes(svg_string=svg)))[..., :3].astype(int)

    def share(colour: str) -> float:
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        return float(np.all(pixels == wanted, axis=-1).mean())

    outside = share(page)
    return outside, outside + share(band) + share(ribbon)


def decode(png: bytes) -> np.ndarray:
    """The pixels of a PNG with eight bits a channel, RGB or RGBA, not interlaced."""
    at, data, width, height, channels = 8, b"", 0, 0, 4
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
            channels = {2: 3, 6: 4}[body[9]]
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    raw = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * channels)
    rows = np.zeros((height, width, channels), np.uint8)
    above = np.zeros((width, channels), np.int64)
    for y in range(height):
        line = raw[y, 1:].reshape(width, channels).astype(np.int64)
        filtered, out = raw[y, 0], np.zeros((width, channels), np.int64)
        if filtered in (0, 2):
            out = (line + (above if filtered == 2 else 0)) % 256
        elif filtered == 1:
            out = np.cumsum(line, axis=0) % 256
        else:
            left = corner = np.zeros(channels, np.int64)
            for x in range(width):
                up = above[x]
                guess = (left + up) // 2 if filtered == 3 else _paeth(left, up, corner)
                out[x] = left = (line[x] + guess) % 256
                corner = up
        rows[y], above = out, out
    return rows


def _paeth(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return np.where((pa <= pb) & (pa <= pc), a, np.where(pb <= pc, b, c))


def overlaps(scene: Scene) -> list[tuple[str, str]]:
    """Pairs of texts that lie on each other, by their estimated widths."""
    boxes = []
    for text in scene.texts():
        wide = 0.94 * text_width(text.words, text.size, bold=text.bold)
        left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
        boxes.append((left, text.y - 0.7 * text.size, left + wide, text.y, text.words))
    return [
        (a[4], b[4])
        for a, b in combinations(boxes, 2)
        if a[0] < b[2] - 0.5 and b[0] < a[2] - 0.5 and a[1] < b[3] - 0.5 and b[1] < a[3] - 0.5
    ]


def crossings(lines: list[list[Point]]) -> int:
    """How many pairs of lines meet between their ends."""
    boxes = [
        (min(x for x, _ in line), min(y for _, y in line), max(x for x, _ in line),
         max(y for _, y in line))
        for line in lines
    ]  # fmt: skip
    found = 0
    for (a, box), (b, other) in combinations(zip(lines, boxes), 2):
        if box[0] > other[2] or other[0] > box[2] or box[1] > other[3] or other[1] > box[3]:
            continue
        ends = (a[0], a[-1], b[0], b[-1])
        found += any(_cross(p, q, r, s, ends) for p, q in zip(a, a[1:]) for r, s in zip(b, b[1:]))
    return found


def _cross(p: Point, q: Point, r: Point, s: Point, ends: tuple[Point, ...]) -> bool:
    """Whether two segments cross, elsewhere than within 3 px of an end of their lines."""
    dx, dy, ex, ey = q[0] - p[0], q[1] - p[1], s[0] - r[0], s[1] - r[1]
    turn = dx * ey - dy * ex
    if abs(turn) < 1e-9:
        return False
    t = ((r[0] - p[0]) * ey - (r[1] - p[1]) * ex) / turn
    u = ((r[0] - p[0]) * dy - (r[1] - p[1]) * dx) / turn
    if not (0.0 <= t <= 1.0 and 0.0 <= u <= 1.0):
        return False
    at = (p[0] + t * dx, p[1] + t * dy)
    return all(math.dist(at, end) > 3.0 for end in ends)


def dot_picture(root: Value) -> tuple[int, float, float, float] | None:
    """Crossings, size in px, and the height of 9 pt text at 900 px width, of dot's picture."""
    if len(topological_order(root)) > 2_000:
        return None
    source = draw(root, expand="*").source
    plain = subprocess.run(
        ["dot", "-Tplain"], input=source, capture_output=True, text=True, timeout=300, check=True
    ).stdout.splitlines()
    width, height = (float(x) * 96 for x in plain[0].split()[2:4])
    lines = []
    for line in plain:
        if line.startswith("edge"):
            parts = line.split()
            numbers = [96 * float(p) for p in parts[4 : 4 + 2 * int(parts[3])]]
            lines.append(list(zip(numbers[0::2], numbers[1::2])))
    return crossings(lines), width, height, 12.0 * min(1.0, 900 / width)
