"""Numbers that left the graph, and results that are no numbers: the errors say so.

What is left out: noting where numbers leave, which is ``recording``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import is_number, to_float
from autograd_nn.engine import Value, chosen_operands
from autograd_nn.errors import LeakError, WrongTypeError

__all__ = ["depends_on", "one_number", "refuse_leak"]


def depends_on(result: Any, nodes: Sequence[Value]) -> bool:
    """Whether a result, or one of a list, is connected to these nodes, by more than ``detach``.

    Args:
        result: a number, a Value, or a list of them.
        nodes: the Values asked about.

    Returns:
        True where a path of operations leads from one of ``nodes`` to a result.

    Raises:
        TypeError: ``nodes`` is no list.

    >>> x = Value(2.0)
    >>> depends_on(x * 3.0, [x]), depends_on(x.detach() * 3.0, [x])
    (True, False)
    """
    wanted, seen = {id(v) for v in nodes}, set()
    stack = [x for x in (result if type(result) is list else [result]) if isinstance(x, Value)]
    while stack:
        v = stack.pop()
        if id(v) in wanted:
            return True
        if id(v) not in seen and v.op != "detach":
            seen.add(id(v))
            stack += chosen_operands(v)
    return False


def refuse_leak(
    result: Any, arguments: dict[str, list[Value]], left: Sequence[tuple[Value, str]]
) -> None:
    """Raise where the result does not depend on an argument whose numbers left the graph.

    Args:
        result: a number, or a list of them of which one must depend.
        arguments: the Values of each argument that is differentiated, by what it is called.
        left: each Value that ``float()`` took out of the graph, with the user's line.

    Raises:
        LeakError: it names the line.

    >>> refuse_leak(3.0, {"argument 0": [Value(2.0)]}, left=[])  # nothing left the graph
    """
    if not left:
        return
    for name, nodes in arguments.items():
        if nodes and not depends_on(result, nodes):
            for v, line in left:
                if depends_on(v, nodes):
                    raise LeakError(name, line)


def one_number(result: Any, f: Callable[..., Any]) -> Any:
    """What ``f`` returned as a Value or a float.

    Args:
        result: what it returned.
        f: the function, for the message.

    Returns:
        ``result`` where it is a Value, else the float that it is.

    Raises:
        TypeError: it is not one number.

    >>> one_number(3, abs)
    3.0
    """
    if isinstance(result, np.ndarray) and result.ndim == 0:
        result = result.item()
    if isinstance(result, Value):
        return result
    if is_number(result):
        return to_float(result)
    name = getattr(f, "__name__", "the function")
    raise WrongTypeError(
        f"{name} returned {describe(result)}; a gradient needs one number: "
        "return a sum, or one element"
    )
