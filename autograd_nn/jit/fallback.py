"""A call of a jitted function without a program: the function itself runs.

On plain numbers where that will do, on Values in the place of numbers where it will not, and
as it is written where neither does.
"""

from __future__ import annotations

import traceback
from typing import Any

import numpy as np

from autograd_nn.callers import is_user_file
from autograd_nn.engine import Value, slopes_along
from autograd_nn.errors import CannotReplayError, JitWarning, TraceError
from autograd_nn.jit.capture.arguments import describe_result, rebuild
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.paths import Paths
from autograd_nn.jit.capture.recorder import Run
from autograd_nn.jit.recordings import Recordings
from autograd_nn.recording import in_place_of_numbers
from autograd_nn.transforms import one_number, value_and_grad

__all__ = ["Fallback"]


class Fallback:
    """Runs a function for the calls that no recorded path serves."""

    def __init__(self, known: Recordings) -> None:
        self._known = known

    def run(self, call: Call, wanted: Wanted | None, row: int, paths: Paths) -> Run:
        """The function without a recording: on plain numbers where it has no objection.

        It has one where it takes the methods of a Value for granted, or where Python raises or
        gives a complex number and IEEE 754 has a number: then all its floats are Values.  They
        are at once where the function acts on something: an objection would come after the act.
        """
        if not paths.lifts and not self._known.acts:
            try:
                run = Run(self._known.function, call, wanted, row, plain=True)
                paths.lifts = run.is_complex
            except (ArithmeticError, TypeError, AttributeError, ValueError):
                paths.lifts = True
        if paths.lifts or self._known.acts:
            run = Run(self._known.function, call, wanted, row)
        self._blame_recording(paths)
        return run

    def answer(self, call: Call, wanted: Wanted | None, paths: Paths) -> Any:
        """The answer of a run on Values in place of numbers."""
        try:
            return self.run(call, wanted, 0, paths).answer()
        except (TraceError, JitWarning):  # ours, whatever they derive from
            raise
        except (CannotReplayError, TypeError, AttributeError, Warning):
            pass  # a test of types may let nothing but numbers through
        finally:
            error, paths.error = paths.error, None
        found = self.as_written(call, wanted)
        paths.error = error
        self._blame_recording(paths)
        return found

    def _blame_recording(self, paths: Paths) -> None:
        """The function has run: if its recording raised, a recording cannot follow it."""
        error, paths.error, paths.raised = paths.error, None, False
        if error is not None:
            places = traceback.extract_tb(error.__traceback__)
            users = [place for place in places if is_user_file(place.filename)]
            line = f" at {users[-1].filename}:{users[-1].lineno}: {users[-1].line}" if users else ""
            what = f"{type(error).__name__}: {str(error)[:200]}"
            self._known.leave_to_engine(f"it does what a recording cannot follow ({what}){line}")

    def as_written(self, call: Call, wanted: Wanted | None) -> Any:
        """What the function, or its ``value_and_grad``, gives for the arguments as they are."""
        if wanted is None:
            returned = call.invoke(self._known.function, call.args)
            roots: list[Value] = []
            try:
                described = describe_result(returned, roots)
            except CannotReplayError:
                return returned
            return rebuild(described, [v._data for v in roots])
        if wanted.module is None:
            argnums = wanted.positions[0] if wanted.single else wanted.positions
            return call.invoke(value_and_grad(self._known.function, argnums), call.args)
        stand_ins = wanted.stand_ins() or {}
        with in_place_of_numbers(stand_ins), np.errstate(all="ignore"):
            result = one_number(call.invoke(self._known.function, call.args), self._known.function)
        along = [stand_ins.get(id(p), p) for p in wanted.module.parameters()]
        if not isinstance(result, Value):
            return result, np.zeros(len(along))
        return result._data, np.array(slopes_along(result, along))
