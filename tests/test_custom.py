"""``custom_op``: a user's own operation must count like one of the table, or slopes are lost."""

import copy
import math

import numpy as np
import pytest

from autograd_nn import Value, check_gradients, custom_op, draw, expression, grad, jit, no_grad
from autograd_nn.engine import topological_order


def cube_forward(x):
    return x * x * x


cube = custom_op(cube_forward, lambda x, y: 3.0 * x * x, name="cube")
sine = custom_op(math.sin, lambda x, y: math.cos(x), name="sine")
scaled = custom_op(lambda a, b: a * b * b, lambda a, b, y: (b * b, 2.0 * a * b), name="scaled")


def test_it_is_one_node_with_its_name_and_slopes():
    a, b = Value(2.0), Value(3.0)
    y = scaled(a, b)
    assert (y.op, y.data, y.operands, y.partials) == ("scaled", 18.0, (a, b), (9.0, 12.0))
    assert y.kind == "operation"
    (y * 2).backward()
    assert (a.grad, b.grad) == (18.0, 24.0)


def test_floats_give_floats_and_arrays_arrays():
    assert cube(2.0) == 8.0
    assert type(cube(2)) is float
    np.testing.assert_array_equal(cube([1.0, 2.0]), [1.0, 8.0])
    found = cube(np.array([Value(1.0), 2.0], dtype=object))
    assert found[0].data == 1.0
    assert found[1] == 8.0
    fast = custom_op(math.sin, lambda x, y: math.cos(x), array=np.sin)
    np.testing.assert_array_equal(fast(np.array([0.0, 1.0])), np.sin([0.0, 1.0]))


def test_the_checks_accept_right_slopes_and_find_wrong_ones():
    assert check_gradients(lambda x: cube(x) + sine(x), 0.7)
    wrong = custom_op(cube_forward, lambda x, y: 2.0 * x * x)
    assert not check_gradients(wrong, 0.7)


def test_higher_derivatives_where_the_partials_take_values():
    assert grad(grad(cube))(2.0) == 12.0
    assert grad(grad(grad(cube)))(2.0) == 6.0


def test_it_is_drawn_and_written_with_its_name():
    x = Value(2.0, "x")
    y = cube(x)
    assert "cube" in draw(y).source
    assert expression(y) == "cube(x)"


@pytest.mark.parametrize("operation", [cube, sine], ids=["arithmetic", "by a call"])
def test_the_jit_gives_what_the_engine_gives(operation):
    def f(x, y):
        return operation(x * y) * y

    compiled = jit(f)
    for at in ((0.3, 2.0), (1.1, -0.7), (-2.0, 0.4)):
        assert compiled(*at) == pytest.approx(f(*at), rel=1e-14)
        found = grad(compiled, argnums=(0, 1))(*at)
        assert found == pytest.approx(grad(f, argnums=(0, 1))(*at), rel=1e-13)


def test_a_slope_of_the_users_own_choice_holds_in_the_jit_too():
    """A straight-through rounding: the value of one function, the slope of another."""
    through = custom_op(lambda x: float(round(x)), lambda x, y: 1.0, name="through")
    f = jit(lambda x: through(x) * x)
    assert grad(f)(2.3) == pytest.approx(2.0 + 2.3)


def test_no_grad_records_nothing():
    with no_grad():
        assert cube(Value(2.0)).kind == "constant"


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: custom_op(3, cube_forward), TypeError, "two functions, got int 3"),
        (lambda: custom_op(lambda a, b, c: a, cube_forward), TypeError, "takes 3 operands"),
        (lambda: cube(1.0, 2.0), TypeError, "cube takes 1 operands, got 2"),
        (
            lambda: custom_op(cube_forward, lambda x, y: (1.0, 2.0))(Value(1.0)),
            ValueError,
            "returned 2 slopes for 1 operands",
        ),
        (lambda: cube("a"), TypeError, "got str 'a'"),
    ],
)
def test_bad_input_is_named(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


def test_its_graph_is_copied():
    x = Value(2.0)
    y = copy.deepcopy(cube(x) + 1)
    y.backward()
    leaf = next(v for v in topological_order(y) if v.kind == "input")
    assert leaf.grad == 12.0
