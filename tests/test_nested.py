"""Nested structures: taken apart and put together again they are what they were.

Gradients have the structure of their arguments: a container that came back as another kind, in
another order or without its own settings would break the caller's code.
"""

import dataclasses
from collections import Counter, OrderedDict, defaultdict, namedtuple
from enum import Enum

import numpy as np
import pytest

from autograd_nn import MLP, Value, check_gradients, grad, jit, label_variables
from autograd_nn.drawing.graph import roots_of
from autograd_nn.nested import (
    is_constant,
    is_container,
    is_record,
    leaves_of,
    names_of,
    parts_of,
    place_of,
    with_parts,
)

Point = namedtuple("Point", ["x", "y"])


class Planet(Enum):
    EARTH = 1


class MyList(list):
    """A list of the user's own."""


@dataclasses.dataclass
class Rocket:
    thrust: float
    stages: list


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    mass: float
    name: str = "moon"


@dataclasses.dataclass
class Derived:
    """Its constructor takes other arguments than it has fields."""

    width: float
    area: float = dataclasses.field(init=False)

    def __post_init__(self):
        self.area = self.width**2


CONTAINERS = [
    ([1.0, 2.0], [0, 1], [1.0, 2.0]),
    ((1.0,), [0], [1.0]),
    ((), [], []),
    (MyList([1.0, 2.0]), [0, 1], [1.0, 2.0]),
    (Point(1.0, 2.0), [0, 1], [1.0, 2.0]),
    ({"w": 1.0, 3: 2.0}, ["w", 3], [1.0, 2.0]),
    ({}, [], []),
    (OrderedDict(b=1.0, a=2.0), ["b", "a"], [1.0, 2.0]),
    (defaultdict(list, a=1.0), ["a"], [1.0]),
    (Counter(a=2.0, b=1.0), ["a", "b"], [2.0, 1.0]),
    (Rocket(1.0, [2.0]), ["thrust", "stages"], [1.0, [2.0]]),
    (Frozen(1.0), ["mass", "name"], [1.0, "moon"]),
    (Derived(3.0), ["width", "area"], [3.0, 9.0]),
]


@pytest.mark.parametrize(("x", "names", "parts"), CONTAINERS)
def test_a_container_is_its_parts_in_order(x, names, parts):
    assert is_container(x)
    assert names_of(x) == names
    assert parts_of(x) == parts


@pytest.mark.parametrize(("x", "names", "parts"), CONTAINERS)
def test_with_its_own_parts_it_is_equal_and_of_the_same_kind(x, names, parts):
    made = with_parts(x, parts_of(x))
    assert made == x
    assert type(made) is type(x)


@pytest.mark.parametrize(("x", "names", "parts"), CONTAINERS)
def test_other_parts_take_the_places_and_the_original_stays(x, names, parts):
    made = with_parts(x, [f"new {k}" for k in range(len(parts))])
    assert names_of(made) == names
    assert parts_of(made) == [f"new {k}" for k in range(len(parts))]
    assert type(made) is type(x)
    assert parts_of(x) == parts


def test_settings_of_a_container_are_kept():
    filled = with_parts(defaultdict(list, a=1.0), [2.0])
    assert filled["missing"] == []
    moved = with_parts(OrderedDict(b=1.0, a=2.0), [3.0, 4.0])
    moved.move_to_end("b")
    assert list(moved) == ["a", "b"]
    rocket = Rocket(1.0, [])
    rocket.note = "not a field"
    assert with_parts(rocket, [2.0, []]).note == "not a field"
    assert with_parts(Point(1.0, 2.0), [3.0, 4.0]).y == 4.0


def test_the_number_of_parts_must_fit():
    for x in ({"a": 1.0}, Rocket(1.0, []), Point(1.0, 2.0)):
        with pytest.raises((ValueError, TypeError)):
            with_parts(x, [])


@pytest.mark.parametrize(
    "x",
    [1.0, 3, "text", b"b", None, {1, 2}, frozenset(), np.ones(3), range(3), MLP(1, [1], seed=0)],
)
def test_what_is_no_container(x):
    assert not is_container(x)


def test_the_class_of_a_dataclass_is_no_record():
    assert is_record(Rocket(1.0, []))
    assert not is_record(Rocket)
    assert not is_record(Point(1.0, 2.0))


def test_what_has_no_slope_is_a_constant():
    for x in ("moon", b"", None, True, False, Planet.EARTH):
        assert is_constant(x)
    for x in (1, 1.0, np.float64(1.0), np.ones(2), [1.0], object()):
        assert not is_constant(x)


class Owner:
    def __init__(self, **attributes):
        vars(self).update(attributes)


def test_leaves_are_found_in_every_kind_of_structure_in_order():
    array = np.empty((1, 2), dtype=object)
    array[0, :] = ["e", "f"]
    nested = {
        "list": ["a", ("b",)],
        "point": Point("c", 1.0),
        "rocket": Rocket("d", [None]),
        "array": array,
        "numbers": np.zeros(3),
        "ordered": OrderedDict(z="g"),
        "owner": Owner(part=["h"]),
    }
    found = list(leaves_of(nested, str, (Owner,)))
    assert [leaf for _, leaf in found] == list("abcdefgh")
    assert [path for path, _ in found] == [
        ("list", 0), ("list", 1, 0), ("point", 0), ("rocket", "thrust"), ("array", 0),
        ("array", 1), ("ordered", "z"), ("owner", "part", 0),
    ]  # fmt: skip
    assert [leaf for _, leaf in leaves_of(nested, str)] == list("abcdefg")


def test_leaves_come_once_by_their_first_name():
    leaf = ["x"]
    assert [path for path, _ in leaves_of({"a": leaf, "b": leaf}, str)] == [("a", 0)]


def test_a_structure_that_holds_itself_ends():
    circle = ["x"]
    circle.append(circle)
    assert list(leaves_of(circle, str)) == [((0,), "x")]


def test_depth_is_bounded_by_memory_alone():
    deep = ["x"]
    for _ in range(5_000):
        deep = [deep]
    ((path, leaf),) = leaves_of(deep, str)
    assert (len(path), leaf) == (5_001, "x")


@pytest.mark.parametrize(
    ("x", "places"),
    [
        ([1.0, 2.0], ["p[0]", "p[1]"]),
        ({"w": 1.0, 3: 2.0}, ["p['w']", "p[3]"]),
        (Point(1.0, 2.0), ["p.x", "p.y"]),
        (Rocket(1.0, []), ["p.thrust", "p.stages"]),
    ],
)
def test_the_place_of_a_part_is_spelled_as_python_finds_it(x, places):
    """Messages and reports name places; what they name can be typed into the console."""
    found = [place_of(x, name, "p") for name in names_of(x)]
    assert found == places
    assert [eval(place, {"p": x}) for place in found] == parts_of(x)


# -- one walk, wherever a structure is taken ----------------------------------------------------


def structures(make):
    """Every kind of structure, around two numbers."""
    a, b = make(2.0), make(3.0)
    counts = Counter({"a": 1})
    counts.clear()
    counts["a"], counts["b"] = a, b
    return [
        [a, b],
        [(a, [b])],
        Point(a, b),
        {"a": a, "b": [b]},
        OrderedDict(a=a, b=b),
        defaultdict(list, a=a, b=b),
        counts,
        Rocket(a, [b]),
        Frozen(a, "earth"),
        {"deep": Rocket(a, [Point(b, [])])},
    ]


def total(x):
    """The sum of the numbers in a structure, as a user would reach them."""
    if is_container(x):
        return sum((total(part) for part in parts_of(x) if not is_constant(part)), 0.0)
    return x


@pytest.mark.parametrize("i", range(len(structures(float))))
def test_every_room_takes_the_same_structures(i):
    """What one function takes and the next refuses cannot be passed through a program."""
    at = structures(float)[i]
    numbers = [x for _, x in leaves_of(at, float)]
    slopes = grad(total)(at)
    assert type(slopes) is type(at)
    assert [x for _, x in leaves_of(slopes, float)] == [1.0] * len(numbers)
    assert jit(total)(at) == sum(numbers)
    assert jit(total).value_and_grad(at)[1] == slopes
    report = check_gradients(total, at, hand=slopes)
    assert report
    assert len(report.rows) == len(numbers)
    values = structures(Value)[i]
    held = [v for _, v in leaves_of(values, Value)]
    assert roots_of(values) == held
    label_variables({"p": values})
    assert [eval(v.label, {"p": values}) for v in held] == held
