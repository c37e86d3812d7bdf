"""The operations in JavaScript: every row of the table gives the engine's numbers in a browser."""

import math

import pytest

from autograd_nn.drawing.document import asset
from autograd_nn.drawing.javascript import operation, operations
from autograd_nn.ops import PRIMITIVES, own_row

INF, NAN = math.inf, math.nan
#: JavaScript has no such functions, and a page keeps their values as they are.
SPECIAL = ["erfc", "lgamma", "digamma", "polygamma", "log_ndtr", "mills"]
POINTS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 0.3, -0.7, 1.7, -2.3, 2.0, 3.0, -3.0, 5.5, -9.25, 40.0, -40.0,
    710.0, 1e-5, -1e-9, 1e-300, 1e16, -1e200, INF, -INF, NAN,
]  # fmt: skip


def cases():
    """For each row: operands with the engine's value and slopes there; kinks are among them."""
    found = []
    for code, row in enumerate(PRIMITIVES):
        if not row.name or row.name in SPECIAL:
            continue
        at = [(x,) for x in POINTS] if row.arity == 1 else [(x, y) for x in POINTS for y in POINTS]
        for operands in at:
            y = row.scalar(*operands)
            found.append((code, operands, [y, *row.partials(*operands, y)]))
    return found


def test_every_row_of_the_table_has_its_formulas():
    """A row without one would be a value that the page cannot recompute."""
    assert [row.name for row in PRIMITIVES if row.name and operation(row) is None] == SPECIAL


def test_every_row_gives_the_engines_numbers_in_a_browser(browser):
    """A slider would show numbers that the engine does not compute."""
    asked = [[code, [str(x) for x in operands]] for code, operands, _ in cases()]
    browser.get("about:blank")
    got = browser.execute_script(
        asset("math.js")
        + operations()
        + "const real = (t) => Number(t.replace('inf', 'Infinity'));"
        "return arguments[0].map(([code, at]) => {"
        "  const x = at.map(real), row = OPERATIONS[code], y = row.f(...x);"
        "  const text = (n) => (Object.is(n, -0) ? '-0' : String(n));"
        "  return [y, ...row.d.map((d) => d(...x, y))].map(text); });",
        asked,
    )
    wrong = []
    for (code, operands, wanted), found in zip(cases(), got, strict=True):
        numbers = [float(text.replace("Infinity", "inf")) for text in found]
        for x, y in zip(numbers, wanted, strict=True):
            near = x == pytest.approx(y, rel=1e-12, abs=1e-300, nan_ok=True)
            if not near or (x == 0.0 and y == 0.0 and math.copysign(1, x) != math.copysign(1, y)):
                wrong.append((PRIMITIVES[code].name, operands, numbers, wanted))
    assert not wrong, (len(wrong), wrong[:12])


def test_an_operation_that_only_numbers_know_has_no_formula():
    """A custom operation must stay fixed in the page, not be guessed."""

    def row(scalar, partials=lambda x, y: (1.0,)):
        return own_row("mine", 1, scalar, scalar, partials)

    assert operation(row(lambda x: 2.0 * x)) == "{f: (a) => (2.0 * a), d: [(a, y) => 1.0]}"
    assert operation(row(math.gamma)) is None
    assert operation(row(lambda x: 1.0 if x > 0.0 else 2.0)) is None
    assert operation(row(lambda x: x, lambda x, y: (math.exp(x),))) is None
    assert operation(row(lambda x: "</script>")) is None
