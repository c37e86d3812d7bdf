"""``Dropout``, ``train()`` and ``eval()``, and masks that are handed in."""

import warnings

import pytest

from autograd_nn import JitWarning, Module, Value, jit
from autograd_nn.nn import Dropout, Linear, Sequential
from autograd_nn.nn.dropout import masks, wanted_masks


def test_the_share_that_is_dropped_is_p_and_the_mean_stays():
    out = Dropout(0.25, seed=0)([1.0] * 20_000)
    assert out.count(0.0) / 20_000 == pytest.approx(0.25, abs=0.01)
    assert set(out) == {0.0, 1 / 0.75}
    assert sum(out) / 20_000 == pytest.approx(1.0, abs=0.02)


def test_eval_reaches_every_part_and_train_brings_it_back():
    """A dropout that goes on at prediction makes every prediction another one."""

    class Mine(Module):
        def __init__(self):
            self.parts = {"a": [Sequential(Dropout(0.9, seed=0), Linear(2, 1, seed=0))]}
            self.drop = Dropout(0.9, seed=0)

    model = Mine()
    assert model.eval() is model
    assert [m.training for m in model.modules()] == [False] * 5
    assert model.drop([1.0, 2.0]) == [1.0, 2.0]
    model.train()
    assert model.drop([1.0, 2.0]) != [1.0, 2.0]


def test_slopes_pass_what_was_kept_only():
    xs = [Value(1.0) for _ in range(50)]
    out = Dropout(0.5, seed=1)(xs)
    for o in out:
        o.backward()
    assert [x.grad for x in xs] == [o.data for o in out]


def test_masks_are_handed_in_where_they_must_be_known():
    model = Sequential(Dropout(0.5), Linear(2, 2, seed=0), Dropout(0.2))
    assert wanted_masks(model, [1.0, 2.0]) == [0.5, 0.5, 0.2, 0.2]
    with masks([1.0, 1.0, 0.0, 2.0]):
        first, second = model([1.0, 2.0])
    plain = model[1]([1.0, 2.0])
    assert (first.data, second.data) == (0.0, 2 * plain[1].data)


def test_a_jitted_model_that_draws_gives_another_mask_at_each_call():
    """A mask that is recorded once would drop the same numbers for ever."""
    fast = jit(Dropout(0.5, seed=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        found = {tuple(float(v) for v in fast([1.0] * 8)) for _ in range(10)}
    assert len(found) > 5
