"""Training on handwritten digits: ``fit`` against scikit-learn's MLPClassifier and PyTorch.

Three tables: the whole training; the time until 96 % of the held-out digits are read right, each
contestant after every epoch; and one epoch of a wide network, 784-128-10, on random rows.

The same network (64-32-10 of relus), rows, batch size, optimiser (Adam), learning rate
and epochs for all.  PyTorch starts from the same weights and takes the batches in the
same order, so its final loss must be the same number; scikit-learn draws its own, so
its held-out accuracy must be the same within two per cent.  Times are of the whole
training, recording and compiling included.

    python -m benchmarks.training --json training.json
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

from benchmarks.harness import (
    arguments,
    compare,
    finish,
    installed,
    interleaved,
    pin_threads,
    report,
)

pin_threads()

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from autograd_nn import MLP, engine_is_compiled
from autograd_nn.optim import Adam
from autograd_nn.saving import state_dict
from autograd_nn.training import accuracy, fit, predict, to_labels

EPOCHS, BATCH, HIDDEN, RATE = 40, 32, 32, 3e-3
Result = tuple[float, float]  # the loss over the last epoch, the held-out accuracy


def data() -> list[Any]:
    """Training inputs, held-out inputs, training labels, held-out labels."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16.0, y, test_size=0.25, stratify=y, random_state=0)


X_train, X_test, y_train, y_test = data()


def ours(compiled: bool = True, epochs: int = EPOCHS) -> Result:
    """``fit``, through the jit or through the engine."""
    model = MLP(64, [HIDDEN, 10], seed=0)
    history = fit(
        model, X_train, y_train, loss="cross_entropy", epochs=epochs, batch_size=BATCH, verbose=0,
        optimizer=lambda parameters: Adam(parameters, lr=RATE), compiled=compiled,
    )  # fmt: skip
    said = to_labels(predict(model, X_test))
    return history["loss"][-1], accuracy(y_test, said)


def with_scikit_learn() -> Result:
    """The same number of epochs: its early end is switched off."""
    model = MLPClassifier(
        (HIDDEN,), alpha=0.0, batch_size=BATCH, learning_rate_init=RATE, max_iter=EPOCHS,
        n_iter_no_change=EPOCHS, tol=0.0, random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X_train, y_train)
    return float(model.loss_), float(model.score(X_test, y_test))


def with_torch(precision: str, goal: float = 2.0) -> Result:
    """The usual loop, from our initial weights, with our order of batches, up to a goal."""
    import torch

    torch.set_num_threads(1)
    kind = getattr(torch, precision)
    first, second = torch.nn.Linear(64, HIDDEN), torch.nn.Linear(HIDDEN, 10)
    model = torch.nn.Sequential(first, torch.nn.ReLU(), second).to(kind)
    state = state_dict(MLP(64, [HIDDEN, 10], seed=0))
    with torch.no_grad():
        for k, layer in enumerate((first, second)):
            for j in range(layer.out_features):
                name = f"layers.{k}.neurons.{j}"
                layer.weight[j] = torch.tensor(state[f"{name}.w"], dtype=kind)
                layer.bias[j] = float(state[f"{name}.b"])
    X, y = torch.tensor(X_train, dtype=kind), torch.tensor(y_train)
    loss_of, adam = torch.nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=RATE)
    rng = np.random.default_rng(0)
    for _ in range(EPOCHS):
        order, total = torch.from_numpy(rng.permutation(len(X))), 0.0
        for start in range(0, len(X), BATCH):
            rows = order[start : start + BATCH]
            loss = loss_of(model(X[rows]), y[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(rows)
        if goal <= 1.0:
            with torch.no_grad():
                said = model(torch.tensor(X_test, dtype=kind)).argmax(1)
            if (said == torch.tensor(y_test)).double().mean() >= goal:
                break
    with torch.no_grad():
        said = model(torch.tensor(X_test, dtype=kind)).argmax(1)
    return total / len(X), float((said == torch.tensor(y_test)).double().mean())


# -- until 96 % are read right --------------------------------------------------------------

GOAL = 0.96


def ours_to_goal() -> None:
    """``fit``, which a callback stops."""

    def read(y: Any, outputs: Any) -> float:
        return accuracy(y, to_labels(outputs))

    def stop(run: Any) -> None:
        if run.history["val_read"][-1] >= GOAL:
            run.stop("read well")

    history = fit(
        MLP(64, [HIDDEN, 10], seed=0), X_train, y_train, loss="cross_entropy", epochs=10 * EPOCHS,
        batch_size=BATCH, verbose=0, lr=RATE, callbacks=[stop], metrics=[read],
        validation_data=(X_test, y_test),
    )  # fmt: skip
    assert history.stopped == "read well"


def scikit_learn_to_goal() -> None:
    """``partial_fit``, an epoch a call."""
    model = MLPClassifier(
        (HIDDEN,), alpha=0.0, batch_size=BATCH, learning_rate_init=RATE, random_state=0
    )
    for _ in range(10 * EPOCHS):
        model.partial_fit(X_train, y_train, classes=np.arange(10))
        if model.score(X_test, y_test) >= GOAL:
            return
    raise SystemExit("scikit-learn did not reach the goal")


# -- a wide network -------------------------------------------------------------------------

WIDE, WIDE_ROWS, WIDE_BATCH = (784, 128, 10), 2048, 128


def wide_data() -> tuple[Any, Any]:
    """Random rows: only the time counts here."""
    rng = np.random.default_rng(0)
    return rng.random((WIDE_ROWS, WIDE[0])), rng.integers(0, WIDE[2], WIDE_ROWS)


def wide_epochs_of_ours(epochs: int) -> list[float]:
    """Seconds of each epoch after the first, which records and compiles."""
    X, y = wide_data()
    history = fit(
        MLP(WIDE[0], list(WIDE[1:]), seed=0), X, y, loss="cross_entropy", epochs=epochs + 1,
        batch_size=WIDE_BATCH, verbose=0, optimizer="sgd", lr=1e-2,
    )  # fmt: skip
    return history.seconds[1:]


def wide_epochs_of_torch(epochs: int, precision: str) -> list[float]:
    """The usual loop, from rows that are tensors already."""
    import torch

    torch.set_num_threads(1)
    kind = getattr(torch, precision)
    X, y = (torch.tensor(a) for a in wide_data())
    X = X.to(kind)
    first, second = torch.nn.Linear(*WIDE[:2]), torch.nn.Linear(*WIDE[1:])
    model = torch.nn.Sequential(first, torch.nn.ReLU(), second).to(kind)
    loss_of, sgd = torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=1e-2)
    seconds = []
    for _ in range(epochs + 1):
        start = time.perf_counter()
        order = torch.randperm(WIDE_ROWS)
        for i in range(0, WIDE_ROWS, WIDE_BATCH):
            rows = order[i : i + WIDE_BATCH]
            loss = loss_of(model(X[rows]), y[rows])
            sgd.zero_grad()
            loss.backward()
            sgd.step()
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def wide_epochs(rounds: int) -> list[dict[str, Any]]:
    """Epochs of all contestants, taking turns a few epochs at a time."""
    contestants: dict[str, Callable[[int], list[float]]] = {"fit": wide_epochs_of_ours}
    if installed("torch"):
        contestants["torch float64"] = lambda n: wide_epochs_of_torch(n, "float64")
        contestants["torch float32"] = lambda n: wide_epochs_of_torch(n, "float32")
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            times[name] += run(3)
    return report(f"one epoch of 784-128-10, {WIDE_ROWS} rows", times, "fit")


def main() -> None:
    options = arguments(__doc__ or "")
    contestants: dict[str, Callable[[], Result]] = {
        "fit": ours,
        "scikit-learn": with_scikit_learn,
    }
    if installed("torch"):
        contestants["torch float64"] = lambda: with_torch("float64")
        contestants["torch float32"] = lambda: with_torch("float32")
    results = {name: run() for name, run in contestants.items()}
    print(f"{EPOCHS} epochs of {len(X_train)} digits, batches of {BATCH}")
    for name, (loss, share) in results.items():
        print(f"{name:24} loss {loss:.12f}  held-out accuracy {share:.2%}")
    # Rounding differs, and 1,720 steps of relus amplify it.
    compare({k: v[0] for k, v in results.items() if k in ("fit", "torch float64")}, rtol=1e-6)
    if max(s for _, s in results.values()) - min(s for _, s in results.values()) > 0.02:
        raise SystemExit("the held-out accuracies differ by more than two per cent")
    rows = report("the whole training", interleaved(contestants, options.rounds), "fit")
    fastest = min(row["ratio"] for row in rows if row["name"] != "fit")
    print(f"fit takes {1 / fastest:.2f} times the fastest of the others")

    engine = "compiled" if engine_is_compiled() else "plain"
    steps: dict[str, Callable[[], Any]] = {
        "fit, one epoch": lambda: ours(epochs=1),
        f"{engine} engine, one epoch": lambda: ours(compiled=False, epochs=1),
    }
    compare({name: run() for name, run in steps.items()})
    rows += report("one epoch, and the same without the jit",
                   interleaved(steps, min(options.rounds, 3)), "fit, one epoch")  # fmt: skip
    goal = {"fit": ours_to_goal, "scikit-learn": scikit_learn_to_goal}
    if installed("torch"):
        goal["torch float64"] = lambda: with_torch("float64", GOAL)
    rows += report(f"until {GOAL:.0%} are read right", interleaved(goal, options.rounds), "fit")
    rows += wide_epochs(options.rounds)
    finish(rows, options.json)


if __name__ == "__main__":
    main()
