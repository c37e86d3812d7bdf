"""The page of benchmarks and the README's lines: a number that nobody measured is a false claim."""

import doctest
import json
from pathlib import Path

import measured
import pytest

from benchmarks import harness, quote, refresh

ROOT = Path(__file__).parents[2]
ROWS = [
    {"work": "sum", "name": "slow", "median": 4e-3, "min": 3e-3, "ratio": 4.0},
    {"work": "sum", "name": "quick", "median": 1e-3, "min": 1e-3, "ratio": 1.0},
    {"work": "sum", "name": "quick, first call", "median": 2e-2},
    {"work": "size", "bytes": 96},
]


@pytest.fixture
def folder(tmp_path):
    harness.finish(ROWS, tmp_path / "jit.json")
    return tmp_path


def test_a_file_says_what_its_figures_depend_on(folder):
    found = json.loads((folder / "jit.json").read_text())
    for key in ("date", "command", "machine", "python", "versions", "threads", "engine"):
        assert found["conditions"][key]
    assert found["rows"] == ROWS
    assert "numpy" in found["conditions"]["versions"]
    assert "--json" not in found["conditions"]["command"]


def test_the_page_has_what_was_measured_and_under_which_conditions(folder):
    page = measured.page(folder)
    found = json.loads((folder / "jit.json").read_text())["conditions"]
    assert "* - sum\n     - quick 1 ms\n     - slow 4.0" in page
    assert "quick, first call" in page
    assert "20 ms" in page
    assert "96" in page
    for key in ("date", "command", "machine"):
        assert found[key] in page


@pytest.mark.parametrize("path", sorted(refresh.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_the_files_that_are_kept_have_all_conditions(path):
    found = json.loads(path.read_text(encoding="utf-8"))
    assert path.stem in refresh.NAMES
    assert found["about"]
    assert set(found["conditions"]) >= {"date", "command", "machine", "python", "versions"}
    assert found["rows"]
    assert measured.section(path.stem, found)


def test_a_quoted_line_is_written_from_the_file(folder):
    text = "before\n<!-- measured jit: sum -->\n- sum: an old line\nafter\n"
    new = quote.quoted(text, folder)
    assert (
        new
        == "before\n<!-- measured jit: sum -->\n- sum: quick 1 ms; slow 4.0 times as long\nafter\n"
    )
    assert quote.quoted(new, folder) == new
    with pytest.raises(SystemExit, match="no race 'product'; it has: sum"):
        quote.sentence("jit", "product", folder)


def test_the_readme_quotes_what_was_measured():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert quote.quoted(text) == text, "run: python -m benchmarks.quote README.md"


def test_every_benchmark_that_writes_a_file_is_refreshed():
    folder = ROOT / "benchmarks"
    writing = {path.stem for path in folder.glob("*.py")
               if "finish(" in path.read_text(encoding="utf-8")} - {"harness"}  # fmt: skip
    listed = {name for name in refresh.NAMES if (folder / f"{name}.py").exists()}
    assert {name for name in writing if "_" not in name} == listed  # the others are its parts


@pytest.mark.parametrize("module", [quote])
def test_examples_run(module):
    assert doctest.testmod(module).failed == 0
