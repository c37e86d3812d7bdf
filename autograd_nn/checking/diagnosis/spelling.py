"""How the diagnosis says things: formulas, lists of names, places.

Nothing is ever cut inside a word.  What is left out: which things are said (the rules).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from autograd_nn.engine import Value

__all__ = ["HEADLINE", "Names", "number", "ordinal", "plural", "shortened", "spell"]

HEADLINE = 100  # characters that a headline has at most

_BINDS = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}
_INDEXED = re.compile(r"(.*)\[(\d+(?:, \d+)*)\]\Z")


def number(x: float) -> str:
    """A number in few characters; one that everybody knows by its formula.

    >>> number(3.0), number(math.pi / 180), number(math.sqrt(3)), number(1 / math.sqrt(3))
    ('3', 'pi/180', 'sqrt(3)', '1/sqrt(3)')
    """
    for known, text in _KNOWN:
        if abs(abs(x) - known) <= 1e-14 * known:
            return text if x > 0 else f"-{text}"
    if math.isfinite(x) and len(f"{x:.6g}") > 5:
        for inverse in (False, True):
            square = (1 / x if inverse else x) ** 2 if x else 0.0
            if 1.5 < square < 10_000 and abs(square - round(square)) <= 1e-12 * square:
                text = f"sqrt({round(square)})"
                return ("-" if x < 0 else "") + (f"1/{text}" if inverse else text)
    return f"{x:.6g}"


_KNOWN = (
    (math.pi, "pi"), (2 * math.pi, "2*pi"), (math.pi / 2, "pi/2"), (math.pi / 180, "pi/180"),
    (180 / math.pi, "180/pi"), (math.sqrt(2 * math.pi), "sqrt(2*pi)"),
    (1 / math.sqrt(2 * math.pi), "1/sqrt(2*pi)"), (2 / math.sqrt(math.pi), "2/sqrt(pi)"),
    (math.log(2), "log(2)"),
)  # fmt: skip


def spell(node: Value, width: int = 40) -> str:
    """A node as a short formula of labels and numbers; empty where that takes too much room.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> spell((a**b) ** 2), spell((-a) ** 2), spell(-(a**2)), spell(a - (b - a))
    ('(a**b)**2', '(-a)**2', '-a**2', 'a - (b - a)')
    """
    text = _spell(node, 0, 0)
    return "" if text is None or len(text) > width else text


def _spell(node: Value, context: int, depth: int) -> str | None:
    """The formula; in brackets where it binds less than ``context``; ``None`` if too deep."""
    if node.label:
        return node.label
    if not node.op:
        text = number(node.data)
        compound = node.data < 0 or ("(" not in text and ("/" in text or "*" in text))
        return f"({text})" if compound and context > 1 else text
    if depth > 8:
        return None
    if node.op == "add" and node.operands[0].kind == "constant" and node.operands[0].data == 0:
        return _spell(node.operands[1], context, depth + 1)  # sum() begins with 0
    binds = _BINDS.get(node.op, 0)
    parts = []
    for j, operand in enumerate(node.operands):
        # What stands on the side to which an operation does not associate needs brackets.
        other_side = (j == 0) == (node.op == "pow") and node.op not in ("add", "mul", "neg")
        part = _spell(operand, binds and binds + other_side, depth + 1)
        if part is None:
            return None
        parts.append(part)
    if not binds:
        return f"{node.op}({', '.join(parts)})"
    if node.op == "neg":
        text = f"-{parts[0]}"
    elif node.op == "pow":
        text = "**".join(parts)
    else:
        symbol = {"add": "+", "sub": "-", "mul": "*", "div": "/"}[node.op]
        text = f"{parts[0]} {symbol} {parts[1]}"
    return f"({text})" if binds < context else text


class Names:
    """The names of the checked numbers, and the arrays that they are elements of.

    Attributes:
        listed: one per number.
        arrays: the numbers of each array, by its name, in the order of ``listed``.
        array: for each number the name of its array.
        place: for each number its position in the array, where that is written in numbers.

    >>> names = Names(["W[0, 0]", "W[0, 1]", "W[1, 0]", "W[1, 1]", "b"])
    >>> names.said([0, 1, 2, 3, 4]), names.said([1, 3]), names.said([0, 1, 2])
    ('W and b', 'W[:, 1]', 'W[0, 0] to W[1, 0]')
    >>> Names(["p[0][0]", "p[0][1]", "p[1][0]"]).arrays  # rows of different lengths are arrays
    {'p[0]': [0, 1], 'p[1][0]': [2]}
    """

    def __init__(self, listed: Sequence[str]) -> None:
        self.listed = list(listed)
        self.arrays: dict[str, list[int]] = {}
        self.array = [""] * len(listed)
        self.place: list[tuple[int, ...] | None] = [None] * len(listed)
        for base, members in _by_base(self.listed).items():
            self._put(base, members)
        self.arrays = dict(sorted(self.arrays.items(), key=lambda item: item[1][0]))

    def _put(self, base: str, members: list[tuple[int, list[str]]]) -> None:
        """An array of all members, or one for each first index where they make no rectangle."""
        places = [_numbers_in(indices) for _, indices in members]
        if len(members) == 1:
            name, where = self.listed[members[0][0]], members[0][0]
            self._add(name, [(where, places[0])])
        elif _is_rectangle(places):
            self._add(base, [(i, place) for (i, _), place in zip(members, places, strict=True)])
        else:
            inner: dict[str, list[tuple[int, list[str]]]] = {}
            for i, indices in members:
                first, rest = (indices[0], indices[1:]) if indices else ("", [])
                key = f"{base}[{first}]" if rest else self.listed[i]
                inner.setdefault(key, []).append((i, rest))
            if len(inner) == 1:  # nothing to split by
                self._add(base, [(i, None) for i, _ in members])
            else:
                for key, part in inner.items():
                    self._put(key, part)

    def _add(self, array: str, members: list[tuple[int, tuple[int, ...] | None]]) -> None:
        for i, place in members:
            self.arrays.setdefault(array, []).append(i)
            self.array[i], self.place[i] = array, place

    def split(self, roles: Mapping[int, object]) -> Names:
        """Vectors whose numbers have several roles as one array for each; the rest as it is."""
        parts = Names(self.listed)
        for array, members in self.arrays.items():
            by_role: dict[object, list[int]] = {}
            for i in members:
                by_role.setdefault(roles.get(i), []).append(i)
            layers = {role[0] for role in by_role if isinstance(role, tuple)}
            flat = all(self.place[i] is not None and len(self.place[i] or ()) == 1 for i in members)
            if len(layers) < 2 or not flat:
                continue
            del parts.arrays[array]
            for part in by_role.values():
                name = self._lines(array, part, members)[0] if len(part) == 1 else self._run(part)
                parts.arrays[name] = part
                for n, i in enumerate(part):
                    parts.array[i], parts.place[i] = name, (n,)
        return parts

    def _run(self, part: Sequence[int]) -> str:
        """Some numbers of a vector by the first and the last of them."""
        return f"{self.listed[part[0]]} to {self.listed[part[-1]]}"

    def said(self, chosen: Iterable[int], most: int = 4) -> str:
        """These numbers in words: arrays by their names, lines of a matrix as slices."""
        wanted = set(chosen)
        parts: list[str] = []
        for array, members in self.arrays.items():
            here = [i for i in members if i in wanted]
            if not here:
                continue
            if len(here) == len(members):
                parts.append(array)
                continue
            some = self._lines(array, here, members)
            if len(some) > 2 and here == list(range(here[0], here[-1] + 1)):
                some = [self._run(here)]
            parts += some if len(some) <= 3 else [f"{array} ({len(here)} of {len(members)})"]
        if len(parts) > most:
            parts = [*parts[: most - 1], f"{len(parts) - most + 1} more"]
        return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)

    def _lines(self, array: str, here: list[int], members: list[int]) -> list[str]:
        """Elements of a matrix as whole rows or columns, where they are some."""
        places = {i: self.place[i] for i in members}
        if all(place is not None and len(place) == 2 for place in places.values()):
            wanted = {places[i] for i in here}
            for axis, form in ((0, "{}[{}]"), (1, "{}[:, {}]")):
                values = sorted({place[axis] for place in wanted if place})
                whole = {p for p in places.values() if p and p[axis] in values}
                if wanted == whole and len(whole) > len(values):
                    return [form.format(array, value) for value in values]
        return [self.listed[i] for i in here]


def _by_base(names: Sequence[str]) -> dict[str, list[tuple[int, list[str]]]]:
    """Names without their trailing indices, and these."""
    found: dict[str, list[tuple[int, list[str]]]] = {}
    for i, name in enumerate(names):
        base, indices = name, list[str]()
        # W[0, 1] is an element of one array: what stands before it is a list of arrays.
        while "," not in "".join(indices) and (hit := _INDEXED.match(base)) and hit[1]:
            base, indices = hit[1], [hit[2], *indices]
        found.setdefault(base, []).append((i, indices))
    return found


def _numbers_in(indices: Sequence[str]) -> tuple[int, ...] | None:
    try:
        return tuple(int(part) for index in indices for part in index.split(","))
    except ValueError:
        return None


def _is_rectangle(places: Sequence[tuple[int, ...] | None]) -> bool:
    known = [place for place in places if place]
    if len(known) < len(places) or len({len(place) for place in known}) != 1:
        return False
    sizes = [len({place[axis] for place in known}) for axis in range(len(known[0]))]
    return math.prod(sizes) == len(set(known)) == len(places)


def shortened(text: str, most: int = HEADLINE) -> str:
    """The text, cut behind a word where it is too long.

    >>> shortened("one two three", 12)
    'one two ...'
    """
    if len(text) <= most:
        return text
    return text[: most - 3].rsplit(" ", 1)[0].rstrip(",;:( ") + " ..."


def plural(count: int, noun: str) -> str:
    """A number with its noun.

    >>> plural(1, "row"), plural(3, "row")
    ('1 row', '3 rows')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def ordinal(index: int, count: int) -> str:
    """The first, the last, or a number from 0.

    >>> ordinal(0, 4), ordinal(3, 4), ordinal(2, 4)
    ('the first row (row 0)', 'the last row (row 3)', 'row 2')
    """
    if index == 0:
        return "the first row (row 0)"
    return f"the last row (row {index})" if index == count - 1 else f"row {index}"
