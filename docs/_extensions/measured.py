"""The page of benchmarks, written from the files in ``docs/benchmarks`` that measuring left."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # the last, so that the installed package goes first

from benchmarks import quote, refresh  # noqa: E402 - found by the path above

_HEAD = """
Benchmarks
==========

Every number on this page was written by a program: each benchmark leaves a file in
``docs/benchmarks``, and the tables are made from those. Contestants take turns in one process,
their results are compared before any time is taken, and a time is the median of whole calls from
Python. Times on shared machines drift, so look at the multiples first.

To measure on your own machine::

    python -m benchmarks.refresh

"""


def _table(head: list[str], rows: list[list[str]], widths: str = "") -> str:
    lines = [".. list-table::", "   :header-rows: 1"]
    lines += [f"   :widths: {widths}", ""] if widths else [""]
    for cells in [head, *rows]:
        lines += [f"   {'*' if k == 0 else ' '} - {cell}" for k, cell in enumerate(cells)]
    return "\n".join([*lines, "", ""])


def _shown(key: str, value: Any) -> str:
    """A number of a row as the page shows it."""
    if key in ("median", "min"):
        return quote.duration(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _conditions(found: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    threads = found["threads"].get("OPENBLAS_NUM_THREADS", "not set")
    return (
        f"Measured on {found['date']} by ``{found['command']}`` on {found['machine']}; Python "
        f"{found['python']}, engine: {found['engine']}, threads of BLAS: {threads}; {versions}.\n\n"
    )


def _rest(rows: list[dict[str, Any]]) -> str:
    """What is no race: a table for each set of columns, in the order of the file."""
    tables: dict[tuple[str, ...], list[list[str]]] = {}
    for row in rows:
        cells = [_shown(key, value) for key, value in row.items()]
        tables.setdefault(tuple(row), []).append(cells)
    return "".join(_table(list(keys), cells) for keys, cells in tables.items())


def _folded(title: str, text: str) -> str:
    body = "\n".join(f"   {line}" if line else "" for line in text.splitlines())
    return f".. dropdown:: {title}\n\n{body}\n\n"


def section(name: str, found: dict[str, Any]) -> str:
    """What one benchmark measured."""
    title = found["about"].rstrip(".").replace("``", "")
    text = f"{title}\n{'-' * len(title)}\n\n{_conditions(found['conditions'])}"
    races = quote.races(found["rows"])
    if races:
        lines = [[work, *quote.words(them)] for work, them in races.items()]
        head = ["work", "the fastest", "the others, as multiples of its time"]
        text += _table(head, lines, "34 22 44")
    rest = [row for row in found["rows"] if row["work"] not in races or "ratio" not in row]
    if rest:
        table = _rest(rest)
        text += _folded("What else was measured", table) if races else table
    return text


def page(folder: Path = refresh.FOLDER) -> str:
    """The whole page, in reStructuredText."""
    text = _HEAD
    for name in refresh.NAMES:
        path = folder / f"{name}.json"
        if path.exists():
            text += section(name, json.loads(path.read_text(encoding="utf-8")))
    return text
