"""``Conv2d``: small pictures laid over every place of a picture."""

from __future__ import annotations

import random
from typing import Any

from autograd_nn.checks import describe, is_int, positive_int
from autograd_nn.engine import parameter
from autograd_nn.errors import BadArgumentError, WrongTypeError
from autograd_nn.functions import dot
from autograd_nn.nn.initialisers import Initialiser, bias_of, generator, initialiser
from autograd_nn.nn.module import Module

__all__ = ["Conv2d"]

Picture = list[list[list[Any]]]


class Conv2d(Module):
    """For each output channel, a kernel times what lies under it, at every place.

    Args:
        in_channels: channels of the picture.
        out_channels: how many kernels.
        kernel_size: height and width of a kernel; one int for both.
        stride: how far a kernel moves from one place to the next, down and across.
        padding: rows and columns of zeros that are put around the picture.
        bias: False for no biases.
        init, seed: see ``Linear``.

    Called on a picture ``[channel][row][column]`` it gives one of ``out_channels``.

    Raises:
        TypeError, ValueError: an argument is of another kind; the message names it.

    >>> out = Conv2d(1, 2, kernel_size=3, padding=1, seed=0)([[[1.0] * 5] * 4])
    >>> len(out), len(out[0]), len(out[0][0])
    (2, 4, 5)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
        *,
        init: str | Initialiser = "pytorch",
        seed: int | random.Random | None = None,
    ) -> None:
        self.in_channels = positive_int("in_channels", in_channels)
        self.out_channels = positive_int("out_channels", out_channels)
        self.kernel_size = _pair("kernel_size", kernel_size, 1)
        self.stride = _pair("stride", stride, 1)
        self.padding = _pair("padding", padding, 0)
        rng = generator(seed)
        height, width = self.kernel_size
        nin, nout = in_channels * height * width, out_channels * height * width
        draw = initialiser(init, nout)
        self.weight = [
            [
                [
                    [parameter(draw(rng, nin), f"weight[{o}][{c}][{i}][{j}]") for j in range(width)]
                    for i in range(height)
                ]
                for c in range(in_channels)
            ]
            for o in range(out_channels)
        ]
        self.bias = bias_of(init, rng, out_channels, nin) if bias else None

    def __call__(self, x: Any) -> Picture:
        """See the class."""
        picture = self._padded(x)
        rows, columns = len(picture[0]), len(picture[0][0])
        (height, width), (down, across) = self.kernel_size, self.stride
        if rows < height or columns < width:
            raise BadArgumentError(
                f"a kernel of {height} x {width} does not fit into {rows} x {columns} numbers"
            )
        kernels = [[w for plane in kernel for row in plane for w in row] for kernel in self.weight]
        out: Picture = [[] for _ in kernels]
        for top in range(0, rows - height + 1, down):
            lines: list[list[Any]] = [[] for _ in kernels]
            for left in range(0, columns - width + 1, across):
                under = [
                    x for plane in picture for row in plane[top : top + height]
                    for x in row[left : left + width]
                ]  # fmt: skip
                for o, kernel in enumerate(kernels):
                    total = dot(kernel, under)
                    lines[o].append(total if self.bias is None else total + self.bias[o])
            for o, line in enumerate(lines):
                out[o].append(line)
        return out

    def _padded(self, x: Any) -> Picture:
        """The picture in a frame of zeros, once it is known to be one."""
        try:
            sizes = {(len(plane), len(row)) for plane in x for row in plane}
            channels = len(x)
        except TypeError:
            raise WrongTypeError(
                f"Conv2d takes a picture [channel][row][column], got {describe(x)}"
            ) from None
        if channels != self.in_channels:
            raise BadArgumentError(f"Conv2d expects {self.in_channels} channels, got {channels}")
        if len(sizes) != 1:
            raise BadArgumentError("Conv2d takes channels of one size, with rows of one length")
        above, beside = self.padding
        ((_, columns),) = sizes
        side: list[Any] = [0.0] * beside
        empty: list[list[Any]] = [[0.0] * (columns + 2 * beside) for _ in range(above)]
        return [empty + [side + list(row) + side for row in plane] + empty for plane in x]

    def __repr__(self) -> str:
        height, width = self.kernel_size
        return f"Conv2d({self.in_channels} -> {self.out_channels}, {height} x {width})"


def _pair(name: str, given: Any, low: int) -> tuple[int, int]:
    pair = given if isinstance(given, (tuple, list)) else (given, given)
    if len(pair) != 2 or not all(is_int(n) for n in pair):
        raise WrongTypeError(f"{name} is an int or a pair of them, got {describe(given)}")
    if min(pair) < low:
        raise BadArgumentError(f"{name} is at least {low}, got {describe(given)}")
    return int(pair[0]), int(pair[1])
