"""What training lets in: a table that does not fit is refused before the first step.

A row too few, a nan or a label outside the classes would otherwise train a model on nonsense.
"""

import numpy as np
import pytest

from autograd_nn import MLP, Value
from autograd_nn.training.data import (
    Table,
    check_inputs,
    check_table,
    check_targets,
    outputs_of,
)


@pytest.mark.parametrize("given", [[[1, 2]], ((1.0, 2.0),), np.array([[1, 2]], np.float32)])
def test_tables_of_every_kind_become_floats(given):
    array = check_inputs(given)
    assert array.dtype == float
    assert array.tolist() == [[1.0, 2.0]]


def test_what_is_let_in_is_a_copy():
    given = np.ones((2, 1))
    check_inputs(given)[:] = 5.0
    assert given.tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize(
    ("X", "error", "says"),
    [
        (3.0, TypeError, "X is an array or a list of rows"),
        ([1.0, 2.0], ValueError, r"X\.reshape\(-1, 1\) for 2 rows"),
        (np.zeros((2, 0)), ValueError, "X is empty"),
        ([[1.0], ["a"]], TypeError, r"X\[1, 0\] is str 'a'.*encode text"),
        ([[1.0], [float("inf")]], ValueError, r"X\[1, 0\] is inf"),
        ([[float("nan")], [float("nan")]], ValueError, "and 1 more are not finite"),
    ],
)
def test_what_is_no_table_of_finite_numbers_is_named(X, error, says):
    with pytest.raises(error, match=says):
        check_inputs(X)


def test_each_row_needs_its_target():
    with pytest.raises(ValueError, match="X of validation has 2 rows but y of validation has 1"):
        check_table([[1.0], [2.0]], [1.0], " of validation")
    assert check_table([[1.0]], [[1.0, 2.0]]).y.shape == (1, 2)


@pytest.mark.parametrize(
    ("out", "count"), [(lambda row: Value(1.0), 0), (lambda row: [1.0, Value(2.0)], 2)]
)
def test_outputs_are_counted(out, count):
    assert outputs_of(out, np.zeros(1)) == count


@pytest.mark.parametrize("out", [None, [], "ab", [None], {}])
def test_a_model_that_gives_something_else_is_named(out):
    with pytest.raises(TypeError, match="the model gives"):
        outputs_of(lambda row: out, np.zeros(1))


def test_counting_outputs_leaves_no_graph():
    model = MLP(1, [2], seed=0)
    outputs_of(model, np.zeros(1))
    assert all(p.grad == 0.0 for p in model.parameters())


TABLE = Table(np.zeros((2, 1)), np.array([[1.0], [2.0]]))


def test_a_column_of_targets_is_one_target_a_row():
    assert check_targets(TABLE, "mean_squared_error", 0).y.shape == (2,)
    assert check_targets(TABLE, "mean_squared_error", 1).y.shape == (2, 1)
    assert check_targets(TABLE, "cross_entropy", 3).y.shape == (2,)


@pytest.mark.parametrize(
    ("y", "loss", "outputs", "says"),
    [
        ([0.0, 3.0], "cross_entropy", 3, r"a class is an int from 0 to 2, but y\[1\] is 3"),
        ([0.0, 1.0], "cross_entropy", 0, "use binary_cross_entropy"),
        ([[1.0, 0.0], [0.0, 1.0]], "cross_entropy", 2, r"y\.argmax\(axis=1\)"),
        ([0.0, 1.0], "hinge", 0, r"a label is -1 or 1, but y\[0\] is 0"),
        ([0.0, 2.0], "binary_cross_entropy", 0, r"from 0 to 1, but y\[1\] is 2"),
        ([0.0, 2.0], "mean_squared_error", 2, r"outputs of shape \(2, 2\), but y has \(2,\)"),
    ],
)
def test_targets_that_do_not_fit_the_loss_are_named(y, loss, outputs, says):
    with pytest.raises(ValueError, match=says):
        check_targets(Table(np.zeros((2, 1)), np.array(y)), loss, outputs)


def test_a_loss_of_ones_own_takes_its_targets_as_they_are():
    y = np.arange(6.0).reshape(2, 3)
    assert check_targets(Table(np.zeros((2, 1)), y), "", 0).y is y
