"""scikit-learn's pipeline and grid search around a network of this package.  Takes 20 seconds.

Iris flowers (Fisher, 1936), which scikit-learn ships, are scaled and told apart by a small
network; the search tries sizes of the hidden layer and strengths of the penalty on
three folds.  The picture shows the mean accuracy of each setting.

    python examples/grid_search.py --out pictures
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from autograd_nn.sklearn import MLPClassifier


def main(out: Path, quick: bool) -> None:
    mpl.use("Agg")  # draw into files, no window
    X, y = load_iris(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    model = Pipeline(
        [
            ("scale", StandardScaler()),
            ("net", MLPClassifier(random_state=0, max_iter=60)),
        ]
    )
    sizes, alphas = [(2,), (8,), (16,)], [0.0, 1e-3, 1e-1]
    grid = {
        "net__hidden_layer_sizes": sizes[:2] if quick else sizes,
        "net__alpha": alphas[:2] if quick else alphas,
    }
    search = GridSearchCV(model, grid, cv=2 if quick else 3)
    search.fit(X, y)
    print(f"best: {search.best_params_}, {search.best_score_:.1%} on the folds")
    share = search.score(X_test, y_test)
    print(f"{share:.1%} of {len(y_test)} flowers that no fold has seen")

    scores = search.cv_results_["mean_test_score"].reshape(len(grid["net__alpha"]), -1)
    figure, ax = plt.subplots(figsize=(5.6, 3.6), layout="constrained")
    shown = ax.imshow(scores, cmap="Blues", vmin=scores.min() - 0.02, vmax=scores.max())
    ax.set_xticks(range(scores.shape[1]), [str(s[0]) for s in grid["net__hidden_layer_sizes"]])
    ax.set_yticks(range(scores.shape[0]), [f"{a:g}" for a in grid["net__alpha"]])
    for (i, j), score in np.ndenumerate(scores):
        ax.text(j, i, f"{score:.1%}", ha="center", va="center",
                color="white" if score > scores.mean() else "black")  # fmt: skip
    ax.set_xlabel("neurons in the hidden layer")
    ax.set_ylabel("alpha")
    figure.colorbar(shown, label="mean accuracy")
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "grid_search.png", dpi=120)
    print(f"picture: {out / 'grid_search.png'}")
    assert share > 0.85, share


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="where pictures go")
    parser.add_argument("--quick", action="store_true", help="a smaller grid")
    options = parser.parse_args()
    main(options.out, options.quick)
