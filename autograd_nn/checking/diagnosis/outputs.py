"""Mistakes at the outputs: error, one-hot target, and what softmax and sigmoid do to them.

What is left out: finding the outputs (``links``) and everything below them (``networks``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.diagnosis.case import Case
from autograd_nn.checking.diagnosis.hypothesis import Hypothesis
from autograd_nn.checking.diagnosis.layers import Layers
from autograd_nn.checking.diagnosis.links import LINKS, Output, find_outputs
from autograd_nn.checking.diagnosis.probes import Probe
from autograd_nn.checking.diagnosis.structure import Structure

__all__ = ["output_mistakes"]


Deltas = Callable[[Any, Any, Any, float], Any]  # of z, g(z), t and c
_ENOUGH = 4  # points that tell a constant from a chance


def output_mistakes(case: Case) -> Iterator[Hypothesis]:
    """What is done wrongly with prediction and target."""
    around = [p for p in case.around if p.shape == case.probes[0].shape]
    one_graph = len({p.shape for p in case.around}) == 1
    if (
        len(around) < _ENOUGH
        or not case.same
        or not one_graph
        or len(case.structure.probe.nodes) > 6000
    ):
        return
    s = case.structure
    outputs = find_outputs(s, around)
    if not outputs or len({len(o.nodes) for o in outputs}) > 1:
        return
    for cost, text, advice, deltas in _ERRORS[outputs[0].kind]:
        yield _hypothesis(cost, text, advice, outputs, deltas)
    yield from _other_targets(s, outputs)
    if outputs[0].kind == "square":
        yield from _without_activation(s, outputs)


def _without_activation(s: Structure, outputs: Sequence[Output]) -> Iterator[Hypothesis]:
    """The value before the output's activation in the error."""
    layers = Layers(s)
    inner = [layers.inner(o.nodes[0]) for o in outputs]
    if any(k is None for k in inner):
        return

    def slopes(p: Probe) -> Any:
        return p.with_adjoints({
            o.nodes[0]: o.scale * (p.data[k or 0] - float(o.targets[0]))
            for o, k in zip(outputs, inner, strict=True)
        })  # fmt: skip

    text = "the error has the value before the activation: it is not applied to the prediction"
    yield Hypothesis(1.65, "output", text, "Use the activation in the error.", slopes=slopes)


def _hypothesis(
    cost: float,
    text: str,
    advice: str,
    outputs: Sequence[Output],
    deltas: Deltas,
    targets: Sequence[np.ndarray] | None = None,
) -> Hypothesis:
    own = [o.targets for o in outputs] if targets is None else targets

    def slopes(p: Probe) -> Any:
        adjoints: dict[int, float] = {}
        for output, t in zip(outputs, own, strict=True):
            z = np.array([p.data[k] for k in output.nodes])
            found = deltas(z, LINKS[output.kind](z), t, output.scale)
            adjoints.update(zip(output.nodes, np.broadcast_to(found, z.shape), strict=True))
        return p.with_adjoints(adjoints)

    return Hypothesis(cost, "output", text, advice, slopes=slopes)


def _hard(t: Any) -> Any:
    found = np.zeros(len(t))
    found[int(np.argmax(t))] = 1.0
    return found


# fmt: off
_ERRORS: dict[str, list[tuple[float, str, str, Deltas]]] = {
    "softmax": [
        (1.4, "the one-hot target is not subtracted from the softmax: p instead of p - y",
         "Subtract 1 from the probability of the true class.", lambda z, p, t, c: c * p),
        (1.6, "softmax is not applied: the logits z stand in place of the probabilities",
         "Use the probabilities softmax(z).", lambda z, p, t, c: c * (z - t)),
        (1.6, "the softmax is not normalised: exp(z) is not divided by the sum of them all",
         "Divide by the sum of the exponentials.", lambda z, p, t, c: c * (np.exp(z) - t)),
        (1.6, "p - y is multiplied by the softmax slope p*(1-p) once more",
         "p - y is the whole slope already.", lambda z, p, t, c: c * (p - t) * p * (1 - p)),
        (1.6, "only the diagonal p*(1-p) of the softmax Jacobian is used",
         "The other entries are -p_i*p_j.", lambda z, p, t, c: -c * t * (1 - p)),
        (1.6, "the softmax Jacobian is missing: -y/p is the slope along the probabilities",
         "Multiply by the Jacobian; together they give p - y.", lambda z, p, t, c: -c * t / p),
        (1.65, "the one-hot target is subtracted twice", "", lambda z, p, t, c: c * (p - 2 * t)),
        (1.65, "the one-hot target is added, not subtracted: its sign",
         "", lambda z, p, t, c: c * (p + t)),
        (1.65, "only the one-hot, -y, is used: the softmax p is missing",
         "", lambda z, p, t, c: -c * t),
        (1.6, "only the true class has a slope: the softmax of the others is missing",
         "", lambda z, p, t, c: c * (p - t) * (t > 0)),
        (1.6, "the true class has no slope: only the others have one",
         "", lambda z, p, t, c: c * (p - t) * (t == 0)),
        (1.6, "the hard one-hot is subtracted: the label smoothing is forgotten",
         "", lambda z, p, t, c: c * (p - _hard(t))),
        (1.65, "the one-hot of the largest probability is subtracted, not that of the label",
         "", lambda z, p, t, c: c * (p - _hard(p))),
        (1.65, "p is replaced by the one-hot of its largest entry (argmax, not softmax)",
         "", lambda z, p, t, c: c * (_hard(p) - t)),
        (1.7, "the one-hot is divided by n too before it is subtracted",
         "", lambda z, p, t, c: c * (p - t * abs(c))),
        (1.65, "1/number of classes: the slope is divided by the classes too",
         "", lambda z, p, t, c: c * (p - t) / len(z)),
        (1.7, "the error is squared: (p - y)**2", "", lambda z, p, t, c: c * (p - t) ** 2),
        (1.7, "the slope of squares, 2*(p - y)", "", lambda z, p, t, c: 2 * c * (p - t)),
    ],
    "sigmoid": [
        (1.5, "the target is not subtracted from the sigmoid", "Use s - t.",
         lambda z, p, t, c: c * p),
        (1.5, "the error is z - t: the sigmoid is not applied to the prediction",
         "Use sigmoid(z) - t.", lambda z, p, t, c: c * (z - t)),
        (1.5, "the sigmoid's slope s*(1-s) is multiplied in once more: s - t is all with cross-entropy",
         "Leave s*(1-s) out.", lambda z, p, t, c: c * (p - t) * p * (1 - p)),
        (1.55, "the sigmoid's slope s*(1-s) is missing: that is the slope along the probability",
         "Multiply by s*(1-s).", lambda z, p, t, c: c * (p - t) / (p * (1 - p))),
        (1.6, "only the term of the positive class (t = 1) is derived: (1-t)*log(1-s) is missing",
         "", lambda z, p, t, c: -c * t * (1 - p)),
        (1.6, "only the term of the negative class (t = 0) is derived: t*log(s) is missing",
         "", lambda z, p, t, c: c * (1 - t) * p),
        (1.6, "the sign of the second term, (1-t)*log(1-s), is flipped",
         "", lambda z, p, t, c: c * (-t * (1 - p) - (1 - t) * p)),
        (1.6, "the target is added, not subtracted: its sign", "", lambda z, p, t, c: c * (p + t)),
        (1.65, "the prediction is rounded to 0 or 1 in the error (sigmoid is thresholded)",
         "", lambda z, p, t, c: c * ((p > 0.5) - t)),
        (1.65, "tanh(z) in place of sigmoid(z) in the error",
         "", lambda z, p, t, c: c * (np.tanh(z) - t)),
        (1.7, "the slope of squares, 2*(s - t)", "", lambda z, p, t, c: 2 * c * (p - t)),
        (1.7, "the slope of squares through the sigmoid, 2*(s - t)*s*(1-s)",
         "", lambda z, p, t, c: 2 * c * (p - t) * p * (1 - p)),
    ],
    "exp": [
        (1.5, "the target is not subtracted from exp(z)", "Use exp(z) - t.",
         lambda z, p, t, c: c * p),
        (1.5, "the error is z - t: exp is not applied to the prediction", "Use exp(z) - t.",
         lambda z, p, t, c: c * (z - t)),
        (1.55, "the slope of exp is multiplied in once more: exp(z) - t is all", "",
         lambda z, p, t, c: c * (p - t) * p),
        (1.55, "the slope of exp is missing: that is the slope along the rate", "",
         lambda z, p, t, c: c * (p - t) / p),
        (1.6, "only the target's term is derived: the term exp(z) is missing", "",
         lambda z, p, t, c: -c * t),
        (1.6, "the target is added, not subtracted: its sign", "", lambda z, p, t, c: c * (p + t)),
    ],
    "square": [
        (1.5, "the target is not subtracted: the prediction stands in place of the error",
         "Use prediction - target.", lambda z, p, t, c: c * z),
        (1.6, "sign(error), the slope of abs(error), in place of 2*error (a square)",
         "The slope of error**2 is 2*error.", lambda z, p, t, c: abs(c) / 2 * np.sign(c * (z - t))),
        (1.65, "sign(error), the slope of abs(error), in place of the error",
         "", lambda z, p, t, c: c * np.sign(z - t)),
        (1.6, "abs(error) in place of the error: its sign is lost",
         "", lambda z, p, t, c: c * np.abs(z - t)),
        (1.6, "error**2 in place of the error: the exponent is not lowered",
         "", lambda z, p, t, c: c * (z - t) ** 2),
        (1.65, "the error itself is missing: its factor is taken as 1",
         "", lambda z, p, t, c: c * np.ones(len(z))),
        (1.7, "the error is missing: the outer power is not differentiated",
         "", lambda z, p, t, c: c / 2 * np.ones(len(z))),
        (1.6, "the target is added, not subtracted: its sign", "", lambda z, p, t, c: c * (z + t)),
        (1.7, "the target stands in place of the error", "", lambda z, p, t, c: -c * t),
        (1.75, "the target is multiplied, not subtracted", "", lambda z, p, t, c: c * z * t),
        (1.75, "the error is clipped to -1 ... 1", "",
         lambda z, p, t, c: c * np.clip(z - t, -1, 1)),
        (1.75, "the relative error, error / target, in place of the error",
         "", lambda z, p, t, c: c * (z - t) / t),
    ],
}
# fmt: on


def _other_targets(s: Structure, outputs: Sequence[Output]) -> Iterator[Hypothesis]:
    """The targets of other rows, or of other classes."""
    kind = outputs[0].kind
    noun = "labels" if kind != "square" else "targets"
    by_row = _by_row(s, outputs)
    if by_row is None:
        return
    own = np.array([[outputs[n].targets for n in row] for row in by_row])
    order = [n for row in by_row for n in row]

    def right(z: Any, p: Any, t: Any, c: float) -> Any:
        return c * (p - t)

    def other(cost: float, text: str, targets: Any) -> Hypothesis:
        chosen = [np.empty(0)] * len(outputs)
        for n, t in zip(order, targets.reshape(len(order), -1), strict=True):
            chosen[n] = t
        return _hypothesis(cost, text, f"Keep inputs and {noun} together.", outputs, right, chosen)

    count = len(own)
    if count > 1 and (own != own[0]).any():
        for step, how in ((1, "down"), (-1, "up")):
            text = f"the {noun} are shifted by one row {how} against the inputs (off by one)"
            yield other(1.5, text, np.roll(own, step, axis=0))
        yield other(1.6, f"the {noun} are in reverse order against the inputs", own[::-1])
        shifted = np.concatenate([own[1:], own[-1:]])
        yield other(1.7, f"the {noun} are taken from the next row (off by one)", shifted)
        first = np.repeat(own[:1], count, 0)
        yield other(1.75, f"the {noun} of the first row are used for every row", first)
        yield other(1.75, f"the {noun} are sorted, the inputs are not", np.sort(own, axis=0))
        mean = np.repeat(own.mean(axis=0, keepdims=True), count, 0)
        yield other(1.75, f"the mean of the {noun} stands in place of each of them", mean)
        for a in range(count if count <= 12 else 0):
            for b in range(a):
                swapped = own.copy()
                swapped[[a, b]] = swapped[[b, a]]
                yield other(1.65, f"the {noun} of rows {b} and {a} are swapped", swapped)
    if own.shape[1] > 1:
        yield other(1.65, f"the {noun} of a row are in reverse order (columns)", own[:, ::-1])
        for step in (1, -1):
            text = f"the {noun} of a row are shifted by one column"
            yield other(1.65, text, np.roll(own, step, axis=1))
    if kind == "softmax":
        yield from _other_classes(own, other)
        yield from _other_axis(outputs, by_row)
    elif kind == "sigmoid" and set(own.ravel().tolist()) == {0.0, 1.0}:
        text = "the labels are flipped: 1 - y in place of y (the classes are exchanged)"
        yield other(1.5, text, 1 - own)
        text = "the labels -1 and 1 stand in place of 0 and 1"
        yield other(1.55, text, 2 * own - 1)


def _other_classes(
    own: Any, other: Callable[[float, str, Any], Hypothesis]
) -> Iterator[Hypothesis]:
    classes = own.shape[2]
    at = {int(np.argmax(t)) for row in own for t in row}
    for step in range(1, classes):
        where = ""
        if len(at) == 1:
            k = next(iter(at))
            where = f": at class {(k + step) % classes}, not {k}"
        text = f"the one-hot is subtracted at the wrong class{where}"
        yield other(1.5 + 0.01 * step, text, np.roll(own, step, axis=2))


def _other_axis(outputs: Sequence[Output], by_row: list[list[int]]) -> Iterator[Hypothesis]:
    """The softmax taken over the rows, not over the classes."""
    if len(by_row) < 2 or any(len(row) != 1 for row in by_row):
        return

    def slopes(p: Probe) -> Any:
        z = np.array([[p.data[k] for k in o.nodes] for o in outputs])
        e = np.exp(z)
        deltas = [o.scale * (q - o.targets) for o, q in zip(outputs, e / e.sum(0), strict=True)]
        return p.with_adjoints(
            {k: float(d) for o, row in zip(outputs, deltas, strict=True)
             for k, d in zip(o.nodes, row, strict=True)}
        )  # fmt: skip

    text = "the softmax is taken down the rows, not across the classes: the wrong axis"
    yield Hypothesis(1.65, "output", text, "Sum over the classes (axis=1).", slopes=slopes)


def _by_row(s: Structure, outputs: Sequence[Output]) -> list[list[int]] | None:
    """The outputs of each row of data, the same number in each; ``None`` where they differ."""
    if len(s.rows) < 2:
        single = len(outputs) == 1 or outputs[0].kind == "softmax"
        return [[n] for n in range(len(outputs))] if single else [list(range(len(outputs)))]
    rows: list[list[int]] = [[] for _ in s.rows]
    for n, output in enumerate(outputs):
        row = s.row_of(output.nodes[0])
        if row is None:
            return None
        rows[row].append(n)
    sizes = {len(row) for row in rows}
    return rows if len(sizes) == 1 and 0 not in sizes else None
