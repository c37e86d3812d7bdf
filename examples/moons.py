"""Two moons: micrograd's demo, trained to 100 % by ``fit``.  Takes about 5 seconds.

The data, the network (2-16-16-1), the loss (hinge plus L2) and the falling learning
rate are those of Andrej Karpathy's demo notebook of micrograd.  Pictures: the decision
boundary and the loss curve.

    python examples/moons.py --out pictures
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import make_moons

from autograd_nn import MLP, losses
from autograd_nn.optim import SGD, LinearLR
from autograd_nn.training import accuracy, fit, plot_decision_boundary, predict, to_labels


def main(out: Path, quick: bool) -> None:
    mpl.use("Agg")  # draw into files, no window
    X, zero_or_one = make_moons(n_samples=100, noise=0.1, random_state=1337)
    y = zero_or_one * 2 - 1
    model = MLP(2, [16, 16, 1], seed=1337)

    def loss(y_true, y_pred):
        small_weights = 1e-4 * sum(p * p for p in model.parameters())
        return losses.hinge(y_true, y_pred) + small_weights

    epochs = 60 if quick else 200
    optimizer = SGD(model.parameters(), lr=1.0)
    falling = LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=epochs)
    history = fit(
        model, X, y, loss=loss, optimizer=optimizer, epochs=epochs, callbacks=[falling], verbose=0
    )

    share = accuracy(y, to_labels(predict(model, X), "hinge"))
    print(f"{epochs} epochs: loss {history['loss'][-1]:.4f}, accuracy {share:.0%}")
    out.mkdir(parents=True, exist_ok=True)
    resolution = 40 if quick else 150
    boundary = plot_decision_boundary(model, X, y, resolution=resolution)
    boundary.axes[0].set_title(f"two moons, {share:.0%} right")
    boundary.savefig(out / "moons_boundary.png", dpi=120)
    history.plot().savefig(out / "moons_loss.png", dpi=120)
    print(f"pictures: {out / 'moons_boundary.png'}, {out / 'moons_loss.png'}")
    assert share == 1.0 or quick, np.round(share, 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="where pictures go")
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args()
    main(options.out, options.quick)
