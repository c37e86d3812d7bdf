"""From a program to what is written of it in C: which numbers come in, which slopes go out.

What is left out: the text (``c``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from autograd_nn.checks import positions_of, positive_int
from autograd_nn.errors import BadArgumentError, TooLargeError, TraceError
from autograd_nn.jit.backends.text.c import Argument, Export, written
from autograd_nn.jit.backends.text.c_names import (
    Group,
    checked_name,
    groups_of,
    parts_of_result,
)
from autograd_nn.jit.capture.arguments import is_module
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.lifting.lines import roll
from autograd_nn.jit.plan import Item, Lines, Plan

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["to_c"]

_SHOWN: Final = 12
_MOST: Final = 2**31


def to_c(program: Program, name: Any, argnums: Any, main: bool, block: Any) -> str:
    """See ``Program.to_c``."""
    name, block = checked_name(name), positive_int("block", block)
    _refuse_own_operations(program)
    has_rows = bool(program.row_positions)
    plan = _rolled(program.plan_of(block if has_rows else 1))
    if max(plan.sizes) >= _MOST:
        raise TooLargeError(
            f"the program has {max(plan.sizes):,} cells, and 32 bits of C can number {_MOST:,}"
            + "; give a smaller block" * has_rows
        )
    arguments = _arguments(program, plan, argnums)
    gradient = _has_gradient(program, argnums)
    return written(
        Export(
            name,
            plan,
            arguments,
            program.sources,
            _about_result(program),
            gradient,
            program.reduce if has_rows else None,
            has_rows,
            main,
            _about(program, name, gradient),
        )
    )


def _rolled(plan: Plan) -> Plan:
    """The plan with loops where single operations repeat: some backends run those one by one."""
    items: list[Item] = []
    for item in plan.items:
        if isinstance(item, Lines):
            items += roll(item, np.full(len(item.codes), item.exact))
        else:
            items.append(item)
    return replace(plan, items=items)


def _refuse_own_operations(program: Program) -> None:
    """Raise an error where an operation of the user's own computes with plain numbers."""
    if program.opaque:
        name, line = program.opaque[0]
        raise TraceError(
            f"the operation {name!r} has no form in C: it is an operation of your own that takes "
            "numbers out of the graph, so only its Python knows what it computes; write it with "
            "the operations of autograd_nn" + (f"\n  at {line}" if line else "")
        )


def _has_gradient(program: Program, argnums: Any) -> bool:
    """Whether there is one: of one number, and if it is asked for it must be."""
    if argnums is None:
        return program.gives_one_number
    program.require_one_number()
    return True


def _arguments(program: Program, plan: Plan, argnums: Any) -> list[Argument]:
    """What the caller brings, for each group of the plan's leaves."""
    groups = groups_of(program.key, len(program.by_argument))
    module = argnums if argnums is not None and is_module(argnums) else None
    wanted = _wanted(program, argnums, module)
    found = []
    regions = program.regions[:-1]
    for k, (region, numbers) in enumerate(zip(regions, program.recorded_at, strict=False)):
        comment = f"{groups[k].place}, {_described(groups[k], region)}"
        name = region.name.replace("[", "_").replace("]", "")
        found.append(Argument(name, comment, region.size, region.rows, k in wanted, numbers))
    found.append(_parameters(program, program.inputs in wanted, module))
    return found


def _described(group: Group, region: Region) -> str:
    """What the numbers of a group are, for people."""
    if group.shape is None:
        return f"double[{region.size}], all numbers in order"
    shape = "".join(f"[{n}]" for n in group.shape)
    shape = f"[rows]{shape}" if region.rows else shape
    return f"double{shape}" if shape else "one double"


def _wanted(program: Program, argnums: Any, module: Any) -> set[int]:
    """The groups that slopes are wanted along; the last is that of the parameters.

    Raises:
        LeakError: the result does not depend on an argument whose numbers left the graph.
    """
    spans = program.by_argument
    if argnums is None:
        return {*range(program.inputs), program.inputs} - program.leaked
    if module is not None:
        named: list[tuple[str, Sequence[int]]] = [("any parameter", (program.inputs,))]
    else:
        positions = positions_of(argnums, len(spans), "an int, a tuple of ints or a Module")
        named = [(f"argument {k}", spans[k]) for k in positions]
        for name, span in named:
            if not span:
                raise BadArgumentError(
                    f"argnums asks for {name}, which holds no numbers: there is no slope along it"
                )
    program.refuse_leaks(named)
    return {k for _, span in named for k in span}


def _parameters(program: Program, wanted: bool, module: Any) -> Argument:
    """The Values that the function closed over, as one vector."""
    held = np.array([v._data for v in program.captured], dtype=float)
    if module is None:
        comment = (
            f"the parameters, double[{len(held)}], in the order in which the function uses them"
        )
        return Argument("parameters", comment, len(held), False, wanted, held)
    count, places, in_order = program.places(module)
    if in_order:
        places = None
    comment = f"the model's parameters, double[{count}], in the order of model.parameters()"
    numbers = np.array([p._data for p in module.parameters()], dtype=float)
    return Argument("parameters", comment, count, False, wanted, numbers, places, held)


def _about(program: Program, name: str, gradient: bool) -> list[str]:
    rows = " for each row" if program.row_positions else ""
    lines = [
        f"{name} computes what a recorded function of {program.recorded} operations does{rows};"
    ]
    if gradient:
        lines.append(f"{name}_gradient gives the slopes of its result too.")
    else:
        lines.append("its result is not one number, so there is no gradient.")
    return [*lines, "Written by autograd_nn."]


def _about_result(program: Program) -> list[str]:
    """Lines about the order of the results."""
    reduced = {"mean": ", the mean over the rows", "sum": ", the sum over the rows"}
    more, each = "", ""
    if program.row_positions:
        more = reduced.get(program.reduce or "", "")
        each = "" if program.reduce else "[rows]"
    found = parts_of_result(program.uniform)
    count = len(program.sources)
    if count == 1:
        kind = f"double{each}" if each else "one double"
        return [f"  value: the result, {kind}{more}"]
    lines = [f"  value: the results, double{each}[{count}]{more}:"]
    for place, first, shape in found[:_SHOWN]:
        last = first + prod(shape) - 1
        where = f"from {first} to {last}" if last > first else f"{first}"
        what = "".join(f"[{n}]" for n in shape)
        lines.append(f"    {where}: result{place}" + (f", double{what}" if what else ""))
    return [*lines, "    ..."] if len(found) > _SHOWN else lines
