"""Programs to take elsewhere: as C, as NumPy code, as a function of JAX.

For code that people read, the plan is made anew for them, with what is known beside it.

What is left out: writing it, which is ``backends.text`` and ``backends.jax``; running the function
once more, which is ``origin``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from autograd_nn.checks import positions_of
from autograd_nn.errors import BadArgumentError, MissingPackageError
from autograd_nn.jit.backends.text.c_program import to_c
from autograd_nn.jit.backends.text.python import Group, Notes, Source, check_name, write
from autograd_nn.jit.backends.text.python.arguments import leaves_of_key
from autograd_nn.jit.capture.arguments import is_module
from autograd_nn.jit.capture.leaves import Region
from autograd_nn.jit.capture.path import Path
from autograd_nn.jit.lifting.flatten import Needs
from autograd_nn.jit.lifting.lift import lift_lines, readable
from autograd_nn.jit.lifting.pack import pack
from autograd_nn.jit.origin import Again, short
from autograd_nn.jit.plan import PADDING, Nest, Plan, walk

if TYPE_CHECKING:
    from autograd_nn.jit.backends.jax.function import JaxFunction
    from autograd_nn.jit.program import Program

__all__ = ["Exports", "parameter_arrays", "python_text"]

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


class Exports(Path):
    """What a program can be written as, to run elsewhere."""

    @property
    def _program(self) -> Program:
        return cast("Program", self)

    def to_c(
        self, name: str = "f", argnums: Any = None, main: bool = False, block: int = 64
    ) -> str:
        """The program as one file of C99, which needs nothing beyond ``math.h``.

        It holds a function ``name`` of the values and, where the result is one number, a function
        ``name_gradient`` of the value and the slopes.  A comment at the top says what they take
        and give.  They allocate nothing and can run in several threads at once: the caller
        brings a workspace, whose size the file defines.

        Args:
            name: of the function.
            argnums: what the gradient is along, as of ``value_and_grad``: a position, several, or
                a model, whose parameters the function then takes as one vector in the model's
                order; None for all arguments and the parameters.
            main: whether to add a ``main`` that prints value and gradient at the numbers that the
                program was recorded at (with rows, of the first of them).
            block: with rows, how many are computed at once: the workspace grows with it.

        Returns:
            The text of the file.

        Raises:
            BadArgumentError: the name can be none of a function of C.
            TypeError: slopes are asked for, and the result is not one number.
            TraceError: an operation of the user's own has no form in C.
            LeakError: the result does not depend on an argument whose numbers left the graph.

        >>> from autograd_nn.jit import jit
        >>> text = jit(lambda x, y: x * y).program(3.0, 4.0).to_c("area")
        >>> print(text[text.index("int area(") :].split(";")[0])
        int area(const double *a0, const double *a1, double *value, double *work)
        """
        return to_c(self._program, name, argnums, main, block)

    def to_python(self, name: str | None = None, argnums: Any = None) -> str:
        """The program as readable NumPy code: the forward pass, and the value with its slopes.

        The code needs NumPy only.  Arguments keep their names and shapes, and variables are named
        after the labels, scopes and variables of the function, of which comments give the lines;
        for that, the function is run once more, at the numbers of its recording.  Comparisons
        that were recorded become lines that raise a ValueError on another path.

        Args:
            name: of the function in the code; by default that of the recorded function.
            argnums: along which arguments slopes are wanted: a position, or a tuple of positions;
                or a Module, for its parameters.  By default the parameters that the function
                uses, where it uses any, else the first argument.

        Returns:
            The text of a module with the functions ``name`` and, where the result is one number,
            ``name_value_and_grad``.  Both take the arguments, and then the parameters, an array
            for each list of them.  Lists of numbers are taken, and their slopes are arrays.

        Raises:
            BadArgumentError: the name cannot be one, or there are no numbers in an argument that
                slopes are wanted along.
            TraceError: the function returns something that text cannot make again.

        >>> from autograd_nn.jit import jit
        >>> def loss(w, x, y):
        ...     error = w * x - y
        ...     return error**2
        >>> text = jit(loss).program(2.0, 5.0, 7.0).to_python()
        >>> names = {}
        >>> exec(text, names)
        >>> names["loss_value_and_grad"](2.0, 5.0, 7.0)
        (9.0, 30.0)
        """
        return python_text(self._program, name, argnums)

    def to_jax(self, dtype: Any = None) -> JaxFunction:
        """A pure function of JAX arrays that computes what this program does.

        JAX can compile, differentiate (to any order), vmap and shard it.  Its operations are those
        of the plan: a loop nest is a few operations on arrays, a loop is a ``lax.scan``.

        It takes the arguments in the structure that was recorded, with arrays in the place of
        numbers, and a list of numbers as one array if you like.  In the place of a model it takes
        the vector of its parameters, in the order of ``model.parameters()``.  Where the function
        closes over Values or a model, their vector is one more argument, the first; the attribute
        ``parameters`` is one to start from.  With rows it takes any number of them.

        It has the one path that was recorded.  Numbers that take another are a TraceError where
        JAX knows them, and where it traces (in ``jax.jit``, ``jax.vmap``) all results and slopes of
        that row are nan.  XLA may round a product and a sum once, so that a comparison which only
        the last digit decides may come out otherwise.

        Args:
            dtype: "float64", "float32" or another of JAX's types of floats, in which all is
                computed; None for that of the arguments by JAX's own rule, where Python's numbers
                are double precision only after ``jax.config.update("jax_enable_x64", True)``.

        Raises:
            MissingPackageError: JAX is not installed.
            TypeError, ValueError: there is no such dtype; when called: "float64" is asked for and
                JAX has double precision switched off.

        >>> from autograd_nn.jit import jit
        >>> program = jit(lambda w, x: sum(a * b for a, b in zip(w, x)).tanh()).program(
        ...     [0.5, 0.25], [1.0, 2.0]
        ... )
        >>> f = program.to_jax()
        >>> import jax
        >>> [round(float(slope), 4) for slope in jax.grad(f)([0.5, 0.25], [1.0, 2.0])]
        [0.42, 0.8399]
        """
        try:
            import jax  # noqa: F401
        except ImportError as error:
            raise MissingPackageError(
                f"to_jax needs the package jax ({error}): pip install 'autograd_nn[jax]'"
            ) from None
        from autograd_nn.jit.backends.jax.function import JaxFunction

        return JaxFunction(self._program, dtype)
