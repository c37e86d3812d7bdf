"""The tutorial's closing promise, "a couple of lines": a trained network.  Takes 3 seconds.

The target is the tutorial's: two hidden layers that learn a number from two inputs, here
their product, from 200 examples.  Picture: the loss, epoch by epoch.

    python examples/couple_of_lines.py --out pictures
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np

from autograd_nn import MLP
from autograd_nn.training import fit, predict


def main(out: Path, quick: bool) -> None:
    mpl.use("Agg")  # draw into files, no window
    X = np.random.default_rng(0).uniform(-2, 2, (200, 2))
    y = X[:, 0] * X[:, 1]

    # The couple of lines:
    model = MLP(2, [16, 16, 1], activation="tanh", seed=0)
    history = fit(model, X, y, epochs=50 if quick else 300, batch_size=10, verbose=0)

    print(f"loss: {history['loss'][0]:.4f} in the first epoch, {history['loss'][-1]:.4f} now")
    for a, b in ([1.0, 1.5], [-0.5, 1.0], [-1.2, -1.0]):
        print(f"{a:4} * {b:4} = {a * b:5.2f}, the network says {predict(model, [[a, b]])[0]:5.2f}")
    out.mkdir(parents=True, exist_ok=True)
    history.plot().savefig(out / "couple_of_lines.png", dpi=120)
    print(f"picture: {out / 'couple_of_lines.png'}")
    assert history["loss"][-1] < (1.5 if quick else 0.002)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="where pictures go")
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args()
    main(options.out, options.quick)
