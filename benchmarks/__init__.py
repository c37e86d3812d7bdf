"""Speed, side by side with peers: each module here runs with ``python -m benchmarks.NAME``."""

import sys
from pathlib import Path

# ``-m`` puts the checkout first, where the engine is plain Python.  What is to be measured is
# the installed package, compiled where it could be; the checkout serves where there is none.
_CHECKOUT = str(Path(__file__).parents[1])
sys.path.sort(key=lambda entry: str(Path(entry).resolve()) == _CHECKOUT)
