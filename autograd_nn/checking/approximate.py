"""``slope == approx_gradient(f, at)``: a comparison for ``assert``, as ``pytest.approx`` is one.

What is left out: the diagnosis; ``assert_gradients`` gives that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_nn.checking.calls import Arguments, hand_numbers
from autograd_nn.checking.numeric import numeric_derivative
from autograd_nn.checking.report import GradientReport, Row, judge

__all__ = ["approx_gradient"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test


class approx_gradient:  # noqa: N801 - reads as the function that it is used as
    """Equal to slopes that lie within the error bounds of the numeric ones.

    Args:
        f: a function that takes floats.
        at: the point; a tuple is several arguments.
        rtol: the relative difference that counts as equal on top of the bounds.

    Raises:
        TypeError: ``f`` is no function.
        ValueError: when compared: another number of slopes than ``at`` has numbers.

    >>> 12.0 == approx_gradient(lambda x: x**3, 2.0)
    True
    >>> [5.0, 3.0] == approx_gradient(lambda a, b: a * b, (2.0, 5.0))
    False
    """

    __array_ufunc__ = None  # so that an array on the left asks this class
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, f: Callable[..., object], at: Any, rtol: float = 1e-9) -> None:
        arguments = Arguments(f, at, None, None)
        self.names, self.rtol = arguments.names, rtol

        def along(i: int) -> Callable[[float], object]:
            x = arguments.numbers
            return lambda v: f(*arguments.filled([*x[:i], v, *x[i + 1 :]]))

        self.slopes = [numeric_derivative(along(i), v) for i, v in enumerate(arguments.numbers)]

    def report(self, slopes: object) -> GradientReport:
        """The comparison with these slopes, slope by slope.

        Args:
            slopes: one for each number of the point.

        Returns:
            A ``GradientReport``.

        Raises:
            ValueError: another number of slopes.
        """
        given = hand_numbers(slopes, len(self.slopes), "the left side is")
        rows = [
            Row(name, slope, None, numeric, *judge(slope, numeric, self.rtol))
            for name, slope, numeric in zip(self.names, given, self.slopes, strict=True)
        ]
        return GradientReport(rows, [], points=1, reproduce="")

    def __eq__(self, slopes: object) -> bool:
        return bool(self.report(slopes))

    def __repr__(self) -> str:
        return ", ".join(f"{d.value:.8g} ± {d.error:.0e}" for d in self.slopes)
