"""Training: the numbers of a loop written by hand, and mistakes named before they cost time."""

import math
import pickle
import signal

import numpy as np
import pytest

from autograd_nn import MLP, Module, Value, functions, losses, optim, parameter
from autograd_nn.nn import Neuron
from autograd_nn.training import (
    EarlyStopping,
    NonFiniteLossError,
    evaluate,
    fit,
    predict,
)

QUIET = {"verbose": 0}


def moons(rows=40, seed=0):
    """Two half circles, labels -1 and 1, as in micrograd's demo."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, math.pi, rows // 2)
    upper = np.stack([np.cos(t), np.sin(t)], 1)
    lower = np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    X = np.concatenate([upper, lower]) + rng.normal(0, 0.1, (rows, 2))
    return X, np.repeat([-1, 1], rows // 2)


def line(rows=20):
    X = np.linspace(-1, 1, rows).reshape(-1, 1)
    return X, 3 * X[:, 0] - 0.5


def numbers(model):
    return [p.data for p in model.parameters()]


# -- the same numbers -------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_fit_takes_the_steps_of_a_loop_written_by_hand(compiled, batch_size):
    X, y = moons()
    by_hand, by_fit = MLP(2, [8, 1], seed=3), MLP(2, [8, 1], seed=3)
    optimizer = optim.Adam(by_hand.parameters(), lr=0.05)
    rng = np.random.default_rng(7)
    size = batch_size or len(X)
    seen = []
    for _ in range(5):
        order = rng.permutation(len(X)) if batch_size else np.arange(len(X))
        total = 0.0
        for start in range(0, len(X), size):
            rows = order[start : start + size]
            optimizer.zero_grad()
            loss = losses.hinge(y[rows], [by_hand(x) for x in X[rows]])
            loss.backward()
            optimizer.step()
            total += loss.data * len(rows)
        seen.append((total / len(X), numbers(by_hand)))
    steps = []
    history = fit(
        by_fit, X, y, loss="hinge", optimizer=optim.Adam(by_fit.parameters(), lr=0.05),
        epochs=5, batch_size=batch_size, seed=7, compiled=compiled, verbose=0,
        callbacks=[lambda run: steps.append((run.history["loss"][-1], numbers(run.model)))],
    )  # fmt: skip
    for (loss, weights), (fit_loss, fit_weights) in zip(seen, steps, strict=True):
        assert fit_loss == pytest.approx(loss, rel=1e-9 if compiled else 1e-15)
        assert fit_weights == (pytest.approx(weights, abs=1e-9) if compiled else weights)
    assert history.epochs == 5
    assert (history.not_compiled == "") == compiled


LABELS = {"hinge": [-1, 1], "binary_cross_entropy": [0, 1]}


@pytest.mark.parametrize("loss", losses.LOSSES)
def test_every_loss_trains_the_same_compiled_or_not(loss):
    X, y = moons(20)
    model, other = (MLP(2, [4, 3], activation="tanh", seed=1) for _ in range(2))
    if loss in ("cross_entropy", "negative_log_likelihood"):
        targets = (y + 1) // 2
    elif loss == "kl_divergence":
        targets = np.stack([y == 1, y == -1, y == 0], 1) * 0.75 + 0.25 / 3
    elif loss in LABELS:
        targets = np.stack([np.where(y > 0, *LABELS[loss])] * 3, 1)
    else:
        targets = np.stack([y + 2.5, X[:, 0], X[:, 1] - 4], 1)
    options = {"loss": loss, "epochs": 3, "batch_size": 7, "validation_data": (X[:5], targets[:5])}
    first = fit(model, X, targets, compiled=False, **options, **QUIET)
    second = fit(other, X, targets, compiled=True, **options, **QUIET)
    assert second.not_compiled == ""
    for name in first:
        assert second[name] == pytest.approx(first[name], rel=1e-9)
    assert numbers(other) == pytest.approx(numbers(model), rel=1e-9)
    assert first["loss"][-1] < first["loss"][0]
    assert evaluate(model, X, targets, loss=loss)["loss"] == pytest.approx(
        losses.LOSSES[loss](targets, predict(model, X)), rel=1e-12
    )


def test_a_loss_and_a_model_of_your_own_train_the_same_compiled_or_not():
    class Bent(Module):
        def __init__(self):
            self.neuron = Neuron(1, seed=2)

        def __call__(self, x):
            v = self.neuron(x)
            return v * 2 if v > 0.3 else functions.exp(v)

    def loss(y_true, y_pred):
        worst = functions.maximum(y_pred[0] - y_true[0], 0.0)
        return losses.mean_squared_error(y_true, y_pred) + 0.1 * worst

    X, y = line()
    results = []
    for compiled in (False, True):
        model = Bent()
        history = fit(model, X, y, loss=loss, epochs=4, batch_size=6, compiled=compiled, **QUIET)
        results.append((history["loss"], numbers(model), predict(model, X, compiled=compiled)))
    for eager, compiled in zip(*results, strict=True):
        assert compiled == pytest.approx(eager, rel=1e-9)


def test_an_index_taken_out_of_the_graph_trains_the_same_compiled_or_not():
    class Table(Module):
        def __init__(self):
            self.rows = [parameter(float(i)) for i in range(4)]

        def __call__(self, x):
            return self.rows[int(x[0])] * 1.5

    X, y = np.array([[0], [3], [1], [2]] * 3), np.arange(12.0)
    results = []
    for compiled in (False, True):
        model = Table()
        history = fit(model, X, y, epochs=3, batch_size=4, compiled=compiled, **QUIET)
        results.append((history["loss"], numbers(model), list(predict(model, X))))
    assert results[0] == results[1]
    assert history.not_compiled == ""


def test_a_label_taken_out_of_the_graph_is_that_of_each_batch():
    def loss(y_true, y_pred):
        chosen = [row[int(t)] for t, row in zip(y_true, y_pred, strict=True)]
        return losses.mean_squared_error([1.0] * len(chosen), chosen)

    X, y = moons(24)
    results = []
    for compiled in (False, True):
        model = MLP(2, [3], seed=0)
        options = {"loss": loss, "epochs": 3, "batch_size": 6, "compiled": compiled}
        history = fit(model, X, (y + 1) // 2, **options, **QUIET)
        results.append((history["loss"], numbers(model)))
    assert results[1][0] == pytest.approx(results[0][0], rel=1e-9)
    assert results[1][1] == pytest.approx(results[0][1], rel=1e-9)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    X, y = moons()

    def train(seed):
        model = MLP(2, [4, 1], seed=0)
        history = fit(
            model, X, y, epochs=3, batch_size=8, seed=seed, validation_split=0.25,
            metrics=["mean_absolute_error"], **QUIET,
        )  # fmt: skip
        return history, numbers(model)

    assert train(1) == train(1)
    assert train(1)[1] != train(2)[1]


def test_no_shuffle_keeps_the_order_of_rows():
    X, y = line(4)
    seen = []

    def loss(y_true, y_pred):
        seen.append(list(map(float, y_true)))
        return losses.mean_squared_error(y_true, y_pred)

    fit(MLP(1, [1], seed=0), X, y, loss=loss, epochs=2, batch_size=3, shuffle=False,
        compiled=False, **QUIET)  # fmt: skip
    assert seen == [list(y[:3]), list(y[3:])] * 2


def test_moons_are_told_apart():
    X, y = moons(40)
    model = MLP(2, [8, 8, 1], seed=1)
    adam = optim.Adam(model.parameters(), lr=0.05)
    history = fit(
        model, X, y, loss="hinge", optimizer=adam, epochs=60, metrics=["accuracy"], **QUIET
    )
    assert history["accuracy"][-1] == 1.0


def test_only_the_parameters_of_the_optimizer_move():
    X, y = line()
    model = MLP(1, [3, 1], seed=0)
    last = model.layers[1].parameters()
    before = numbers(model.layers[0])
    fit(model, X, y, optimizer=optim.SGD(last, lr=0.1), epochs=2, **QUIET)
    assert numbers(model.layers[0]) == before
    assert [p.data for p in last] != numbers(MLP(1, [3, 1], seed=0).layers[1])


# -- stopped from outside --------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_ctrl_c_returns_the_history_so_far(compiled):
    X, y = line()
    model = MLP(1, [2, 1], seed=0)
    at_three = []

    def press(run):
        if run.epoch == 3:
            at_three.extend(numbers(run.model))
            signal.raise_signal(signal.SIGINT)

    history = fit(model, X, y, epochs=100, callbacks=press, compiled=compiled, **QUIET)
    assert history.epochs == 3
    assert history.stopped == "interrupted"
    assert numbers(model) == at_three


# -- numbers that are not finite --------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_a_loss_that_is_not_finite_is_traced_to_its_operation(compiled):
    class Fragile(Module):
        def __init__(self):
            self.neuron = Neuron(1, nonlin=False, seed=0)

        def __call__(self, x):
            return self.neuron(x).log()

    model = Fragile()
    model.neuron.w[0].data, model.neuron.b.data = 1.0, 0.0
    before = numbers(model)
    X, y = [[2.0], [3.0], [-1.0], [4.0]], [1.0, 1.0, 1.0, 1.0]
    with pytest.raises(NonFiniteLossError, match=r"epoch 1, batch 2: the loss is nan") as caught:
        fit(model, X, y, epochs=3, batch_size=2, shuffle=False, compiled=compiled,
            optimizer=lambda ps: optim.SGD(ps, lr=0.0), **QUIET)  # fmt: skip
    error = caught.value
    assert (error.epoch, error.batch, error.anomaly.op) == (1, 2, "log")
    assert "log(-1.0) gave nan" in str(error)
    assert numbers(model) == before
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_slope_that_is_not_finite_stops_too(compiled):
    class Edge(Module):
        def __init__(self):
            self.neuron = Neuron(1, nonlin=False, seed=0)

        def __call__(self, x):
            return self.neuron(x).sqrt()

    with pytest.raises(NonFiniteLossError, match="a slope is not finite") as caught:
        fit(Edge(), [[0.0]], [1.0], epochs=2, compiled=compiled, **QUIET)
    assert caught.value.anomaly.phase == "backward"


def test_a_rate_that_is_too_large_ends_with_the_error_and_the_history():
    X, y = line()
    with pytest.raises(NonFiniteLossError) as caught:
        fit(MLP(1, [4, 1], seed=0), X, y, epochs=500, optimizer=lambda ps: optim.SGD(ps, lr=1e6),
            **QUIET)  # fmt: skip
    assert caught.value.history.epochs == caught.value.epoch - 1 > 0


# -- bad input --------------------------------------------------------------------------------

GOOD_X, GOOD_y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 2.0]
NAN = math.nan
BAD = {
    "lengths": ({"y": [1.0, 2.0]}, ValueError, "X has 3 rows but y has 2"),
    "no rows": ({"X": [], "y": []}, ValueError, "X is a table"),
    "no columns": ({"X": np.zeros((3, 0))}, ValueError, r"X is empty: its shape is \(3, 0\)"),
    "one axis": ({"X": [1.0, 2.0, 3.0]}, ValueError, r"X\.reshape\(-1, 1\)"),
    "three axes": ({"X": np.zeros((3, 2, 2))}, TypeError, "MLP takes one row of 2 numbers"),
    "ragged": ({"X": [[1.0], [1.0, 2.0]]}, ValueError, "rows differ in length"),
    "nan": ({"X": [[0.0, 1.0], [NAN, 0.0], [NAN, 1.0]]}, ValueError, r"X\[1, 0\] is nan, and 1"),
    "inf in y": ({"y": [0.0, math.inf, 1.0]}, ValueError, r"y\[1\] is inf"),
    "strings": ({"X": [["a", "b"]] * 3}, TypeError, r"X\[0, 0\] is str.*encode text"),
    "labels as text": ({"y": ["cat", "dog", "cat"]}, TypeError, r"y\[0\] is str"),
    "None": ({"X": None}, TypeError, "X is an array"),
    "None inside": ({"y": [None, 1.0, 2.0]}, TypeError, r"y\[0\] is NoneType"),
    "complex": ({"X": [[1j, 0.0]] * 3}, TypeError, "complex"),
    "columns": ({"X": [[1.0]] * 3}, ValueError, "expects 2 inputs, got 1"),
    "y of two columns": ({"y": [[1.0, 2.0]] * 3}, ValueError, r"outputs of shape \(3,\)"),
    "hinge labels": ({"loss": "hinge"}, ValueError, r"a label is -1 or 1, but y\[0\] is 0"),
    "probabilities": (
        {"loss": "binary_cross_entropy"}, ValueError, r"a label is from 0 to 1, but y\[2\] is 2",
    ),
    "one output": ({"loss": "cross_entropy"}, ValueError, "one output per class"),
    "batch of 0": ({"batch_size": 0}, ValueError, "batch_size is at least 1, got 0"),
    "half a row": ({"batch_size": 2.5}, TypeError, "batch_size is a positive int"),
    "no epochs": ({"epochs": 0}, ValueError, "epochs is at least 1"),
    "epochs as text": ({"epochs": "3"}, TypeError, "epochs is a positive int"),
    "loss": ({"loss": "mean_square_error"}, ValueError, "did you mean 'mean_squared_error'"),
    "loss of 3": ({"loss": 3}, TypeError, "loss is a name"),
    "optimizer": ({"optimizer": "Adm"}, ValueError, "did you mean 'adam'"),
    "no optimizer": ({"optimizer": lambda ps: None}, TypeError, "not an Optimizer"),
    "another's": (
        {"optimizer": optim.SGD([Value(1.0)])}, ValueError, "parameters that are not this model's",
    ),
    "metric": ({"metrics": ["acuracy"]}, ValueError, "did you mean 'accuracy'"),
    "accuracy of a line": ({"metrics": ["accuracy"]}, ValueError, "accuracy needs classes"),
    "twice": ({"metrics": ["hinge", "hinge"]}, ValueError, "called 'hinge'"),
    "callback": ({"callbacks": [3]}, TypeError, r"callbacks\[0\] is int 3"),
    "callbacks": ({"callbacks": 3}, TypeError, "callbacks is a list"),
    "patience": ({"callbacks": [EarlyStopping(monitor="val_los")], "validation_split": 0.4},
                 ValueError, "did you mean 'val_loss'"),
    "validation": ({"validation_split": 0.01}, ValueError, "leaves 3 to train"),
    "validation X": ({"validation_data": ([[1.0]], [1.0])}, ValueError, "X of validation has 1"),
    "validation y": ({"validation_data": (GOOD_X, [1.0])}, ValueError, "y of validation has 1"),
    "validation text": ({"validation_data": "yes"}, TypeError, r"validation_data is \(X, y\)"),
    "validation twice": (
        {"validation_split": 0.4, "validation_data": (GOOD_X, GOOD_y)}, ValueError, "not both",
    ),
    "share as text": ({"validation_split": "a"}, TypeError, "a share of the rows"),
    "weights": ({"sample_weight": [1.0, 2.0]}, ValueError, "a number for each of 3 rows"),
    "negative weight": ({"sample_weight": [1.0, -2.0, 1.0]}, ValueError, "no weight is negative"),
    "class weights": ({"class_weight": {0: 1.0}}, ValueError, "class_weight is for losses of"),
    "a class's weight": ({"loss": "hinge", "y": [1, -1, 1], "class_weight": {1: 2.0}}, ValueError,
                         "no weight for class -1"),
    "l2": ({"l2": -1.0}, ValueError, "l2 is finite and at least 0"),
    "clip": ({"clip_norm": "a"}, TypeError, "clip_norm is a number"),
    "two rates": ({"lr": 0.1, "optimizer": optim.SGD}, ValueError, "lr=0.1 is for an"),
    "rate of lbfgs": ({"lr": 0.1, "optimizer": "lbfgs"}, ValueError, "leave lr out"),
    "batches of lbfgs": ({"batch_size": 1, "optimizer": "lbfgs"}, ValueError, "all rows at once"),
    "resume": ({"resume": True}, ValueError, "needs the file to go on from"),
    "folder": ({"checkpoint": "nowhere/run.npz"}, FileNotFoundError, "'nowhere' does not exist"),
    "no y": ({"y": None}, TypeError, "y is missing"),
    "seed": ({"seed": -1}, ValueError, "seed is an int from 0"),
    "verbose": ({"verbose": "loud"}, ValueError, "verbose is 0"),
    "model": ({"model": 3}, TypeError, "a model is callable"),
    "empty model": ({"model": type("Empty", (Module,), {"__call__": len})()}, ValueError,
                    "no parameters"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named_and_changes_nothing(what):
    change, error, says = BAD[what]
    model = MLP(2, [2, 1], seed=0)
    before = numbers(model)
    given = {"model": model, "X": GOOD_X, "y": GOOD_y, "epochs": 1, "verbose": 0} | change
    with pytest.raises(error, match=says):
        fit(given.pop("model"), given.pop("X"), given.pop("y"), **given)
    if what != "patience":  # only the first epoch shows which numbers there are
        assert numbers(model) == before


@pytest.mark.parametrize(
    ("y", "says"),
    [
        ([0, 1, 3], r"a class is an int from 0 to 2, but y\[2\] is 3"),
        ([0, -1, 1], r"y\[1\] is -1"),
        ([0, 0.5, 1], r"y\[1\] is 0\.5"),
        (np.eye(3), r"y\.argmax\(axis=1\)"),
    ],
)
def test_classes_are_checked_before_training(y, says):
    with pytest.raises(ValueError, match=says):
        fit(MLP(2, [3], seed=0), GOOD_X, y, loss="cross_entropy", epochs=1, **QUIET)


def test_a_model_that_returns_something_else_is_named():
    class Wrong(Module):
        def __init__(self, out):
            self.neuron, self.out = Neuron(1), out

        def __call__(self, x):
            return self.out

    with pytest.raises(TypeError, match="the model gives NoneType None"):
        predict(Wrong(None), [[1.0]])
    with pytest.raises(TypeError, match="a list that holds str 'a'"):
        predict(Wrong(["a"]), [[1.0]])


@pytest.mark.parametrize("kind", ["float32", "int8", "bool", "object", "list"])
def test_other_kinds_of_numbers_are_let_in(kind):
    X = np.array([[0, 1], [1, 0], [1, 1]])
    given = X.tolist() if kind == "list" else X.astype(kind)
    a, b = (MLP(2, [2, 1], seed=0) for _ in range(2))
    fit(a, X.astype(float), [0.0, 1.0, 1.0], epochs=2, **QUIET)
    fit(b, given, [0, 1, 1], epochs=2, **QUIET)
    assert numbers(a) == numbers(b)
