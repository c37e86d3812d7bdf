"""What a worker does with a block of training rows: read them, check them, score them.

What is left out: which blocks, and what is made of it all (``blocks``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograd_nn.errors import AutogradError, BadArgumentError, WrongTypeError
from autograd_nn.jit.blocks.job import Sent, Step
from autograd_nn.losses import class_weights
from autograd_nn.training.data import (
    BY_CLASS,
    Table,
    as_floats,
    check_inputs,
    check_sample_weight,
    check_table,
    check_targets,
    encode,
    fitting_targets,
)

__all__ = [
    "Found",
    "Reading",
    "Scored",
    "Taken",
    "bad_row",
    "checked",
    "gathered",
    "inputs",
    "part_of_split",
    "scored",
    "texts",
]

Floats = NDArray[np.float64]


class Taken(NamedTuple):
    """Which rows of a block a step takes, and what they drop.

    Attributes:
        start, stop: from which to which, in the order of ``seed``.
        seed: of that order; None for the order in which they lie.
        masks: the seed of what the model's ``Dropout`` drops; None where it drops nothing.
    """

    start: int
    stop: int
    seed: tuple[int, ...] | None
    masks: tuple[int, ...] | None


class Reading:
    """How a block's tables become the arguments of the loss of a row.

    Args:
        loss: by name.
        outputs: see ``data.outputs_of``.
        classes: what the numbers of labels stand for, where they are text.
        class_weight: a number for each label; None for 1.
        weighted: whether the last table has a weight for each row.
        chances: of each number that ``Dropout`` may drop.
    """

    def __init__(
        self,
        loss: str,
        outputs: int,
        classes: list[Any],
        class_weight: Any = None,
        weighted: bool = False,
        chances: tuple[float, ...] = (),
    ) -> None:
        self.loss, self.outputs, self.classes = loss, outputs, classes
        self.class_weight, self.weighted, self.chances = class_weight, weighted, chances

    @property
    def has_weights(self) -> bool:
        """Whether the rows' losses are multiplied by weights."""
        return self.weighted or self.class_weight is not None

    def table(self, pieces: tuple[Any, ...]) -> Table:
        """The rows as the loss takes them; they were checked before."""
        X, y = np.ascontiguousarray(pieces[0], float), self.targets(pieces[1])
        weights = None
        if self.weighted:
            weights = np.asarray(pieces[2], float)
        if self.class_weight is not None:
            labels, place = np.unique(y.ravel(), return_inverse=True)
            each = np.array(class_weights(labels, self.class_weight), float)[place.ravel()]
            weights = each if weights is None else each * weights
        return Table(X, fitting_targets(y, self.loss, self.outputs), weights)

    def targets(self, y: Any) -> Floats:
        """Labels that are text as numbers; others as floats."""
        if self.classes:
            y, _ = encode(y, self.loss, self.classes)
        return as_floats(y, "y")

    def __call__(self, taken: Taken | None, pieces: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of the loss of a row that carry rows."""
        # The order of the rows of a whole block changes nothing, so they stay as they are.
        if taken is not None and taken.stop - taken.start < len(pieces[0]):
            rows = np.arange(len(pieces[0]))
            if taken.seed is not None:
                rows = np.random.default_rng(taken.seed).permutation(rows)
            rows = rows[taken.start : taken.stop]
            pieces = tuple(piece[rows] for piece in pieces)
        X, y, weights = self.table(pieces)
        if self.loss in BY_CLASS:
            y = np.equal.outer(y, np.arange(self.outputs)).astype(float)
        arguments = [X, y] if weights is None else [X, y, weights]
        if self.chances:
            arguments.append(self._masks(len(X), None if taken is None else taken.masks))
        return tuple(arguments)

    def _masks(self, rows: int, seed: tuple[int, ...] | None) -> Floats:
        if seed is None:
            return np.ones((rows, len(self.chances)))
        chances = np.array(self.chances)
        kept = np.random.default_rng(seed).random((rows, len(chances))) >= chances
        return kept / (1.0 - chances)


def inputs(taken: None, pieces: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs of the model, which are the first table, as finite floats."""
    return (check_inputs(pieces[0]),)


class Found(NamedTuple):
    """What checking a block has found.

    Attributes:
        error: what is wrong with it; None where nothing is.
        labels, counts: the labels, and how often each is, where they are asked for.
        weighed: whether a row has another weight than 0.
        digest: of its contents, where it is asked for.
    """

    error: Exception | None
    labels: Any = None
    counts: Any = None
    weighed: bool = True
    digest: str = ""


def checked(
    reading: Reading, name: str, first: int, wants: tuple[bool, bool], *pieces: Any
) -> Found:
    """Whether the rows of a block can be trained or evaluated on.

    Args:
        reading: how it is read.
        name: what to call the tables beyond "X" and "y".
        first: the number of the first row, for messages.
        wants: labels; a digest.
    """
    try:
        return _checked(reading, name, wants, pieces)
    except (BadArgumentError, WrongTypeError) as error:
        rows = f"rows {first} to {first + len(pieces[0]) - 1}"
        return Found(type(error)(f"{error} (counted in the block of {rows})"))
    except AutogradError as error:
        return Found(error)


def _checked(
    reading: Reading, name: str, wants: tuple[bool, bool], pieces: tuple[Any, ...]
) -> Found:
    y = pieces[1]
    if reading.classes:
        y, _ = encode(y, reading.loss, reading.classes, f"y{name}")
    table = check_targets(
        check_table(pieces[0], y, name), reading.loss, reading.outputs, f"y{name}"
    )
    labels = counts = None
    weighed, digest = True, ""
    if reading.weighted:
        weights = as_floats(pieces[2], "sample_weight")
        check_sample_weight(weights)
        weighed = bool(weights.any())
    if wants[0]:
        labels, counts = np.unique(table.y.ravel(), return_counts=True)
    if wants[1]:
        found = hashlib.sha256()
        for array in (*table[:2], *pieces[2:]):
            found.update(str(array.shape).encode() + np.asarray(array, float).tobytes())
        digest = found.hexdigest()
    return Found(None, labels, counts, weighed, digest)


def texts(y: Any) -> list[str] | None:
    """The labels of a block that are text, each once; None where they are something else."""
    labels = np.asarray(y, dtype=object)
    if labels.ndim != 1 or not all(isinstance(x, str) for x in labels):
        return None
    return sorted(set(labels.tolist()))


def part_of_split(x: Any, share: float, seed: int, held_out: bool, block_info: Any = None) -> Any:
    """The rows of a block that are set aside, or the others.

    Args:
        block_info: Dask's, which says which block it is.
    """
    block = block_info[0]["chunk-location"][0]
    order = np.random.default_rng([seed, 1, block]).permutation(len(x))
    count = round(share * len(x))
    return x[np.sort(order[:count] if held_out else order[count:])]


class Scored(NamedTuple):
    """What comes of scoring some blocks.

    Attributes:
        sums: of each score that is a mean over rows, times the rows.
        y, outputs: of the rows, where other scores need them.
    """

    sums: dict[str, float]
    y: Any
    outputs: Any


def scored(
    sent: Sent,
    step: Step,
    reading: Reading,
    means: Mapping[str, Callable[[Any, Any], Any]],
    whole: bool,
    *pieces: Any,
) -> Scored:
    """The scores of a block.

    Args:
        sent, step: the model as ``_Recorded.outputs``.
        means: the scores that are means over rows.
        whole: whether other scores need all outputs.
    """
    job, _ = sent.job()
    X, y, _ = reading.table(pieces)
    sums = job.sums(step, (X,), False, None, records=True)
    outputs = _outputs(sums.numbers, sums.described)
    rows = len(X)
    found = {name: float(mean(y, outputs)) * rows for name, mean in means.items()}
    return Scored(found, y if whole else None, outputs if whole else None)


def _outputs(numbers: Any, described: Any) -> Any:
    """A model's outputs, shape (rows,) or (rows, outputs), of one line for each number."""
    return numbers[0] if described[0] == "value" else numbers.T


def gathered(parts: list[Scored]) -> Scored:
    """The scores of several blocks, in their order."""
    sums = {name: sum(part.sums[name] for part in parts) for name in parts[0].sums}
    if parts[0].y is None:
        return Scored(sums, None, None)
    y, outputs = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    return Scored(sums, y, outputs)


def bad_row(sent: Sent, step: Step, taken: Taken | None, *pieces: Any) -> tuple[Any, ...] | None:
    """The first row of a block whose loss or slopes are not finite, as arguments of its loss.

    None where all rows by themselves are.
    """
    job, _ = sent.job()
    rows = job.rows(taken, pieces)

    def is_bad(low: int, high: int) -> bool:
        sums = job.sums(step, [x[low:high] for x in rows], True, "sum", records=True)
        return not (np.isfinite(sums.numbers).all() and np.isfinite(sums.slopes[0]).all())

    low, high = 0, len(rows[0])
    if not is_bad(low, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if is_bad(low, middle):
            high = middle
        else:
            low = middle
    return tuple(np.array(x[low]) for x in rows) if is_bad(low, high) else None
