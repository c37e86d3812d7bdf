"""Train a small network on the moons data, written with plain loops and run by the jit.

    python examples/jit_moons.py --out pictures

The loss is micrograd's demo: loops over rows, neurons and weights.  The jit
records it once, finds the matrix products, and each step then takes about as
long as the same step written by hand in NumPy.  The picture is the decision boundary.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from autograd_nn import MLP
from autograd_nn.jit import jit
from autograd_nn.training import plot_decision_boundary

rng = np.random.default_rng(1)
angle = np.linspace(0, np.pi, 50)
outer, inner = np.c_[np.cos(angle), np.sin(angle)], np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)]
X = np.concatenate([outer, inner]) + rng.normal(0, 0.1, (100, 2))
y = np.r_[np.ones(50), -np.ones(50)]

model = MLP(2, [16, 16, 1], seed=0)


def loss(X, y):
    """The hinge loss with a small penalty on the weights."""
    margins = [(1 - target * model(list(row))).relu() for row, target in zip(X, y, strict=True)]
    return sum(margins) / len(margins) + 1e-4 * sum(p * p for p in model.parameters())


def draw_boundary(folder: Path) -> None:
    """Draw what the network says of the plane, where matplotlib is installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("For the picture: pip install '.[plot]'. Everything else ran.")
        return
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "jit_moons.png"
    plot_decision_boundary(model, X, y).savefig(path, dpi=120)
    print(f"picture: {path}")


def main() -> None:
    """Record, show what was found, train, and write the parameters back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="where the picture goes")
    options = parser.parse_args()
    fast = jit(loss)
    start = time.perf_counter()
    fast.value_and_grad(X, y, argnums=model)
    print(f"recorded and compiled in {time.perf_counter() - start:.2f} s")
    print(fast.program(X, y))

    theta = np.array([p.data for p in model.parameters()])  # one flat vector
    start = time.perf_counter()
    for step in range(500):
        value, slopes = fast.value_and_grad(X, y, argnums=model, vector=theta)
        theta -= 0.2 * slopes
        if step % 100 == 0:
            print(f"step {step:4d}: loss {value:.4f}")
    spent = time.perf_counter() - start
    for p, x in zip(model.parameters(), theta.tolist(), strict=True):
        p.data = x
    right = np.mean([model(list(row)).data * target > 0 for row, target in zip(X, y, strict=True)])
    print(f"500 steps in {spent:.2f} s; {right:.0%} of the points on the right side")
    draw_boundary(options.out)


if __name__ == "__main__":
    main()
