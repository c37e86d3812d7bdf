"""Lecture 2: slopes.  Derive each on paper, write it, and run `pytest check_lecture_2.py`.

Nothing but arithmetic and `math` is needed.  All arguments are plain numbers.
"""


def slope_of_squared_error(w, x, target):
    """The slope of ``(w * x - target) ** 2`` along ``w``."""
    raise NotImplementedError("yours")


def slope_of_two_paths(x, w):
    """The slope of ``x + tanh(w * x)`` along ``x``."""
    raise NotImplementedError("yours")


def slope_of_hinge(m):
    """The slope of ``max(0, 1 - m)`` along ``m``; at the corner, any that is right."""
    raise NotImplementedError("yours")


def slopes_of_logistic_loss(w, b, x, y):
    """The slopes of ``log(1 + exp(-y * (w * x + b)))`` along ``w`` and along ``b``, as a pair."""
    raise NotImplementedError("yours")


def slope_of_mean(w, xs, targets):
    """The slope along ``w`` of the mean of ``(w * x - target) ** 2`` over the rows."""
    raise NotImplementedError("yours")
