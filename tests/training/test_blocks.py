"""fit, predict and evaluate on rows in blocks: the numbers of rows in memory.

If these break, a user whose data outgrows one machine trains another model, or a wrong cell in
block 700 is found after an hour.
"""

import numpy as np
import pytest

from autograd_nn import (
    MLP,
    BadArgumentError,
    NonFiniteLossError,
    Value,
    WrongTypeError,
    fit,
    nn,
    predict,
)
from autograd_nn.parameters import gather, scatter
from autograd_nn.training import Callback, evaluate, find_learning_rate, predict_proba

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(210, 3))
Y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]
LABELS = (Y > 0).astype(int) + (Y > 1.0)
CX, CY = da.from_array(X, chunks=(40, 3)), da.from_array(Y, chunks=70)


@pytest.fixture(autouse=True)
def _here():
    with dask.config.set(scheduler="synchronous"):
        yield


def network(outputs=1, seed=0):
    return MLP(3, [4, outputs], activation="tanh", seed=seed)


def cut(y):
    return da.from_array(np.asarray(y), chunks=35)


def both(y, outputs=1, **options):
    """The parameters and history of both trainings."""
    found = []
    for rows, targets in ((X, y), (CX, cut(y))):
        model = network(outputs)
        history = fit(model, rows, targets, epochs=3, verbose=0, **options)
        found.append((gather(model.parameters()), history))
    return found


@pytest.mark.parametrize(
    ("y", "outputs", "options"),
    [
        (Y, 1, {"optimizer": "sgd", "lr": 0.1, "l2": 0.01, "clip_norm": 0.5}),
        (Y, 1, {"optimizer": "lbfgs"}),
        (Y, 1, {"batch_size": 40, "shuffle": False}),
        (Y, 1, {"batch_size": 64, "shuffle": False, "loss": "huber"}),
        (Y, 1, {"metrics": ["mae", "r2", "rmse"], "sample_weight": np.arange(210.0)}),
        (Y[:, None] * [1.0, 2.0], 2, {"loss": "mae", "compiled": False}),
        (LABELS, 3, {"loss": "cross_entropy", "metrics": ["acc", "top_k_accuracy"]}),
        (LABELS > 0, 1, {"loss": "bce", "class_weight": "balanced", "metrics": ["f1", "roc_auc"]}),
        (np.array(["no", "yes"])[(LABELS > 0).astype(int)], 1,
         {"loss": "hinge", "class_weight": {"no": 2.0, "yes": 1.0}, "metrics": ["acc"]}),
        (Y, 1, {"validation_data": (X[:50], Y[:50]), "metrics": ["mae"]}),
    ],
    ids=lambda x: "-".join(x) if isinstance(x, dict) else "",
)  # fmt: skip
def test_what_memory_gives(y, outputs, options):
    (theta, history), (found, in_blocks) = both(y, outputs, **options)
    np.testing.assert_allclose(found, theta, rtol=1e-9, atol=1e-12)
    assert list(in_blocks) == list(history)
    for name in history:
        np.testing.assert_allclose(in_blocks[name], history[name], rtol=1e-9)
    assert in_blocks.classes == history.classes
    assert bool(in_blocks.not_compiled) == bool(history.not_compiled)


def test_predictions_stay_in_blocks_and_are_computed_when_asked_for():
    for outputs in (1, 2):
        model = network(outputs)
        found, expected = predict(model, CX), predict(model, X)
        assert (found.shape, found.chunks[0]) == (expected.shape, CX.chunks[0])
        shares = predict_proba(network(2), CX)
        scatter(gather(model.parameters()) + 1.0, model.parameters())
        np.testing.assert_allclose(found.compute(), expected, rtol=1e-12)
    np.testing.assert_allclose(shares.compute(), predict_proba(network(2), X), rtol=1e-12)
    by_engine = predict(network(), CX, compiled=False)
    np.testing.assert_allclose(by_engine.compute(), predict(network(), X), rtol=1e-12)
    broken = da.where(CX > 2.0, np.nan, CX)
    with pytest.raises(BadArgumentError, match="is nan"):
        predict(network(), broken).compute()


def test_evaluate_adds_up_means_and_gathers_what_is_none():
    model, words = network(), np.array(["no", "yes"], dtype=object)[(LABELS > 0).astype(int)]
    options = {"loss": "bce", "metrics": ["acc", "f1", "roc_auc"], "classes": ["no", "yes"]}
    found = evaluate(model, CX, cut(words), **options)
    assert list(found) == ["loss", "acc", "f1", "roc_auc"]
    for name, x in evaluate(model, X, words, **options).items():
        assert found[name] == pytest.approx(x, rel=1e-12)
    assert evaluate(model, CX, CY, loss="rmse")["loss"] == pytest.approx(
        evaluate(model, X, Y, loss="rmse")["loss"]
    )
    with pytest.raises(BadArgumentError, match=r"classes=history\.classes"):
        evaluate(model, CX, cut(words), loss="bce")


def test_the_mode_of_a_model_is_heeded():
    model = nn.Sequential(nn.Linear(3, 8, seed=0), nn.Dropout(0.5), nn.Linear(8, 1, seed=1))
    outputs = predict(model, X)
    np.testing.assert_allclose(predict(model, CX).compute(), outputs, rtol=1e-12)
    assert model.training
    start, ends = gather(model.parameters()), []
    for _ in range(2):
        scatter(start, model.parameters())
        history = fit(model, CX, CY, epochs=2, batch_size=60, verbose=0, metrics=["mae"])
        assert history.not_compiled == ""
        ends.append(gather(model.parameters()))
    assert np.array_equal(*ends)  # what is dropped depends on the seed alone
    scatter(start, model.parameters())
    fit(model, CX, CY, epochs=2, batch_size=60, verbose=0, seed=1)
    assert not np.array_equal(ends[0], gather(model.parameters()))


def test_rows_set_aside_are_no_rows_of_the_training():
    """Each block sets its share aside; what is trained on and evaluated on is all, once."""
    from autograd_nn.jit.blocks import Blocks, Cluster
    from autograd_nn.training.block_rows import Reading
    from autograd_nn.training.blocks import BlockTable

    cluster = Cluster()
    numbers = da.arange(210, chunks=40, dtype=float)
    table = BlockTable(
        Blocks({"X": numbers[:, None], "y": numbers}, cluster), Reading("", 0, []), cluster
    )
    kept, held = table.split(0.25, seed=4)
    again, _ = table.split(0.25, seed=4)
    rows = [part.blocks.arrays[1].compute() for part in (kept, held, again)]
    assert (kept.rows, held.rows) == (len(rows[0]), len(rows[1])) == (158, 52)
    assert np.array_equal(np.sort(np.concatenate(rows[:2])), np.arange(210.0))
    assert np.array_equal(rows[0], rows[2])
    assert np.array_equal(kept.blocks.arrays[0].compute()[:, 0], rows[0])
    with pytest.raises(BadArgumentError, match=r"validation_split=0.001 of 210 rows in blocks of"):
        table.split(0.001, seed=0)
    history = fit(network(), CX, CY, epochs=2, validation_split=0.2, metrics=["mae"], verbose=0)
    assert list(history) == ["loss", "lr", "mae", "val_loss", "val_mae"]


def test_a_training_that_was_stopped_goes_on_to_the_same_bits(tmp_path):
    def train(file, epochs, **options):
        model = network()
        fit(model, CX, CY, epochs=epochs, batch_size=50, checkpoint=file, verbose=0, **options)
        return gather(model.parameters())

    expected = train(tmp_path / "whole.npz", 4)
    train(tmp_path / "part.npz", 2)
    assert np.array_equal(train(tmp_path / "part.npz", 4, resume=True), expected)
    with pytest.raises(BadArgumentError, match="on other data"):
        fit(network(), CX, CY + 1.0, epochs=4, batch_size=50, verbose=0,
            checkpoint=tmp_path / "part.npz", resume=True)  # fmt: skip


class Odd:
    """A model that no program follows: each row takes a path of its own."""

    def __init__(self):
        self.w = Value(0.5)

    def parameters(self):
        return [self.w]

    def __call__(self, x):
        return self.w * float(round(float(x[0]) * 1e6)) * 1e-6 + self.w * x[1]


def test_a_model_that_does_not_compile_runs_in_the_engine_of_the_workers(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_NN_BACKEND", "numpy")
    ends = []
    for rows, y in ((X[:60], Y[:60]), (CX[:60], CY[:60])):
        model = Odd()
        history = fit(model, rows, y, epochs=2, optimizer="sgd", lr=0.1, verbose=0)
        ends.append((model.w.data, history["loss"]))
        outputs = predict(model, rows)
        np.testing.assert_allclose(outputs, predict(model, X[:60], compiled=False), rtol=1e-12)
    np.testing.assert_allclose(ends[0][0], ends[1][0], rtol=1e-12)
    np.testing.assert_allclose(ends[0][1], ends[1][1], rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda m: fit(m, CX, CY, loss="rmse", epochs=1), BadArgumentError, "no mean over rows"),
        (lambda m: fit(m, CX, CY, loss=lambda y, p: p[0], epochs=1), BadArgumentError, "of a row"),
        (lambda m: fit(m, da.where(CX > 2.5, np.inf, CX), CY, epochs=1), BadArgumentError,
         r"X\[.*is inf.*counted in the block of rows \d+ to"),
        (lambda m: fit(m, CX, CY[:-1], epochs=1), BadArgumentError, "210 rows, but y has 209"),
        (lambda m: fit(m, CX[:, 0], CY, epochs=1), BadArgumentError, "reshape"),
        (lambda m: fit(m, CX[:0], CY[:0], epochs=1), BadArgumentError, "X has no rows"),
        (lambda m: fit(m, CX, epochs=1), WrongTypeError, "y is missing"),
        (lambda m: fit(m, CX, CY.astype(str), epochs=1), WrongTypeError, "encode text"),
        (lambda m: fit(m, X, Y, epochs=1, client="here"), WrongTypeError, "client is for arrays"),
        (lambda m: fit(m, CX, CY, epochs=1, client="here"), WrongTypeError, "distributed.Client"),
        (lambda m: fit(m, CX, CY, loss="bce", epochs=1), BadArgumentError, "is from 0 to 1"),
        (lambda m: fit(m, CX, CY, epochs=1, sample_weight=-np.ones(210)), BadArgumentError,
         "no weight is negative"),
        (lambda m: fit(m, CX, CY, epochs=1, sample_weight=np.zeros(210)), BadArgumentError,
         "not all are 0"),
        (lambda m: fit(m, CX, CY > 0, loss="bce", epochs=1, class_weight={0: 1.0}),
         BadArgumentError, "no weight for class 1"),
        (lambda m: fit(m, CX, CY, epochs=1, validation_data=(CX[:, :2], CY)), ValueError,
         "has 2 columns"),
        (lambda m: fit(m, CX.rechunk((40, 1)), CY, epochs=1), BadArgumentError, r"rechunk\(\{1"),
        (lambda m: fit(m, CX[CX[:, 0] > 0], CY, epochs=1), BadArgumentError, "compute_chunk_sizes"),
        (lambda m: find_learning_rate(m, CX, CY), WrongTypeError, r"\.compute\(\)"),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_changes_nothing(call, kind, words):
    model = network()
    before = gather(model.parameters())
    with pytest.raises(kind, match=words):
        call(model)
    assert np.array_equal(gather(model.parameters()), before)


def test_a_loss_that_is_not_finite_names_its_row_and_keeps_the_step_before():
    big = da.from_array(np.where(np.arange(210)[:, None] == 137, 1e200, X), chunks=(40, 3))
    model = MLP(3, [2, 1], activation="linear", seed=0)
    before = gather(model.parameters())
    with pytest.raises(NonFiniteLossError, match="epoch 1, batch 4") as caught:
        fit(model, big, CY, epochs=1, batch_size=40, shuffle=False, verbose=0)
    assert caught.value.anomaly is not None
    assert np.isfinite(gather(model.parameters())).all()
    assert not np.array_equal(gather(model.parameters()), before)  # three steps were good


def test_callbacks_see_and_change_the_model():
    class Watch(Callback):
        seen = ()

        def on_epoch_end(self, run):
            self.seen = (*self.seen, run.model.parameters()[0].data)
            if run.epoch == 2:
                scatter(np.zeros(len(run.model.parameters())), run.model.parameters())
                run.stop("enough")

    model, watch = network(), Watch()
    history = fit(model, CX, CY, epochs=9, callbacks=watch, verbose=0)
    assert len(set(watch.seen)) == 2
    assert history.stopped == "enough"
    assert not gather(model.parameters()).any()


def test_dataframes_are_trained_on():
    dd, pd = pytest.importorskip("dask.dataframe"), pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abc")).assign(y=Y, word=np.array(["a", "b", "c"])[LABELS])
    rows = dd.from_pandas(frame, npartitions=4)
    model, other = network(), network()
    fit(model, rows[list("abc")], rows["y"], epochs=2, verbose=0)
    fit(other, X, Y, epochs=2, verbose=0)
    np.testing.assert_allclose(gather(model.parameters()), gather(other.parameters()), rtol=1e-9)
    history = fit(network(3), rows[list("abc")], rows["word"], loss="cross_entropy",
                  metrics=["acc"], epochs=1, verbose=0)  # fmt: skip
    assert history.classes == ["a", "b", "c"]
