"""Regression on real patients: a line, then a small network.  Takes about 5 seconds.

442 diabetes patients, ten measurements each, and how far the disease had gone a year
later (Efron, Hastie, Johnstone and Tibshirani, "Least angle regression", 2004); the
data come with scikit-learn.  A linear neuron trained by gradient descent must reach the
least-squares line that scikit-learn computes directly; a network of 8 hidden neurons is
compared with scikit-learn's own.  Picture: predictions against the truth.

    python examples/diabetes_line.py --out pictures
"""

import argparse
import warnings
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from autograd_nn import MLP
from autograd_nn.losses import root_mean_squared_error
from autograd_nn.optim import SGD, Adam
from autograd_nn.training import fit, predict


def main(out: Path, quick: bool) -> None:
    mpl.use("Agg")  # draw into files, no window
    X, y = load_diabetes(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
    scale_X, scale_y = StandardScaler().fit(X_train), StandardScaler().fit(y_train.reshape(-1, 1))
    Z_train, Z_test = scale_X.transform(X_train), scale_X.transform(X_test)
    t_train = scale_y.transform(y_train.reshape(-1, 1))[:, 0]

    def to_units(standardised):
        return scale_y.inverse_transform(standardised.reshape(-1, 1))[:, 0]

    line = MLP(10, [1], seed=0)
    fit(line, Z_train, t_train, optimizer=lambda ps: SGD(ps, lr=0.15, momentum=0.9),
        epochs=200 if quick else 2000, verbose=0)  # fmt: skip
    network = MLP(10, [8, 1], activation="tanh", seed=0)
    fit(network, Z_train, t_train, optimizer=lambda ps: Adam(ps, lr=3e-3, weight_decay=0.02),
        epochs=10 if quick else 60, batch_size=32, verbose=0)  # fmt: skip

    exact = LinearRegression().fit(Z_train, t_train)
    other = MLPRegressor(
        hidden_layer_sizes=(8,),
        activation="tanh",
        learning_rate_init=3e-3,
        batch_size=32,
        max_iter=10 if quick else 60,
        alpha=0.02,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is meant
        other.fit(Z_train, t_train)

    predictions = {
        "line, ours": to_units(predict(line, Z_test)),
        "line, scikit-learn": to_units(exact.predict(Z_test)),
        "network, ours": to_units(predict(network, Z_test)),
        "network, scikit-learn": to_units(other.predict(Z_test)),
    }
    print("held-out error, in units of the disease's measure (25 to 346):")
    errors = {name: root_mean_squared_error(y_test, p) for name, p in predictions.items()}
    for name, error in errors.items():
        print(f"  {name:22} {error:6.2f}")
    assert abs(errors["line, ours"] - errors["line, scikit-learn"]) < (0.5 if quick else 1e-3)

    out.mkdir(parents=True, exist_ok=True)
    figure, ax = plt.subplots(layout="constrained")
    for name, colour in (("line, ours", "#0072b2"), ("network, ours", "#d55e00")):
        ax.scatter(y_test, predictions[name], s=16, color=colour, label=name)
    ax.plot([25, 346], [25, 346], color="gray", linewidth=1, label="perfect")
    ax.set_xlabel("truth, a year later")
    ax.set_ylabel("predicted")
    ax.legend(frameon=False)
    figure.savefig(out / "diabetes_line.png", dpi=120)
    print(f"picture: {out / 'diabetes_line.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="where pictures go")
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    options = parser.parse_args()
    main(options.out, options.quick)
