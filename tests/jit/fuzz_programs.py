"""Random programs, how they are run beside the engine, and how a failing one is made short.

A program is source text: ``f`` with arguments of all kinds, a few statements with exits,
branches, loops and state, and several calls, before each of which some state may change.  The
same text runs in the engine and in the jit.  ``Program.script()`` is what to paste.

What is left out: which programs are run, see ``test_fuzz_capture``.
"""

import array
import bisect
import collections
import functools
import itertools
import json
import linecache
import math
import operator
import random
import re
import statistics
import struct
import warnings
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
from engine_oracle import (
    Outcome,
    holds_a_float,
    lifted,
    model_slopes_by_engine,
    reduced_by_engine,
    slopes_by_engine,
    value_by_engine,
)
from fuzz_templates import BLOCKS, EXPRESSIONS

from autograd_nn import MLP, Neuron, Value, grad, no_grad, parameter, value_and_grad
from autograd_nn import functions as fn
from autograd_nn.engine import topological_order
from autograd_nn.errors import LeakError
from autograd_nn.jit import JitWarning, jit

CONSTANTS = ["0.5", "1.0", "1.5", "2.0", "-1.0", "0.25", "3.0", "0.1"]
DEFAULTS = {"p": "K0", "n": "K1", "b": "True", "i": "[1, 0, 2]", "l": "[x0, 1.0 * x0]", "d": "[]"}
_FIELD = re.compile(r"\b([vpnb]2?|[lcdik])\b")

# -- what the text of a program refers to -----------------------------------------------------

_PRELUDE = """
K0, K1, KS = 1.25, 2, "one"
box = SimpleNamespace(a=0.75, flag=True)
DATA = np.array([1.5, -0.5, 2.0])
w = parameter(0.7)
neuron = Neuron(1, activation="tanh", seed=3)
net = MLP(2, [2, 1], seed=4)

def helper(t, by):
    return t * K0 + by if t > box.a else t - by

def recurse(t, n):
    return t if n == 0 else recurse(t * 0.5 + K0, n - 1)
"""


def _namespace() -> dict[str, Any]:
    modules = (array, bisect, collections, functools, itertools, json, math, operator)
    names: dict[str, Any] = {m.__name__: m for m in (*modules, statistics, struct)}
    names |= {"np": np, "fn": fn, "Counter": Counter, "Decimal": Decimal, "Fraction": Fraction}
    names |= {"Value": Value, "grad": grad, "no_grad": no_grad, "parameter": parameter}
    names |= {"Neuron": Neuron, "MLP": MLP, "SimpleNamespace": SimpleNamespace, "DOUBLE": "d"}
    exec(_PRELUDE, names)
    return names


STATE = [
    *("K0 = {p}", "K0 = {n}", "K1 = {n}", "KS = 'two'", "KS = 'one'", "box.a = {p}"),
    *("box.flag = False", "box.flag = True", "DATA[1] = {p}", "DATA[:] = DATA * {p}"),
    *("w.data = {p}", "set_c0({p})", "neuron.b.data = {p}", "neuron.w[0].data = {p}"),
    *("net.layers[0].neurons[0].w[0].data = {p}", "box = SimpleNamespace(a={p}, flag={n} > 1)"),
    *("neuron = Neuron(1, activation='sin' if False else 'sigmoid', seed={n})",),
    "DATA = np.array([{p}, {p}, 1.0])",
]


# -- arguments --------------------------------------------------------------------------------


class Argument:
    """One argument of a program.

    Attributes:
        kind: what it holds.
        uses: the expressions that read it, by the kind of what they give.
    """

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind
        x = name
        self.uses: dict[str, list[str]] = {
            "float": {"v": [x]},
            "int": {"n": [x]},
            "list": {"l": [x], "v": [f"{x}[0]", f"{x}[1]", f"{x}[-1]"], "d": [f"{x}[:-1]"]},
            "array": {"l": [f"list({x})"], "v": [f"{x}[0]", f"{x}[1]", f"{x}.sum()"]},
            "ints": {"i": [x], "n": [f"{x}[0]", f"{x}[-1]"]},
            "int array": {"i": [f"list({x})"], "n": [f"{x}[0]", f"{x}[1]"]},
            "dict": {"v": [f"{x}['a']", f"{x}['b']"], "l": [f"list({x}.values())"]},
            "pair": {"v": [f"{x}[0]", f"{x}[1]"], "l": [f"list({x})"]},
            "table": {"v": [f"{x}[0][1]", f"{x}[1][0]"], "l": [f"list({x}[0])", f"list({x}[-1])"]},
            "flag": {"b": [x, f"({x} is True)"]},
            "mode": {"b": [f"({x} == 'one')"], "n": [f"len({x})"]},
            "maybe": {"v": [f"(x0 if {x} is None else x0 * {x})"], "b": [f"({x} is None)"]},
        }[kind]

    def draw(self, rng: random.Random, sizes: dict[str, int]) -> Any:
        """A value for a call; ``sizes`` are the lengths of its containers."""
        size = sizes.setdefault(self.name, rng.choice([2, 2, 3, 4]))
        draws: dict[str, Callable[[], Any]] = {
            "float": lambda: _number(rng),
            "int": lambda: rng.choice([0, 0, 1, 1, 2, 2, 3, 4, 5, -1, -2]),
            "list": lambda: [_number(rng) for _ in range(size)],
            "array": lambda: self._array(rng, size),
            "ints": lambda: [rng.randint(-1, 4) for _ in range(size)],
            "int array": lambda: np.array(
                [rng.randint(0, 4) for _ in range(size)], rng.choice([np.int64, np.int8, np.uint8])
            ),
            "dict": lambda: {"a": _number(rng), "b": _number(rng)},
            "pair": lambda: (_number(rng), _number(rng)),
            "table": lambda: [[_number(rng) for _ in range(size)] for _ in range(2)],
            "flag": lambda: rng.random() < 0.5,
            "mode": lambda: rng.choice(["one", "two", "other"]),
            "maybe": lambda: rng.choice([None, _number(rng), _number(rng)]),
        }
        return draws[self.kind]()

    def _array(self, rng: random.Random, size: int) -> Any:
        dtype = rng.choice([np.float64, np.float64, np.float64, np.float32, np.float16])
        with np.errstate(all="ignore"):
            return np.array([_number(rng) for _ in range(size)], dtype)


def _number(rng: random.Random) -> float:
    if rng.random() < 0.03:
        return rng.choice([math.inf, -math.inf, math.nan, 0.0, -0.0, 1e300, 1e-300, 1e10])
    if rng.random() < 0.4:
        return rng.choice([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, -0.5, -1.0, -2.0, 0.25, 0.1, -0.0])
    return round(rng.uniform(-3, 3), rng.choice([1, 2, 15]))


def nearby(x: Any, rng: random.Random) -> Any:
    """The same arguments a little aside, so that most paths stay the same."""
    if isinstance(x, bool) or x is None or isinstance(x, (str, int)):
        return x
    if isinstance(x, float):
        return x * (1 + rng.uniform(-0.02, 0.02)) if math.isfinite(x) else x
    if isinstance(x, np.ndarray):
        if x.dtype.kind != "f":
            return x
        with np.errstate(all="ignore"):
            moved = [nearby(float(v), rng) for v in x.flat]
            return np.array(moved, x.dtype).reshape(x.shape)
    if isinstance(x, dict):
        return {key: nearby(item, rng) for key, item in x.items()}
    return type(x)(nearby(item, rng) for item in x)


# -- programs ---------------------------------------------------------------------------------


class Statement:
    """One statement: the variable that it sets, the kind of that, and its lines."""

    def __init__(self, target: str, kind: str, lines: tuple[str, ...]) -> None:
        self.target, self.kind, self.lines = target, kind, lines

    def trivial(self) -> "Statement | None":
        """The simplest statement that sets the same variable; None for this one itself."""
        simplest = {"v": "x0 * 1.0", "p": "1.5", "n": "2", "b": "True", "l": "[x0, x0]", "d": "[]"}
        line = f"{self.target} = {simplest[self.kind]}"
        return None if self.lines == (line,) else Statement(self.target, self.kind, (line,))


class Program:
    """A function, and the calls of it.

    Attributes:
        arguments: its arguments.
        statements: its body.
        result: the expression that it returns.
        calls: before each call, the text that changes the state; and its arguments.
        mode: ``"plain"``, ``"rows"``, ``"model"`` or ``"derivative"``.
        seed: of the random choices, for messages.
    """

    def __init__(
        self,
        arguments: list[Argument],
        statements: list[Statement],
        result: str,
        calls: list[tuple[str, tuple[Any, ...]]],
        mode: str,
        seed: int,
    ) -> None:
        self.arguments, self.statements, self.result = arguments, statements, result
        self.calls, self.mode, self.seed = calls, mode, seed

    def text(self) -> str:
        """The definition of ``f``."""
        names = ", ".join(a.name for a in self.arguments)
        body = [line for s in self.statements for line in s.lines] + [f"return {self.result}"]
        inner = "\n".join("        " + line for line in body)
        return (
            "def make():\n    c0 = 1.75\n\n    def set_c0(x):\n        nonlocal c0\n"
            f"        c0 = x\n\n    def f({names}):\n{inner}\n\n    return f, set_c0\n\n"
            "f, set_c0 = make()\n"
        )

    def script(self) -> str:
        """The program and its calls as text, to be pasted into a report."""
        lines = [self.text(), f"# mode {self.mode}, seed {self.seed}"]
        for change, args in self.calls:
            lines += [change] if change else []
            lines.append(f"f{args!r}" if len(args) != 1 else f"f({args[0]!r})")
        return "\n".join(lines)

    def build(self) -> dict[str, Any]:
        """A fresh namespace with ``f`` in it."""
        names = _namespace()
        source, name = self.text(), f"<program {self.seed}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            exec(compile(source, name, "exec"), names)
        return names

    def copy(self, **changes: Any) -> "Program":
        """This program with other parts."""
        parts = dict(vars(self), **changes)
        return Program(**parts)


class Maker:
    """Makes a program from a seed."""

    def __init__(self, seed: int, mode: str) -> None:
        self.rng, self.seed, self.mode = random.Random(f"{mode} {seed}"), seed, mode
        self.known: dict[str, list[str]] = {kind: [] for kind in "vpnbldi"}

    def program(self) -> Program:
        """The program of the seed."""
        arguments = self._arguments()
        for argument in arguments:
            for kind, uses in argument.uses.items():
                self.known[kind] += uses
        statements: list[Statement] = []
        for kind in ("p", "n", "b", "l"):
            if not self.known[kind]:
                statements.append(self._expression(kind, len(statements)))
        if not self.known["d"]:
            statements.append(self._expression("d", len(statements)))
        self.known["i"] = self.known["i"] or [DEFAULTS["i"]]
        for _ in range(self.rng.randint(1, 7)):
            statements.append(self._statement(len(statements)))
        newest = [s.target for s in statements if s.kind == "v"][-3:]
        terms = newest or [self._pick("v")]
        terms += [self._pick("v")] if self.rng.random() < 0.5 else []
        terms += [self._pick("p")] if self.rng.random() < 0.2 else []
        return Program(
            arguments, statements, " + ".join(terms), self._calls(arguments), self.mode, self.seed
        )

    def _arguments(self) -> list[Argument]:
        kinds = ["float"]
        if self.mode == "rows":
            kinds += self.rng.sample(["float", "float", "int", "array", "array", "flag"], 2)
        else:
            every = ["float", "int", "int", "list", "list", "array", "ints", "int array", "dict"]
            every += ["pair", "table", "flag", "mode", "maybe"]
            kinds += self.rng.sample(every, self.rng.randint(0, 3))
        return [Argument(f"x{k}", kind) for k, kind in enumerate(kinds)]

    def _pick(self, kind: str) -> str:
        known = self.known[kind]
        # Newer variables more often, so that programs are deep.
        return self.rng.choice(known[-4:] if self.rng.random() < 0.6 else known)

    def _fill(self, found: re.Match[str]) -> str:
        field = found.group(1)
        if field == "c":
            return self.rng.choice(CONSTANTS)
        if field == "k":
            return str(self.rng.randint(0, 3))
        kind = field[0]
        if not self.known[kind]:
            return DEFAULTS[kind]
        return self._pick(kind)

    def _expression(self, kind: str, number: int) -> Statement:
        text = _FIELD.sub(self._fill, self.rng.choice(EXPRESSIONS[kind]))
        target = f"{kind}_{number}"
        self.known[kind].append(target)
        return Statement(target, kind, (f"{target} = {text}",))

    def _statement(self, number: int) -> Statement:
        if self.rng.random() < 0.2:
            fields = {name: self._fill_field(name) for name in ("v", "v2", "p", "n", "n2", "b")}
            fields |= {"l": self._fill_field("l"), "c": self.rng.choice(CONSTANTS)}
            target = f"v_{number}"
            lines = self.rng.choice(list(BLOCKS.values()))
            self.known["v"].append(target)
            return Statement(target, "v", tuple(x.format(t=target, **fields) for x in lines))
        return self._expression(self.rng.choice("vvvvvvppnnbld"), number)

    def _fill_field(self, field: str) -> str:
        return _FIELD.sub(self._fill, field)

    # -- the calls ---------------------------------------------------------------------------

    def _calls(self, arguments: list[Argument]) -> list[tuple[str, tuple[Any, ...]]]:
        sizes: dict[str, int] = {}
        first = self._arguments_of_a_call(arguments, sizes)
        calls = [("", first), ("", tuple(nearby(x, self.rng) for x in first))]
        for _ in range(self.rng.randint(1, 4)):
            what = self.rng.random()
            change = self._change() if self.rng.random() < 0.4 else ""
            if what < 0.35:
                args = tuple(nearby(x, self.rng) for x in self.rng.choice(calls)[1])
            elif what < 0.75:
                args = self._arguments_of_a_call(arguments, sizes)
            elif what < 0.9:
                args = self._arguments_of_a_call(arguments, {})
            else:
                args = self.rng.choice(calls)[1]
            calls.append((change, args))
        return calls

    def _arguments_of_a_call(
        self, arguments: list[Argument], sizes: dict[str, int]
    ) -> tuple[Any, ...]:
        if self.mode != "rows":
            return tuple(a.draw(self.rng, sizes) for a in arguments)
        count = self.rng.choice([1, 2, 5, 9])
        columns: list[Any] = [arguments[0].draw(self.rng, sizes)]
        for argument in arguments[1:]:
            sizes.setdefault(argument.name, 3)
            rows = [argument.draw(self.rng, sizes) for _ in range(count)]
            columns.append(np.array(rows, float if argument.kind == "array" else None))
        return tuple(columns)

    def _change(self) -> str:
        text = self.rng.choice(STATE)
        while "{p}" in text or "{n}" in text:
            text = text.replace("{p}", repr(round(self.rng.uniform(-2, 2), 2)), 1)
            text = text.replace("{n}", str(self.rng.randint(0, 3)), 1)
        return text


# -- running ----------------------------------------------------------------------------------


def failure(program: Program) -> str:
    """What the jit gives that ``f`` does not, at which call; "" where all is well."""
    names = program.build()
    runner = {"rows": _rows, "model": _model, "derivative": _derivative}.get(program.mode, _plain)
    run = runner(names["f"], names)
    for number, (change, args) in enumerate(program.calls):
        if change:
            exec(change, names)
        wrong = run(args)
        if wrong:
            return f"call {number}: {wrong}"
    return ""


def _called(call: Callable[[], Any]) -> Outcome:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JitWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # f's own, of NumPy
        return Outcome(call)


def _plain(f: Callable[..., Any], names: dict[str, Any]) -> Callable[[tuple[Any, ...]], str]:
    jitted, flip = jit(f), itertools.count()

    def run(args: tuple[Any, ...]) -> str:
        along = tuple(k for k, x in enumerate(args) if holds_a_float(x))
        order = [_value_differs, _slopes_differ]
        checks = order if next(flip) % 2 else order[::-1]
        return next(filter(None, (check(f, jitted, args, along) for check in checks)), "")

    return run


def _value_differs(f: Any, jitted: Any, args: tuple[Any, ...], along: tuple[int, ...]) -> str:
    expected, found = value_by_engine(f, args), _called(lambda: jitted(*args))
    return _difference(found, expected, f, args, "value", lambda a: value_by_engine(f, a))


def _slopes_differ(f: Any, jitted: Any, args: tuple[Any, ...], along: tuple[int, ...]) -> str:
    expected = slopes_by_engine(f, args, along)
    found = _called(lambda: jitted.value_and_grad(*args, argnums=along))
    return _difference(found, expected, f, args, "slopes", lambda a: slopes_by_engine(f, a, along))


def _derivative(f: Callable[..., Any], names: dict[str, Any]) -> Callable[[tuple[Any, ...]], str]:
    """``jit(value_and_grad(f))``, and a function that takes a slope of ``f`` inside."""

    def steep(x0: Any, *others: Any) -> Any:
        return grad(lambda x: f(x, *others))(x0) * x0 + x0

    jitted, second = jit(value_and_grad(f)), jit(steep)

    def run(args: tuple[Any, ...]) -> str:
        expected = slopes_by_engine(f, args, 0)
        found = _called(lambda: jitted(*args))
        wrong = _difference(found, expected, f, args, "slopes", lambda a: slopes_by_engine(f, a, 0))
        return (
            wrong
            or _value_differs(steep, second, args, ())
            or _slopes_differ(steep, second, args, (0,))
        )

    return run


def _model(f: Callable[..., Any], names: dict[str, Any]) -> Callable[[tuple[Any, ...]], str]:
    """The slopes along a network that ``f`` uses, at its own numbers and at a vector's."""

    def loss(*args: Any) -> Any:
        out = names["net"]([args[0], 0.5])
        return f(*args) + (out * out if out > 0.2 else abs(out) * float(out))

    jitted = jit(loss)

    def run(args: tuple[Any, ...]) -> str:
        net = names["net"]
        parameters = net.parameters()
        live = [p.data for p in parameters]
        theta = np.array(live) * -1.25 + 0.5
        expected = model_slopes_by_engine(loss, args, net)
        found = _called(lambda: jitted.value_and_grad(*args, argnums=net))
        wrong = _difference(
            found, expected, loss, args, "model", lambda a: model_slopes_by_engine(loss, a, net)
        )
        found = _called(lambda: jitted.value_and_grad(*args, argnums=net, vector=theta))
        if [p.data for p in parameters] != live:
            return "the model's own numbers were changed"
        for p, x in zip(parameters, theta, strict=True):
            p.data = x
        expected = model_slopes_by_engine(loss, args, net)
        at_vector = _difference(
            found, expected, loss, args, "vector", lambda a: model_slopes_by_engine(loss, a, net)
        )
        for p, x in zip(parameters, live, strict=True):
            p.data = x
        return wrong or at_vector

    return run


def _rows(f: Callable[..., Any], names: dict[str, Any]) -> Callable[[tuple[Any, ...]], str]:
    columns = ("x1", "x2")
    jitted = {how: jit(f, rows=columns, reduce=how) for how in ("mean", "sum", None)}
    turn = itertools.cycle(["sum", None, "mean"])

    def run(args: tuple[Any, ...]) -> str:
        how = next(turn)
        along = tuple(k for k, x in enumerate(args) if holds_a_float(x))

        def by_engine(at: tuple[Any, ...]) -> Outcome:
            return reduced_by_engine(f, at, (1, 2), how, along)

        def total(x0: Any, *columns: Any) -> Any:
            return sum(f(x0, *row) for row in zip(*columns, strict=True))

        expected = by_engine(args)
        found = _called(lambda: jitted[how].value_and_grad(*args, argnums=along))
        if found.error is not None and expected.error is not None:
            return ""  # which row is the first to raise is not promised
        wrong = _difference(found, expected, total, args, f"rows, {how}", by_engine)
        if wrong or expected.error is not None:
            return wrong
        value = _called(lambda: jitted[how](*args))
        return _difference(
            value, _first(expected), total, args, f"rows, {how}", lambda a: _first(by_engine(a))
        )

    return run


def _first(outcome: Outcome) -> Outcome:
    """Of a value and its slopes, the value."""
    return Outcome(lambda: outcome.result[0])


def _difference(
    found: Outcome,
    expected: Outcome,
    f: Callable[..., Any],
    args: tuple[Any, ...],
    what: str,
    by_engine: Callable[[tuple[Any, ...]], Outcome],
) -> str:
    """Where they differ by more than the size of the contributions explains; "" where not.

    A recording keeps what Python's max and min did not choose, so where a slope was lost eagerly
    it may be there.
    """
    if isinstance(expected.error, LeakError) and found.error is None:
        return ""
    if not found.differs_from(expected):
        return ""
    size = max(contributions(f, args), _sway(args, expected, by_engine))
    wrong = found.differs_from(expected, size)
    return f"{what} at {args!r}: {wrong}\n  jit {found!r}\n  f   {expected!r}" if wrong else ""


def contributions(f: Callable[..., Any], args: tuple[Any, ...]) -> float:
    """The sum of the absolute contributions of all paths to the value and to any slope."""
    leaves = [lifted(x) for x in args]
    outcome = Outcome(lambda: f(*leaves))
    if not isinstance(outcome.result, Value):
        return 0.0
    root = outcome.result
    sums, size = {id(root): 1.0}, abs(root.data) if math.isfinite(root.data) else 0.0
    for node in reversed(topological_order(root)):
        along = sums.get(id(node), 0.0)
        if math.isfinite(along * node.data):
            size = max(size, abs(along), abs(along * node.data))
        for operand, slope in zip(node.operands, node.partials, strict=True):
            sums[id(operand)] = sums.get(id(operand), 0.0) + abs(slope) * along
    return size


def _sway(
    args: tuple[Any, ...], expected: Outcome, by_engine: Callable[[tuple[Any, ...]], Outcome]
) -> float:
    """How far ``f`` itself moves, times 1e9 and some, when its arguments move in the last place."""
    if expected.error is not None:
        return 0.0
    rng, size = random.Random(0), 0.0
    for _ in range(4):
        moved = by_engine(tuple(_last_place(x, rng) for x in args))
        if moved.error is None:
            a, b = _flat(moved.result), _flat(expected.result)
            if len(a) == len(b):
                with np.errstate(all="ignore"):
                    apart = np.abs(a - b)
                apart = apart[np.isfinite(apart)]
                scale = np.abs(b[np.isfinite(b)]).max(initial=0.0)
                # More than this is another path, of which no rounding may make the jit's.
                size = max(size, *(x for x in apart if x < 1e-4 * scale), 0.0)
    return size * 1e11


def _last_place(x: Any, rng: random.Random) -> Any:
    if isinstance(x, float):
        return float(np.nextafter(x, rng.choice([-9e99, 9e99]))) if math.isfinite(x) else x
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        held = x.astype(float)
        return np.array([_last_place(float(v), rng) for v in held.flat]).reshape(x.shape)
    if isinstance(x, dict):
        return {key: _last_place(item, rng) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)(_last_place(item, rng) for item in x)
    return x


def _flat(x: Any) -> Any:
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, (list, tuple)):
        return np.concatenate([[], *map(_flat, x)])
    return np.ravel(np.asarray(x, dtype=float))


# -- shortening -------------------------------------------------------------------------------


def shortened(program: Program) -> Program:
    """A program that fails as well, with fewer calls and statements."""
    changed = True
    while changed:
        changed = False
        for shorter in _shorter(program):
            if _fails(shorter):
                program, changed = shorter, True
                break
    return program


def _fails(program: Program) -> bool:
    try:
        return bool(failure(program))
    except Exception:
        return False


def _shorter(program: Program) -> Any:
    calls, statements = program.calls, program.statements
    for k in range(len(calls)):
        if len(calls) > 1:
            yield program.copy(calls=calls[:k] + calls[k + 1 :])
    terms = program.result.split(" + ")
    for k in range(len(terms)):
        if len(terms) > 1:
            yield program.copy(result=" + ".join(terms[:k] + terms[k + 1 :]))
    for k in range(len(statements) - 1, -1, -1):
        rest = statements[:k] + statements[k + 1 :]
        used = [line for s in rest for line in s.lines] + [program.result]
        if not any(re.search(rf"\b{statements[k].target}\b", line) for line in used):
            yield program.copy(statements=rest)
        simpler = statements[k].trivial()
        if simpler is not None:
            yield program.copy(statements=[*statements[:k], simpler, *statements[k + 1 :]])
    for k, (change, args) in enumerate(calls):
        if change:
            yield program.copy(calls=[*calls[:k], ("", args), *calls[k + 1 :]])
