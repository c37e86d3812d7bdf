"""The pictures of the lectures' slides, as SVG.

    python docs/teachers/make_pictures.py [FOLDER]

writes them into ``docs/teachers/pictures``, or into the folder that is named.  Each is legible on a
light and on a dark slide, and its text is text: it scales, and can be searched.  Change a number
here and you have a picture of your own example.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from autograd_nn import MLP, Value, draw, explain, functions, parameter, scope
from autograd_nn.drawing import Drawing

PICTURES = Path(__file__).parent / "pictures"


def squared_error() -> tuple[Value, Value]:
    """The loss of one weight, ``(w * x - target) ** 2``, and the weight."""
    w, x, target = parameter(2.0, "w"), Value(5.0, "x"), Value(7.0, "target")
    error = w * x - target
    error.label = "error"
    loss = error**2
    loss.label = "loss"
    return loss, w


def forward() -> Drawing:
    """Lecture 1: the numbers on the way forward, no slopes yet."""
    return draw(squared_error()[0], values="data")


def backward() -> Drawing:
    """Lecture 2: the same with the slopes on the way back."""
    loss, _ = squared_error()
    loss.backward()
    return draw(loss)


def chain_rule() -> Drawing:
    """Lecture 2: the path from the loss to the weight, with the factor of each edge."""
    loss, w = squared_error()
    loss.backward()
    return explain(loss, wrt=w).draw()


def two_paths() -> Drawing:
    """Lecture 2: a value that is used twice; its slopes add."""
    w = parameter(3.0, "w")
    a, b = w * 2.0, w * 5.0
    a.label, b.label = "a", "b"
    y = a + b
    y.label = "y"
    y.backward()
    return draw(y)


def dead_relu() -> Drawing:
    """Lecture 1: one node passes its sum on, the other holds it at 0."""
    x = [Value(3.0, "x0"), Value(5.0, "x1")]
    weights = [[2.0, 4.0], [4.0, -5.0]]
    w = [[parameter(number, f"w{i}") for i, number in enumerate(row)] for row in weights]
    hidden = [functions.relu(functions.dot(row, x)) for row in w]
    out = functions.dot([parameter(2.0, "w0"), parameter(7.0, "w1")], hidden)
    out.label = "prediction"
    out.backward()
    return draw(out)


def network() -> Drawing:
    """Lecture 1: a network as circles, on one row."""
    return draw(MLP(3, [4, 4, 1], seed=0), [0.5, -1.0, 2.0])


def gradients() -> Drawing:
    """Lecture 3: the same network, its edges by the slope of the prediction."""
    prediction = MLP(3, [4, 4, 1], seed=0)([0.5, -1.0, 2.0])
    prediction.label = "prediction"
    prediction.backward()
    return draw(prediction, view="network", by="gradient")


def backpropagation() -> Drawing:
    """Lecture 3: a network in layers, each neuron a ledger, after ``backward()``."""
    prediction = MLP(2, [2, 2, 1], seed=0)([3.0, 5.0])
    prediction.label = "prediction"
    prediction.backward()
    return draw(prediction)


def many_rows() -> Drawing:
    """Lecture 3: one network on four rows of data: means."""
    model = MLP(2, [2, 1], seed=4)
    rows, targets = [[0, 3], [1, 2], [-1, -2], [4, 0]], [1, 3, 5, 7]
    with scope("mean squared error"):
        loss = sum((model(row) - t) ** 2 for row, t in zip(rows, targets, strict=True)) / 4
        loss.label = "loss"
    loss.backward()
    return draw(loss)


def loop() -> Drawing:
    """Lecture 4: a loop of 100 steps, which is drawn once."""
    position, speed = parameter(1.0, "position"), Value(0.0, "speed")
    at, v = position, speed
    for _ in range(100):
        v = v - 0.1 * functions.sin(at)
        at = at + 0.1 * v
    at.label = "position after 100 steps"
    at.backward()
    return draw(at)


def shared() -> Drawing:
    """Lecture 4: an engine walks each node once, in an order in which none comes too early."""
    a = parameter(2.0, "a")
    b = a * a
    b.label = "b"
    c = b + a
    c.label = "c"
    d = b * c
    d.label = "d"
    d.backward()
    return draw(d)


#: File name and what makes it, in the order of the lectures.
ALL: dict[str, Callable[[], Drawing]] = {
    "1-forward": forward,
    "1-dead-relu": dead_relu,
    "1-network": network,
    "2-backward": backward,
    "2-chain-rule": chain_rule,
    "2-two-paths": two_paths,
    "3-backpropagation": backpropagation,
    "3-gradients": gradients,
    "3-many-rows": many_rows,
    "4-shared": shared,
    "4-loop": loop,
}


def write_all(folder: Path) -> list[Path]:
    """Write every picture into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        Path(make().render(outfile=folder / f"{name}.svg", engine="builtin", cleanup=True))
        for name, make in ALL.items()
    ]


if __name__ == "__main__":
    for path in write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES):
        print("wrote", path)
