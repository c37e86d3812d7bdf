"""Derivatives of every kind, with JAX's names and meanings, of functions written on scalars.

Each takes a function and gives a function (or, where JAX does, values); arguments and results may
be numbers, arrays, and lists, tuples, dicts and dataclasses of them.  They nest, and ``jit`` of
any of them is one program.

* ``gradient``: ``grad``, ``value_and_grad``; ``products``: ``jvp``, ``vjp``, ``linearize``,
  ``hvp``; ``jacobians`` and ``hessians``, with ``sparse`` and ``colouring``;
* ``mapping``: ``vmap``; ``series``: ``taylor``; ``recompute``: ``checkpoint``;
* below them ``run`` (a call on nodes of its own), ``linear`` (its local slopes, and the walks
  along them), ``structure`` (nested arguments) and ``leaks`` (numbers that left the graph).
"""

from autograd_nn.transforms.gradient import Derivative, derivative_of, grad, value_and_grad
from autograd_nn.transforms.hessians import hessian
from autograd_nn.transforms.jacobians import jacfwd, jacobian, jacrev
from autograd_nn.transforms.leaks import depends_on, one_number, refuse_leak
from autograd_nn.transforms.mapping import vmap
from autograd_nn.transforms.products import hvp, jvp, linearize, vjp
from autograd_nn.transforms.recompute import checkpoint
from autograd_nn.transforms.series import taylor
from autograd_nn.transforms.structure import Structure, flatten

__all__ = [
    "Derivative",
    "Structure",
    "checkpoint",
    "depends_on",
    "derivative_of",
    "flatten",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "one_number",
    "refuse_leak",
    "taylor",
    "value_and_grad",
    "vjp",
    "vmap",
]


def __dir__() -> list[str]:
    return __all__
