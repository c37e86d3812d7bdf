"""Functions of lists of numbers on their way to a plan, stage by stage, for tests of one stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_nn import Value, value_and_grad
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.capture.trace import Record, Trace, join
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.lifting.flatten import Needs
from autograd_nn.jit.lifting.lift import lift, lift_lines
from autograd_nn.jit.lifting.pack import pack
from autograd_nn.jit.lifting.packs import Packing
from autograd_nn.jit.lifting.pieces import Cells, Piece, pieces
from autograd_nn.jit.plan import Plan
from autograd_nn.jit.plan.printing import printed
from autograd_nn.recording import tracing

Function = Callable[..., Any]
Vectors = Sequence[Sequence[float]]


def traced(f: Function, *vectors: Any) -> Trace:
    """The trace of a function of lists."""
    held = [[Value(float(x)) for x in vector] for vector in vectors]
    with tracing() as tape:
        result = f(*held)
    results = list(result) if isinstance(result, (list, tuple)) else [result]
    return join(Record(tape, [v for vector in held for v in vector], results, [], {}), [])


def _regions(trace: Trace, vectors: Vectors, rows: Sequence[int]) -> tuple[list[Region], list[int]]:
    """The regions of the leaves, and the region of each leaf."""
    regions = [Region(f"a{k}", len(x), k in rows) for k, x in enumerate(vectors)]
    regions.append(Region("captured", len(trace.captured)))
    regions.append(Region("constants", len(trace.constants)))
    return regions, [k for k, region in enumerate(regions) for _ in range(region.size)]


def packing_of(f: Function, *vectors: Any, rows: Sequence[int] = ()) -> Packing:
    """The packs of a function, however it would be run.

    Args:
        rows: which of the vectors there is one of for every row.
    """
    trace = traced(f, *vectors)
    return pack(trace, Needs(trace), *_regions(trace, vectors, rows)).finish()


def pieces_of(f: Function, *vectors: Any) -> tuple[list[Piece], Cells]:
    """The packs of a function with their cells."""
    packing = packing_of(f, *vectors)
    constants = np.array(packing.constants, dtype=float)
    cells = Cells(packing.regions, 1, [], packing.fixed, constants)
    return pieces(packing, cells), cells


def plan_of(f: Function, *vectors: Any, rows: Sequence[int] = (), count: int = 1) -> Plan:
    """The plan with packs of a function, for ``count`` rows."""
    return lift(packing_of(f, *vectors, rows=rows), count)


def plan_of_lines(f: Function, *vectors: Any, rolled: bool) -> Plan:
    """The plan of a function's single operations."""
    trace = traced(f, *vectors)
    return lift_lines(trace, Needs(trace), _regions(trace, vectors, ())[0], rolled)


def shown(plan: Plan) -> list[str]:
    """The lines of a printed plan, without indentation."""
    return [line.strip() for line in str(plan).splitlines()]


def shown_back(plan: Plan, *wanted: int) -> list[str]:
    """The lines of the way back to some vectors."""
    text = printed(adjoint(plan, wanted).items, plan.names)
    return [line.strip() for line in text.splitlines()]


def assert_means(plan: Plan, f: Function, *vectors: Any) -> None:
    """A plan computes the first result of a function and its slopes, by the reference."""
    wanted = range(len(vectors))
    lists = [np.asarray(x, dtype=float).tolist() for x in vectors]
    back = adjoint(plan, wanted)
    run = plan.run([*lists, []], back)

    def first(*args: Any) -> Any:
        result = f(*args)
        return result[0] if isinstance(result, (list, tuple)) else result

    value, slopes = value_and_grad(first, tuple(wanted))(*lists)
    np.testing.assert_allclose(run.numbers[0], value, rtol=1e-12)
    for found, expected in zip(run.slopes, slopes, strict=True):
        np.testing.assert_allclose(found, np.ravel(expected), rtol=1e-11, atol=1e-13)
