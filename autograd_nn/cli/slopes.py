"""``check``: slopes derived by hand, in a file of the user's, against the true ones.

A function ``slope_NAME`` is the slope of the function ``NAME`` in the same file.  One of another
name is the slope of what ``--of`` names, or else of the only other function that takes the same
arguments.  What is left out: the comparison itself (``checking``).
"""

from __future__ import annotations

import inspect
import sys
import textwrap
import traceback
from argparse import Namespace
from collections.abc import Callable, Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

from autograd_nn.checking import check_gradients
from autograd_nn.checks import did_you_mean, shown
from autograd_nn.cli.arguments import WIDTH, Outcome
from autograd_nn.cli.numbers import numbers_by_name, point
from autograd_nn.conversion import is_number
from autograd_nn.errors import AutogradError, BadArgumentError
from autograd_nn.nested import is_container, parts_of

__all__ = ["check_it"]

_PREFIX = "slope_"


class _Pair(NamedTuple):
    """A slope and what it is the slope of, by their names in the file."""

    slope: str
    of: str


def check_it(arguments: Namespace) -> Outcome:
    """Check one slope, or all of a file: code 1 where one is wrong, 2 where one cannot be run."""
    path, sign, name = arguments.target.rpartition("::")
    path, name = (path, name) if sign else (name, "")
    given = numbers_by_name(arguments.numbers, point, check=str)
    module = _load(Path(path))
    if arguments.of and not name:
        raise BadArgumentError(f"--of says what one slope belongs to: name it, as {path}::slope")
    pairs = [_pair(module, name, arguments.of)] if name else _all_pairs(module)
    _check_unused(module, pairs, given)
    texts, complaints, wrong = list[str](), list[str](), 0
    for pair in pairs:
        try:
            text, ok = _checked(module, pair, given, arguments)
        except BadArgumentError as error:  # the others are checked all the same
            complaints.append(f"error: {error}")
            continue
        texts.append(text)
        wrong += not ok
    if len(pairs) > 1:
        failed = f", {len(complaints)} cannot be run" if complaints else ""
        texts.append(f"{len(pairs)} slopes checked: {wrong or 'none'} wrong{failed}")
    code = 2 if complaints else int(wrong > 0)
    return Outcome("\n\n\n".join(texts), code, "\n".join(complaints))


# -- the file --------------------------------------------------------------------------------


def _load(path: Path) -> ModuleType:
    """Run the user's file, as an import of it would."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise BadArgumentError(f"{shown(str(path))} {what}: name a file, as check file.py::slope")
    folder = str(path.resolve().parent)
    if folder not in sys.path:  # it may import what lies beside it
        sys.path.insert(0, folder)
    name = f"checked_{path.stem}"
    spec = spec_from_loader(name, SourceFileLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise BadArgumentError(f"{path} cannot be run: {_blame(error, path)}") from error
    finally:
        sys.dont_write_bytecode = writes
    return module


def _blame(error: BaseException, path: Path) -> str:
    """What the user's code raised, and at which of its lines."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        lines = [error.lineno]
    where = f", line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}: {str(error)[:300]}{where}"


def _functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The functions that the file itself makes, not those that it imports."""
    return {
        name: thing
        for name, thing in vars(module).items()
        if callable(thing)
        and not inspect.isclass(thing)
        and not name.startswith("_")
        and getattr(thing, "__module__", None) == module.__name__
    }


def _all_pairs(module: ModuleType) -> list[_Pair]:
    functions = _functions(module)
    pairs = [
        _Pair(name, name.removeprefix(_PREFIX))
        for name in functions
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) in functions
    ]
    if not pairs:
        raise BadArgumentError(
            "there is no pair of functions such as loss and slope_loss in it: name one, as "
            f"check file.py::slope --of loss. Its functions: {', '.join(functions) or 'none'}"
        )
    return pairs


def _pair(module: ModuleType, slope: str, of: str | None) -> _Pair:
    """What the function named ``slope`` is the slope of."""
    functions = _functions(module)
    for name in filter(None, (slope, of)):
        if name not in functions and not callable(getattr(module, name, None)):
            known = ", ".join(functions) or "none"
            raise BadArgumentError(
                f"there is no function {shown(name)} in it: "
                f"{did_you_mean(name, functions)}Its functions: {known}"
            )
    if of:
        return _Pair(slope, of)
    if slope.startswith(_PREFIX) and slope.removeprefix(_PREFIX) in functions:
        return _Pair(slope, slope.removeprefix(_PREFIX))
    mine = _parameters(functions[slope], slope) if slope in functions else []
    alike = [
        name
        for name, f in functions.items()
        if name != slope and not name.startswith(_PREFIX) and _parameters(f, name) == mine
    ]
    if len(alike) != 1:
        found = ", ".join(alike) or "no other function"
        raise BadArgumentError(
            f"which function is {slope} the slope of? {found} "
            f"{'take' if len(alike) > 1 else 'takes'} the same arguments: add --of NAME, "
            f"or call the two loss and {_PREFIX}loss"
        )
    return _Pair(slope, alike[0])


# -- the point -------------------------------------------------------------------------------


def _parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    """The arguments that take numbers: those by position, up to an option of another kind."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise BadArgumentError(f"{name} does not say which arguments it takes") from None
    taken: list[inspect.Parameter] = []
    for parameter in found:
        by_position = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        option = parameter.default is not parameter.empty and not _holds_numbers(parameter.default)
        if not by_position or option:
            break
        taken.append(parameter.replace(annotation=parameter.empty, default=parameter.empty))
    return taken


def _holds_numbers(x: Any) -> bool:
    if is_container(x):
        return bool(x) and all(map(_holds_numbers, parts_of(x)))
    return is_number(x) and not isinstance(x, bool)


def _point(
    function: Callable[..., Any], name: str, given: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """The number of each argument, and whether some were chosen for want of any."""
    defaults = {
        p.name: p.default
        for p in inspect.signature(function).parameters.values()
        if p.default is not p.empty
    }
    random, at, chosen = Random(0), dict[str, Any](), False
    for parameter in _parameters(function, name):
        anything = round(random.uniform(0.5, 2.0), 2)  # positive, and nothing special
        if parameter.name not in given and parameter.name not in defaults:
            chosen = True
        at[parameter.name] = given.get(parameter.name, defaults.get(parameter.name, anything))
    if not at:
        raise BadArgumentError(f"{name} takes no number by position, so it has no slope")
    return at, chosen


def _check_unused(module: ModuleType, pairs: list[_Pair], given: Mapping[str, Any]) -> None:
    known = {p.name: None for pair in pairs for p in _parameters(getattr(module, pair.of), pair.of)}
    unused = [name for name in given if name not in known]
    if unused:
        raise BadArgumentError(
            f"{', '.join(unused)}: {pairs[0].of} takes {', '.join(known) or 'no number'}"
        )


# -- the check -------------------------------------------------------------------------------


def _checked(
    module: ModuleType, pair: _Pair, given: Mapping[str, Any], arguments: Namespace
) -> tuple[str, bool]:
    """The report on one slope, and whether it agrees."""
    f, hand = getattr(module, pair.of), getattr(module, pair.slope)
    at, chosen = _point(f, pair.of, given)
    where = ", ".join(f"{name} = {_short(x)}" for name, x in at.items())
    hint = " (give NAME=NUMBER to choose)" if chosen else ""
    first = next(iter(at))
    advice = f". Give {first}=NUMBER, or {first}=[1, 2, 3] where it takes several" if chosen else ""
    title = textwrap.wrap(f"{pair.slope}, the slope of {pair.of}, at {where}{hint}", WIDTH)
    try:
        wrt = _along(list(at), hand, at, arguments.wrt)
        report = check_gradients(f, tuple(at.values()), hand, wrt=wrt, seed=arguments.seed)
    except AutogradError as error:
        said = f"{pair.slope} of {pair.of} at {where}: {error}{advice}"
        raise BadArgumentError(said) from error
    except Exception as error:
        path = Path(module.__spec__.origin or "") if module.__spec__ else Path()
        said = f"{pair.slope} of {pair.of} at {where}: {_blame(error, path)}{advice}"
        raise BadArgumentError(said) from error
    parts = ["\n".join(title), str(report)]
    if arguments.details and report.details:
        parts.append("\n".join(textwrap.fill(x, WIDTH) for x in report.details.splitlines()))
    return "\n\n".join(parts), report.ok


def _along(
    names: list[str], hand: Callable[..., Any], at: Mapping[str, Any], wrt: list[str] | None
) -> list[int] | None:
    """Which arguments the slopes are along: all, or the first alone, by how many there are."""
    if wrt:
        for name in wrt:
            if name not in names:
                raise BadArgumentError(f"--wrt: {shown(name)} is not among {', '.join(names)}")
        return [names.index(name) for name in wrt]
    slopes = _count(hand(*at.values()))
    sizes = [_count(x) for x in at.values()]
    if slopes == sum(sizes):
        return None
    if slopes == sizes[0]:
        return [0]
    raise BadArgumentError(
        f"it gives {slopes} slope{'s' * (slopes != 1)}, for {sizes[0]} of {names[0]} or "
        f"{sum(sizes)} of all arguments: give one of these, or say --wrt NAME"
    )


def _count(nested: Any) -> int:
    if is_container(nested):
        return sum(map(_count, parts_of(nested)))
    return int(getattr(nested, "size", 1))


def _short(x: Any) -> str:
    return f"{x:.12g}" if isinstance(x, float) else shown(getattr(x, "tolist", lambda: x)())
