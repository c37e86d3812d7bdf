"""A path that waits is replayed equation by equation: what the engine gives, without the function.

If it were wrong, the second and third call of a function, and all calls of one whose paths
change, would give wrong numbers until a program is compiled.
"""

import math
import random

import numpy as np
import pytest
from engine_oracle import difference
from fuzz_programs import contributions

from autograd_nn import MLP, Value, parameter, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.engine import record, require
from autograd_nn.errors import LeakError
from autograd_nn.jit import take
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.path import Waiting
from autograd_nn.jit.capture.recorder import Recording
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.ops import CODES, PRIMITIVES

INF, NAN = math.inf, math.nan
GRID = [0.0, -0.0, 0.3, -0.3, 1.0, -1.0, 2.5, -2.5, 3.0, 1e-300, -1e200, 1e308, INF, -INF, NAN]
ROWS = [row for row in PRIMITIVES if row.name and row.name != "take"]


def waiting_of(f, *args):
    """The path that ``f`` takes for these arguments."""
    call = Call(args, frozenset())
    recording = Recording(f, call, None, 0, Surroundings(f), watching=False)
    assert recording.refused == ""
    return Waiting(recording.trace(), call, recording.described, "mean")


class Replay:
    """What a waiting path finds for a call.

    Attributes:
        holds: whether the call takes this path.
        finite: whether there is neither a nan nor an infinity; otherwise the engine is asked.
        answer: the result; with ``argnums``, the value and the gradient.
    """

    def __init__(self, waiting, args, argnums=None, vector=None):
        call = Call(args, frozenset())
        wanted = None if argnums is None else Wanted(call, argnums, vector)
        found = waiting.attempt(call, wanted)
        self.holds = found is not None
        if found is not None:
            self.finite = found.finite
            self.answer = waiting.answer(found, wanted)


def is_engines(waiting, f, args, argnums, size=0.0):
    """Whether the replay has an answer; if it has, it is the engine's, value and slopes."""
    with np.errstate(all="ignore"):
        value, slopes = value_and_grad(f, argnums)(*args)
    both, alone = Replay(waiting, args, argnums), Replay(waiting, args)
    assert both.holds
    if alone.finite:
        assert not difference(alone.answer, value, size)
    if both.finite:
        assert alone.finite
        assert not difference(both.answer, (value, slopes), size)
    return both.finite


def are_finite(value_and_slopes):
    value, slopes = value_and_slopes
    return math.isfinite(value) and all(map(math.isfinite, slopes))


# -- values and slopes ----------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_of_the_table_at_kinks_and_at_the_ends_of_the_floats(row):
    """With another use of the operands, so that slopes are added up."""
    code = CODES[row.name]

    def f(a, b):
        return record(code, *(a, b)[: row.arity]) * b + a

    waiting = waiting_of(f, 0.7, 0.4)
    for a in GRID:
        for b in GRID:
            with np.errstate(all="ignore"):
                expected = are_finite(value_and_grad(f, (0, 1))(a, b))
            assert is_engines(waiting, f, (a, b), (0, 1)) == expected


def test_the_sign_of_a_zero():
    waiting = waiting_of(lambda x, y: (x * y, -x, x - y, abs(x), x + y), 1.0, 2.0)
    found = Replay(waiting, (-0.0, 0.0)).answer
    assert [math.copysign(1.0, x) for x in found] == [-1.0, 1.0, -1.0, 1.0, 1.0]


UNARY = ["exp", "tanh", "sigmoid", "sin", "relu", "softplus", "sqrt", "log1p", "abs", "floor"]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (b * b + 0.5),
    fn.maximum,
    lambda a, b: fn.minimum(b, a * 0.5),
    lambda a, b: max(a, b),  # noqa: PLW0108 - looked up when it is called
    lambda a, b: min(a, b, 1.0),
    lambda a, b: a**2 - b**3,
    fn.hypot,
    lambda a, b: a % 1.5 + b,
    lambda a, b: a.detach() * b,
]


def random_program(seed):
    """A function of a list, an array, a number and an index, and of a parameter of its own.

    Returns:
        The function, and what makes arguments for it.
    """
    rng, size = random.Random(seed), random.Random(seed + 1).choice([1, 2, 5])
    held = parameter(rng.uniform(-1, 1))
    steps = [(rng.randrange(5), *(rng.randrange(99) for _ in range(3))) for _ in range(12)]

    def f(xs, w, x, k):
        values = [*xs, *w, x, held, x * 0.5]
        for kind, i, j, which in steps:
            a, b = values[-1 - i % len(values)], values[-1 - j % len(values)]
            if kind == 0:
                values.append(getattr(require(a), UNARY[which % len(UNARY)])())
            elif kind == 1:
                values.append(a * 2.0 if a > b else b - 0.25)
            elif kind == 2:
                values.append(take(values[:size], k) * a)
            else:
                values.append(BINARY[which % len(BINARY)](a, b))
        return sum(values[-4:]) + values[len(values) // 2]

    def arguments(seed):
        rng = random.Random(seed)
        draw = [lambda: rng.uniform(-3, 3), lambda: float(rng.randint(-2, 2))][rng.randrange(2)]
        xs, w = [draw() for _ in range(size)], np.array([draw() for _ in range(3)])
        return xs, w, draw(), rng.randrange(size)

    return f, arguments


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_random_programs_at_the_numbers_recorded_and_at_others(first):
    """Where a path holds it gives the engine's numbers, or says that the engine is to be asked."""
    answered = elsewhere = 0
    for seed in range(first, first + 50):
        f, arguments = random_program(seed)
        waiting = waiting_of(f, *arguments(0))
        for k in range(6):
            args = arguments(k)
            if k == 0 or Replay(waiting, args).holds:
                along = (0, 1, 2)
                found = is_engines(waiting, f, args, along, contributions(f, args))
                answered, elsewhere = answered + found, elsewhere + (k > 0)
    assert answered > 40
    assert elsewhere > 25


def test_a_look_up_reads_the_entry_of_its_index():
    def f(table, k):
        return take(table, k) ** 2 + take([table[1], 5.0, table[0]], k) * table[2]

    waiting = waiting_of(f, [2.0, 3.0, 4.0], 0)
    for k in range(3):
        assert is_engines(waiting, f, ([1.5, -2.0, 0.5], k), (0,))
    assert not Replay(waiting, ([1.5, -2.0, 0.5], 3)).holds


def test_the_numbers_of_captured_values_are_read_at_each_call():
    held = Value(3.0)
    waiting = waiting_of(lambda x: x * held if held > 0 else x, 2.0)
    assert Replay(waiting, (2.0,), 0).answer == (6.0, 3.0)
    held.data = 5.0
    assert Replay(waiting, (2.0,), 0).answer == (10.0, 5.0)
    held.data = -1.0
    assert not Replay(waiting, (2.0,), 0).holds


@pytest.mark.parametrize("whole", [True, False])
def test_the_slopes_of_a_model_and_a_vector_in_place_of_its_numbers(whole):
    """Also where the function uses some of its parameters only, and other Values beside them."""
    model, other = MLP(2, [3, 1], seed=0), Value(2.0)

    def f(x):
        out = model([x, x * 0.5]) if whole else model.layers[0]([x, x])[1]
        return out * out * other

    waiting = waiting_of(f, 0.7)
    parameters = model.parameters()
    for vector in (None, np.linspace(-1, 1, len(parameters))):
        found = Replay(waiting, (1.3,), model, vector).answer
        kept = [p.data for p in parameters]
        try:
            if vector is not None:
                for p, x in zip(parameters, vector, strict=True):
                    p.data = x
            model.zero_grad()
            result = f(1.3)
            result.backward()
            slopes = [p.grad for p in parameters]
        finally:
            for p, x in zip(parameters, kept, strict=True):
                p.data = x
        assert found[0] == pytest.approx(result.data, rel=1e-14)
        np.testing.assert_allclose(found[1], slopes, rtol=1e-13)
    with pytest.raises(ValueError, match="has shape"):
        Replay(waiting, (1.3,), model, np.zeros(2))


# -- results ---------------------------------------------------------------------------------


def test_results_of_any_structure():
    waiting = waiting_of(lambda x, y: {"a": [x * y, 7.0], "b": np.array([x, y]), "c": None}, 1.0, 2)
    found = Replay(waiting, (3.0, 4)).answer
    assert (found["a"], found["b"].tolist(), found["c"]) == ([12.0, 7.0], [3.0, 4.0], None)


def test_a_result_that_is_a_plain_number_or_an_argument():
    assert Replay(waiting_of(lambda x: 3.0, 1.0), (2.0,), 0).answer == (3.0, 0.0)
    assert Replay(waiting_of(lambda x, y: y, 1.0, 2.0), (3.0, 4.0), (0, 1)).answer == (4.0, (0, 1))


def test_a_gradient_needs_one_number():
    waiting = waiting_of(lambda x: [x, x], 1.0)
    assert Replay(waiting, (2.0,)).answer == [2.0, 2.0]
    with pytest.raises(TypeError, match="does not return one number"):
        Replay(waiting, (2.0,), 0)


def test_what_is_not_finite_is_said_to_be():
    """Its value and slopes depend on the order of sums: the engine is asked."""
    waiting = waiting_of(lambda x, y: x / y, 1.0, 2.0)
    assert Replay(waiting, (1.0, 2.0), 0).finite
    assert not Replay(waiting, (1.0, 0.0)).finite
    assert not Replay(waiting, (0.0, 0.0)).finite
    waiting = waiting_of(lambda x: x.sqrt(), 1.0)
    assert Replay(waiting, (0.0,)).finite
    assert not Replay(waiting, (0.0,), 0).finite  # its slope


# -- what a path holds for -------------------------------------------------------------------


def test_a_path_holds_for_the_numbers_that_take_it():
    waiting = waiting_of(lambda x: x * 2 if x > 1 else -x, 3.0)
    for x in (1.5, INF):
        assert Replay(waiting, (x,)).answer == x * 2
    for x in (1.0, -2.0, NAN):
        assert not Replay(waiting, (x,)).holds
    always = waiting_of(lambda x: x * 2, 3.0)
    assert Replay(always, (NAN,)).holds


def test_numbers_that_left_the_graph_hold_for_themselves():
    waiting = waiting_of(lambda x, n: x * float(x) + int(n) * x, 1.5, 2)
    assert Replay(waiting, (1.5, 2), 0).answer == (5.25, 3.5)
    for args in ((1.25, 2), (1.5, 3), (-1.5, 2)):
        assert not Replay(waiting, args).holds


def test_a_slope_along_numbers_that_left_the_graph_is_refused():
    """It would be 0 without a word; along others there is one, and the value is right."""

    def f(x, y):
        return y * float(x)

    waiting = waiting_of(f, 2.0, 3.0)
    assert Replay(waiting, (2.0, 5.0)).answer == 10.0
    assert Replay(waiting, (2.0, 5.0), 1).answer == (10.0, 2.0)
    for argnums in (0, (0, 1)):
        with pytest.raises(LeakError, match="argument 0") as refused:
            Replay(waiting, (2.0, 5.0), argnums)
        assert "y * float(x)" in str(refused.value)
    model = MLP(1, [1], seed=0)
    waiting = waiting_of(lambda x: x * float(model([x])), 2.0)
    with pytest.raises(LeakError, match="any parameter"):
        Replay(waiting, (2.0,), model)


# -- what it is made of ------------------------------------------------------------------------


def test_the_function_is_not_called():
    runs = []

    def f(x, y):
        runs.append(1)
        return x * y if x > y else y.exp()

    waiting = waiting_of(f, 3.0, 2.0)
    assert len(runs) == 1
    assert Replay(waiting, (5.0, 4.0), (0, 1)).answer == (20.0, (4.0, 5.0))
    assert not Replay(waiting, (4.0, 5.0)).holds
    assert len(runs) == 1


def test_a_replay_changes_nothing():
    """Several threads may replay one path, and the trace becomes a program later."""
    held = Value(2.0)
    waiting = waiting_of(lambda xs: sum(x * held if x > 0 else -x for x in xs), [1.0, -2.0])
    before = str(waiting.trace), list(waiting.trace.roots), waiting.trace.constants[:]
    xs, expected = [4.0, -3.0], (11.0, [2.0, -1.0])
    for _ in range(3):
        assert Replay(waiting, (xs,), 0).answer == expected
    assert not Replay(waiting, ([-1.0, 1.0],)).holds
    assert Replay(waiting, (xs,), 0).answer == expected
    assert xs == [4.0, -3.0]
    assert held.grad == 0.0
    assert (str(waiting.trace), waiting.trace.roots, waiting.trace.constants) == before


def test_whose_parameters_it_knows_is_bounded():
    """Wanted along ever new models, a path that is kept for long must not keep all of them."""
    model = MLP(1, [1], seed=0)
    waiting = waiting_of(lambda x: model([x]), 2.0)
    for k in range(30):
        other = MLP(1, [1], seed=k)
        _, slopes = Replay(waiting, (2.0,), other).answer
        assert slopes.tolist() == [0.0, 0.0]
        assert len(waiting._models) <= 8
    assert Replay(waiting, (2.0,), model).answer[1].tolist() != [0.0, 0.0]
