"""Lets these tests import what they share, and skips those that need a compiler of C."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
