"""Generated NumPy computes what the program computes, on random programs and the benchmarks' work.

A text that runs and gives other numbers would be believed: it is read, copied and kept.
``AUTOGRAD_NN_FUZZ_PYTHON`` in the environment says how many random programs are run of each
mode; the suite runs 20.
"""

import os
import pickle
from random import Random

import numpy as np
import pytest
from exported import assert_text_means
from fuzz_programs import Maker

from autograd_nn.errors import AutogradError
from autograd_nn.jit import jit
from autograd_nn.jit.capture.call import Call
from benchmarks import jit_geometry, jit_loops, jit_paths, jit_sequences, jit_work

COUNT = int(os.environ.get("AUTOGRAD_NN_FUZZ_PYTHON", "20"))
NOT_RECORDED = (AutogradError, ArithmeticError, ValueError, TypeError, AttributeError, LookupError)


def recorded(seed, mode):
    """The program of a random function, and the arguments; None where the engine runs it."""
    made = Maker(seed, mode).program()
    args = made.calls[0][1]
    rows = ("x1", "x2") if mode == "rows" else ()
    try:
        jitted = jit(made.build()["f"], rows=rows, reduce=["mean", "sum", None][seed % 3])
        return jitted.program(*args), args
    except NOT_RECORDED:
        return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["plain", "rows", "model"])
def test_random_programs_mean_the_same_as_text(mode):
    """Branches, exits, look-ups, models, rows, state; slopes along everything that has numbers."""
    written = 0
    for seed in range(COUNT):
        found = recorded(seed, mode)
        if found is None:
            continue
        program, args = found
        along = tuple(k for k, x in enumerate(args) if Call((x,), frozenset()).groups)
        assert_text_means(program, args, along)
        assert_text_means(pickle.loads(pickle.dumps(program)), args, along)
        if program.captured:
            assert_text_means(program, args, None)
        written += 1
    assert written > COUNT / 2


def work():
    """What the benchmarks run, at small sizes: name, function, arguments, names of rows."""
    rng = np.random.default_rng(0)
    theta, X, y = jit_work.moons_data()
    yield "moons", jit_work.moons_loss, (theta, X[:6], y[:6]), ()
    layers, X, T = jit_work.classifier_data((6, 5, 3), 7)
    yield "classifier", jit_work.classifier_loss, (layers, X, T), ("x", "target")
    yield "rosenbrock", jit_loops.rosenbrock, (rng.normal(size=12),), ()
    yield "pendulum", jit_loops.pendulum(20), (np.array([0.3, 0.1, 1.0, 0.1]),), ()
    yield "irregular", jit_loops.irregular(120), (rng.normal(size=20),), ()
    yield "black_scholes", jit_loops.black_scholes, ([100.0, 110.0, 0.05, 0.2, 1.0],), ()
    yield "gates", jit_sequences.gates, jit_sequences.gates_data(3, 8), ()
    p, X = jit_sequences.recurrent_data(2, 4)
    yield "recurrent", jit_sequences.recurrent_of_one, (p, X), ("sequence",)
    p, X = jit_sequences.attention_data(3)
    yield "attention", jit_sequences.attention, (p, X), ()
    yield "causal", jit_sequences.causal, (p, X), ()
    yield "mixture", jit_geometry.mixture, jit_geometry.mixture_data(8, 3, 2), ()
    p, pairs, seen = jit_geometry.camera_data(3, 6, 10)
    yield "camera", jit_geometry.camera_loss(pairs, 3), (p, seen), ()
    p, rest, held, weights, goals = jit_geometry.joints_data(3, 5)
    yield "joints", jit_geometry.joints_loss(held), (p, rest, weights, goals), ()
    short = {"Monte Carlo, max": 6, "Monte Carlo, if": 6, "Kalman, gating": 8}
    for each in jit_paths.WORKS:
        args = each.draw(Random(1))
        if each.title in short:
            args = (args[0], args[1][: short[each.title]])
        if not each.title.startswith("American"):  # hundreds of steps, whatever is given
            yield each.title, each.f, args, ()


@pytest.mark.parametrize(
    ("f", "args", "rows"), [pytest.param(*rest, id=name) for name, *rest in work()]
)
def test_the_work_of_the_benchmarks_means_the_same_as_text(f, args, rows):
    """Networks, simulations, finance, sequences, geometry, branches."""
    program = jit(f, rows=rows).program(*args)
    text = assert_text_means(program, args)
    assert "could not be run" not in text


def test_a_convolution_means_the_same_as_text():
    """Windows overlap: their slopes are added up in the image, cell by cell."""

    def loss(kernel, image):
        total = 0.0
        for r in range(4):
            for c in range(4):
                window = [image[r + i][c + j] for i in range(3) for j in range(3)]
                total = (
                    total + (sum(a * b for a, b in zip(kernel, window, strict=True))).relu() ** 2
                )
        return total

    rng = np.random.default_rng(1)
    args = rng.normal(size=9), rng.normal(size=(6, 6))
    assert_text_means(jit(loss).program(*args), args, (0, 1))
