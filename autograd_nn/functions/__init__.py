"""Functions over floats, Values, and arrays or lists of either.

A float gives a float, a Value gives a Value, an array gives an array of the
same shape, and a list counts as an array.  ``exp(x)`` of this module keeps the
graph whatever ``x`` is; ``math.exp(x)`` takes the number out of it.

What is left out: the formulas themselves, which are rows of the table in ``ops``.
"""

from autograd_nn.functions.activations import (
    elu,
    gelu,
    hardtanh,
    leaky_relu,
    mish,
    selu,
    silu,
    softsign,
)
from autograd_nn.functions.arrays import (
    grads,
    interp,
    isfinite,
    isnan,
    values,
    where,
)
from autograd_nn.functions.reductions import (
    add_up as add_up,
)
from autograd_nn.functions.reductions import (
    dot,
    logsumexp,
    softmax,
)
from autograd_nn.functions.statistics import cov, percentile
from autograd_nn.functions.table import (
    abs,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    clip,
    cos,
    cosh,
    digamma,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    hypot,
    lgamma,
    log,
    log1p,
    log2,
    log10,
    log_ndtr,
    logaddexp,
    maximum,
    minimum,
    relu,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
)

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "clip",
    "cos",
    "cosh",
    "cov",
    "digamma",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "gelu",
    "grads",
    "hardtanh",
    "hypot",
    "interp",
    "isfinite",
    "isnan",
    "leaky_relu",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_ndtr",
    "logaddexp",
    "logsumexp",
    "maximum",
    "minimum",
    "mish",
    "percentile",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "tan",
    "tanh",
    "values",
    "where",
]


def __dir__() -> list[str]:
    return __all__
