"""Lets these tests import what they share, and skips them where there is no LLVM."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
pytest.importorskip("llvmlite")
