"""Draw one neuron and its squared error, and step through its backpropagation.

    python examples/draw_neuron.py --out drawing-output

writes ``neuron.svg``, ``neuron.png`` and ``neuron.html`` in about a second.  It
works with Graphviz and without; PNG without Graphviz needs ``pip install 'autograd_nn[png]'``.
"""

import argparse
from pathlib import Path

from autograd_nn import Value, parameter, scope
from autograd_nn.drawing import DrawingError, derivative_text, draw, step_through


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


def main() -> None:
    """Write the three files, and print the slope of ``w1`` as the chain rule gives it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("drawing-output"), help="the folder")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    loss, w1 = neuron_loss()
    loss.backward()
    print(derivative_text(loss, wrt=w1))
    picture = draw(loss)
    for name in ("neuron.svg", "neuron.png"):
        try:
            print("wrote", picture.render(outfile=folder / name, cleanup=True))
        except DrawingError as error:
            print(f"no {name}: {error}")
    print("wrote", step_through(loss, folder / "neuron.html"))


if __name__ == "__main__":
    main()
