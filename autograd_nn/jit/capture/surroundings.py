"""What a function reads besides its arguments: found once, compared at each call.

Found are the names that ``f`` and the plain functions it calls refer to (closures, defaults,
globals of the user's own modules), the attributes of the objects among them and among the
arguments, and what lists, dicts and arrays hold.  Compared is by identity, which is one pass
over a flat list; what is not the same object is compared as a constant.  A model's parameters
are the same while they are the same objects: their numbers are read at each run anyway.

What cannot be seen is left out: what a function of another package reads, what lies in
containers beyond 2,000 entries and in arrays beyond 16,384 numbers, and the world outside
(time, files, the environment).
"""

from __future__ import annotations

import functools
import inspect
import operator
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import chain
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from autograd_nn.callers import PACKAGE, is_user_file
from autograd_nn.engine import Value
from autograd_nn.jit.capture.arguments import is_module

__all__ = ["Surroundings"]

_MOST = 2000  # entries of containers
_NUMBERS = 16384  # of an array
_PLAIN = (int, float, str, bytes, bool, type(None), complex, np.generic, Enum)
_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
_MISSING = object()


def _is_users(file: str | None) -> bool:
    """Whether a file is the user's, and not Python's, another package's or this one's."""
    return file is not None and is_user_file(file)


def _is_users_module(x: ModuleType) -> bool:
    name = x.__name__.partition(".")[0]
    known = sys.stdlib_module_names
    return name not in known and _is_users(getattr(x, "__file__", None) or name)


def _file_of(x: Any) -> str | None:
    module = inspect.getmodule(x) if isinstance(x, type) else x
    return getattr(module, "__file__", None) or getattr(module, "__name__", None)


def _names(code: CodeType) -> set[str]:
    """The names that a function's code, and code inside it, looks up elsewhere."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not set yet
        return _MISSING


class Surroundings:
    """What ``f`` reads besides the numbers of its arguments, as it is now.

    Args:
        f: the function.
        held: objects among its arguments.
        ignored: names that do not matter.

    Attributes:
        outer: the lists, dicts and sets in reach, with their names.
    """

    def __init__(
        self, f: Any, held: Sequence[Any] = (), ignored: frozenset[str] = frozenset()
    ) -> None:
        self._ignored = ignored
        self.outer: list[tuple[str, Any]] = []
        self._generators: list[Any] = []
        self._models: list[Any] = []
        self._may_draw = False  # from the generator of NumPy that all share
        self._reads: list[tuple[str, Callable[[], Any]]] = []
        self._containers: list[tuple[str, Any]] = []
        self._arrays: list[tuple[str, Any, bytes]] = []
        self._attributes: set[int] = set()  # of the containers, those that are an object's own
        self._names: set[str] = set()
        self._seen: dict[int, Any] = {}
        self._left = _MOST
        self._visit("f", f)
        for x in held:
            self._visit("an argument", x)
        self._look()

    # -- looking around ------------------------------------------------------------------

    def _visit(self, label: str, x: Any) -> None:
        """Note what can be read by way of ``x``."""
        if isinstance(x, (_PLAIN, Value)) or id(x) in self._seen:
            return
        self._seen[id(x)] = x
        if isinstance(x, FunctionType):
            self._visit_function(x)
        elif isinstance(x, MethodType):
            self._visit(label, x.__func__)
            self._visit_object(label, x.__self__, whole=True)
        elif isinstance(x, ModuleType):
            if _is_users_module(x):
                self._visit_namespace(label, vars(x))
            else:
                self._may_draw |= not _is_harmless(x.__name__)
        elif isinstance(x, type):
            self._visit_class(label, x)
        elif isinstance(x, np.ndarray):
            self._visit_array(label, x)
        elif isinstance(x, (list, tuple, set, frozenset, dict)):
            self._expand(label, x)
        else:
            self._visit_object(label, x)

    def _visit_function(self, f: FunctionType) -> None:
        if not _is_users(f.__code__.co_filename):
            self._may_draw |= not _is_harmless(f.__module__)
            return
        names = _names(f.__code__)
        self._may_draw |= "random" in names
        self._names |= names
        for name in sorted(names & f.__globals__.keys()):
            self._read_name(name, f.__globals__)
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            self._note(name, functools.partial(_contents, cell))
            self._visit(name, _contents(cell))
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self._reads.append((f"{f.__name__}.{name}", functools.partial(getattr, f, name)))
        for default in f.__defaults__ or ():
            self._visit("a default", default)
        if f.__kwdefaults__:
            self._expand("a default", f.__kwdefaults__)

    def _note(self, label: str, read: Callable[[], Any]) -> None:
        if label not in self._ignored:
            self._reads.append((label, read))

    def _read_name(self, name: str, namespace: Any) -> None:
        self._note(name, functools.partial(namespace.get, name, _MISSING))
        self._visit(name, namespace.get(name))

    def _visit_namespace(self, label: str, namespace: Any) -> None:
        """A module's or class's names, as far as the functions look them up."""
        for name in sorted(self._names & namespace.keys()):
            self._read_name(f"{label}.{name}", _Renamed(namespace, name))

    def _visit_class(self, label: str, kind: type) -> None:
        if not _is_users(_file_of(kind)):
            self._may_draw |= not _is_harmless(kind.__module__)
        else:
            for name, x in list(vars(kind).items()):
                if isinstance(x, FunctionType):
                    self._visit_function(x)
                    self._reads.append((f"{label}.{name}", functools.partial(getattr, kind, name)))
            self._visit_namespace(label, vars(kind))

    def _visit_object(self, label: str, x: Any, whole: bool = False) -> None:
        """Note the attributes of an object, where it is the user's, a model, or asked for whole."""
        kind = type(x)
        if isinstance(x, _GENERATORS):
            self._generators.append(x)
            return
        if isinstance(x, functools.partial):
            for part in (x.func, *x.args, *x.keywords.values()):
                self._visit(label, part)
            return
        if hasattr(x, "function") and hasattr(x, "value_and_grad"):  # jitted
            self._visit(label, x.function)
            return
        if is_module(x):
            self._models.append(x)
        users = _is_users(_file_of(kind)) or isinstance(x, SimpleNamespace)
        if hasattr(x, "__dict__") and (whole or users or is_module(x)):
            self._attributes.add(id(vars(x)))
            self._expand(label, vars(x))
            for each in kind.__mro__:
                self._visit_class(label, each)
        elif hasattr(x, "__self__"):  # a built-in method of an object, such as rng.normal
            self._visit(label, x.__self__)

    def _visit_array(self, label: str, x: Any) -> None:
        if x.dtype == object:
            if x.size <= self._left:
                self._left -= x.size
                self._containers.append((label, _Flat(x)))
                for item in x.flat:
                    self._visit(label, item)
        elif x.size <= _NUMBERS:
            self._arrays.append((label, x, x.tobytes()))

    def _expand(self, label: str, x: Any) -> None:
        if id(x) not in self._attributes and isinstance(x, (list, dict, set)):
            self.outer.append((label, x))
        if len(x) > self._left:
            return
        self._left -= len(x)
        ignored = {name for name in x if f"{label}.{name}" in self._ignored}
        if ignored and isinstance(x, dict):
            self._containers.append((label, _Without(x, ignored)))
        elif label not in self._ignored and not isinstance(x, (tuple, frozenset)):
            self._containers.append((label, x))  # the others stay what they are
        items = list(x.items()) if isinstance(x, dict) else [(None, item) for item in x]
        for name, item in items:
            self._visit(f"{label}.{name}" if isinstance(name, str) else label, item)

    def parameters(self) -> list[Value]:
        """The parameters of all models in reach, in the models' order.

        In that order the weights of a layer follow a regular pattern; in the order of their
        first use they need not.
        """
        found = [p for model in self._models for p in model.parameters() if isinstance(p, Value)]
        return list({id(p): p for p in found}.values())

    def modules(self) -> list[ModuleType]:
        """The user's own modules from which functions and objects in reach come."""
        kinds = (FunctionType, type)
        homes = {(x if isinstance(x, kinds) else type(x)).__module__ for x in self._seen.values()}
        homes.discard("__main__")  # no name leads to it elsewhere: what it holds is sent anyway
        found = [sys.modules.get(name) for name in sorted(homes)]
        return [x for x in found if x is not None and _is_users_module(x)]

    def random_states(self) -> list[Any]:
        """Where the sequences of random numbers stand."""
        shared = [np.random.mtrand._rand] if self._may_draw else []
        return [random.getstate(), *map(_state_of, (*shared, *self._generators))]

    # -- comparing -----------------------------------------------------------------------

    def _look(self) -> None:
        """Keep what there is now, to compare with."""
        self._readers = [read for _, read in self._reads]
        # Views of dicts show what is in them at any time.
        self._views = [
            view
            for _, x in self._containers
            for view in ((x, x.values()) if isinstance(x, dict) else (x,))
        ]
        self._sizes = [len(_entries(x)) for _, x in self._containers]
        self._now = self._flat()

    def _flat(self) -> list[Any]:
        flat = [read() for read in self._readers]
        if self._views:
            flat += chain.from_iterable(self._views)
        return flat

    def holds(self) -> bool:
        """Whether everything is still as it was."""
        try:
            now, then = self._flat(), self._now
        except RuntimeError:  # another thread has changed the size of a dict meanwhile
            return False
        if len(now) != len(then):
            return False
        if not all(map(operator.is_, now, then)):
            if not all(map(_same, now, then)):
                return False
            self._now = now  # equal ones, so that the next comparison is fast
        for _, x, before in self._arrays:  # noqa: SIM110 - most often there are none
            if x.tobytes() != before:
                return False
        return True

    def excuse(self) -> None:
        """Look no longer at lists, dicts and sets that have grown.

        After a run of the function: it fills them, as it may print, and a replay does not.
        """
        place, kept, sizes = len(self._reads), [], []
        before = self._now[:place]
        for (label, x), size in zip(self._containers, self._sizes, strict=True):
            now = _entries(x)
            then = self._now[place : place + size]
            place += size
            if len(now) <= size or id(x) in self._attributes or not _has_grown(x, now, then):
                kept.append((label, x))
                sizes.append(size)
                before += then
        if len(kept) < len(self._containers):
            self._containers = kept
            self._look()
            self._sizes, self._now = sizes, before

    def changes(self) -> frozenset[str]:
        """The names of what is not as it was."""
        place = len(self._reads)
        pairs = zip(self._reads, self._now[:place], strict=True)
        changed = {label for (label, read), then in pairs if not _same(read(), then)}
        for (label, x), size in zip(self._containers, self._sizes, strict=True):
            now, then = _entries(x), self._now[place : place + size]
            place += size
            if len(now) == size and all(map(_same, now, then)):
                continue
            if isinstance(x, (dict, _Without)) and len(now) == size:
                names, half = now[: size // 2], size // 2
                parts = zip(names, now[half:], then[half:], strict=True)
                changed |= {f"{label}.{name}" for name, p, q in parts if not _same(p, q)}
            else:
                changed.add(label)
        changed |= {label for label, x, before in self._arrays if x.tobytes() != before}
        return frozenset(changed)


class _Without:
    """The names and contents of a dict without some of its keys."""

    def __init__(self, whole: dict[Any, Any], names: set[Any]) -> None:
        self._whole, self._names = whole, names

    def __iter__(self) -> Iterator[Any]:
        kept = {name: x for name, x in self._whole.items() if name not in self._names}
        return chain(kept, kept.values())


class _Flat:
    """The elements of an array of objects."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __iter__(self) -> Iterator[Any]:
        return iter(self._array.ravel().tolist())


def _has_grown(x: Any, now: list[Any], before: list[Any]) -> bool:
    """Whether everything that a container held is still there."""
    if isinstance(x, dict):
        half = len(before) // 2
        old = dict(zip(before[:half], before[half:], strict=True))
        return all(key in x and _same(x[key], item) for key, item in old.items())
    if isinstance(x, (set, frozenset)):
        return set(before) <= x
    return all(map(_same, now, before))


def _entries(x: Any) -> list[Any]:
    """What a container holds, of a dict the keys first."""
    return [*x, *x.values()] if isinstance(x, dict) else list(x)


class _Renamed:
    """A namespace that is asked for one name, whatever it is called in messages."""

    def __init__(self, namespace: Any, name: str) -> None:
        self._namespace, self._name = namespace, name

    def get(self, _: str, default: Any = None) -> Any:
        return self._namespace.get(self._name, default)


def _same(a: Any, b: Any) -> bool:
    """One object, or two equal constants of one type."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return isinstance(a, _PLAIN) and repr(a) == repr(b)


def _is_harmless(module: str | None) -> bool:
    """Whether what a module holds draws no random numbers but by a name of its own."""
    root = (module or "").partition(".")[0]
    return root in {*sys.stdlib_module_names, "numpy", PACKAGE.name, ""}


def _state_of(generator: Any) -> Any:
    if isinstance(generator, random.Random):
        return generator.getstate()
    bits = getattr(generator, "bit_generator", None) or generator._bit_generator
    return _frozen(bits.state)


def _frozen(state: Any) -> Any:
    """A generator's state as what can be compared."""
    if isinstance(state, dict):
        return {name: _frozen(part) for name, part in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state
