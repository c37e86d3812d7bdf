"""The tables of "Coming from": a line that does not run, or gives another number, misleads.

Each table is a session: its lines are run one after the other, ours always and theirs where the
package is installed.  Where the table says what a line gives, it is compared.
"""

import ast
import importlib.util
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

PAGES = Path(__file__).parents[2] / "docs" / "coming_from"
#: What must be importable for the left column of each page.
PEERS = {
    "autograd": "autograd",
    "casadi": "casadi",
    "jax": "jax",
    "keras": "keras",
    "micrograd": "micrograd",
    "pytorch": "torch",
}


def table(text):
    """The rows of the first table of a page: theirs, ours, and the number that both give."""
    rows = []
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            theirs, ours, gives = (re.findall("`([^`]*)`", cell) for cell in cells)
            assert theirs, line
            assert ours, line
            rows.append(("\n".join(theirs), "\n".join(ours), gives[0] if gives else None))
    return rows


def run(line, names):
    """Run a line; returns the value of its last expression, None where it ends otherwise."""
    *before, last = ast.parse(line).body
    exec(compile(ast.Module(before, []), line, "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), line, "eval"), names)
    exec(compile(ast.Module([last], []), line, "exec"), names)
    return None


def numbers(found):
    """Whatever a line gives as one flat array."""
    if hasattr(found, "detach") and hasattr(found, "numpy"):
        found = found.detach().numpy()
    if isinstance(found, (list, tuple)):
        return np.concatenate([numbers(part) for part in found]) if found else np.zeros(0)
    return np.asarray(found, dtype=float).reshape(-1)


def check(rows, column):
    names = {}
    for row in rows:
        found = run(row[column], names)
        if row[2] is not None:
            expected = numbers(ast.literal_eval(row[2]))
            np.testing.assert_allclose(numbers(found), expected, rtol=3e-6, err_msg=row[column])


def rows_of(page):
    return table((PAGES / f"{page}.md").read_text(encoding="utf-8"))


def test_every_page_is_listed_here_and_in_the_index():
    pages = {path.stem for path in PAGES.glob("*.md")} - {"index"}
    index = (PAGES / "index.md").read_text(encoding="utf-8").splitlines()
    assert pages == set(PEERS) == pages & set(index)


@pytest.mark.parametrize("page", PEERS)
def test_our_lines_run_and_give_what_the_table_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = rows_of(page)
    assert len(rows) > 12
    check(rows, 1)


@pytest.mark.parametrize("page", PEERS)
def test_their_lines_run_and_give_the_same(page, tmp_path, monkeypatch):
    if importlib.util.find_spec(PEERS[page]) is None:
        pytest.skip(f"{PEERS[page]} is not installed")
    monkeypatch.chdir(tmp_path)
    runs = [name for name in ("tensorflow", "torch", "jax") if importlib.util.find_spec(name)]
    monkeypatch.setenv("KERAS_BACKEND", runs[0] if runs else "tensorflow")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs are theirs
        check(rows_of(page), 0)


def test_a_wrong_number_in_a_table_is_noticed():
    with pytest.raises(AssertionError, match="1 / 2"):
        check(table("| `1 / 2` | `0.5` | `0.25` |"), 0)
    check(table("| `a = 2; a * 3` | `[6]` | `6` |"), 0)
