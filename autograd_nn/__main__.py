"""``python -m autograd_nn``: the command line, as ``autograd-nn`` where it is installed."""

from __future__ import annotations

import sys

from autograd_nn.cli import main

if __name__ == "__main__":
    sys.exit(main())
