"""A training that is killed goes on from its file to the same weights, bit for bit."""

import os
import random
import signal
import sys

import numpy as np
import pytest

from autograd_nn import MLP, fit
from autograd_nn.errors import ModelFileError
from autograd_nn.nn import Dropout, Linear, Sequential, Tanh
from autograd_nn.optim import Adam, OneCycleLR
from autograd_nn.parameters import gather
from autograd_nn.training import BestWeights, EarlyStopping

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3))
Y = np.sin(X[:, 0])
EPOCHS = 12


def model():
    return Sequential(Linear(3, 4, seed=0), Tanh(), Dropout(0.2), Linear(4, 1, seed=1))


def train(path, net, resume=True, **options):
    adam = Adam(net.parameters(), lr=0.02)
    given = {
        "epochs": EPOCHS, "batch_size": 8, "optimizer": adam, "seed": 3, "verbose": 0,
        "validation_split": 0.25, "compiled": False, "checkpoint": path, "resume": resume,
        "callbacks": [OneCycleLR(adam, 0.05, EPOCHS), BestWeights(), EarlyStopping(10)],
    }  # fmt: skip
    history = fit(net, X, Y, **given | options)
    return gather(net.parameters()).tobytes(), dict(history)


def killed_after(events, path):
    """Train in a process that kills itself after some calls of functions; True if it came through.

    Where it dies is anywhere: in a step, between them, while the file is written or renamed.
    """
    child = os.fork()
    if child == 0:
        left = events

        def count(*_):
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        train(path, model())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_anywhere_it_ends_with_the_same_weights(tmp_path):
    """Kills at random calls; AUTOGRAD_NN_KILLS=500 takes half a minute."""
    expected = train(tmp_path / "unbroken.npz", model())
    rng, path = random.Random(7), tmp_path / "run.npz"
    kills = 0
    while kills < int(os.environ.get("AUTOGRAD_NN_KILLS", "40")):
        if killed_after(rng.randrange(1, 60_000), path):
            assert train(path, model()) == expected
            path.unlink()
        else:
            kills += 1
    while not killed_after(10**9, path):
        pass
    assert train(path, model()) == expected


def test_a_finished_run_gives_its_history_again_and_more_epochs_go_on(tmp_path):
    path = tmp_path / "run.npz"
    net = MLP(3, [4, 1], seed=0)
    plain = {"callbacks": [], "optimizer": "adam", "seed": 1}
    train(path, net, epochs=3, **plain)
    other = MLP(3, [4, 1], seed=99)
    weights, history = train(path, other, epochs=5, **plain)
    unbroken = train(tmp_path / "b.npz", MLP(3, [4, 1], seed=0), epochs=5, **plain)
    assert (weights, history) == unbroken


def test_without_resume_it_begins_anew(tmp_path):
    first = train(tmp_path / "run.npz", model())
    assert train(tmp_path / "run.npz", model(), resume=False) == first


def test_early_stopping_stays_stopped(tmp_path):
    options = {"callbacks": [EarlyStopping(1, min_delta=10.0)], "optimizer": "sgd"}
    first = train(tmp_path / "run.npz", model(), **options)
    assert len(first[1]["loss"]) == 2
    assert train(tmp_path / "run.npz", model(), **options) == first


@pytest.mark.parametrize(
    "change", [{"batch_size": 4}, {"seed": 4}, {"loss": "mae"}, {"l2": 0.1}, {"optimizer": "sgd"}]
)
def test_another_training_is_not_continued(tmp_path, change):
    train(tmp_path / "run.npz", model())
    net = model()
    before = gather(net.parameters()).tobytes()
    with pytest.raises(ModelFileError, match="other data or with other settings"):
        train(tmp_path / "run.npz", net, **change)
    assert gather(net.parameters()).tobytes() == before


@pytest.mark.parametrize("damage", [lambda b: b[:200], lambda b: b"text", lambda b: b""])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "run.npz"
    train(path, model())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelFileError, match=r"run\.npz: damaged, or no checkpoint"):
        train(path, model())
