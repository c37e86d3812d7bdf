"""The way back: only what is wanted, set before it is added to, and each slope counted once."""

import numpy as np
import pytest
from lifted import assert_means, plan_of, shown_back

from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.plan import PADDING, Nest, walk
from autograd_nn.jit.plan.reference import evaluate

rng = np.random.default_rng(0)
W, X = rng.normal(size=80), rng.normal(size=10)


def dense(w, x):
    return sum(sum(w[10 * i + j] * x[j] for j in range(10)).tanh() for i in range(8))


def test_it_passes_from_nests_to_nests():
    """Slopes of a matrix product are two matrix products."""
    assert shown_back(plan_of(dense, W, X), 0, 1) == [
        "d tanh 2[8] = d sum 3",
        "d sum 1[8] = d tanh 2[8] * d tanh(sum 1[8])",
        "d a0[8, 10] = d sum 1[8] * a1[10]",
        "d a1[10] = sum of 8: d sum 1[8] * a0[10, 8]",
    ]


def test_only_what_leads_to_wanted_arguments_is_computed():
    """Slopes along data are as much work as those along weights, and nobody asks for them."""
    plan = plan_of(dense, W, X)
    assert not any("d a1" in line for line in shown_back(plan, 0))
    assert not any("d a0" in line for line in shown_back(plan, 1))
    assert shown_back(plan) == []


def test_what_does_not_reach_the_result_has_no_way_back():
    """A second result, and what only it needs."""

    def f(w, x):
        return [sum(v.exp() for v in w), sum(v.sin() for v in x)]

    back = shown_back(plan_of(f, W, X), 0, 1)
    assert not any("sin" in line or "d a1" in line for line in back)


def test_the_first_deposit_sets_and_later_ones_add():
    """Clearing all adjoints at each call costs as much as a small program; not clearing what is
    added to gives the last call's slopes once more."""

    def f(x, y):
        return sum(a.sin() for a in x) + sum(a * b for a, b in zip(x, y, strict=True))

    plan = plan_of(f, X, X)
    back = adjoint(plan, (0, 1))
    deposits = [n for n, _ in walk(back.items) if isinstance(n, Nest)]
    to_x = [n.add for n in deposits if n.write.start == plan.leaves[0].start]
    assert to_x == [False, True]
    assert back.cleared == []
    assert_means(plan, f, X, X)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: sum(x[:3]) * y[0],  # seven of x are not used
        lambda x, y: sum((x[i // 2] * y[i]).exp() for i in range(10)),
        lambda x, y: sum(x[(i * i) % 10].exp() for i in range(10)) + y[3] * x[0],
        lambda x, y: sum((x[i] + x[i + 1] + x[i + 2]).tanh() * y[i] for i in range(8)),
    ],
)
def test_cells_that_are_added_to_in_part_are_cleared(f):
    """A second run gives the same slopes as the first, and what is not used has slope 0."""
    plan = plan_of(f, X, X[::-1])
    assert_means(plan, f, X, X[::-1])
    back = adjoint(plan, (0, 1))
    buffers = plan.buffers()
    plan.load(buffers, [X, X[::-1], []])
    found = []
    buffers[1][:] = np.nan  # of an earlier call
    for _ in range(2):
        evaluate(plan.items, buffers)
        for buffer, first, end in back.cleared:
            buffers[buffer][first:end] = 0.0
        buffers[1][back.seeds[0]] = back.seeds[1]
        evaluate(back.items, buffers)
        found.append([buffers[1][plan.leaves[k].cells].copy() for k in (0, 1)])
    np.testing.assert_array_equal(found[0], found[1])


def test_a_square_is_passed_back_once():
    """Twice the number times the adjoint, in one nest."""
    back = shown_back(plan_of(lambda x: sum(v * v for v in x), X), 0)
    assert back == ["d a0[10] = 2 * d sum 1 * a0[10]"]


def test_nothing_passes_a_detach():
    """0 times an infinite slope would be nan."""

    def f(x):
        return sum(v.sqrt().detach() * v for v in x)

    zeros = [0.0, *[1.0] * 9]
    plan = plan_of(f, zeros)
    assert not any("sqrt" in line for line in shown_back(plan, 0))
    assert_means(plan, f, zeros)


def test_a_result_that_is_returned_twice_or_is_an_argument():
    """The seed is then in a leaf's own cell."""
    for f in (lambda x: x[3], lambda x: [x[2], x[2]], lambda x: x[0] + x[0]):
        assert_means(plan_of(f, X), f, X)


def test_rows_add_up_in_what_they_share():
    """The loss of a batch: weights get the sum of all rows, data each its own."""

    def f(w, x):
        return sum(a * b for a, b in zip(w, x, strict=True)).tanh()

    w, rows = rng.normal(size=6), rng.normal(size=(5, 6))
    plan = plan_of(f, w, rows[0], rows=(1,), count=5)
    run = plan.run([w, rows.ravel(), []], adjoint(plan, (0, 1)))
    slope = 1.0 - np.tanh(rows @ w) ** 2
    np.testing.assert_allclose(run.numbers[0], np.tanh(rows @ w), rtol=1e-14)
    np.testing.assert_allclose(run.slopes[0], slope @ rows, rtol=1e-12)
    np.testing.assert_allclose(run.slopes[1], (slope[:, None] * w).ravel(), rtol=1e-12)


def test_missing_terms_do_not_wait_for_each_other():
    """Sums of one to eight terms as one nest: what is missing goes to several cells in turn."""

    def f(x, w):
        total = 0.0
        for k in range(12):
            parts = [(x[k] * x[j]).exp() for j in range(k + 1)]
            for d in range(3):
                seen = sum(p * w[3 * j + d] for j, p in enumerate(parts))
                total = total + seen * seen
        return total

    vectors = [0.1 * k for k in range(12)], [0.3 - 0.01 * k for k in range(36)]
    plan = plan_of(f, *vectors)
    nests = [x for x in adjoint(plan, (0, 1)).items if isinstance(x, Nest) and x.scatter]
    cells = [x.write.start + x.write.table for x in nests if x.write.table is not None]
    padded = [np.unique(each[each < len(PADDING)]) for each in cells if each.min() < len(PADDING)]
    assert padded
    assert all(len(each) == len(PADDING) for each in padded)
    assert_means(plan, f, *vectors)
