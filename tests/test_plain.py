"""``Plain``, which is ``v.data`` while the jit records: a float in all it does, and noted.

Whatever a float can do it must do with the same result, or a function behaves otherwise under
the jit; and whatever lets the number out must be noted, or a replay goes on with an old one.
"""

import copy
import decimal
import fractions
import json
import math
import operator
import pickle
import statistics
import struct

import numpy as np
import pytest

from autograd_nn import Value
from autograd_nn.engine import lift
from autograd_nn.jit import jit
from autograd_nn.plain import Plain
from autograd_nn.recording import tracing

NUMBERS = [2.5, -0.75, 3.0, 0.0, -0.0, 1e300, 5e-324, math.inf, -math.inf, math.nan]
OTHERS = [2.0, 3, True, -0.5, 0.0, 0, math.inf, math.nan, np.float64(1.5)]
OTHERS += ["text", None, [1.0], 1j, fractions.Fraction(1, 3), decimal.Decimal(2)]


STRANGE = (str, list, type(None))  # equal to no number, whatever the number is


def outcome(f, *args):
    """What ``f`` gives, as something that can be compared, or the kind of error."""
    try:
        found = f(*args)
    except Exception as error:
        return type(error), "raised"
    if isinstance(found, tuple):
        return tuple(map(shown, found))
    return shown(found)


def shown(x):
    return ("float", repr(float(x))) if type(x) is Plain else (type(x).__name__, repr(x))


def recorded(f, x, *others):
    """The outcome of ``f`` on the ``.data`` of a Value, and whether it was noted."""
    v = Value(x)
    with tracing() as tape:
        found = outcome(f, v.data, *others)
        return found, bool(tape.comparisons) or len(tape.nodes) > 1


BINARY = [
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"),
    *("eq", "ne", "lt", "le", "gt", "ge"),
]
UNARY = {
    "__abs__": abs,
    "__bool__": bool,
    "__ceil__": math.ceil,
    "__float__": float,
    "__floor__": math.floor,
    "__format__": "{:+.3e}".format,
    "__hash__": hash,
    "__int__": int,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__repr__": repr,
    "__round__": round,
    "__str__": str,
    "__trunc__": math.trunc,
    "__getformat__": lambda v: v.__getformat__("double"),
    "__getnewargs__": lambda v: v.__getnewargs__(),
    "as_integer_ratio": lambda v: v.as_integer_ratio(),
    "conjugate": lambda v: v.conjugate(),
    "fromhex": lambda v: v.fromhex("0x1p3"),
    "hex": lambda v: v.hex(),
    "imag": lambda v: v.imag,
    "is_integer": lambda v: v.is_integer(),
    "real": lambda v: v.real,
}
METHODS = {f"__{name}__" for name in (*BINARY, "divmod")}
METHODS |= {f"__r{name}__" for name in (*BINARY[:7], "divmod")}
OBJECTS = set(dir(object)) - {"__repr__", "__str__", "__format__", "__hash__"}
OBJECTS -= {f"__{name}__" for name in BINARY}


def test_every_name_of_a_float_is_asked_here():
    """A later Python may give floats more methods: then this file must ask for them."""
    newer = {"from_number", "__getstate__"}
    assert set(dir(float)) - OBJECTS - newer == METHODS | UNARY.keys()


@pytest.mark.parametrize("name", [*BINARY, "divmod"])
@pytest.mark.parametrize("x", NUMBERS)
def test_an_operator_gives_what_a_float_gives(name, x):
    function = divmod if name == "divmod" else getattr(operator, name)
    for other in OTHERS:
        for f in (function, lambda a, b: function(b, a)):
            found, noted = recorded(f, x, other)
            assert found == outcome(f, x, other), (x, other)
            always = found[0] is TypeError or (found[0] is ZeroDivisionError and other == 0)
            assert noted or always or isinstance(other, STRANGE), other


@pytest.mark.parametrize("name", BINARY[-6:])
def test_a_comparison_with_an_int_that_no_float_holds(name):
    """Python compares the numbers themselves, not their nearest floats."""
    function = getattr(operator, name)
    for x in (2.5, 2.0**53, -(2.0**53), math.inf, math.nan):
        for other in (10**400, -(10**400), 2**53 + 1, -(2**53) - 1):
            assert recorded(function, x, other)[0] == outcome(function, x, other), (x, other)
            swapped = lambda a, b: function(b, a)
            assert recorded(swapped, x, other)[0] == outcome(swapped, x, other), (x, other)


@pytest.mark.parametrize("name", [*BINARY, "divmod"])
def test_an_operator_on_two_of_them(name):
    function = divmod if name == "divmod" else getattr(operator, name)
    for x in NUMBERS:
        for y in NUMBERS:
            a, b = Value(x), Value(y)
            with tracing() as tape:
                found = outcome(function, a.data, b.data)
            assert found == outcome(function, x, y)
            assert tape.comparisons or len(tape.nodes) > 2


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("x", NUMBERS)
def test_a_method_gives_what_a_float_gives(name, x):
    found, noted = recorded(UNARY[name], x)
    if name != "__hash__" or x == x:  # each nan has a hash of its own
        assert found == outcome(UNARY[name], x)
    assert noted or name == "__pos__"


@pytest.mark.parametrize(
    "f",
    [
        math.exp,
        math.sqrt,
        lambda v: math.copysign(2.0, v),
        lambda v: math.isclose(v, 2.5),
        lambda v: sum([v, v]),
        lambda v: sorted([v, 1.0, 2.0]),
        lambda v: {v: "found"}.get(2.5),
        lambda v: 2.5 in {v},
        lambda v: v in [2.5],
        lambda v: f"{v:.2f}|{v}|{v!r}",
        lambda v: "%.3f" % v,  # noqa: UP031
        lambda v: complex(v, 1.0),
        lambda v: v * 1j,
        lambda v: statistics.fmean([v, 1.0]),
        lambda v: np.array([v, 1.0]).sum(),
        lambda v: np.float64(v) * 2,
        lambda v: np.full(2, v).tolist(),
        np.exp,
        lambda v: np.zeros(2) + v == 2.5,
        lambda v: struct.pack("d", v),
        lambda v: pow(v, 2),
        lambda v: pickle.loads(pickle.dumps(v)),
        lambda v: copy.deepcopy([v])[0],
        copy.copy,
        lambda v: (isinstance(v, float), isinstance(v, int), issubclass(v.__class__, float)),
        lambda v: v if v else 1.0,
        lambda v: round(v, 1),
        lambda v: round(v, -1),
        lambda v: int(v) // 2,
        lambda v: [10, 20, 30][int(abs(v)) % 3] if math.isfinite(v) else None,
        lambda v: "small" if 0.0 <= v < 3.0 else "large",
        lambda v: {"a": v}["a"],
        lambda v: [1, 2][v],
        range,
    ],
)
def test_code_that_takes_floats_takes_it(f):
    for x in NUMBERS:
        with np.errstate(all="ignore"):
            v = Value(x)
            with tracing():
                found = plain(f, v.data)
            expected = plain(f, x)
        assert found == expected, x


def plain(f, x):
    try:
        found = f(x)
    except Exception as error:
        return type(error)
    if isinstance(found, list):
        return [repr(float(item)) if isinstance(item, float) else repr(item) for item in found]
    return repr(float(found)) if isinstance(found, float) else repr(found)


def test_it_is_a_float_to_those_who_ask_and_no_value():
    v = Value(2.5)
    with tracing():
        x = v.data
        assert isinstance(x, float)
        assert not isinstance(x, Value)
        assert type(x) is not float
        assert type(v.detach()) is Value
    assert type(v.data) is float


def test_it_has_no_slope_where_it_meets_a_value():
    v = Value(2.5)
    with tracing():
        results = [v * v.data, v.data * v, v + v.data, v.data - v, v / v.data, v.data**v]
        assert all(isinstance(y, Value) for y in results)
        compared = v.data < v, v >= v.data, v.data == v
    assert compared == (False, True, True)
    for y, slope in zip(results, [2.5, 2.5, 1.0, -1.0, 0.4], strict=False):
        v.grad = 0.0
        y.backward()
        assert v.grad == slope


def test_arithmetic_stays_a_program():
    """What is computed from it follows the arguments, without a recording for each."""
    runs = []

    @jit
    def f(x):
        runs.append(1)
        return x * (2 * x.data + 1.0 - (-x.data) * abs(x.data)) / (x.data / 4.0)

    for x in (1.0, 3.0, 2.5, -2.0):
        expected = x * (2 * x + 1.0 + x * abs(x)) / (x / 4.0)
        assert f(x) == pytest.approx(expected, rel=1e-15)
    assert len(runs) == 1


def test_a_division_by_zero_is_a_floats():
    f = jit(lambda x: x * (1.0 / x.data))
    assert f(2.0) == 1.0
    assert f(4.0) == 1.0
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="division by zero"):
            f(0.0)
    assert f(8.0) == 1.0


def test_after_the_recording_it_is_still_its_number():
    v = Value(2.5)
    with tracing():
        x = v.data
        y = x * 2
    v.data = 7.0
    assert (float(x), x + 1.0, -x, abs(-x), y, x == 2.5, x < 3.0) == (
        *(2.5, 3.5, -2.5, 2.5, 5.0, True, True),
    )
    assert repr(x) == "2.5"


def test_of_a_constant_it_is_the_float_itself():
    """A number that no argument reaches needs no note."""
    with tracing() as tape:
        assert type(Value(2.0).data) is Plain
        assert type(lift(2.0).data) is float
        tape.refused = "it sets the .data of a Value"
        assert type(Value(2.0).data) is float


def test_what_asks_for_the_exact_type_runs_in_the_engine():
    f = jit(lambda x: x * len(json.dumps({"x": x.data})))
    with pytest.warns(UserWarning, match="runs in the engine from now on.*test_plain"):
        found = [f(x) for x in (2.0, 2.25, 2.0)]
    assert found == [x * len(json.dumps({"x": x})) for x in (2.0, 2.25, 2.0)]


def test_it_cannot_be_changed():
    with tracing():
        x = Value(1.0).data
        with pytest.raises(AttributeError):
            x.label = "w"
        with pytest.raises(AttributeError, match="label"):
            x.label
