"""Lines are joined only where the numbers stay the same: nothing moves past what changes it."""

from autograd_nn.jit.backends.text.python.expressions import leaf, number, total
from autograd_nn.jit.backends.text.python.joining import Slice, tidy
from autograd_nn.jit.backends.text.python.statements import Assign, Check, Repeat, Run, written

N = (3,)
a, b, c, x, y, z = (leaf(name, N, True) for name in "abcxyz")


def lines(*statements, needed=("z",), slices=lambda name, k: None):
    return [line.strip() for line in written(tidy(list(statements), set(needed), slices))]


def test_what_is_read_once_is_written_where_it_is_read():
    assert lines(Assign("x", "", a + b), Assign("z", "", x * c)) == ["z = (a + b) * c"]


def test_what_is_read_twice_or_asked_for_keeps_its_line():
    twice = Assign("x", "", a + b), Assign("z", "", x * x - x)
    assert lines(*twice) == ["x = a + b", "z = x**2 - x"]
    assert lines(Assign("x", "", a), Assign("z", "", x * c), needed=("x", "z"))[0] == "x = a"
    assert lines(Assign("x", "", a, kept=True), Assign("z", "", x * c))[0] == "x = a"


def test_what_nobody_reads_is_left_out():
    assert lines(Assign("y", "", a), Assign("x", "", a + b), Assign("z", "", a)) == ["z = a"]
    loop = Repeat("t", 3, False, [Assign("y", "", a)])
    assert lines(Run("y = np.zeros(3)", "y", True), loop, Assign("z", "", a)) == ["z = a"]


def test_sums_become_one_line():
    parts = Assign("z", "", a), Assign("z", "", b, add=True), Assign("z", "", -c, add=True)
    assert lines(*parts) == ["z = a + b - c"]


def test_a_sum_is_not_moved_past_what_changes_its_terms():
    changed = Assign("z", "", a), Run("a[0] = 1", "a"), Assign("z", "", b, add=True)
    assert lines(*changed) == ["z = a", "a[0] = 1", "z = z + b"]


def test_a_line_is_not_moved_past_what_changes_what_it_reads():
    changed = Assign("x", "", a + b), Assign("a", "[0]", b), Assign("z", "", x * a)
    assert lines(*changed) == ["x = a + b", "a[0] = b", "z = x * a"]


def test_a_line_is_not_moved_into_a_loop():
    loop = Repeat("t", 3, False, [Assign("z", "[t]", x * c)])
    found = lines(Assign("x", "", a + b), Run("z = np.zeros((3, 3))", "z", True), loop)
    assert found[0] == "x = a + b"


def test_a_smaller_shape_is_filled_only_where_that_matters():
    """A number that stands for an array: beside others it is broadcast, in a sum it must be one."""
    one = leaf("s", (), True)
    small = Assign("x", "", one, shape=(N, "(3,)"))
    assert lines(small, Assign("z", "", x * c, shape=(N, "(3,)"))) == ["z = s * c"]
    summed = Assign("z", "", total(x, [0]))
    assert (
        lines(Assign("x", "", one, shape=(N, "(3,)")), summed)[0]
        == "x = np.full((3,), s, dtype=float)"
    )


def test_an_array_of_slopes_is_no_other_array():
    """``d_x = d_y`` and then ``d_x[0] += 1`` would change both."""
    first = Assign("x", "", y, owned=True, shape=(N, "(3,)"))
    assert lines(first, Run("x[0] += 1", "x"), Assign("z", "", x + y)) == [
        "x = y.copy()",
        "x[0] += 1",
        "z = x + y",
    ]


def test_parts_that_are_set_in_turn_become_arrays_of_their_own():
    def slices(name, k):
        whole = Slice("h", True, ((2, 3), "(2, 3)"))
        return whole if k > 0 else Slice(f"h_{-1 - k}", True, (N, "(3,)"))

    opening = Run("h = np.zeros((2, 3))", "h", True)
    first, second = Assign("h", "[0]", a + b), Assign("h", "[1]", a * c)
    h = leaf("h", (2, 3), True)
    found = lines(opening, first, second, Assign("z", "", total(h, [0])), slices=slices)
    assert found == ["h_0 = a + b", "h_1 = a * c", "h = np.stack([h_0, h_1])", "z = h.sum(axis=0)"]
    between = Assign("h", "[1]", leaf("h[0]", N) * c)
    found = lines(opening, first, between, Assign("z", "", total(h, [0])), slices=slices)
    assert found[0] == "h = np.zeros((2, 3))"


def test_a_check_says_where():
    found = lines(Assign("x", "", a), Check("np.all(x > 0)", True, "net.py:3: if x > 0:"))
    assert found == [
        "x = a",
        "# net.py:3: if x > 0:",
        "if not np.all(x > 0):",
        "raise ValueError('another path than the recorded one at net.py:3')",
    ]


def test_a_number_or_another_name_is_written_wherever_it_is_read():
    one, s, t = number(-1.0), leaf("s", (), True), leaf("t", (), True)
    found = lines(Assign("s", "", one), Assign("t", "", s * a), Assign("z", "", s * b + t * t))
    assert found == ["z = (-a)**2 - b"]
    assert lines(Assign("x", "", a), Assign("z", "", x * x + b)) == ["z = a**2 + b"]
    changed = Assign("x", "", a), Run("a[0] = 1", "a"), Assign("z", "", x * b + x)
    assert lines(*changed)[0] == "x = a"
    loop = Repeat("t", 2, False, [Run("z[t] = x[t]", "z")])
    assert lines(Assign("x", "", a), Run("z = np.zeros(3)", "z", True), loop)[0] == "x = a"
    carried = [Assign("z", "[t]", x * b), Assign("x", "", y)]
    found = lines(Assign("x", "", a), Repeat("t", 2, False, carried))
    assert found[-1] == "x = y"
