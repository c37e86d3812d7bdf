"""Say in words what a benchmark measured: for the documentation's page, and for the README.

    python -m benchmarks.quote README.md            # write the quoted lines anew
    python -m benchmarks.quote --check README.md    # exit with 1 where one is not as measured

A text names what it quotes in a comment, and the line after it is written from the file of
``docs/benchmarks``::

    <!-- measured jit: moons step, 2-16-16-1, 100 rows -->
    moons step, 2-16-16-1, 100 rows: jit, native 8.51 us; JAX 3.2 times as long, by hand 5.1

What is left out: measuring, which is ``refresh``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"
Row = dict[str, Any]
_MARK = re.compile(r"<!-- measured (\w+): (.+) -->")


def duration(seconds: float) -> str:
    """A time to three digits, in a unit that keeps it readable.

    >>> duration(8.51e-06), duration(0.0304), duration(2.0), duration(3600.0)
    ('8.51 us', '30.4 ms', '2 s', '3,600 s')
    """
    if seconds >= 999.5:
        return f"{seconds:,.0f} s"
    units = ((1.0, "s"), (1e3, "ms"), (1e6, "us"), (1e9, "ns"))
    factor, unit = next((pair for pair in units if seconds * pair[0] >= 0.9995), units[-1])
    return f"{seconds * factor:.3g} {unit}"


def times(factor: float) -> str:
    """How many times as long, to two digits.

    >>> times(3.234), times(28.9), times(146170.0)
    ('3.2', '29', '150,000')
    """
    if factor < 10:
        return f"{factor:.1f}"
    return f"{float(f'{factor:.2g}'):,.0f}"


def races(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The contestants of each work that several ran, the fastest first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if "ratio" in row and "median" in row:
            found.setdefault(row["work"], []).append(row)
    return {work: sorted(them, key=lambda row: row["median"])
            for work, them in found.items() if len(them) > 1}  # fmt: skip


def words(contestants: list[Row]) -> tuple[str, str]:
    """The fastest and its time, and the others as multiples of it.

    >>> words([{"name": "a", "median": 1e-3}, {"name": "b", "median": 4e-3}])
    ('a 1 ms', 'b 4.0')
    """
    best, *others = contestants
    shown = (f"{row['name']} {times(row['median'] / best['median'])}" for row in others)
    return f"{best['name']} {duration(best['median'])}", "; ".join(shown)


def sentence(name: str, work: str, folder: Path = FOLDER) -> str:
    """What a text quotes of a work."""
    path = folder / f"{name}.json"
    found = races(json.loads(path.read_text(encoding="utf-8"))["rows"])
    if work not in found:
        raise SystemExit(f"{path} has no race {work!r}; it has: {'; '.join(found)}")
    best, others = words(found[work])
    first, _, rest = others.partition("; ")
    return f"{work}: {best}; {first} times as long" + (f"; {rest}" if rest else "")


def quoted(text: str, folder: Path = FOLDER) -> str:
    """The text with the line after each mark as it was measured; a list's dash is kept."""
    lines = text.splitlines(keepends=True)
    for k, line in enumerate(lines[:-1]):
        mark = _MARK.search(line)
        if mark:
            dash = "- " if lines[k + 1].startswith("- ") else ""
            lines[k + 1] = f"{dash}{sentence(mark[1], mark[2], folder)}\n"
    return "".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Write or check the files of the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(argv)
    status = 0
    for path in options.files:
        old = path.read_text(encoding="utf-8")
        new = quoted(old)
        if new != old:
            print(f"{path}: {'not as measured' if options.check else 'written'}")
            status = int(options.check)
            if not options.check:
                path.write_text(new, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
