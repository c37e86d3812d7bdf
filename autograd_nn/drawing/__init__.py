"""Pictures, step-through pages and formulas of computation graphs.

``draw`` makes a picture, ``step_through`` a page that walks through forward and backward,
``expression``, ``to_latex`` and ``derivative_text`` write formulas, ``explain`` says where a slope
comes from, and ``label_variables`` names values after the variables that hold them.
"""

from autograd_nn.drawing.chain import derivative_text
from autograd_nn.drawing.explanation import Explanation, explain
from autograd_nn.drawing.formula import expression, to_latex
from autograd_nn.drawing.names import label_variables
from autograd_nn.drawing.page import Page, step_through
from autograd_nn.drawing.render import Drawing, draw
from autograd_nn.errors import DrawingError

__all__ = [
    "Drawing",
    "DrawingError",
    "Explanation",
    "Page",
    "derivative_text",
    "draw",
    "explain",
    "expression",
    "label_variables",
    "step_through",
    "to_latex",
]


def __dir__() -> list[str]:
    return __all__
