"""What users of Keras give to ``fit``: weights, penalties, data of many kinds, names."""

import os
import signal

import numpy as np
import pytest

from autograd_nn import MLP, evaluate, fit, losses, optim, predict, predict_proba
from autograd_nn.nn import Dropout, Flatten, Linear, Sequential, Tanh
from autograd_nn.parameters import gather
from autograd_nn.training import EarlyStopping

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 2))
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
QUIET = {"verbose": 0, "epochs": 4}


def net(outputs=3):
    return MLP(2, [5, outputs], activation="tanh", seed=1)


def weights(model):
    return gather(model.parameters())


def trained(y=CLASSES, outputs=3, **options):
    model = net(outputs)
    options = {"loss": "cross_entropy", "optimizer": "sgd", "lr": 0.5} | QUIET | options
    history = fit(model, options.pop("X", X), y, **options)
    return weights(model), history


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_a_row_of_weight_two_counts_as_two_rows(compiled, loss):
    """Weights that act on the loss shown but not on the slopes train another model."""
    w = np.where(np.arange(30) < 10, 2.0, 1.0)
    y = CLASSES if loss == "cross_entropy" else np.stack([X[:, 0], X[:, 1], X[:, 0] * X[:, 1]], 1)
    found, history = trained(y, loss=loss, sample_weight=w, compiled=compiled)
    doubled, by_rows = trained(
        np.concatenate([y[:10], y]), loss=loss, X=np.concatenate([X[:10], X]), lr=0.5 * 40 / 30
    )
    np.testing.assert_allclose(found, doubled, rtol=1e-9)
    np.testing.assert_allclose(np.array(history["loss"]) * 30 / 40, by_rows["loss"], rtol=1e-9)


def test_weights_of_classes_are_weights_of_their_rows():
    found, _ = trained(class_weight={0: 1.0, 1: 3.0, 2: 0.5})
    rows, _ = trained(sample_weight=np.array([1.0, 3.0, 0.5])[CLASSES])
    np.testing.assert_allclose(found, rows, rtol=1e-12)
    counts = np.bincount(CLASSES)
    balanced, _ = trained(class_weight="balanced")
    rows, _ = trained(sample_weight=(30 / (3 * counts))[CLASSES])
    np.testing.assert_allclose(balanced, rows, rtol=1e-12)


def test_a_loss_of_ones_own_gets_the_weights():
    def mine(y, out, sample_weight):
        return losses.mean_squared_error(y, out, sample_weight)

    model = net(1)
    w = np.arange(30.0)
    history = fit(model, X, X[:, 0], loss=mine, sample_weight=w, **QUIET)
    assert "losses that are means of rows" in history.not_compiled
    expected = losses.mean_squared_error(X[:, 0], predict(net(1), X), w)
    assert history["loss"][0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("compiled", [True, False])
def test_penalties_are_part_of_the_loss_and_of_the_slopes(compiled):
    found, history = trained(l1=0.01, l2=0.02, epochs=1, compiled=compiled)
    start = weights(net())
    _, plain = trained(epochs=1)
    penalty = 0.01 * np.abs(start).sum() + 0.02 * (start**2).sum()
    assert history["loss"][0] == pytest.approx(plain["loss"][0] + penalty, rel=1e-12)
    slopes = (start - trained(epochs=1)[0]) / 0.5 + 0.01 * np.sign(start) + 0.04 * start
    np.testing.assert_allclose(found, start - 0.5 * slopes, atol=1e-12)


def test_slopes_are_clipped_by_norm_and_by_value():
    start = weights(net())
    slopes = (start - trained(epochs=1)[0]) / 0.5
    found, _ = trained(epochs=1, clip_norm=0.1)
    np.testing.assert_allclose(np.linalg.norm(found - start), 0.5 * 0.1, rtol=1e-4)
    found, _ = trained(epochs=1, clip_value=0.01)
    np.testing.assert_allclose(found, start - 0.5 * np.clip(slopes, -0.01, 0.01), atol=1e-12)


def frames():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    yield pandas.DataFrame(X, columns=["a", "b"]), pandas.Series(CLASSES)
    yield polars.DataFrame(X, schema=["a", "b"]), polars.Series(CLASSES)


def test_data_may_be_lists_frames_and_iterators():
    """A frame that must be turned into an array first is a question on a forum."""
    expected, _ = trained()
    kinds = [(X.tolist(), CLASSES.tolist()), (iter(X), CLASSES), *frames()]
    kinds.append((zip(X, CLASSES, strict=True), None))
    kinds.append((((X[i : i + 7], CLASSES[i : i + 7]) for i in range(0, 30, 7)), None))
    for given, y in kinds:
        assert trained(y, X=given)[0].tolist() == expected.tolist()


def test_a_frame_with_text_names_the_column():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"size": [1.0, 2.0], "town": ["Rome", "Oslo"]})
    with pytest.raises(TypeError, match=r"X\[0, 1\] \(column 'town'\) is str 'Rome'"):
        fit(net(1), frame, [1.0, 2.0], **QUIET)
    with pytest.raises(ValueError, match="it may have been read before"):
        fit(net(1), iter([]), **QUIET)
    with pytest.raises(TypeError, match="gives pairs"):
        fit(net(1), iter([1.0]), **QUIET)


@pytest.mark.parametrize("loss", ["cross_entropy", "bce", "hinge"])
def test_labels_may_be_text(loss):
    names = np.array(["ant", "bee", "cow"])
    kinds = CLASSES if loss == "cross_entropy" else np.minimum(CLASSES, 1)
    outputs = 3 if loss == "cross_entropy" else 1
    numbers = 2 * kinds - 1 if loss == "hinge" else kinds
    expected, _ = trained(numbers, outputs, loss=loss)
    share = {"validation_data": (X, names[kinds]), "metrics": ["accuracy"]}
    equal = dict.fromkeys(names[: kinds.max() + 1].tolist(), 1.0)
    found, history = trained(names[kinds], outputs, loss=loss, class_weight=equal, **share)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert history.classes == names[: kinds.max() + 1].tolist()
    assert history["val_accuracy"] == history["accuracy"]
    model = net(outputs)
    scores = evaluate(model, X, names[kinds], loss=loss, metrics="acc", classes=history.classes)
    assert scores["acc"] == evaluate(model, X, numbers, loss=loss, metrics="acc")["acc"]
    with pytest.raises(ValueError, match=r"classes=history\.classes"):
        evaluate(model, X, names[kinds], loss=loss)
    with pytest.raises(ValueError, match="'bea', which is no class: did you mean 'bee'"):
        trained(names[kinds], outputs, loss=loss, validation_data=(X, ["bea"] * 30))
    with pytest.raises(ValueError, match="names 'amt', which is no class: did you mean 'ant'"):
        trained(names[kinds], outputs, loss=loss, class_weight={"amt": 1.0})


def test_three_classes_of_text_are_too_many_for_one_output():
    with pytest.raises(ValueError, match="tells 2 classes apart, but y has 3: a, b, c"):
        fit(net(1), X[:3], ["c", "a", "b"], loss="bce", **QUIET)


def test_probabilities_are_the_softmax_or_the_sigmoid_of_outputs():
    model = net(3)
    out = predict(model, X)
    expected = np.exp(out) / np.exp(out).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(predict_proba(model, X), expected, rtol=1e-12)
    one = net(1)
    shares = 1 / (1 + np.exp(-predict(one, X)))
    np.testing.assert_allclose(predict_proba(one, X, loss="bce")[:, 1], shares, rtol=1e-12)
    with pytest.raises(ValueError, match="name no classes"):
        predict_proba(one, X)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "bce"])
def test_a_layer_of_one_output_takes_plain_targets(loss):
    """``Linear(2, 1)`` gives a list of one, ``MLP(2, [1])`` a number; targets are the same."""
    y = (X[:, 0] > 0).astype(float)
    model = Sequential(Linear(2, 1, seed=0))
    history = fit(model, X, y, loss=loss, epochs=30, lr=0.1, verbose=0)
    assert history["loss"][-1] < history["loss"][0]
    assert predict(model, X).shape == (30, 1)


def test_rows_may_be_pictures():
    pictures = RNG.normal(size=(20, 4, 3))
    y = pictures.sum(axis=(1, 2))
    for compiled in (True, False):
        model = Sequential(Flatten(), Linear(12, 1, seed=0))
        history = fit(model, pictures, y, epochs=200, lr=0.1, verbose=0, compiled=compiled)
        assert history["loss"][-1] < 1e-3
        assert (history.not_compiled == "") == compiled
    with pytest.raises(ValueError, match=r"X has rows of shape \(4, 3\)"):
        fit(model, pictures, y, validation_data=(np.ones((2, 5, 3)), [1, 2]), **QUIET)


def dropping():
    return Sequential(Linear(2, 6, seed=0), Tanh(), Dropout(0.4), Linear(6, 1, seed=1))


@pytest.mark.parametrize("loss", ["mse", "own"])
def test_dropout_drops_the_same_through_the_jit_and_the_engine(loss):
    """A mask that is recorded once would drop the same numbers in every step."""
    if loss == "own":

        def loss(y, out):
            return losses.mean_squared_error(y, out)

    y = X[:, :1]
    found = []
    for compiled in (True, False):
        model = dropping()
        history = fit(model, X, y, loss=loss, batch_size=8, compiled=compiled, **QUIET)
        found.append((weights(model), history["loss"]))
        assert model.training
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_dropout_rests_in_evaluation_and_prediction():
    model = dropping()
    history = fit(model, X, X[:, :1], validation_data=(X, X[:, :1]), **QUIET)
    plain = losses.mean_squared_error(X[:, :1], predict(model, X))
    assert history["val_loss"][-1] == pytest.approx(plain, rel=1e-12)
    assert (predict(model, X) == predict(model, X)).all()
    seeds = [fit(dropping(), X, X[:, :1], seed=s, **QUIET)["loss"] for s in (0, 0, 1)]
    assert seeds[0] == seeds[1] != seeds[2]


def test_lbfgs_trains_and_says_when_it_is_done():
    pytest.importorskip("scipy")
    model = MLP(2, [1], seed=0)
    history = fit(model, X, X[:, 0] * 2 - 1, optimizer="lbfgs", epochs=200, verbose=0)
    assert history["loss"][-1] < 1e-10
    assert history.stopped.startswith("converged")
    _, history = trained(optimizer="lbfgs", lr=None, callbacks=[lambda run: run.stop("enough")])
    assert (history.epochs, history.stopped) == (1, "enough")


def test_early_stopping_restores_the_best_epoch():
    seen = []
    model = net(1)
    stop = EarlyStopping(patience=3, restore_best_weights=True)
    history = fit(
        model, X, X[:, 0], optimizer="sgd", lr=1.9, epochs=60, verbose=0,
        callbacks=[lambda run: seen.append(weights(run.model)), stop],
    )  # fmt: skip
    assert history.stopped.startswith("early stopping")
    assert weights(model).tolist() == seen[stop.best_epoch - 1].tolist()
    assert stop.best_epoch == int(np.argmin(history["loss"])) + 1


@pytest.mark.parametrize("short", losses.ALIASES)
def test_short_names_are_the_long_ones(short):
    y = np.full((30, 3), 1 / 3) if "cross" not in losses.ALIASES[short] or "b" in short else CLASSES
    if losses.ALIASES[short] == "negative_log_likelihood":
        y = CLASSES
    pair = [trained(y, loss=name)[1]["loss"] for name in (short, losses.ALIASES[short])]
    assert pair[0] == pair[1]


def test_ctrl_c_ends_after_the_epoch_with_the_history(capsys):
    """Half an epoch in the weights that no line of the history tells of."""

    def press(run):
        if run.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    found, history = trained(epochs=9, callbacks=[press])
    assert (history.epochs, history.stopped) == (2, "interrupted")
    assert found.tolist() == trained(epochs=2)[0].tolist()
    assert "ends after this epoch" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_twice_ends_at_once():
    def press(run):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    _, history = trained(epochs=9, callbacks=[press])
    assert (history.epochs, history.stopped) == (1, "interrupted")


def test_a_handler_of_ones_own_is_left_alone():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        trained(callbacks=[lambda run: os.kill(os.getpid(), signal.SIGINT)])
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1] * 4


def test_optimizers_go_by_name_and_rate():
    for name in optim.OPTIMIZERS:
        options = {} if name == "lbfgs" else {"lr": 0.01}
        model = net(1)
        history = fit(model, X, X[:, 0], optimizer=name.upper(), **options, **QUIET)
        assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("options", [{}, {"sample_weight": np.arange(1.0, 31.0)}])
@pytest.mark.parametrize("drops", [0.0, 0.3])
def test_a_flag_that_a_callback_sets_is_heard_of(options, drops):
    """With weights and masks too, what is recorded follows the model."""

    class Switched(Sequential):
        scale = 1.0

        def __call__(self, x):
            return [out * self.scale for out in super().__call__(x)]

    def switch(run):
        run.model.scale = 1.0 + run.epoch % 2

    found = []
    for compiled in (True, False):
        model = Switched(Linear(2, 3, seed=0), Dropout(drops), Linear(3, 1, seed=1))
        history = fit(model, X, X[:, :1], compiled=compiled, callbacks=[switch], **options, **QUIET)
        found.append(history["loss"])
    np.testing.assert_allclose(*found, rtol=1e-9)
