"""Optimisers, schedules and losses against PyTorch's recorded numbers (``record_torch.py``).

A running mean that is off by a factor trains nearly as well, and nobody would notice.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from autograd_nn import Value, losses, optim
from autograd_nn.functions import sin

RECORDED = json.loads(Path(__file__).with_name("torch_numbers.json").read_text(encoding="utf-8"))


def close(found, expected):
    np.testing.assert_allclose(np.array(found, float), np.array(expected), 1e-12, 1e-12)


@pytest.mark.parametrize("text", RECORDED["trajectories"])
def test_a_hundred_steps_are_pytorchs(text):
    xs = [Value(1.0), Value(-0.5), Value(0.25)]
    optimizer = eval(text.replace("(", "(xs, ", 1), vars(optim) | {"xs": xs})
    for k in range(100):
        a, b, c = xs
        optimizer.zero_grad()
        ((a - 3) ** 2 * 0.5 + (a * b - 1) ** 2 + sin(c + 0.1 * k) + 0.05 * c**4).backward()
        optimizer.step()
        if str(k + 1) in RECORDED["trajectories"][text]:
            close([x.data for x in xs], RECORDED["trajectories"][text][str(k + 1)])


@pytest.mark.parametrize("case", RECORDED["one cycle"], ids=lambda c: str(c["settings"]))
def test_one_cycle_has_pytorchs_rates(case):
    optimizer = optim.SGD([Value(0.0)], lr=0.3)
    schedule = optim.OneCycleLR(optimizer, **case["settings"])
    rates = []
    for _ in case["rates"]:
        rates.append(optimizer.lr)
        schedule.step()
    close(rates, case["rates"])


@pytest.mark.parametrize("case", RECORDED["plateau"], ids=lambda c: str(c["settings"]))
def test_a_plateau_lowers_the_rate_where_pytorch_does(case):
    optimizer = optim.SGD([Value(0.0)], lr=0.3)
    schedule = optim.ReduceLROnPlateau(optimizer, **case["settings"])
    rates = []
    for x in RECORDED["watched"]:
        schedule.step(x)
        rates.append(optimizer.lr)
    close(rates, case["rates"])


WEIGHTS = [0.5, 2.0, 1.0, 3.0]
OPTIONS = {"delta": {"delta": 0.4}, "weights": {"class_weight": WEIGHTS}, "": {}}


@pytest.mark.parametrize("name", RECORDED["losses"])
def test_losses_and_slopes_are_pytorchs(name):
    case = RECORDED["losses"][name]
    function, _, option = name.partition(" ")
    pred = np.vectorize(Value, otypes=[object])(np.array(case["pred"]))
    loss = getattr(losses, function)(case["true"], pred, **OPTIONS[option])
    loss.backward()
    close(loss.data, case["value"])
    close([v.grad for v in pred.ravel()], np.ravel(case["slopes"]))
    floats = getattr(losses, function)(case["true"], case["pred"], **OPTIONS[option])
    close(floats, case["value"])


def test_lbfgs_finds_the_minimum_and_says_what_it_needs():
    pytest.importorskip("scipy")
    xs = [Value(-1.2), Value(1.0)]
    optimizer = optim.LBFGS(xs, max_iter=100)

    def closure():
        optimizer.zero_grad()
        loss = (1 - xs[0]) ** 2 + 100 * (xs[1] - xs[0] ** 2) ** 2
        loss.backward()
        return loss

    assert optimizer.step(closure) == pytest.approx(24.2)
    close([round(x.data, 4) for x in xs], [1.0, 1.0])
    with pytest.raises(ValueError, match="give step\\(closure\\) a function"):
        optimizer.step()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda xs: optim.RMSprop(xs, alpha=1.0), "alpha must be finite, at least 0 and below 1"),
        (lambda xs: optim.Adagrad(xs, lr_decay=-1.0), "lr_decay must be finite, at least 0"),
        (lambda xs: optim.LBFGS(xs, max_iter=0), "max_iter is at least 1"),
        (lambda xs: optim.OneCycleLR(optim.SGD(xs), 1.0, 0), "total_steps is at least 1"),
        (lambda xs: optim.ReduceLROnPlateau(optim.SGD(xs), mode="mni"), "did you mean 'min'"),
        (lambda xs: optim.Adam(xs).load_state_dict({}), "a state of Adam holds .*, got nothing"),
        (
            lambda xs: optim.Adam(xs).load_state_dict(optim.Adam([Value(0.0)] ).state_dict()),
            "the state is of 1 parameters, this optimiser has 2",
        ),
        (lambda xs: losses.huber([1.0], [2.0], delta=0.0), "delta is positive"),
        (lambda xs: losses.mean_squared_error([1.0], [2.0], [1.0, 2.0]), "a number for each of 1"),
        (lambda xs: losses.mean_squared_error([1.0], [2.0], [0.0]), "adds up to 0"),
        (lambda xs: losses.cross_entropy([2], [[1, 2, 3]], class_weight=[1, 2]), "for class 2"),
        (lambda xs: losses.kl_divergence([[-0.5]], [[0.0]]), "a probability, at least 0"),
    ],
)  # fmt: skip
def test_bad_settings_get_a_clear_error(make, message):
    with pytest.raises(ValueError, match=message):
        make([Value(1.0), Value(2.0)])


@pytest.mark.parametrize(
    "make",
    [
        lambda xs: optim.SGD(xs, lr=0.1, momentum=0.9), lambda xs: optim.Adam(xs, lr=0.1),
        lambda xs: optim.AdamW(xs, lr=0.1), lambda xs: optim.RMSprop(xs, momentum=0.5),
        optim.Adagrad,
    ],
)  # fmt: skip
def test_a_state_that_is_loaded_goes_on_as_if_nothing_had_happened(make):
    """An optimiser that forgets its means makes a jump after every restart."""

    def steps(optimizer, xs, count):
        for _ in range(count):
            optimizer.zero_grad()
            ((xs[0] - 3) ** 2 + (xs[0] * xs[1] - 1) ** 2).backward()
            optimizer.step()

    xs = [Value(1.0), Value(-0.5)]
    optimizer = make(xs)
    steps(optimizer, xs, 3)
    ys = [Value(x.data) for x in xs]
    other = make(ys)
    other.load_state_dict(optimizer.state_dict())
    steps(optimizer, xs, 5)
    steps(other, ys, 5)
    assert [x.data for x in xs] == [y.data for y in ys]


def test_weights_of_rows_are_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    true, pred, w = [1.0, 2.0, 4.0], [1.5, 1.0, 4.5], [1.0, 0.0, 3.0]
    for name in ("mean_squared_error", "mean_absolute_error", "root_mean_squared_error",
                 "mean_absolute_percentage_error"):  # fmt: skip
        expected = getattr(metrics, name)(true, pred, sample_weight=w)
        close(getattr(losses, name)(true, pred, w), expected)
    labels, logits = [0, 1, 1], [0.3, -0.2, 2.0]
    shares = [1 / (1 + np.exp(-z)) for z in logits]
    close(losses.binary_cross_entropy(labels, logits, w),
          metrics.log_loss(labels, shares, sample_weight=w))  # fmt: skip
