"""Finding loops: what repeats is found, and nothing else is taken for a loop."""

import numpy as np
import pytest

from autograd_nn import Value
from autograd_nn import functions as fn
from autograd_nn.jit.capture.trace import Record, join
from autograd_nn.jit.lifting.flatten import Needs, flat
from autograd_nn.jit.loops import find_loops
from autograd_nn.recording import tracing


def flat_of(f, n=3):
    inputs = [Value(0.1 * k + 0.3) for k in range(n)]
    with tracing() as tape:
        result = f(inputs)
    trace = join(Record(tape, inputs, [result], [], {}), [])
    return flat(trace, Needs(trace))


def covered(program):
    """How many lines lie in loops; every loop is checked line by line."""
    loops, end = find_loops(program), 0
    for loop in loops:
        assert loop.first >= end
        end = loop.stop
        assert end <= len(program)
        for q in range(loop.period):
            lines = [
                program.line(loop.first + q + k * loop.period, [True] * 100_000)
                for k in range(loop.count)
            ]
            assert len({(line.code, tuple(t.sign for t in line.terms)) for line in lines}) == 1
            for places in zip(*[[t.a for t in line.terms] for line in lines], strict=True):
                assert len(set(np.diff(places))) <= 1
    return sum(loop.period * loop.count for loop in loops)


def repeated(body, times):
    def f(p):
        x = p[0]
        for k in range(times):
            x = body(x, p, k)
        return x

    return f


BODIES = [
    lambda x, p, k: fn.sin(x) * p[1],
    lambda x, p, k: fn.sin(x * p[1] + fn.cos(x)) - p[2] * fn.tanh(x) + 0.5,
    lambda x, p, k: x + p[1] * p[k % 3],
]


@pytest.mark.parametrize("body", BODIES[:2])
@pytest.mark.parametrize("times", [300, 1001])
def test_almost_all_of_a_loop_is_found(body, times):
    program = flat_of(repeated(body, times))
    assert covered(program) > 0.9 * len(program)


def test_a_short_program_is_written_out():
    assert find_loops(flat_of(repeated(BODIES[0], 20))) == []


def test_a_body_that_alternates_has_the_longer_period():
    def body(x, p, k):
        return fn.sin(x) + p[1] if k % 2 else fn.cos(x) * p[2] - 1.0

    program = flat_of(repeated(body, 400))
    assert covered(program) > 0.9 * len(program)


def test_random_operations_are_no_loop():
    turns = np.random.default_rng(0).integers(0, 5, 3000).tolist()

    def body(x, p, k):
        return [fn.sin, fn.cos, fn.tanh, fn.atan, fn.exp][turns[k]](x)

    assert find_loops(flat_of(repeated(body, 3000))) == []


def test_operands_that_move_unevenly_are_no_loop():
    """Each step reads some earlier result."""
    back = np.random.default_rng(0)

    def f(p):
        made = list(p)
        for _ in range(300):
            made.append(fn.sin(made[-1] + made[back.integers(len(made))]))
        return made[-1]

    program = flat_of(f)
    assert covered(program) < 0.3 * len(program)


def test_two_loops_apart():
    def f(p):
        x = repeated(BODIES[0], 200)(p)
        x = fn.exp(fn.tanh(x)) / (1.0 + x * x)
        return repeated(BODIES[1], 200)([x, *p[1:]])

    program = flat_of(f)
    assert len(find_loops(program)) >= 2
    assert covered(program) > 0.8 * len(program)
