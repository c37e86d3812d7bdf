"""``fit(compiled=True)`` gives what ``fit(compiled=False)`` gives: history, weights and errors.

Random small models, losses with branches, batch sizes: the suite trains some dozens,
``AUTOGRAD_NN_FUZZ_FITS=2000`` so many.  A failing one is told by its seed.
"""

import math
import os
import random
import warnings

import numpy as np
import pytest

from autograd_nn import MLP, Layer, Module, fit, losses, parameter, predict
from autograd_nn import functions as fn
from autograd_nn.optim import SGD

COUNT = int(os.environ.get("AUTOGRAD_NN_FUZZ_FITS", "60"))


def mean(terms):
    terms = list(terms)
    return sum(terms) / len(terms)


def first(output):
    return output[0] if isinstance(output, list) else output


# -- losses ---------------------------------------------------------------------------------


def huber_on_values(y_true, y_pred):
    """Huber's loss, written with an ``if`` on Values."""
    errors = [first(p) - t for t, p in zip(y_true, y_pred, strict=True)]
    return mean(0.5 * e * e if abs(e) < 0.5 else 0.5 * abs(e) - 0.125 for e in errors)


def huber_on_data(y_true, y_pred):
    """Huber's loss, written with an ``if`` on ``.data``."""
    errors = [first(p) - t for t, p in zip(y_true, y_pred, strict=True)]
    return mean(0.5 * e * e if abs(e.data) < 0.5 else 0.5 * abs(e) - 0.125 for e in errors)


def huber_on_float(y_true, y_pred):
    """Huber's loss, written with an ``if`` on ``float()``."""
    errors = [first(p) - float(t) for t, p in zip(y_true, y_pred, strict=True)]
    return mean(0.5 * e * e if abs(float(e)) < 0.5 else 0.5 * abs(e) - 0.125 for e in errors)


def worst(y_true, y_pred):
    """The largest squared error, by builtin max."""
    return max((first(p) - t) ** 2 for t, p in zip(y_true, y_pred, strict=True))


def worst_half(y_true, y_pred):
    """The mean of the larger half of the errors, by sorted."""
    errors = [(first(p) - t) ** 2 for t, p in zip(y_true, y_pred, strict=True)]
    ranked = sorted(errors, key=float, reverse=True)
    return mean(ranked[: len(ranked) // 2 + 1])


def without_missing(y_true, y_pred):
    """Targets below -1 count as missing."""
    pairs = [(t, first(p)) for t, p in zip(y_true, y_pred, strict=True) if not t < -1.0]
    return mean((p - t) ** 2 for t, p in pairs) if pairs else 0.0 * first(y_pred[0])


def weighted(y_true, y_pred):
    """Errors weighted by the rounded target."""
    pairs = zip(y_true, y_pred, strict=True)
    return mean((1 + abs(round(float(t)))) * (first(p) - t) ** 2 for t, p in pairs)


def by_class(y_true, y_pred):
    """A term looked up by the label."""
    pairs = zip(y_true, y_pred, strict=True)
    return mean(
        [p, 1 - p, p * p][int(abs(t)) % 3] ** 2 for t, p in ((t, first(q)) for t, q in pairs)
    )


def with_frozen_scale(y_true, y_pred):
    """Divided by a number that leaves the graph."""
    total = mean((first(p) - t) ** 2 for t, p in zip(y_true, y_pred, strict=True))
    return total / (1.0 + total.data)


LOSSES = {
    f.__name__: f
    for f in (
        huber_on_values,
        huber_on_data,
        huber_on_float,
        worst,
        worst_half,
        without_missing,
        weighted,
        by_class,
        with_frozen_scale,
        losses.mean_squared_error,
        losses.mean_absolute_error,
        losses.root_mean_squared_error,
    )
}


# -- models ---------------------------------------------------------------------------------


class Table(Module):
    """Looks a row up by the first input, as an embedding does."""

    def __init__(self, rng):
        self.rows = [parameter(rng.uniform(-1, 1)) for _ in range(4)]
        self.slope = parameter(rng.uniform(-1, 1))

    def __call__(self, x):
        return self.rows[int(x[0]) % 4] * 1.5 + self.slope * x[-1]


class Branching(Module):
    """A tree of two linear leaves; the split is on a parameter."""

    def __init__(self, rng):
        self.split = parameter(rng.uniform(-0.5, 0.5))
        self.left = [parameter(rng.uniform(-1, 1)) for _ in range(2)]
        self.right = [parameter(rng.uniform(-1, 1)) for _ in range(2)]

    def __call__(self, x):
        a, b = self.left if x[0] + self.split > 0 else self.right
        return a * x[-1] + b + self.split * 0.1


class Exits(Module):
    """Numbers leave and come back: floors, floats, text."""

    def __init__(self, rng):
        self.w = [parameter(rng.uniform(-1, 1)) for _ in range(3)]

    def __call__(self, x):
        y = self.w[0] * x[0] + self.w[1]
        y = y * (1.0 + 0.1 * float(y)) + self.w[2] * (x[-1] - math.floor(x[-1]))
        return y if y.data > 0 else y * 0.5


class Stacked(Module):
    """Layers with a skip that a flag turns on."""

    def __init__(self, rng, nin):
        self.first = Layer(nin, 2, activation="tanh", seed=rng)
        self.second = Layer(2, 1, nonlin=False, seed=rng)
        self.training = rng.random() < 0.5

    def __call__(self, x):
        hidden = self.first(x)
        out = first(self.second(hidden))
        return out + max(hidden) * 0.1 if self.training else out


def some_model(seed, nin):
    rng = random.Random(seed)
    kind = rng.choice(["mlp", "mlp", "mlp", "table", "branching", "exits", "stacked"])
    if kind == "mlp":
        hidden = [rng.randint(1, 3) for _ in range(rng.randint(0, 2))]
        activation = rng.choice(["relu", "tanh", "sigmoid", "leaky_relu", "softplus", fn.sin, abs])
        return MLP(nin, [*hidden, 1], activation=activation, seed=rng.randint(0, 99))
    made = {"table": Table, "branching": Branching, "exits": Exits}
    return made[kind](rng) if kind in made else Stacked(rng, nin)


def some_training(seed):
    """The arguments of a random ``fit``, made anew at each call."""
    rng = random.Random(f"fit {seed}")
    nin, rows = rng.randint(1, 3), rng.choice([1, 2, 5, 8, 13])
    X = [[round(rng.uniform(-2, 3), 2) for _ in range(nin)] for _ in range(rows)]
    y = [round(rng.uniform(-2, 2), 2) for _ in range(rows)]
    loss = rng.choice(list(LOSSES.values()))
    if rng.random() < 0.15:
        loss, y = losses.hinge, [float(rng.choice([-1, 1])) for _ in range(rows)]
    elif rng.random() < 0.15:
        loss, y = losses.binary_cross_entropy, [float(rng.choice([0, 1])) for _ in range(rows)]
    rate = rng.choice([0.01, 0.05, 0.1])
    options = {
        "loss": loss,
        "optimizer": rng.choice(["adam", lambda ps: SGD(ps, lr=rate), "adamw"]),
        "epochs": rng.randint(1, 4),
        "batch_size": rng.choice([None, 1, 1, 2, 3, 8]),
        "seed": rng.randint(0, 9),
        "verbose": 0,
    }
    if rng.random() < 0.3 and loss not in (huber_on_data, with_frozen_scale):  # of plain floats
        options["validation"] = (X[::-1], y[::-1])
    return some_model(seed, nin), X, y, options


def train(model, X, y, options, compiled):
    """The history and the weights, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            history = fit(model, X, y, compiled=compiled, **options)
        except Exception as error:
            return type(error), [p.data for p in model.parameters()]
    kept = {name: list(history[name]) for name in ("loss", "val_loss") if name in list(history)}
    return kept, [p.data for p in model.parameters()]


def same(a, b):
    return len(a) == len(b) and np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("part", range(6))
def test_random_trainings(part):
    """The same losses, epoch by epoch, and the same weights at the end."""
    for seed in range(part, COUNT, 6):
        found, expected = (train(*some_training(seed), compiled) for compiled in (True, False))
        assert same(found[1], expected[1]), (seed, found, expected)
        assert type(found[0]) is type(expected[0]), (seed, found, expected)
        if isinstance(expected[0], dict):
            assert list(found[0]) == list(expected[0])
            assert all(same(found[0][k], expected[0][k]) for k in expected[0]), (seed, found)
        else:
            assert found[0] is expected[0], (seed, found, expected)


# -- by name, those that went wrong ---------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 2, 5, None])
@pytest.mark.parametrize("loss", [huber_on_values, huber_on_data, huber_on_float, worst])
def test_losses_with_branches(loss, batch_size):
    """With batches of one row the first row's branch was every row's."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(11, 2)).tolist(), (3 * rng.normal(size=11)).tolist()
    results = []
    for compiled in (True, False):
        model = MLP(2, [3, 1], activation="tanh", seed=2)
        options = {"loss": loss, "epochs": 4, "batch_size": batch_size, "verbose": 0}
        results.append(train(model, X, y, options, compiled))
    (found, weights), (expected, others) = results
    assert same(found["loss"], expected["loss"])
    assert same(weights, others)


@pytest.mark.parametrize("batch_size", [1, 4, None])
def test_a_rare_category_trains_its_own_row(batch_size):
    """A look-up by ``int(x[0])``: the rare row must move, and no other in its place."""
    X = [[0.0, 1.0]] * 30 + [[1.0, 1.0]] * 30 + [[3.0, 1.0]]
    y = [0.5] * 30 + [-0.5] * 30 + [2.0]
    tables = []
    for compiled in (True, False):
        model = Table(random.Random(0))
        untouched = model.rows[2].data
        fit(
            *(model, X, y),
            epochs=3,
            batch_size=batch_size,
            verbose=0,
            compiled=compiled,
        )
        assert model.rows[2].data == untouched
        tables.append([p.data for p in model.parameters()])
    assert same(*tables)


def test_a_random_model_draws_as_it_does_in_the_engine():
    """Dropout by ``random.random()``: the same draws, so the same weights."""

    class Dropping(Module):
        def __init__(self):
            self.w = [parameter(0.5), parameter(-0.25)]

        def __call__(self, x):
            keep = 1.0 if random.random() < 0.5 else 0.0
            return self.w[0] * x[0] * keep + self.w[1]

    X, y = [[0.5], [1.5], [-1.0], [2.0]], [1.0, 2.0, 0.0, 1.0]
    results = []
    for compiled in (True, False):
        random.seed(3)
        model = Dropping()
        options = {"epochs": 5, "batch_size": 2, "shuffle": False, "verbose": 0}
        history = fit(model, X, y, compiled=compiled, **options)
        results.append([p.data for p in model.parameters()])
        assert all(map(math.isfinite, history["loss"]))
    # A trial run may draw as well; what must not happen is that one draw serves for ever.
    compiled_weights = results[0]
    frozen = []
    for keep in (0.0, 1.0):
        random.seed(3)
        model = Dropping()
        model_call = lambda x, m=model, k=keep: m.w[0] * x[0] * k + m.w[1]
        frozen.append(_trained_by_hand(model, model_call, X, y))
    assert not any(same(compiled_weights, weights) for weights in frozen)


def _trained_by_hand(model, call, X, y):
    class Wrapped(Module):
        def __init__(self):
            self.inner = model

        def __call__(self, x):
            return call(x)

    wrapped = Wrapped()
    options = {"epochs": 5, "batch_size": 2, "shuffle": False, "verbose": 0, "compiled": False}
    fit(wrapped, X, y, **options)
    return [p.data for p in model.parameters()]


def test_predictions_of_models_with_exits():
    """``predict`` stands on the same ground: each row by its own path."""
    rng = np.random.default_rng(4)
    X = np.column_stack([rng.integers(0, 4, 50), rng.normal(size=50)])
    for model in (Table(random.Random(1)), Branching(random.Random(2)), Exits(random.Random(3))):
        expected = [model(list(row)).data for row in X.tolist()]
        np.testing.assert_allclose(predict(model, X), expected, rtol=1e-12)
        np.testing.assert_allclose(predict(model, X[::-1]), expected[::-1], rtol=1e-12)


def test_a_model_that_is_changed_by_a_callback():
    """A flag that a callback sets between epochs is read in the next one."""
    from autograd_nn.training import Callback

    class TurnOff(Callback):
        def on_epoch_end(self, run):
            run.model.training = run.epoch % 2 == 0

    rng = np.random.default_rng(6)
    X, y = rng.normal(size=(9, 2)).tolist(), rng.normal(size=9).tolist()
    results = []
    for compiled in (True, False):
        model = Stacked(random.Random(5), 2)
        options = {"epochs": 6, "batch_size": 3, "verbose": 0, "callbacks": [TurnOff()]}
        results.append(train(model, X, y, options, compiled))
    assert same(results[0][0]["loss"], results[1][0]["loss"])
    assert same(results[0][1], results[1][1])


def test_the_users_error_is_raised_at_the_row_that_brings_it():
    """A model that refuses a row, late in the table, compiled or not."""

    class Refusing(Module):
        def __init__(self):
            self.w = parameter(1.0)

        def __call__(self, x):
            if x[0] > 5:
                raise KeyError("too large")
            return self.w * x[0]

    X, y = [[float(k)] for k in range(8)], [0.0] * 8
    for compiled in (True, False):
        model = Refusing()
        with pytest.raises(KeyError, match="too large"):
            fit(model, X, y, epochs=2, batch_size=2, verbose=0, compiled=compiled)
