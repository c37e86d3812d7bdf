"""The reference: a public name, an operation or an error without an entry cannot be looked up."""

import doctest
import math
import re
from pathlib import Path

import curves
import operations
import pytest
import reference

import autograd_nn
from autograd_nn import errors
from autograd_nn.ops import primitive

DOCS = Path(__file__).parents[2] / "docs"
CATALOGUE = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", CATALOGUE, re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module")
def entries():
    pytest.importorskip("sklearn")
    return reference.entries()


def test_every_public_name_has_one_entry(entries):
    shown = {entry.name for found in entries.values() for entry in found}
    modules = {name for name in autograd_nn.__all__ if name in autograd_nn._MODULES}
    assert set(autograd_nn.__all__) - modules <= shown
    assert modules | {"sklearn"} <= set(entries)
    homes = [
        entry.full for found in entries.values() for entry in found if entry.home == entry.full
    ]
    assert len(homes) == len(set(homes)) > 150


def test_a_name_that_two_modules_offer_points_to_its_entry(entries):
    (again,) = [entry for entry in entries["training"] if entry.name == "SGD"]
    assert again.home == "autograd_nn.optim.SGD"
    page = reference.pages()["reference/training.rst"]
    assert "``autograd_nn.training.SGD`` is :py:obj:`autograd_nn.optim.SGD`" in page
    assert "autoclass:: autograd_nn.training.SGD" not in page


def test_the_index_of_the_reference_names_the_pages_in_their_order(entries):
    index = (DOCS / "reference" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\.\./generated/reference/(\w+)$", index, re.MULTILINE)
    assert listed == [*reference.TITLES]  # what else there is follows


def test_every_class_of_errors_is_in_the_catalogue():
    assert set(SECTIONS) == set(errors.__all__)


@pytest.mark.parametrize("name", errors.__all__)
def test_a_section_of_the_catalogue_says_when_why_and_what_to_do(name):
    text, kind = SECTIONS[name], getattr(errors, name)
    for word in ("**When.**", "**Why.**", "**What to do.**", ">>> "):
        assert word in text
    assert f"errors.{name}: " in text or name in ("AutogradError", "JitWarning")
    for base in kind.__bases__:
        if base is not errors.AutogradError:
            assert base.__name__ in text.split("**When.**")[0]


@pytest.mark.parametrize("module", [curves, operations, reference])
def test_examples_in_the_makers_of_pages_run(module):
    assert doctest.testmod(module).failed == 0


def test_every_operation_is_on_the_page_with_its_slopes():
    page = operations.page()
    for row in operations.operations():
        section = page.split(f".. _op-{row.name}:")[1].split(".. _op-")[0]
        assert section.count("Slope along") == row.arity
        assert "<svg" in section
        assert ("Kink at" in section or "Jumps at" in section) == (row.switch is not None)


@pytest.mark.parametrize(
    ("name", "before", "there", "after"),
    [("relu", 0, 0, 1), ("abs", -1, 0, 1), ("maximum", 0, 0.5, 1), ("minimum", 1, 0.5, 0)],
)
def test_the_slopes_at_a_kink_are_those_of_the_conventions(name, before, there, after):
    assert operations.kink(primitive(name)).endswith(
        f"the slope along a is {before} before, {there} there, {after} after."
    )


def test_special_places_are_computed():
    places = operations.places(primitive("log"))
    assert "* - 0\n     - -inf\n     - inf" in places
    assert "* - -1\n     - nan" in places


def test_a_curve_is_broken_where_it_jumps_and_where_it_has_no_number():
    def strokes(f):
        return re.search('class="value" d="([^"]*)"', curves.plot(f, f, "f"))[1].count("M")

    assert strokes(math.sin) == 1
    assert strokes(lambda x: x**3) == 1
    assert strokes(lambda x: float(x > 0)) == 2
    assert strokes(lambda x: 1 / x if x else math.nan) == 2
    assert strokes(lambda x: math.sqrt(x) if x > 0 else math.nan) == 1
