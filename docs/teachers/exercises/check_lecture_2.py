"""Checks of lecture 2: your slopes, the engine's, and numeric ones, at several points."""

import lecture_2
import pytest

from autograd_nn import functions

XS, TARGETS = [1.0, 2.0, -1.5], [0.5, 3.0, 1.0]


@pytest.mark.parametrize("w", [2.0, -0.5])
def test_squared_error(gradcheck, w):
    gradcheck(
        lambda w: (w * 5.0 - 7.0) ** 2,
        w,
        lambda w: lecture_2.slope_of_squared_error(w, 5.0, 7.0),
    )


@pytest.mark.parametrize("w", [1.3, -2.0])
def test_two_paths(gradcheck, w):
    gradcheck(
        lambda x: x + functions.tanh(w * x), 0.7, lambda x: lecture_2.slope_of_two_paths(x, w)
    )


@pytest.mark.parametrize("m", [0.0, 1.0, 2.0])
def test_hinge(gradcheck, m):
    gradcheck(lambda m: functions.relu(1 - m), m, lecture_2.slope_of_hinge)


@pytest.mark.parametrize("y", [1, -1])
def test_logistic_loss(gradcheck, y):
    gradcheck(
        lambda w, b: functions.softplus(-y * (w * 0.8 + b)),
        (0.5, -0.2),
        lambda w, b: lecture_2.slopes_of_logistic_loss(w, b, 0.8, y),
    )


def test_mean(gradcheck):
    gradcheck(
        lambda w: sum((w * x - t) ** 2 for x, t in zip(XS, TARGETS, strict=True)) / len(XS),
        0.4,
        lambda w: lecture_2.slope_of_mean(w, XS, TARGETS),
    )
