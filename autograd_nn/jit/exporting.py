"""Programs as text: the plan for people, and what is known beside it.

What is left out: writing it, which is ``backends.text``; running the function once more, which is
``origin``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from autograd_nn.checks import positions_of
from autograd_nn.errors import BadArgumentError
from autograd_nn.jit.backends.text.python import Group, Notes, Source, check_name, write
from autograd_nn.jit.backends.text.python.arguments import leaves_of_key
from autograd_nn.jit.capture.arguments import is_module
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.lifting.flatten import Needs
from autograd_nn.jit.lifting.lift import lift_lines, readable
from autograd_nn.jit.lifting.pack import pack
from autograd_nn.jit.origin import Again, short
from autograd_nn.jit.plan import PADDING, Nest, Plan, walk

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["parameter_arrays", "python_text"]

_PACKS: Final = 200  # from which on a program must have patterns to be written by nests
_SCATTERED: Final = 4  # operations a pack, below which it has none


def python_text(program: Program, name: str | None, argnums: Any) -> str:
    """A program as NumPy code; see ``Program.to_python``."""
    origin = program.origin
    if name is None:
        found = origin.name if origin is not None else "f"
        name = found if found.isidentifier() else "f"
    name = check_name(name)
    chosen = _argnums(program, argnums)
    again = _again(program)
    plan, cells = _plan(program, again)
    count = len(program.key)
    notes = Notes(
        origin.name if origin is not None else "f",
        origin.place if origin is not None else "",
        origin.arguments if origin is not None else [f"x{k}" for k in range(count)],
        _groups(program, again),
    )
    if again is not None and cells is not None:
        for node, words in again.names.items():
            if cells[node] >= 0:
                notes.names.setdefault(int(cells[node]), []).extend(words)
        for node, line in again.lines.items():
            if cells[node] >= 0:
                notes.lines.setdefault(int(cells[node]), line)
        for guard in again.trace.guards:
            notes.guards.setdefault(guard.symbol, []).append(short(guard.line))
    else:
        notes.lost = (
            "The function could not be run once more for the names of its variables: the program "
            "comes from another process, or what the function reads has changed since."
        )
    source = Source(
        plan, program.key, program.result, program.reduce, program.row_positions, chosen, notes
    )
    return write(source, name)


def parameter_arrays(program: Program) -> list[Any]:
    """Of each array of parameters in the text, the places among the captured ones.

    They come after the arguments, in this order.
    """
    groups = _groups(program, _again(program))
    return [np.array(group.places, dtype=np.int64).reshape(group.shape) for group in groups]


def _again(program: Program) -> Again | None:
    """The function of a program, recorded once more on the same path."""
    again = program.origin.again() if program.origin is not None else None
    return again if again is not None and _is_same(program, again) else None


def _argnums(program: Program, argnums: Any) -> int | tuple[int, ...] | None:
    """The positions of arguments; None for the captured parameters."""
    if argnums is None:
        return None if program.captured else 0
    if not isinstance(argnums, (int, tuple)) and is_module(argnums):
        if not program.captured or (program.places(argnums)[1] < 0).all():
            raise BadArgumentError("the program uses no parameter of this model")
        return None
    count = len(program.key)
    what = "an int, a tuple of ints, a Module or None"
    positions = positions_of(argnums, count, what)
    for k in positions:
        if not list(leaves_of_key(program.key[k])):
            raise BadArgumentError(f"argument {k} holds no numbers, so there is no slope along it")
    return positions if isinstance(argnums, tuple) else positions[0]


# -- the plan -----------------------------------------------------------------------------------


def _plan(program: Program, again: Again | None) -> tuple[Plan, Any]:
    """The plan for people, and of every node its cell."""
    if again is None:
        packing = program._packing
        if packing is None:
            return program.plan, None
        return readable(packing, _rows(readable(packing)[0]))[0], None
    trace = again.trace
    needs = Needs(trace)
    parameters = Region("parameters", len(trace.captured))
    constants = Region("constants", len(trace.constants))
    regions = [*again.call.regions(), parameters, constants]
    of = [k for k, region in enumerate(regions) for _ in range(region.size)]
    packer = pack(trace, needs, regions, of)
    packing = packer.finish()
    if program.row_positions:
        return readable(packing, _rows(readable(packing)[0]))
    few = len(packing.packs) <= _PACKS
    if few or len(packing.packs) * _SCATTERED <= trace.recorded:
        plan, cells = readable(packing)
        if not all(isinstance(x, Nest) and x.axes == () and x.kind != "look" for x in plan.items):
            return plan, cells
    # Single numbers without a pattern keep the order in which they were written.
    cells = np.arange(len(trace.codes)) + len(PADDING)
    return lift_lines(trace, needs, regions, not few), cells


def _rows(plan: Plan) -> int:
    """A prime number that is the size of no axis: the axis of rows can be told by it."""
    sizes = {n for item, _ in walk(plan.items) if isinstance(item, Nest) for n in item.axes}
    sizes |= {
        len(item.entries)
        for item, _ in walk(plan.items)
        if isinstance(item, Nest) and item.entries is not None
    }
    return next(
        n
        for n in range(5, 1 << 20)
        if n not in sizes and all(n % k for k in range(2, int(n**0.5) + 1))
    )


def _is_same(program: Program, again: Again) -> bool:
    """Whether a recording is that of the program."""
    trace = again.trace
    plan = program.plan
    return (
        trace.recorded == program.recorded
        and again.call.key == program.key
        and len(trace.captured) == len(program.captured)
        and all(
            a is b or a.data == b.data
            for a, b in zip(trace.captured, program.captured, strict=True)
        )
        and len(trace.guards) == program.guards
        and sorted(g.outcome for g in trace.guards)
        == sorted(bool(x) for g in plan.guards for x in g.outcomes.ravel())
        and len(trace.roots) == len(plan.roots)
        and np.array_equal(
            np.sort(np.asarray(trace.constants, dtype=float)),
            np.sort(np.asarray(plan.constants[1], dtype=float)),
            equal_nan=True,
        )
    )


# -- captured parameters ------------------------------------------------------------------------


def _groups(program: Program, again: Again | None) -> list[Group]:
    """The captured Values as arrays, by their dotted names."""
    count = len(program.captured)
    if not count:
        return []
    names = [v.label for v in program.captured]
    if again is not None:
        owners = [again.owners.get(id(v), "") for v in program.captured]
        names = [owner or label for owner, label in zip(owners, names, strict=True)]
    seen: set[str] = set()
    strange = []
    for place, name in enumerate(names):  # what has no name, or that of another
        if not name or name in seen:
            strange.append(place)
        seen.add(name)
    for k, place in enumerate(strange):
        names[place] = f"captured.{k}" if len(strange) > 1 else "captured"
    members: dict[str, list[tuple[tuple[int, ...], int]]] = {}
    for place, dotted in enumerate(names):
        name, index = _split(dotted.split("."))
        members.setdefault(name, []).append((index, place))
    return [group for name, found in members.items() for group in _regular(name, found, names)]


def _split(parts: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """The name of an array, and the place in it: ``layers.0.neurons.3.w.1`` is at (3, 1).

    The position in an outermost list of objects stays part of the name.
    """
    numbers = [k for k, part in enumerate(parts) if part.isdecimal()]
    named_after = [k for k in numbers if any(not p.isdecimal() for p in parts[k + 1 :])]
    stay = set(named_after[:1])
    name = ".".join(p for k, p in enumerate(parts) if not p.isdecimal() or k in stay)
    return name, tuple(int(parts[k]) for k in numbers if k not in stay)


def _regular(
    name: str, found: list[tuple[tuple[int, ...], int]], names: Sequence[str]
) -> list[Group]:
    """One array, where all places of it are taken; else one for each parameter."""
    found = sorted(found)
    indices = [index for index, _ in found]
    if len({len(index) for index in indices}) == 1:
        shape = tuple(max(index[k] for index in indices) + 1 for k in range(len(indices[0])))
        if len(set(indices)) == len(found) == int(np.prod(shape, dtype=int)):
            return [Group(name, [place for _, place in found], shape)]
    return [Group(names[place], [place], ()) for _, place in found]
