"""What a program becomes elsewhere: C, Python, JAX and Dask beside the backends here.

    python -m benchmarks.beyond [--only c,python,jax,dask] [--rounds 7] [--json FILE]

Each part is a module ``beyond_NAME`` with a ``main(rounds)`` that compares results, then takes
times, prints, and returns its rows.  One thread, pinned to one core, but for Dask.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

from benchmarks.harness import finish, installed

PARTS = ("c", "python", "jax", "dask")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="turns for each contestant")
    parser.add_argument("--only", default=",".join(PARTS), help="names, separated by commas")
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    chosen = options.only.split(",")
    for name in chosen:
        if name not in PARTS:
            parser.error(f"there is no part {name!r}; the parts are {', '.join(PARTS)}")
    rows: list[dict[str, Any]] = []
    for name in chosen:
        if not installed(f"benchmarks.beyond_{name}"):
            print(f"\n{name} is left out: there is no benchmarks/beyond_{name}.py")
            continue
        rows += importlib.import_module(f"benchmarks.beyond_{name}").main(options.rounds)
    finish(rows, options.json)


if __name__ == "__main__":
    main()
