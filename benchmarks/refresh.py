"""Measure everything anew, and write what the documentation shows: ``docs/benchmarks/*.json``.

    python -m benchmarks.refresh [--rounds 7] [--only jit,engine]

Each benchmark runs in a process of its own, one after the other, and says what it compares; peers
that are not installed are left out (``pip install '.[bench]'`` gets them).  It takes about half an
hour.  A benchmark that fails keeps its old figures, and the exit status is 1.  The page of the
documentation is made from the files when it is built, and ``python -m benchmarks.quote README.md``
writes the lines that the README quotes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"
#: The benchmarks, in the order of the page.
NAMES = ("engine", "jit", "derivatives", "training", "gpt", "checking", "drawing", "beyond")


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="turns for each contestant")
    parser.add_argument("--only", default="", help="names, separated by commas")
    options = parser.parse_args()
    known = [name for name in NAMES if find_spec(f"benchmarks.{name}")]
    chosen = options.only.split(",") if options.only else known
    unknown = [name for name in chosen if name not in known]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(known)}")
    FOLDER.mkdir(exist_ok=True)
    failed = []
    for name in chosen:
        print(f"\n{'#' * 20} {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", f"--json={FOLDER / name}.json"]
        command += ["--rounds", str(options.rounds)]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"these failed, and keep their old figures: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
