"""Single operations on a tape: in an order that is right, forward and back, whatever they are.

A tape that runs an operation before its operands, or loses a deposit where two go to one cell,
gives wrong numbers for code without a pattern, which nobody can check by eye.
"""

import numpy as np
import pytest

from autograd_nn.jit.backends.native.machine import host
from autograd_nn.jit.backends.native.program import NativeCode, compile
from autograd_nn.jit.backends.native.tape import Tape
from autograd_nn.jit.plan import Lines, Loop
from autograd_nn.jit.plan.reference import evaluate
from autograd_nn.ops import CODES, PRIMITIVES

OPERATIONS = [code for code, row in enumerate(PRIMITIVES) if row.arity]
SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e-300, 1e300, 5e-324]


def random_lines(seed, count, codes=OPERATIONS, leaves=30, exact=False):
    """Operations on what came before, in shuffled cells; and the cells' number."""
    random = np.random.default_rng(seed)
    cells = leaves + random.permutation(count)
    known = np.concatenate([np.arange(leaves), cells])
    chosen = random.choice(codes, count)
    low = np.maximum(0, np.arange(count) + leaves - 40)
    a, b = (
        known[low + (random.random(count) * (np.arange(count) + leaves - low)).astype(int)]
        for _ in "ab"
    )
    two = np.array([row.arity == 2 for row in PRIMITIVES])[chosen]
    return Lines(chosen, cells, a, np.where(two, b, -1), exact=exact), leaves + count


def back_of(lines, seed):
    """All of them on the way back, with random wishes."""
    wanted = np.random.default_rng(seed).integers(1, 4, len(lines.codes))
    wanted = np.where(lines.b < 0, 1, wanted)
    return Lines(lines.codes, lines.out, lines.a, lines.b, wanted)


def buffers_of(cells, seed, leaves=30, special=False):
    random = np.random.default_rng(seed)
    values, adjoints = np.zeros(cells), random.normal(size=cells)
    values[:leaves] = random.uniform(0.3, 1.5, leaves)
    if special:
        values[: len(SPECIAL)] = SPECIAL
    return [values, adjoints]


def both(items, buffers):
    """What the reference makes of items, and what machine code does."""
    want, found = [x.copy() for x in buffers], [x.copy() for x in buffers]
    with np.errstate(all="ignore"):
        evaluate(items, want)
    compile(items, [len(buffers[0])]).bind(found)()
    return want, found


@pytest.mark.parametrize("count", [1, 2, 40, 700])
@pytest.mark.parametrize("seed", range(5))
def test_forward_and_back(seed, count):
    lines, cells = random_lines(seed, count)
    buffers = buffers_of(cells, seed, special=seed % 2 == 1)
    with np.errstate(all="ignore"):
        evaluate([lines], buffers)
    start = [buffers[0].copy(), buffers[1]]
    start[0][lines.out] = 0.0
    _, found = both([lines], start)
    # Errors grow along a chain, so each operation is checked at the operands that it had.
    for code, out, a, b in zip(lines.codes, lines.out, lines.a, lines.b, strict=True):
        numbers = [float(found[0][k]) for k in (a, b) if k >= 0]
        want = PRIMITIVES[code].scalar(*numbers)
        np.testing.assert_allclose(found[0][out], want, 1e-13, 1e-14, err_msg=PRIMITIVES[code].name)
    want, found = both([back_of(lines, seed)], buffers)
    finite = np.isfinite(want[1]) & (np.abs(want[1]) < 1e100)
    np.testing.assert_array_equal(np.isnan(found[1]), np.isnan(want[1]))
    np.testing.assert_allclose(found[1][finite], want[1][finite], 1e-8, 1e-8)


@pytest.mark.parametrize("count", [30, 400])
def test_exact_operations_have_the_tables_bits(count):
    lines, cells = random_lines(7, count, exact=True)
    want, found = both([lines], buffers_of(cells, 7, special=True))
    same = want[0].view(np.int64) == found[0].view(np.int64)
    assert (same | (np.isnan(want[0]) & np.isnan(found[0]))).all()


def test_deposits_into_one_cell_all_count():
    count = 500
    codes = np.full(count, CODES["tanh"])
    lines = Lines(codes, np.arange(1, count + 1), np.zeros(count, int), np.full(count, -1))
    lines.wanted = np.ones(count, int)
    buffers = [np.full(count + 1, 0.5), np.ones(count + 1)]
    buffers[1][0] = 0.0
    want, found = both([lines], buffers)
    np.testing.assert_allclose(found[1], want[1], 1e-12)


def test_a_chain_of_operations_is_in_order():
    count = 1000
    codes = np.where(np.arange(count) % 2, CODES["neg"], CODES["exp"])
    out = np.arange(1, count + 1)
    lines = Lines(codes, out, out - 1, np.full(count, -1))
    want, found = both([lines], [np.full(count + 1, 0.3), np.zeros(count + 1)])
    np.testing.assert_allclose(found[0], want[0], 1e-12)


@pytest.mark.parametrize("count", [3, 200])
def test_operations_inside_of_a_loop(count):
    lines, cells = random_lines(3, count, [CODES["tanh"], CODES["mul"], CODES["add"]])
    want, found = both([Loop(3, [lines])], buffers_of(cells, 3))
    np.testing.assert_allclose(found[0], want[0], 1e-12)


def test_no_operations():
    empty = np.zeros(0, int)
    assert Tape(Lines(empty, empty, empty, empty), 5).bind([np.zeros(5)] * 2)() is None


def test_a_bound_tape_outlives_the_code():
    lines, cells = random_lines(5, 300, [CODES["add"]])
    buffers = buffers_of(cells, 5)
    bound = NativeCode([lines], [cells], host()).bind(buffers)
    bound()
    first = buffers[0].copy()
    bound()
    np.testing.assert_array_equal(buffers[0], first)
