"""Every error and warning of the package.

All errors have one base, and each is also the built-in error that Python, NumPy or pytest
would raise there: ``except ValueError`` catches it as before, ``except AutogradError`` catches
whatever this package refuses::

    AutogradError
    ├── WrongTypeError       TypeError        something of another kind than is taken
    │   └── ComplexResultError                a result left the real numbers
    ├── BadArgumentError     ValueError       the right kind, but not one that is allowed
    │   └── ModelFileError                    a file that holds no model, or another one
    ├── OutOfRangeError      IndexError       an index beyond the end
    ├── UnknownNameError     AttributeError, KeyError
    ├── TooLargeError        OverflowError    an integer that no float can hold
    ├── GraphError           RuntimeError     backward() where no graph was recorded
    ├── SingularMatrixError  LinAlgError      of numpy.linalg: no solution, or no factor
    ├── MissingPackageError  ImportError      an extra is not installed
    ├── DrawingError         RuntimeError     a picture could not be made
    ├── GradientCheckError   AssertionError   slopes do not agree
    ├── AnomalyError         ArithmeticError  the first nan or infinity, and where it came from
    ├── NonFiniteLossError   ArithmeticError  training met a nan or an infinity
    ├── ClusterError         RuntimeError     workers of Dask were lost, or are of another version
    └── TraceError           TypeError        what a recorded function must not do
        └── LeakError                         numbers left the graph

What Python itself reads is left as it is: the ``AttributeError`` of a name that a Value does not
have, the ``ZeroDivisionError`` of integers, and the ``OSError`` of the system about a file.

>>> from autograd_nn import Value
>>> try:
...     Value("2.0")
... except AutogradError as error:
...     print(isinstance(error, TypeError), error)
True expected a real number, got str '2.0'. Convert text yourself, for example float(text).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autograd_nn.checking import GradientReport
    from autograd_nn.training.history import History

__all__ = [
    "AnomalyError",
    "AutogradError",
    "BadArgumentError",
    "ClusterError",
    "ComplexResultError",
    "DrawingError",
    "GradientCheckError",
    "GraphError",
    "JitWarning",
    "LeakError",
    "MissingPackageError",
    "ModelFileError",
    "NonFiniteLossError",
    "OutOfRangeError",
    "SingularMatrixError",
    "TooLargeError",
    "TraceError",
    "UnknownNameError",
    "WrongTypeError",
]


def __dir__() -> list[str]:
    return __all__


class AutogradError(Exception):
    """The base of all errors of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Python would call the class with the message alone, which those with data do not take.
        return _restored, (type(self), self.args), dict(vars(self))


def _restored(kind: type[AutogradError], args: tuple[Any, ...]) -> AutogradError:
    return kind.__new__(kind, *args)


# -- what was given ----------------------------------------------------------------------


class WrongTypeError(AutogradError, TypeError):
    """Something of another kind than is taken; the message says what was given."""


class ComplexResultError(WrongTypeError):
    """A result left the real numbers: a root or a power outside its domain."""


class BadArgumentError(AutogradError, ValueError):
    """Of the right kind, but not one that is allowed; the message says which are."""


class ModelFileError(BadArgumentError):
    """A file that is damaged, foreign, or of another model.  Nothing was loaded from it."""


class OutOfRangeError(AutogradError, IndexError):
    """There is nothing at this index."""


class UnknownNameError(AutogradError, AttributeError, KeyError):
    """There is nothing of this name; the message suggests a near one."""

    __str__ = Exception.__str__  # a KeyError would show the message in quotes


class TooLargeError(AutogradError, OverflowError):
    """An integer or a fraction beyond the largest float."""


class SingularMatrixError(AutogradError, np.linalg.LinAlgError):
    """A matrix that has no inverse, or is not positive definite."""


class MissingPackageError(AutogradError, ImportError):
    """A part needs a package that is not installed; the message says how to get it."""


# -- what a graph, a picture or a check says -----------------------------------------------


class GraphError(AutogradError, RuntimeError):
    """There is no graph to go backward through."""


class DrawingError(AutogradError, RuntimeError):
    """A picture could not be made; the message says why, and what to do."""


class GradientCheckError(AutogradError, AssertionError):
    """Slopes do not agree.

    Attributes:
        report: the ``GradientReport``, whose text is the message.
    """

    def __init__(self, report: GradientReport) -> None:
        super().__init__(str(report))
        self.report = report


class AnomalyError(AutogradError, ArithmeticError):
    """The first number that is not finite, and where it came from.

    Attributes:
        phase: ``"forward"`` or ``"backward"``.
        op: the operation's name in the table.
        number: the nan or infinity.
        operands: the label ("" if none) and the number of each operand.
        line: the user's source line, ``file:line: code``.
    """

    def __init__(
        self, phase: str, op: str, number: float, operands: list[tuple[str, float]], line: str
    ) -> None:
        self.phase, self.op, self.number = phase, op, number
        self.operands, self.line = operands, line
        shown = ", ".join(f"{label:.60} = {x!r}" if label else repr(x) for label, x in operands)
        what = "gave" if phase == "forward" else "passes back the slope"
        super().__init__(f"{op}({shown}) {what} {number}\n  at {line}")


class NonFiniteLossError(AutogradError, ArithmeticError):
    """Training met a nan or an infinity.  The model has the weights before that step.

    Attributes:
        epoch, batch: where, both counted from 1.
        loss: the loss of that batch.
        anomaly: the ``AnomalyError`` that names the first operation, or None if the engine
            does not meet it again.
        history: the epochs that were finished before.
    """

    def __init__(
        self, epoch: int, batch: int, loss: float, anomaly: AnomalyError | None, history: History
    ) -> None:
        self.epoch, self.batch, self.loss = epoch, batch, loss
        self.anomaly, self.history = anomaly, history
        what = f"the loss is {loss}" if not math.isfinite(loss) else "a slope is not finite"
        cause = f"The first such number: {anomaly}" if anomaly else "Its operation was not found."
        super().__init__(
            f"epoch {epoch}, batch {batch}: {what}. {cause}\n"
            "The model has the weights from before this step. A smaller learning rate, scaled "
            "inputs, or optim.clip_grad_norm_ in a loop of your own often help."
        )


# -- many machines -------------------------------------------------------------------------


class ClusterError(AutogradError, RuntimeError):
    """The machines that were to compute it cannot; the message says which, and what to do.

    A model has the parameters of the last whole step.
    """


# -- the jit -----------------------------------------------------------------------------


class TraceError(AutogradError, TypeError):
    """The function did something while it was recorded that cannot be replayed."""


class LeakError(TraceError):
    """The numbers of an argument left the graph, and the result does not depend on it otherwise.

    Its slope would be 0 without a word, where the function itself changes with the argument.

    Args:
        argument: what to call the argument.
        line: the user's line that took a number out.

    Attributes:
        argument, line: as given.
    """

    def __init__(self, argument: str, line: str) -> None:
        self.argument, self.line = argument, line
        super().__init__(
            f"the result does not depend on {argument}, whose numbers left the graph as plain "
            "floats, so its slope would be 0. Store Values in an array of objects "
            "(np.zeros(2, dtype=object)) or a list, and use autograd_nn.functions (exp, log ...) "
            "in place of the functions of math; or leave the argument out of argnums"
            + (f"\n  at {line}" if line else "")
        )


class JitWarning(UserWarning):
    """The jitted function works, but not as fast or not as meant."""


# -- between rooms: a caller in this package answers them, and no user meets one ------------


class HoldsValueError(Exception):
    """An argument holds a Value: the function is to be run as it is, not replayed."""


class HoldsForeignArrayError(Exception):
    """An argument holds an array of another library: it is to be read as NumPy's."""


class CannotReplayError(Exception):
    """The function returned something that a program cannot make anew."""


class CannotCompileError(Exception):
    """The jit cannot run this model, or not rightly; the message says why."""


class BackendError(Exception):
    """A backend cannot run here, or not this; the next one is taken.

    Its text says why in one line, which ``python -m autograd_nn`` prints.
    """


class ExpressionError(Exception):
    """An expression of the command line that is not one; the command line shows where.

    Attributes:
        text: the expression.
        column: where in it, counted from 0; None where it is about no single place.
    """

    def __init__(self, message: str, text: str, column: int | None = None) -> None:
        super().__init__(message)
        self.text, self.column = text, column


class NotArithmeticError(TypeError):
    """A rule of the table asked for what only a number has, while code was written from it."""
