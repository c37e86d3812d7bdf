"""Lecture 2: one solution."""

import math


def slope_of_squared_error(w, x, target):
    """Twice the error, times the slope of the error."""
    return 2 * (w * x - target) * x


def slope_of_two_paths(x, w):
    """Around the layer, and through it."""
    return 1 + (1 - math.tanh(w * x) ** 2) * w


def slope_of_hinge(m):
    """A line that falls, then one that does not."""
    return -1.0 if m < 1 else 0.0


def slopes_of_logistic_loss(w, b, x, y):
    """The slope along the score is ``-y / (1 + exp(y * score))``."""
    along_score = -y / (1 + math.exp(y * (w * x + b)))
    return along_score * x, along_score


def slope_of_mean(w, xs, targets):
    """The slope of a mean is the mean of the slopes."""
    slopes = [slope_of_squared_error(w, x, t) for x, t in zip(xs, targets, strict=True)]
    return sum(slopes) / len(slopes)
