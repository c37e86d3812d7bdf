"""The plan: what a recorded function computes, as loop nests over numbered cells.

A plan is plain data.  It prints for people, is pickled and sent elsewhere, and evaluates itself
(``Plan.run``), slowly and simply: that is what every backend is checked against.

* A ``Nest`` computes one thing at every point of its axes: ``sum`` of products, a ``row`` of the
  table, a ``slope`` of such a row times an adjoint, an ``extreme`` of several numbers and the
  ``share`` of each of them in its adjoint, a ``look`` into a table and the deposit back.
* A ``Loop`` repeats items in order, each time with their cells moved on by constant steps.
* ``Lines`` are scalar operations that follow no pattern, one after another.

Cells lie in buffers; see ``nests``.

What is left out: how a plan is found (``lifting``) and run fast (``backends``).
"""

from autograd_nn.jit.plan.nests import (
    ADJOINTS,
    PADDING,
    VALUES,
    Access,
    Item,
    Lines,
    Loop,
    Nest,
    cells_of,
    nests_of,
    walk,
)
from autograd_nn.jit.plan.plan import Backward, Guards, Place, Plan, Reference

__all__ = [
    "ADJOINTS",
    "PADDING",
    "VALUES",
    "Access",
    "Backward",
    "Guards",
    "Item",
    "Lines",
    "Loop",
    "Nest",
    "Place",
    "Plan",
    "Reference",
    "cells_of",
    "nests_of",
    "walk",
]
