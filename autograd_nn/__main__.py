"""``python -m autograd_nn``: what a report of a bug needs to say."""

import os
import platform
import shutil

import numpy as np

from autograd_nn import __version__, engine_is_compiled


def main() -> None:
    """Print versions, the kind of engine, and the program that draws, a line each."""
    print(f"autograd_nn {__version__}")
    print(f"Python      {platform.python_version()} on {platform.platform()}")
    print(f"NumPy       {np.__version__}")
    print(f"engine      {'compiled' if engine_is_compiled() else 'plain Python'}")
    dot = os.environ.get("AUTOGRAD_NN_DOT") or shutil.which("dot")
    print(f"dot         {dot or 'not found: the built-in layout draws'}")


if __name__ == "__main__":
    main()
