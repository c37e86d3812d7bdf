"""The slope derived by hand in the tutorial: right, and with ten classic mistakes.

    python examples/check_your_slopes.py --out pictures

prints what the check says of each, in a terminal of 80 columns, and draws the loss with the true
slopes.
"""

import argparse
from pathlib import Path

import numpy as np

from autograd_nn import Value, draw
from autograd_nn.checking import check_gradients

input_data = np.array([1.0, 2.0, 3.0])
weights = np.array([0.0, 2.0, 1.0])
target = 0.0


def loss(weights):
    """The squared error of a prediction, as in the tutorial."""
    return ((weights * input_data).sum() - target) ** 2


def error(weights):
    """How far the prediction is off."""
    return (weights * input_data).sum() - target


ATTEMPTS = {
    "The tutorial's slope": lambda w: 2 * input_data * error(w),
    "1. The 2 forgotten": lambda w: input_data * error(w),
    "2. The sign flipped": lambda w: -2 * input_data * error(w),
    "3. A mean where the loss has none": lambda w: 2 * input_data * error(w) / 3,
    "4. The input forgotten": lambda w: np.full(3, 2 * error(w)),
    "5. Along the inputs, not the weights": lambda w: 2 * w * error(w),
    "6. A stray .sum()": lambda w: np.full(3, (2 * input_data * error(w)).sum()),
    "7. The learning rate left inside": lambda w: 0.01 * 2 * input_data * error(w),
    "8. The square not lowered": lambda w: 2 * input_data * error(w) ** 2,
    "9. Off by one row": lambda w: np.roll(2 * input_data * error(w), 1),
    "10. The updated weights returned": lambda w: w - 0.01 * 2 * input_data * error(w),
}


def main() -> None:
    """Check each attempt, and draw what the slopes are of."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="where the picture goes")
    folder = parser.parse_args().out
    for title, slope in ATTEMPTS.items():
        print(f"{title}\n{'-' * len(title)}")
        print(check_gradients(loss, weights, slope), end="\n\n")
    squared = loss(np.array([Value(w, f"w{i + 1}") for i, w in enumerate(weights)]))
    squared.label = "loss"
    squared.backward()
    folder.mkdir(parents=True, exist_ok=True)
    print("picture:", draw(squared).render(outfile=folder / "slopes.svg", cleanup=True))


if __name__ == "__main__":
    main()
