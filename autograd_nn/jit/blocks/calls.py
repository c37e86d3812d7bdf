"""What a jitted function answers where its rows lie in blocks.

Sums and means are computed at once; a result for each row stays an array of Dask, which computes
it when it is asked for.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from autograd_nn.checks import is_dask
from autograd_nn.errors import WrongTypeError
from autograd_nn.jit.blocks.cluster import Cluster, dask, task
from autograd_nn.jit.blocks.collections import Blocks
from autograd_nn.jit.blocks.job import row_slopes
from autograd_nn.jit.blocks.totals import BlockCall
from autograd_nn.jit.capture.arguments import rebuild
from autograd_nn.nested import with_parts

if TYPE_CHECKING:
    from autograd_nn.jit.api import Jitted

__all__ = ["answer", "by_row", "in_blocks", "one_row"]


def in_blocks(args: tuple[Any, ...], row_positions: frozenset[int]) -> bool:
    """Whether an argument that carries rows lies in blocks."""
    return any(k < len(args) and is_dask(args[k]) for k in row_positions)


def answer(
    jitted: Jitted,
    args: tuple[Any, ...],
    names: tuple[str, ...],
    argnums: Any = None,
    vector: Any = None,
    client: Any = None,
) -> Any:
    """The function's result, or the value and the gradient where ``argnums`` are given.

    Args:
        args, names: as ``Call`` takes them.
        argnums, vector: see ``Jitted.value_and_grad``.
        client: see ``Cluster``.

    Raises:
        TypeError, ValueError: see ``Blocks`` and ``Jitted``.
        ClusterError: the workers cannot compute it.
    """
    call = _call(jitted, args, names, argnums, vector, client)
    reduce = jitted.options.reduce
    if reduce is None and argnums is None:
        return by_row(call)
    part = call.total()
    share = 1.0 / call.blocks.rows if reduce == "mean" else 1.0
    with np.errstate(all="ignore"):
        if reduce is None:
            value = by_row(call)
        else:
            # The sum divided, as NumPy's mean is: a share of 1/n would round once more.
            by = call.blocks.rows if reduce == "mean" else 1
            value = rebuild(part.described, part.numbers / by)
        if call.wanted is None:
            return value
        return value, _gradient(call, [share * x for x in part.slopes], share)


def one_row(jitted: Jitted, args: tuple[Any, ...], client: Any = None) -> tuple[Any, ...]:
    """The arguments with the first rows in the place of the blocks."""
    call = _call(jitted, args, (), None, None, client)
    return call.first_args()


def _call(
    jitted: Jitted,
    args: tuple[Any, ...],
    names: tuple[str, ...],
    argnums: Any,
    vector: Any,
    client: Any,
) -> BlockCall:
    cluster = Cluster(client)
    positions = sorted(k for k in jitted.row_positions if k < len(args))
    called = list(inspect.signature(jitted.function).parameters)
    blocks = Blocks({called[k]: args[k] for k in positions}, cluster)
    call = BlockCall(jitted, args, names, blocks, cluster, argnums, vector)
    if not call.call.readable:
        raise WrongTypeError(jitted.unreadable(call.call))
    return call


def by_row(call: BlockCall, vector: Any = None) -> Any:
    """The result for each row: its numbers as arrays of Dask, whose last axis is that of rows."""
    described = call.described()
    count = _count(described)
    numbers = call.lazy_numbers(count, vector) if count else None
    return _rebuilt(described, numbers)


def _count(spec: Any) -> int:
    """How many numbers a description holds."""
    if spec[0] == "value":
        return 1
    if spec[0] == "values":
        return int(np.prod(spec[1], dtype=int))
    return 0 if spec[0] == "constant" else sum(map(_count, spec[-1]))


def _rebuilt(spec: Any, numbers: Any) -> Any:
    """As ``arguments.rebuild``, of an array of Dask."""
    da = dask("dask.array")
    kind = spec[0]
    if kind == "value":
        return numbers[spec[1]]
    if kind == "values":
        lines = numbers[spec[2] : spec[2] + _count(spec)]
        return lines.reshape((*spec[1], lines.shape[1])) if len(spec[1]) != 1 else lines
    if kind == "constant":
        return spec[1]
    items = [_rebuilt(item, numbers) for item in spec[-1]]
    if kind == "array":
        return da.stack(items).reshape((*spec[1], *items[0].shape))
    return with_parts(spec[1].empty, items)


def _gradient(call: BlockCall, slopes: list[Any], share: float) -> Any:
    """The gradient in the structure that was asked for; along rows, arrays of Dask."""
    wanted = call.wanted
    assert wanted is not None
    if wanted.module is not None:
        return slopes[0][: len(wanted.module.parameters())]
    left = list(slopes)
    built, rows = [], 0
    starts = call.call.starts
    for k in wanted.positions:
        if k in call.call.row_positions:
            built.append(_along_rows(call, k, rows, share))
            rows += 1
            continue
        count = starts[k + 1] - starts[k]
        built.append(wanted.shaped(k, left[:count]))
        del left[:count]
    return wanted.gathered(built)


def _along_rows(call: BlockCall, k: int, which: int, share: float) -> Any:
    """The slopes along an argument that carries rows, which are computed when asked for."""
    da = dask("dask.array")
    sent, step = call.ready()
    name = f"slopes-of-rows-{uuid4().hex}"
    shape = call.call.groups[call.call.starts[k]].shape[1:]
    blocks = [
        da.from_delayed(
            task(row_slopes, sent, step, share, which, *pieces, name=f"{name}-{i}"),
            (rows, *shape), dtype=float,
        )
        for i, (pieces, rows) in enumerate(zip(call.blocks.tasks, call.blocks.full, strict=True))
    ]  # fmt: skip
    return da.concatenate(blocks)
