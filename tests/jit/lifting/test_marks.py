"""Marks: which cells depend on wanted arguments, and which the result depends on."""

import numpy as np
from lifted import plan_of, plan_of_lines

from autograd_nn.jit.lifting.marks import Marks, touched
from autograd_nn.jit.plan import Access

W, X = np.linspace(-1, 1, 16), np.linspace(0.5, 1.5, 4)


def marked(plan, wanted, name):
    """Whether any cell of a region is active, and whether any is reached."""
    marks = Marks(plan, wanted)
    starts = [start for start, _ in plan.names] + [plan.sizes[0]]
    (k,) = [k for k, (_, each) in enumerate(plan.names) if each == name]
    cells = slice(starts[k], starts[k + 1])
    return bool(marks.active[0][cells].any()), bool(marks.reached[0][cells].any())


def two_branches(w, x):
    """The second result has nothing to do with the first."""
    first = sum(sum(w[4 * i + j] * x[j] for j in range(4)).tanh() for i in range(4))
    return [first, sum(v.exp() for v in x)]


def test_what_wanted_arguments_reach_is_active():
    """Slopes of what no wanted argument reaches are work for nothing."""
    plan = plan_of(two_branches, W, X)
    assert marked(plan, (0,), "a0") == (True, True)
    assert marked(plan, (0,), "a1")[0] is False
    assert marked(plan, (1,), "a0")[0] is False


def test_only_the_first_result_is_followed():
    """The others' adjoints are 0: their infinite slopes would make nan of it."""
    plan = plan_of(two_branches, np.tile(W, 3), X)
    names = [name for _, name in plan.names if name.startswith("exp")]
    assert names
    for name in names:
        assert marked(plan, (1,), name) == (True, False)


def test_a_detach_stops_both_ways():
    """Nothing before it takes slopes."""

    def f(x):
        return sum((v.exp().detach() * 2.0).sin() for v in x)

    x = np.linspace(0, 1, 12)
    plan = plan_of(f, x)
    for name in (name for _, name in plan.names if name.startswith("sin")):
        assert marked(plan, (0,), name)[0] is False
    assert (
        not Marks(plan_of_lines(f, x, rolled=False), (0,))
        .wanted(plan_of_lines(f, x, rolled=False).items[0])
        .any()
    )


def test_a_loop_is_followed_until_nothing_new_is_found():
    """A state that takes part only after some rounds."""

    def f(x):
        a, b, c, d = x
        for _ in range(30):
            a, b, c, d = (a * 0.5).sin(), (b + a).sin(), (c + b).sin(), (d + c).sin()
        return d

    plan = plan_of_lines(f, X, rolled=True)
    back = Marks(plan, (0,))
    last = int(plan.roots[0, 0])
    assert back.active[0][last]
    assert back.reached[0][plan.leaves[0].cells].all()


def test_the_cells_of_an_access_in_all_rounds():
    """Where a loop goes, and what stays."""
    access = Access(0, 10, (1, 0), (5, 0))
    cells = touched(access, (3, 7), (4, 9))
    assert cells.shape == (4, 1, 3, 1)
    assert cells.ravel().tolist() == [10, 11, 12, 15, 16, 17, 20, 21, 22, 25, 26, 27]
    table = Access(0, 1, (0,), (), np.array([4, 0, 8]))
    assert touched(table, (3,), ()).tolist() == [5, 1, 9]
