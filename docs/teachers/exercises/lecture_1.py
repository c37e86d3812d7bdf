"""Lecture 1: from numbers to a network.  Write each function; `pytest check_lecture_1.py` tells.

Use ordinary arithmetic: the functions must work on numbers and on Values alike.
"""


def node(weights, inputs):
    """The sum of the products of weights and inputs: two lists of equal length."""
    raise NotImplementedError("yours")


def relu(x):
    """``x`` where it is positive, else 0.  For a Value it returns a Value, dead or not."""
    raise NotImplementedError("yours")


def predict(row, hidden_weights, output_weights):
    """A network with one hidden layer.

    ``hidden_weights`` has a list of weights for each hidden node, ``output_weights`` one weight
    for each.  The hidden nodes have a relu, the output has none.
    """
    raise NotImplementedError("yours")


def mean_squared_error(rows, targets, hidden_weights, output_weights):
    """The mean over the rows of the squared difference between prediction and target."""
    raise NotImplementedError("yours")
