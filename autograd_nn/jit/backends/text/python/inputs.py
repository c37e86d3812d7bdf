"""What the generated functions take: how arguments become arrays, and where their slopes are."""

from __future__ import annotations

import re
from collections import Counter
from math import prod
from typing import Any, Final

import numpy as np

from autograd_nn.jit.backends.text.python.arguments import Leaf, leaves_of_key
from autograd_nn.jit.backends.text.python.arrays import Array, Arrays, Given
from autograd_nn.jit.backends.text.python.expressions import leaf
from autograd_nn.jit.backends.text.python.formulas import Formulas
from autograd_nn.jit.backends.text.python.names import Names, shape_code, tuple_code
from autograd_nn.jit.backends.text.python.source import Group, Source
from autograd_nn.jit.backends.text.python.statements import Assign, Run, Statement
from autograd_nn.jit.plan import Place

__all__ = ["Inputs", "merged"]

_ARRAY: Final = '''
def array(x, name, shape):
    """The numbers of x as floats; None in the shape is any number of rows."""
    x = np.asarray(x, dtype=float)
    sizes = tuple(n if k is None else k for n, k in zip(x.shape, shape))
    if x.ndim != len(shape) or x.shape != sizes or (shape[:1] == (None,) and not len(x)):
        rows = ", with at least one row where it says None" if None in shape else ""
        raise ValueError(f"{name} has the shape {x.shape}, and should have {shape}{rows}")
    return x[()]
'''


class Inputs:
    """The arguments.

    Attributes:
        arguments: the names, in order; the parameters come last.
        loads: the lines that make arrays of them.
        row_argument: an array that has all rows; "" without rows.
        given: the arrays of each argument.
        captured: the arrays of the parameters.
    """

    def __init__(self, source: Source, names: Names, formulas: Formulas) -> None:
        self._plan, self._names = source.plan, names
        self._array = formulas.helper("array", _ARRAY)
        self._source = source
        self.arguments = [names.new(each) for each in source.notes.arguments]
        names.reserve_builtins()
        self.loads: list[str] = []
        self._views: dict[str, str] = {}
        self.row_argument = ""
        regions = iter(source.plan.leaves)
        self.given = [
            [self._given(k, name, each, next(regions)) for each in leaves_of_key(key)]
            for k, (name, key) in enumerate(zip(self.arguments[:], source.key, strict=True))
        ]
        self.captured = [self._parameters(group) for group in source.notes.groups]

    @property
    def all(self) -> list[Given]:
        """All arrays."""
        return [*(given for each in self.given for given in each), *self.captured]

    @property
    def wanted(self) -> list[Given]:
        """The arrays along which slopes are wanted."""
        if self._source.argnums is None:
            return self.captured
        return [given for k in self._source.positions for given in self.given[k]]

    @property
    def regions(self) -> tuple[int, ...]:
        """The groups of leaves along which slopes are wanted."""
        if self._source.argnums is None:
            return (len(self._plan.leaves) - 1,)
        starts = [sum(map(len, self.given[:k])) for k in range(len(self.given))]
        chosen = self._source.positions
        return tuple(starts[k] + g for k in chosen for g in range(len(self.given[k])))

    def _given(self, k: int, argument: str, each: Leaf, place: Place) -> Given:
        by_row = k in self._source.by_row
        name = argument if not each.path else self._names.new(argument + each.path)
        given = argument + each.path
        sizes = [str(n) for n in each.shape]
        if by_row:
            sizes.insert(0, f"len({self.row_argument})" if self.row_argument else "None")
        self.row_argument = self.row_argument or (name if by_row else "")
        self._load(name, each.code.format(given) if each.code else given, given, sizes)
        shape = (self._plan.rows, *each.shape) if by_row else each.shape
        return Given(name, self._cells(place), shape, by_row)

    def _parameters(self, group: Group) -> Given:
        name = self._names.new(group.name)
        self._load(name, name, name, [str(n) for n in group.shape])
        self.arguments.append(name)
        chosen = np.array(group.places, dtype=np.int64)
        return Given(name, self._cells(self._plan.leaves[-1])[chosen], group.shape)

    def _load(self, name: str, code: str, given: str, sizes: list[str]) -> None:
        """The line that makes an array of what is given."""
        shape = tuple_code(sizes)
        self.loads.append(f"{name} = {self._array}({code}, {given!r}, {shape})")

    def _cells(self, place: Place) -> Any:
        """The cells of a group of leaves, all buffers of values one after another."""
        return np.asarray(place.cells) + sum(self._plan.sizes[: place.buffer // 2])

    def reshaped(self, lines: list[str]) -> list[str]:
        """The lines, with a name for each reshaped part of an argument that is read twice.

        As one writes ``W1, W2 = theta[:48].reshape(16, 3), ...`` first.
        """
        names = "|".join(re.escape(given.name) for given in self.all)
        part = re.compile(rf"(?<![\w.])({names})(\[[^\[\]]*\])?\.reshape\([\d, ]+\)")
        code = [line for line in lines if names and not line.lstrip().startswith("#")]
        found = Counter(match.group(0) for line in code for match in part.finditer(line))
        chosen = [text for text, times in found.items() if times > 1]
        for text in chosen:
            if text not in self._views:
                base = re.split(r"\W", text)[0]
                self._views[text] = self._names.new(f"{base}_{len(self._views) + 1}")

        views = {text: self._views[text] for text in chosen}

        def named(line: str) -> str:
            if not chosen or line.lstrip().startswith("#"):
                return line
            return part.sub(lambda m: views.get(m.group(0), m.group(0)), line)

        return [*(f"    {self._views[text]} = {text}" for text in chosen), *map(named, lines)]

    # -- in the arrays -----------------------------------------------------------------------

    def slope(self, given: Given, arrays: Arrays) -> str:
        """The code of the slopes along an argument's array."""
        if not len(given.cells):
            return f"np.zeros({given.shape})"
        array, start = arrays.cell(int(given.cells[0]))
        if array.is_given:
            return f"d_{array.name}"
        return _part(array, given, start, f"d_{array.name}")


def merged(arrays: Arrays) -> list[Statement]:
    """The arrays that are made of several arguments."""
    found: list[Statement] = []
    for array in arrays.arrays:
        if array.is_given or not array.given:
            continue
        whole = _at_once(array)
        if whole:
            found.append(Assign(array.name, "", leaf(whole, array.shape), kept=True))
            continue
        found.append(Run(f"{array.name} = np.zeros({shape_code(array)})", array.name, True))
        for given, start in array.given:
            target = _part(array, given, start, array.name)
            target += "[...]" * target.endswith(")")
            index = target.removeprefix(array.name)
            found.append(Assign(array.name, index, leaf(given.name, ())))
    return found


def _at_once(array: Array) -> str:
    """An array as the stack or the concatenation of its arguments; "" if it is neither."""
    parts = [given for given, _ in array.given]
    if sum(len(given.cells) for given in parts) != len(array.cells):
        return ""
    names = ", ".join(given.name for given in parts)
    axis = ", axis=1" if array.by_row else ""
    shapes = {_inner(given) for given in parts}
    if len(shapes) == 1 and array.inner == (len(parts), *_inner(parts[0])):
        return f"np.stack([{names}]{axis})"
    if len(array.inner) == 1 and all(len(shape) == 1 for shape in shapes):
        return f"np.concatenate([{names}]{axis})"
    return ""


def _inner(given: Given) -> tuple[int, ...]:
    return given.shape[1:] if given.by_row else given.shape


def _part(array: Array, given: Given, start: int, name: str) -> str:
    """The part of an array that one argument is."""
    inner = _inner(given)
    size = prod(inner)
    lead = ":, " if array.by_row else ""
    if array.inner == inner:
        return f"{name}[...]"
    if array.inner[1:] == inner:
        return f"{name}[{lead}{start // max(size, 1)}]"
    flat = name if len(array.inner) == 1 else f"{name}.reshape({'rows, ' if lead else ''}-1)"
    if not inner:
        return f"{flat}[{lead}{start}]"
    part = f"{flat}[{lead}{start}:{start + size}]"
    if len(inner) == 1:
        return part
    sizes = [*(["rows"] if lead else []), *map(str, inner)]
    return f"{part}.reshape({', '.join(sizes)})"
