"""Rows in blocks, which lie on the workers of Dask: a jitted function goes to where its rows are.

* ``collections``: arrays and dataframes of Dask, cut alike;
* ``cluster``: what runs a graph of tasks, and what its failures mean;
* ``job``: a jitted function as it is sent, and what a worker does with it;
* ``totals``: sums over blocks, in an order that does not depend on who computes them;
* ``calls``: what ``jit`` answers for such arguments.

How bits stay the same: a block is computed from its rows, the programs that were sent and the
numbers of the step, whatever its worker has done before; blocks are added up as a tree, in their
order.  A row on a path that no program follows is sent back to be recorded, and the pass is done
again with one program more.

What is left out: training (``training.blocks``).  Dask is imported when such an argument comes.
"""

from autograd_nn.jit.blocks.cluster import Cluster
from autograd_nn.jit.blocks.collections import Blocks
from autograd_nn.jit.blocks.totals import BlockCall, Piece

__all__ = ["BlockCall", "Blocks", "Cluster", "Piece"]
