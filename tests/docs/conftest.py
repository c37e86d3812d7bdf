"""The modules that make the site's pages, and the benchmarks, importable by these tests."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "docs" / "_extensions"), str(ROOT)]
