"""Draw one neuron and a small network, and step through a backpropagation.

    python examples/draw_neuron.py --out drawing-output

writes ``neuron.svg``, ``network.svg``, ``circles.svg``, ``neuron.png`` and ``neuron.html`` in about
a second.  SVG needs nothing but the package; PNG needs Graphviz or ``pip install
'autograd_nn[png]'``.  ``--readme`` writes the pictures of the README anew, beside this file.
"""

import argparse
from pathlib import Path

from autograd_nn import MLP, Value, parameter, scope
from autograd_nn.drawing import Drawing, DrawingError, derivative_text, draw, step_through


def neuron_loss() -> tuple[Value, Value]:
    """The squared error of ``relu(w1*x1 + w2*x2 + b)``, and the weight ``w1``."""
    x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
    target = Value(2.0, "target")
    w1, w2, b = parameter(-3.0, "w1"), parameter(1.0, "w2"), parameter(6.8814, "b")
    with scope("neuron"):
        n = w1 * x1 + w2 * x2 + b
        n.label = "n"
        out = n.relu()
        out.label = "out"
    with scope("squared error"):
        error = out - target
        error.label = "error"
        loss = error**2
        loss.label = "loss"
    return loss, w1


def pictures() -> dict[str, Drawing]:
    """The neuron value by value, and the tutorial's network in layers and as circles."""
    loss, _ = neuron_loss()
    loss.backward()
    prediction = MLP(2, [2, 2, 1], seed=0)([3.0, 5.0])
    prediction.backward()
    return {
        "neuron": draw(loss, engine="builtin"),
        "network": draw(prediction, engine="builtin"),
        "circles": draw(prediction, view="network", engine="builtin"),
    }


def main() -> None:
    """Write the files, and print the slope of ``w1`` as the chain rule gives it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("drawing-output"), help="the folder")
    parser.add_argument("--readme", action="store_true", help="only the README's pictures")
    options = parser.parse_args()
    folder = Path(__file__).parent if options.readme else options.out
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pictures()
    for name, picture in drawn.items():
        print("wrote", picture.render(outfile=folder / f"{name}.svg", cleanup=True))
    if options.readme:
        return
    loss, w1 = neuron_loss()
    loss.backward()
    print(derivative_text(loss, wrt=w1))
    try:
        print("wrote", drawn["neuron"].render(outfile=folder / "neuron.png", cleanup=True))
    except DrawingError as error:
        print(f"no neuron.png: {error}")
    step_through(loss, folder / "neuron.html")
    print("wrote", folder / "neuron.html")


if __name__ == "__main__":
    main()
