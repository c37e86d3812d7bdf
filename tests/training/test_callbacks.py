"""Callbacks: called when they say, able to stop, and never the cause of lost weights."""

import numpy as np
import pytest

from autograd_nn import MLP, optim
from autograd_nn.training import BestWeights, Callback, EarlyStopping, fit

QUIET = {"verbose": 0}


def line(rows=20):
    X = np.linspace(-1, 1, rows).reshape(-1, 1)
    return X, 3 * X[:, 0] - 0.5


def numbers(model):
    return [p.data for p in model.parameters()]


def test_early_stopping_says_why_and_best_weights_come_back():
    X, y = line()
    model = MLP(1, [1], seed=0)
    seen = []

    def spoil(run):
        seen.append(numbers(run.model))
        run.optimizer.lr = 0.05 if run.epoch < 3 else 3.0

    history = fit(
        model, X, y, optimizer=lambda ps: optim.SGD(ps, lr=0.05), epochs=50,
        callbacks=[spoil, EarlyStopping(patience=2, monitor="loss"), BestWeights("loss")],
        validation_split=0.2, **QUIET,
    )  # fmt: skip
    best = int(np.argmin(history["loss"]))
    assert history.epochs == best + 3
    assert f"no better than epoch {best + 1}" in history.stopped
    assert numbers(model) == seen[best]


def test_callbacks_hear_of_begin_epochs_and_end():
    heard = []

    class Listener(Callback):
        def on_train_begin(self, run):
            heard.append("begin")

        def on_epoch_end(self, run):
            heard.append(run.epoch)

        def on_train_end(self, run):
            heard.append("end")

    X, y = line()
    fit(MLP(1, [1], seed=0), X, y, epochs=2, callbacks=[Listener()], **QUIET)
    assert heard == ["begin", 1, 2, "end"]


def test_a_schedule_among_the_callbacks_sets_the_rate():
    X, y = line()
    model = MLP(1, [1], seed=0)
    optimizer = optim.SGD(model.parameters(), lr=0.4)
    schedule = optim.StepLR(optimizer, 1, 0.5)
    history = fit(model, X, y, optimizer=optimizer, epochs=3, callbacks=[schedule], **QUIET)
    assert history["lr"] == [0.4, 0.2, 0.1]


def test_a_failing_callback_leaves_the_weights_of_the_last_step():
    X, y = line()
    model, same = MLP(1, [2, 1], seed=0), MLP(1, [2, 1], seed=0)

    def fail(run):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        fit(model, X, y, epochs=3, callbacks=[fail], **QUIET)
    fit(same, X, y, epochs=1, **QUIET)
    assert numbers(model) == numbers(same)
