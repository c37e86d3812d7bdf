"""Every row of the table as NumPy code, forward and slopes, at its kinks and at the odd numbers."""

import numpy as np
import pytest
from exported import functions_of

from autograd_nn.errors import TraceError
from autograd_nn.jit.backends.text.python.expressions import leaf, number
from autograd_nn.jit.backends.text.python.formulas import Formulas
from autograd_nn.ops import CODES, MADE, PRIMITIVES

X = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 1e-300, -1e-300, 1e200, 40.0, -40.0]
X += [np.inf, -np.inf, np.nan, 0.1, 709.9, 1e-9]
ROWS = [row for row in PRIMITIVES if row.name]


def evaluated(formulas, expression, **numbers):
    """An expression at some numbers."""
    helpers = "\n\n".join(formulas.functions.values())
    names = functions_of(f"import math\nimport numpy as np\n\n{helpers}\n")
    with np.errstate(all="ignore"):
        return eval(str(expression), names, numbers)


def by_table(function, *operands):
    each = np.frompyfunc(function, len(operands), 1)
    with np.errstate(all="ignore"):
        return np.asarray(each(*(x.astype(object) for x in operands)), dtype=float)


def grid(row):
    if row.arity == 1:
        return (np.array(X),)
    a, b = np.meshgrid(X, [*X[:9], np.inf, -np.inf, np.nan, 1e-12])
    if row.name == "polygamma":  # its order is a whole number
        b = np.abs(np.trunc(np.nan_to_num(b, posinf=2.0, neginf=1.0)))
    return a.ravel(), np.clip(b.ravel(), 0, 3) if row.name == "polygamma" else b.ravel()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_means_what_the_table_says(row):
    """Nan, infinities, zeros and kinks: where an expert's shortcut would give another number."""
    operands = grid(row)
    y = by_table(row.scalar, *operands)
    formulas = Formulas()
    symbols = [leaf(name, y.shape, True) for name in "ab"[: row.arity]]
    code = CODES[row.name]
    given = dict(zip("ab", operands, strict=False))
    found = evaluated(formulas, formulas.row(code, symbols), **given)
    np.testing.assert_allclose(np.broadcast_to(found, y.shape), y, rtol=1e-12)
    for k in range(row.arity):
        slope = formulas.slope(code, k, symbols, leaf("y", y.shape, True))
        expected = by_table(lambda *n, k=k: float(row.partials(*n)[k]), *operands, y)
        with np.errstate(all="ignore"):
            found = np.broadcast_to(evaluated(formulas, slope, y=y, **given), y.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("row", [r for r in ROWS if r.arity == 2], ids=lambda row: row.name)
@pytest.mark.parametrize("place", [0, 1])
def test_a_row_beside_a_number_means_the_same(row, place):
    """``max(x, 0)``, ``x**2``: what is known of the number makes the formula short, not wrong."""
    for constant in (0.0, 1.0, 2.0, -1.0, 0.5, np.inf):
        if row.name == "polygamma" and (place == 0 or constant not in (0.0, 1.0, 2.0)):
            continue
        x = np.array(X if row.name != "polygamma" else [0.5, 1.0, 2.0, 40.0])
        fixed = np.full_like(x, constant)
        operands = (fixed, x) if place == 0 else (x, fixed)
        symbols = [leaf("x", x.shape, True)]
        symbols.insert(place, number(constant))
        formulas, code = Formulas(), CODES[row.name]
        y = by_table(row.scalar, *operands)
        found = evaluated(formulas, formulas.row(code, symbols), x=x)
        np.testing.assert_allclose(np.broadcast_to(found, y.shape), y, rtol=1e-12)
        moving = 1 - place
        slope = formulas.slope(code, moving, symbols, leaf("y", y.shape, True))
        expected = by_table(lambda *n, k=moving: float(row.partials(*n)[k]), *operands, y)
        found = np.broadcast_to(evaluated(formulas, slope, x=x, y=y), y.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_slopes_read_as_people_write_them():
    """``2 * error``, not ``1.0 * error + error * 1.0``."""
    d, x, y = (leaf(name, (3,), True) for name in "dxy")

    def slope(name, *operands, k=0):
        return str(d * Formulas().slope(CODES[name], k, operands, y))

    assert slope("pow", x, number(2.0)) == "d * (2 * x)"
    assert slope("exp", x) == "d * y"
    assert slope("log", x) == "d / x"
    assert slope("sin", x) == "d * np.cos(x)"
    assert slope("cos", x) == "-d * np.sin(x)"
    assert slope("relu", x) == "d * np.heaviside(x, 0)"
    assert slope("first_max", x, number(0.0)) == "d * np.where(x < 0, 0.0, 1.0)"
    assert slope("sub", x, y, k=1) == "-d"


def test_an_exact_row_is_the_engines_to_the_last_bit():
    """What a comparison reads decides the path: the last bit of NumPy's exp would not do."""
    x = np.random.default_rng(0).normal(size=500) * 3
    for name in ("exp", "sin", "tanh", "sigmoid", "pow"):
        row, formulas = PRIMITIVES[CODES[name]], Formulas()
        operands = (x, x[::-1]) if row.arity == 2 else (x,)
        symbols = [leaf(n, x.shape, True) for n in "ab"[: row.arity]]
        found = evaluated(
            formulas,
            formulas.exact(CODES[name], symbols),
            **dict(zip("ab", operands, strict=False)),
        )
        np.testing.assert_array_equal(found, by_table(row.scalar, *operands))


def test_an_operation_without_a_formula_is_refused():
    with pytest.raises(TraceError, match="made by hand has no formula"):
        Formulas().row(MADE, [leaf("x", ())])
