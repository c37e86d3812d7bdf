"""``check_module``: the engine's slopes of every parameter of a network.

What is left out: comparing (``check``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_nn.checking.check import check_gradients
from autograd_nn.checking.report import GradientReport
from autograd_nn.engine import Value
from autograd_nn.parameters import kept, scatter
from autograd_nn.recording import noting_exits
from autograd_nn.transforms import refuse_leak

__all__ = ["check_module"]

__tracebackhide__ = True  # in pytest, errors are shown at the line of the test


def check_module(
    model: Any, loss: Callable[[Any, Any], object], X: Any, y: Any, **options: Any
) -> GradientReport:
    """Check the engine's slope for every parameter of a network, by projections.

    Args:
        model: a ``Module``: called with one row of ``X``.
        loss: called as ``loss(y, predictions)``, as the functions in ``losses`` are.
        X: the rows.
        y: the targets.
        options: as for ``check_gradients``.

    Returns:
        A ``GradientReport``, true where all agree.

    Raises:
        LeakError: the loss does not depend on the parameters, whose numbers left the graph.

    The parameters have their numbers back afterwards.

    >>> from autograd_nn import MLP, losses
    >>> model = MLP(2, [3, 1], activation="tanh", seed=0)
    >>> bool(check_module(model, losses.mean_squared_error, [[1.0, 2.0]], [3.0]))
    True
    """
    named = model.named_parameters()
    names, parameters = [name for name, _ in named], [p for _, p in named]

    def f(w: Sequence[Any]) -> object:
        scatter(np.array([x.data if isinstance(x, Value) else x for x in w]), parameters)
        with noting_exits() as left:
            result = loss(y, [model(row) for row in X])
        if w and isinstance(w[0], Value):
            refuse_leak(result, {"the parameters": parameters}, left)
            if isinstance(result, Value):
                return _graft(result, parameters, w)
        return result

    options.setdefault("directions", 2)
    with kept(parameters) as before:
        return check_gradients(f, before.tolist(), names=names, **options)


def _graft(result: Value, parameters: Sequence[Value], inputs: Sequence[Value]) -> Value:
    """A value with the slopes of ``result`` along its parameters, moved to ``inputs``.

    The sum of slope times (input - its number) is 0, so the value is that of ``result``.
    """
    kept = [p.grad for p in parameters]
    for p in parameters:
        p.grad = 0.0
    result.backward()
    slopes = [p.grad for p in parameters]
    for p, g in zip(parameters, kept, strict=True):
        p.grad = g
    total = Value(result.data)
    for slope, x in zip(slopes, inputs, strict=True):
        total = total + (x - x.data) * slope
    return total
