"""Lecture 3: learning.  NumPy arrays in, NumPy arrays out; `pytest check_lecture_3.py`."""


def updated(weights, slopes, rate):
    """The weights after one step of gradient descent.  The ones given stay as they are."""
    raise NotImplementedError("yours")


def descend(slope_of, weights, rate, steps):
    """The weights after so many steps; ``slope_of(weights)`` gives the slopes."""
    raise NotImplementedError("yours")


def largest_rate(inputs):
    """Beyond which learning rate the error of one neuron grows, for the loss ``error ** 2``.

    The neuron is ``(weights * inputs).sum()``, and the error is that minus a target.
    """
    raise NotImplementedError("yours")


def backprop(w1, w2, X, t):
    """The slopes of the mean squared error of a network with one hidden layer of tanh.

    For a row x the prediction is ``w2 @ tanh(w1 @ x)``.  ``X`` has a row of inputs for each
    target in ``t``.  Returns the slopes along ``w1`` and along ``w2``, in their shapes.
    """
    raise NotImplementedError("yours")
