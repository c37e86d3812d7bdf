"""Lecture 4: the engine, and matrices.  `pytest check_lecture_4.py`.

Build an engine of your own.  ``autograd_nn`` is only in the checks.
"""


class Node:
    """A number that remembers how it was made: ``data``, and ``grad`` after ``backward()``."""

    def __init__(self, data):
        raise NotImplementedError("yours")

    def __add__(self, other):
        """Node plus Node."""
        raise NotImplementedError("yours")

    def __mul__(self, other):
        """Node times Node."""
        raise NotImplementedError("yours")

    def tanh(self):
        """The hyperbolic tangent."""
        raise NotImplementedError("yours")

    def backward(self):
        """Put the slope of this node along each node below it into that node's ``grad``."""
        raise NotImplementedError("yours")


def slopes_of_layer(X, W, D):
    """The slopes of ``(D * (X @ W.T)).sum()`` along ``W`` and along ``X``: arrays of NumPy."""
    raise NotImplementedError("yours")


def numeric_slope(f, x):
    """The slope of ``f`` at ``x`` from values of ``f`` alone, right to six digits."""
    raise NotImplementedError("yours")
