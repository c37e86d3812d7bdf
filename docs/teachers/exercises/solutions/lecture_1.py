"""Lecture 1: one solution."""

from autograd_nn import functions


def node(weights, inputs):
    """The sum of the products."""
    return sum(w * x for w, x in zip(weights, inputs, strict=True))


def relu(x):
    """An operation, not ``max(x, 0)``: that returns the plain 0 where the node is dead."""
    return functions.relu(x)


def predict(row, hidden_weights, output_weights):
    """Each hidden node sees the row, the output sees the hidden nodes."""
    hidden = [relu(node(weights, row)) for weights in hidden_weights]
    return node(output_weights, hidden)


def mean_squared_error(rows, targets, hidden_weights, output_weights):
    """Signs do not cancel, and large errors weigh more."""
    errors = [
        predict(row, hidden_weights, output_weights) - target
        for row, target in zip(rows, targets, strict=True)
    ]
    return sum(error**2 for error in errors) / len(errors)
