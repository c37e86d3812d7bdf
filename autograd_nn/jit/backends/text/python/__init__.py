"""Programs as readable NumPy code; see ``module``."""

from autograd_nn.jit.backends.text.python.module import check_name, write
from autograd_nn.jit.backends.text.python.source import Group, Notes, Source

__all__ = ["Group", "Notes", "Source", "check_name", "write"]
