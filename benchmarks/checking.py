"""What a gradient check costs: one scalar check, and a network of 10,000 parameters.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/checking.py
"""

import statistics
import time

import numpy as np

from autograd_nn import value_and_grad
from autograd_nn.checking import check_gradients


def median(f, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


rng = np.random.default_rng(0)
HIDDEN, INPUTS = 99, 101  # 99 * 101 + 99 = 10,098 parameters
x = rng.normal(size=INPUTS)
weights = {"first": rng.normal(size=(HIDDEN, INPUTS)) * 0.1, "second": rng.normal(size=HIDDEN)}


def loss(w):
    """The squared error of a network with one hidden layer."""
    return (np.dot(w["second"], np.tanh(np.dot(w["first"], x))) - 1.0) ** 2


if __name__ == "__main__":
    assert check_gradients(loss, weights)
    one_pass = median(lambda: value_and_grad(loss)(weights), 7)
    check = median(lambda: check_gradients(loss, weights), 3)
    count = sum(a.size for a in weights.values())
    print(f"{count} parameters: check {check * 1e3:.0f} ms = {check / one_pass:.1f} passes")

    def scalar():
        """The tutorial's slope of one weight."""
        return check_gradients(lambda w: (w * 5 - 7) ** 2, 2.0, lambda w: 10 * (w * 5 - 7))

    assert scalar()
    print(f"one scalar check: {median(scalar, 51) * 1e3:.2f} ms (at most 5 ms wanted)")
