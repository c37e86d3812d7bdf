"""``Module``: parameters are found wherever they are kept, and go to a file and back.

A parameter that was passed over would silently stay untrained and be missing from the file.
"""

import dataclasses
from collections import namedtuple

import numpy as np
import pytest

from autograd_nn import MLP, Module, Value, parameter, saving

Pair = namedtuple("Pair", ["left", "right"])


@dataclasses.dataclass
class Weights:
    slope: Value
    name: str = "line"


class Everywhere(Module):
    def __init__(self):
        self.plain = parameter(1.0)
        self.pair = Pair(parameter(2.0), parameter(3.0))
        self.weights = Weights(parameter(4.0))
        self.table = {"a": [parameter(5.0)], "array": np.array([parameter(6.0)], dtype=object)}
        self.part = MLP(1, [1], seed=0)
        self.again = self.plain
        self.constant = Value(7.0)


def test_parameters_are_found_in_every_kind_of_structure_once():
    model = Everywhere()
    assert [p.data for p in model.parameters()][:6] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [name for name, _ in model.named_parameters()] == [
        "plain", "pair.0", "pair.1", "weights.slope", "table.a.0", "table.array.0",
        "part.layers.0.neurons.0.w.0", "part.layers.0.neurons.0.b",
    ]  # fmt: skip


def test_modules_that_hold_each_other_are_walked_once():
    one, two = Module(), Module()
    one.other, two.other, two.p = two, one, parameter(1.0)
    assert [name for name, _ in one.named_parameters()] == ["other.p"]


def test_own_parameters_are_named_too():
    """A class of micrograd's kind says itself what its parameters are."""

    class Own(Module):
        def __init__(self):
            self.w, self.x = Value(1.0), Value(2.0)

        def parameters(self):
            return [self.w]

    assert [name for name, _ in Own().named_parameters()] == ["w"]


def test_zero_grad_reaches_them_all():
    model = Everywhere()
    sum(model.parameters()).backward()
    assert all(p.grad == 1.0 for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0.0 for p in model.parameters())


def test_a_file_fills_another_model_of_the_class_and_only_that(tmp_path):
    model, other = Everywhere(), Everywhere()
    for p in model.parameters():
        p.data += 10.0
    model.save(tmp_path / "m.npz")
    other.load(tmp_path / "m.npz")
    assert [p.data for p in other.parameters()] == [p.data for p in model.parameters()]
    network = MLP(1, [1], seed=0)
    before = network.state_dict()
    with pytest.raises(saving.ModelFileError, match=r"m\.npz: it holds another model"):
        network.load(tmp_path / "m.npz")
    assert network.state_dict() == before


def test_a_class_of_ones_own_is_not_built_from_its_file(tmp_path):
    class Mine(MLP):
        """Its constructor may do anything."""

    Mine(1, [1], seed=0).save(tmp_path / "m.npz")
    with pytest.raises(saving.ModelFileError, match="a class or activation of your own"):
        saving.load(tmp_path / "m.npz")
