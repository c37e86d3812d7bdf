"""What is probably wrong with a hand-written gradient, or where it is wrong.

A cause is named only if it reproduces every wrong number at every point; of several the one
that learners make most often comes first.  Otherwise the place is named, and that the cause is
not known.
"""

from __future__ import annotations

from autograd_nn.checking.diagnosis.hypothesis import Finding
from autograd_nn.checking.diagnosis.search import UNCERTAIN, explain
from autograd_nn.checking.diagnosis.spelling import HEADLINE, shortened

__all__ = ["HEADLINE", "UNCERTAIN", "Finding", "explain", "shortened"]
