"""Backpropagation by hand, and the same written by the jit, side by side.

The tutorial derives every slope of a network with two hidden layers by hand.  Here the network is
written on single numbers, as the tutorial does; ``jit`` records it, and ``to_python`` writes the
backpropagation that one should have written, as NumPy code that needs NumPy only.  Both stand
beside each other and are run on the tutorial's rows and on random ones, and the slopes compared.

Runs in about a second.  Exits non-zero if the slopes differ.

    python examples/backpropagation.py --out backpropagation-output
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from autograd_nn import jit

W0 = np.array([[2.0, 4.0], [4.0, -5.0]])
W1 = np.array([[-1.0, 1.0], [2.0, 2.0]])
OUT = np.array([2.0, 7.0])
ROWS = np.array([[0.0, 3.0], [1.0, 2.0], [-1.0, -2.0], [4.0, 0.0]])
TARGETS = np.array([1.0, 3.0, 5.0, 7.0])


def loss(w0: Any, w1: Any, out: Any, row: Any, target: Any) -> Any:
    """The squared error of one row: the tutorial's network, a number at a time."""
    hidden_0 = [max(sum(w * x for w, x in zip(node, row, strict=True)), 0) for node in w0]
    hidden_1 = [max(sum(w * h for w, h in zip(node, hidden_0, strict=True)), 0) for node in w1]
    error = sum(w * h for w, h in zip(out, hidden_1, strict=True)) - target
    return error**2


def by_hand(w0, w1, out, row, target):  # type: ignore[no-untyped-def]
    sum_0 = row @ w0.T
    hidden_0 = np.maximum(sum_0, 0)
    sum_1 = hidden_0 @ w1.T
    hidden_1 = np.maximum(sum_1, 0)
    error = hidden_1 @ out - target

    d_error = 2 * error / len(row)
    d_out = d_error @ hidden_1
    d_hidden_1 = np.outer(d_error, out)
    d_sum_1 = d_hidden_1 * (sum_1 > 0)
    d_w1 = d_sum_1.T @ hidden_0
    d_hidden_0 = d_sum_1 @ w1
    d_sum_0 = d_hidden_0 * (sum_0 > 0)
    d_w0 = d_sum_0.T @ row
    return np.mean(error**2), (d_w0, d_w1, d_out)


def written() -> str:
    """The code of the value and its slopes, as the jit writes it."""
    program = jit(loss, rows=("row", "target")).program(W0, W1, OUT, ROWS, TARGETS)
    return program.to_python(argnums=(0, 1, 2))


def side_by_side(left: str, right: str) -> str:
    """Two texts in two columns; comments and what only takes arguments in are left out."""

    def body(text: str) -> list[str]:
        lines = [line.removeprefix("    ") for line in text.splitlines()]
        skipped = ("#", '"""', "@", "def ", ")", "w0 = np", "w1 = np", "out = np", "row = np")
        skipped += ("target = np", "rows = len")
        return [line for line in lines if line.strip() and not line.strip().startswith(skipped)]

    columns = [["by hand", "", *body(left)], ["by the jit", "", *body(right)]]
    width = max(map(len, columns[0])) + 4
    pairs = zip_longest(*columns, fillvalue="")
    return "\n".join(f"{a:{width}}{b}".rstrip() for a, b in pairs)


def differences(function: Any, count: int) -> float:
    """The largest difference between both, on the tutorial's rows and on random networks."""
    rng = np.random.default_rng(0)
    cases = [(W0, W1, OUT, ROWS, TARGETS)]
    for _ in range(count):
        rows = int(rng.integers(1, 50))
        shapes = [(2, 2), (2, 2), (2,), (rows, 2), (rows,)]
        cases.append(tuple(rng.normal(size=shape) for shape in shapes))
    worst = 0.0
    for case in cases:
        (value, slopes), (expected, by_formula) = function(*case), by_hand(*case)
        pairs = zip([value, *slopes], [expected, *by_formula], strict=True)
        worst = max(worst, *(float(np.max(np.abs(a - b))) for a, b in pairs))
    return worst


def main(argv: Sequence[str] | None = None) -> int:
    """Write, show and compare; 0 if the slopes agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("backpropagation-output"))
    parser.add_argument("--quick", action="store_true", help="fewer random networks")
    arguments = parser.parse_args(argv)
    text = written()
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "generated_backpropagation.py"
    path.write_text(text, encoding="utf-8")
    both = text[text.index("def loss_value_and_grad") :]
    print(side_by_side(inspect.getsource(by_hand), both))
    names: dict[str, Any] = {}
    exec(compile(text, str(path), "exec"), names)
    count = 20 if arguments.quick else 500
    worst = differences(names["loss_value_and_grad"], count)
    print(f"\nLargest difference on the tutorial's rows and {count} random networks: {worst:.1e}")
    print(f"The code, with comments that name the lines it comes from: {path}")
    return 0 if worst < 1e-12 else 1


if __name__ == "__main__":
    sys.exit(main())
