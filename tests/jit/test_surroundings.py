"""What a function reads besides its arguments: what is found, what is compared, what is not.

Something that is missed is an old number in a result. Something that is looked at in vain makes
every call slower, or records anew where nothing has changed.
"""

import functools
import math
import random
from enum import Enum
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_nn import MLP, Value, parameter
from autograd_nn.jit.capture.surroundings import Surroundings

RATE = 2.0
PAIR = (1.0, "a")


class Kind(Enum):
    SLOW = 1
    FAST = 2


def by_global(x):
    return x * RATE


def by_helper(x):
    return by_global(x) + 1


def look(f, *held):
    found = Surroundings(f, held)
    assert found.holds()
    assert found.changes() == frozenset()
    return found


# -- names ---------------------------------------------------------------------------------


def test_a_global_that_a_helper_reads(monkeypatch):
    found = look(by_helper)
    monkeypatch.setitem(globals(), "RATE", 3.0)
    assert not found.holds()
    assert found.changes() == {"RATE"}


def test_an_equal_constant_is_no_change():
    """Another object with the same number, as from a computation."""
    rate, name, pair = 1.5, "ab", (1, (2.0, "c"))

    def f(x):
        return (x * rate, name, pair)

    found = look(f)
    rate, name, pair = rate * 1.0, "".join(["a", "b"]), (1, (2.0, "".join(["c"])))
    assert found.holds()
    assert found.holds()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1.0, 2.0),
        (1, 1.0),
        (1, True),
        (0.0, -0.0),
        (None, 0),
        ("a", "b"),
        (b"a", b"b"),
        (1j, 2j),
        ((1, 2), (1, 2.0)),
        ((1, (2, "a")), (1, (2, "b"))),
        (Kind.SLOW, Kind.FAST),
        (np.float64(1.0), np.float64(2.0)),
        (np.int64(1), np.float64(1.0)),
        (math.sin, math.cos),
        (len, abs),
        (10**30, 10**30 + 1),
        ([1.0], [1.0, 2.0]),
        ({"a": 1}, {"a": 2}),
        (range(3), range(4)),
    ],
)
def test_another_constant_is_a_change(before, after):
    held = before

    def f(x):
        return x, held

    found = look(f)
    held = after
    assert not found.holds()
    assert found.changes() == {"held"}
    held = before
    assert found.holds()


def test_nan_is_itself():
    held = math.nan

    def f(x):
        return x * held

    found = look(f)
    held = float("nan")
    assert found.holds()


def test_a_name_that_is_bound_later():
    def f(x):
        return x * later

    found = look(f)
    later = 3.0
    assert not found.holds()
    assert f(1.0) == 3.0


def test_defaults_and_code():
    def f(x, rate=2.0, *, power=3):
        return (x * rate) ** power

    found = look(f)
    f.__defaults__ = (3.0,)
    assert not found.holds()
    found = look(f)
    f.__kwdefaults__["power"] = 2
    assert not found.holds()
    found = look(f)
    f.__code__ = (lambda x, rate=2.0, *, power=3: x).__code__
    assert not found.holds()


def test_partials_methods_and_callables():
    class Scaled:
        shift = 1.0

        def __init__(self):
            self.rate = 2.0

        def run(self, x):
            return x * self.rate + self.shift

        def __call__(self, x):
            return self.run(x)

    for make in (
        lambda o: o,
        lambda o: o.run,
        lambda o: functools.partial(o.run),
        lambda o: functools.partial(lambda k, x: x, o.__dict__),
        lambda o: lambda x: o.run(x) + 1,
    ):
        scaled = Scaled()
        found = look(make(scaled))
        scaled.rate = 3.0
        assert not found.holds()
    found = look(Scaled())
    Scaled.shift = 2.0
    assert not found.holds()
    found = look(Scaled())
    Scaled.run = lambda self, x: x
    assert not found.holds()


def test_objects_among_the_arguments():
    settings = SimpleNamespace(rate=2.0, inner=SimpleNamespace(name="a"))
    found = look(by_global, settings)
    settings.inner.name = "b"
    assert not found.holds()
    assert found.changes() == {"an argument.inner.name"}
    found = look(by_global, settings)
    settings.new = 1
    assert not found.holds()


# -- containers, arrays, models -------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "change"),
    [
        ([1.0, 2.0], lambda x: x.__setitem__(0, 3.0)),
        ([1.0, 2.0], lambda x: x.append(3.0)),
        ([1.0, 2.0], lambda x: x.pop()),
        ([[1.0], [2.0]], lambda x: x[1].append(3.0)),
        ({"a": 1.0}, lambda x: x.__setitem__("a", 2.0)),
        ({"a": 1.0}, lambda x: x.__setitem__("b", 2.0)),
        ({"a": {"b": (1.0, [2.0])}}, lambda x: x["a"]["b"][1].append(3.0)),
        ({1, 2}, lambda x: x.add(3)),
        (np.array([1.0, 2.0]), lambda x: x.__setitem__(0, 3.0)),
        (np.array([1, 2]), lambda x: x.__iadd__(1)),
        (np.array([0.0]), lambda x: x.__imul__(-1.0)),
        (np.array(["a", "b"]), lambda x: x.__setitem__(0, "c")),
        (np.array([1.0, None], dtype=object), lambda x: x.__setitem__(1, 3.0)),
        ((1.0, [np.zeros(3)]), lambda x: x[1][0].fill(1.0)),
        (np.zeros((128, 128)), lambda x: x.__setitem__((127, 127), 1.0)),
    ],
)
def test_what_a_container_holds(held, change):
    def f(x):
        return x, held

    found = look(f)
    change(held)
    assert not found.holds()
    assert all(name.startswith("held") for name in found.changes())
    assert found.changes()


def test_what_is_too_large_is_left_alone():
    """The documentation says so: looking at it would cost more than the call."""
    large, many = np.zeros(16385), list(range(5000))

    def f(x):
        return x * large[0] + many[0]

    found = look(f)
    large[0], many[0] = 1.0, 7
    assert found.holds()
    large = np.zeros(16385)
    assert not found.holds()  # another array is seen


def test_what_refers_to_itself_comes_to_an_end():
    loop = [1.0]
    loop.append(loop)
    node = SimpleNamespace(rate=1.0)
    node.me = node

    def f(x):
        return f(x - 1) * loop[0] * node.rate if x > 0 else x

    found = look(f)
    node.rate = 2.0
    assert not found.holds()


def test_a_models_numbers_are_not_compared_but_its_parts_are():
    model = MLP(2, [3, 1], seed=0)
    found = look(lambda x: model(x) * 2)
    for p in model.parameters():
        p.data += 1.0
        p.grad = 5.0
    assert found.holds()
    kept = model.layers[0].neurons[0].w[0]
    model.layers[0].neurons[0].w[0] = parameter(1.0)
    assert not found.holds()
    model.layers[0].neurons[0].w[0] = kept
    assert found.holds()
    model.layers[0].neurons[0].nonlin = False
    assert not found.holds()


def test_the_package_numpy_and_python_are_not_searched():
    """Their code does not change under a function; their numbers are many."""

    def f(x):
        return np.exp(x) + math.pi + random.random() + Value(1.0).tanh()

    assert len(look(f)._now) < 40
    assert look(MLP(8, [8, 8], seed=0))._left > 0


# -- a function that writes -----------------------------------------------------------------


def test_what_grows_is_excused():
    """It logs, counts or prints, and a replay does not: that is documented."""
    log, seen, table = [], set(), {}

    def f(x):
        log.append(1)
        seen.add(2)
        table["last"] = 3
        return x

    found = look(f)
    f(1.0)
    found.excuse()
    assert found.holds()
    log.append(2)
    assert found.holds()


@pytest.mark.parametrize("logs", [False, True])
def test_what_is_changed_in_place_is_no_excuse(logs):
    """Also where something else has grown in the same run."""
    state, log = [0], []

    def f(x):
        state[0] += 1
        if logs:
            log.append(state[0])
        return x * state[0]

    found = look(f)
    f(1.0)
    found.excuse()
    assert not found.holds()
    assert found.changes() == {"state"}


def test_attributes_that_are_new_are_no_excuse():
    owner = SimpleNamespace(rate=1.0)

    def f(x):
        owner.count = getattr(owner, "count", 0) + 1
        return x * owner.count

    found = look(f)
    f(1.0)
    found.excuse()
    assert not found.holds()


def test_what_does_not_matter_is_ignored():
    """A counter that the result was seen not to depend on."""
    calls, owner = 0, SimpleNamespace(rate=1.0, count=0)

    def f(x):
        nonlocal calls
        calls += 1
        owner.count += 1
        return x * owner.rate

    found = look(f)
    f(1.0)
    assert found.changes() == {"calls", "owner.count"}
    found = Surroundings(f, (), found.changes())
    f(1.0)
    assert found.holds()
    owner.rate = 2.0
    assert not found.holds()
    assert found.changes() == {"owner.rate"}


# -- random numbers -------------------------------------------------------------------------


def test_a_draw_from_any_generator_in_reach_moves_a_state():
    """Otherwise a recorded draw would be the result of every later call."""
    rng, old, own = np.random.default_rng(0), np.random.RandomState(0), random.Random(0)
    holder = SimpleNamespace(rng=rng)
    draw = rng.normal

    def f(x):
        return x * (holder.rng.normal() + old.rand() + own.random())

    draws = [rng.normal, old.rand, own.random, lambda: rng.shuffle([1, 2, 3])]
    draws += [random.random, lambda: random.choice([1, 2])]  # is in reach of everyone
    assert_moves(look(f), draws)
    assert_moves(look(lambda x: x * draw()), [rng.normal, draw])
    assert_moves(look(by_global, holder), [rng.normal])


def assert_moves(found, draws):
    for each in draws:
        before = found.random_states()
        assert found.random_states() == before
        each()
        assert found.random_states() != before


def test_numpys_shared_generator_counts_where_a_function_may_draw_from_it():
    """Its state is long, so it is left alone where nothing in reach could draw from it."""

    def draws(x):
        return x * np.random.rand()

    assert_moves(look(draws), [np.random.rand])
    assert_moves(look(lambda x: draws(x) + 1), [np.random.rand])
    shared = np.random.rand
    assert_moves(look(lambda x: x * shared()), [np.random.rand])
    without = look(by_global)
    before = without.random_states()
    np.random.rand()
    assert without.random_states() == before


# -- what lies outside ------------------------------------------------------------------------


def test_outer_containers_are_those_that_a_function_can_fill():
    """A Value put into one of these is refused by its name."""
    log, table, seen, fixed = [1], {}, set(), (1, [2])

    def f(x):
        return [by_global(x) for _ in log], table, seen, fixed

    outer = dict(look(f).outer)
    assert outer["log"] is log
    assert outer["table"] is table
    assert outer["seen"] is seen
    assert outer["fixed"] is fixed[1]  # the tuple itself takes nothing

    class Owner:
        def __init__(self):
            self.log = log

        def run(self, x):
            return [*self.log, x]

    found = look(Owner().run).outer
    assert [x for _, x in found] == [log]  # the attributes themselves are compared, not filled


def test_a_name_that_is_not_set_yet_is_not_outside():
    def f(x):
        return [x, *later]

    assert look(f).outer == []
    later = [1.0]
    assert look(f).outer == [("later", later)]


# -- the parameters in reach ------------------------------------------------------------------


def test_parameters_come_in_their_models_order_and_each_once():
    """In that order a layer's weights follow a pattern, which programs are made of."""
    model, other = MLP(2, [3, 1], seed=0), MLP(1, [1], seed=1)
    loose = parameter(1.0)
    first = model.layers[0]

    def f(x):
        return first(x), other(x), model(x), loose

    found = look(f).parameters()
    assert {id(p) for p in found} == {id(p) for m in (model, other) for p in m.parameters()}
    assert len({id(p) for p in found}) == len(found)
    places = [next(k for k, q in enumerate(found) if q is p) for p in model.parameters()]
    assert places == sorted(places)
    assert [id(p) for p in look(by_global, other).parameters()] == list(map(id, other.parameters()))
