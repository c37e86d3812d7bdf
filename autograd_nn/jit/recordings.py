"""What is known of one jitted function: its paths, and whether to record, keep or give up.

What is left out: answering a call, which is ``api``'s.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from typing import Any

from autograd_nn.callers import user_frame
from autograd_nn.custom import parted
from autograd_nn.errors import CannotReplayError, JitWarning, TraceError
from autograd_nn.jit.capture.call import Call, Wanted
from autograd_nn.jit.capture.path import Waiting
from autograd_nn.jit.capture.paths import GIVE_UP, Paths
from autograd_nn.jit.capture.recorder import Recording
from autograd_nn.jit.capture.surroundings import Surroundings
from autograd_nn.jit.capture.trace import Trace
from autograd_nn.jit.options import Options
from autograd_nn.jit.origin import Origin
from autograd_nn.jit.program import Program

__all__ = ["Recordings"]

_PROGRAMS = 64  # kept for one function; the least recently used is dropped
_KEYS = 64  # structures of arguments whose paths are kept
_STATES = 4  # states of the surroundings that are kept
_lock = threading.RLock()  # around changes of a cache, never around a run

_REMEDIES = {
    "float()": "use the functions of autograd_nn.functions in place of those of math",
    "int()": "use math.floor or round, or jit.take(table, index) for an index",
    "an index": "use jit.take(table, index), which needs no path for each index",
    "a key": "use jit.take(table, index), which needs no path for each index",
}


class Recordings:
    """The recorded paths of a function, by the structure of its arguments.

    Args:
        function: the function.
        name: what to call it in messages.
        options: what ``jit`` was asked for.
        quiet: whether nothing is said of what runs slowly.

    Attributes:
        why: why the engine runs what no program does; "" where recordings are made.
        acts: whether that is for what the function does beside its result, which must not be
            done twice in a call.
        streak: how many calls in a row have found no path, whatever their structure.
    """

    def __init__(
        self, function: Callable[..., Any], name: str, options: Options, quiet: bool = False
    ) -> None:
        self.function, self.name, self.options, self._quiet = function, name, options, quiet
        self.why = ""
        self.acts = False
        self.streak = 0
        self._paths: dict[Any, Paths] = {}
        self._surroundings: dict[Any, tuple[Surroundings, ...]] = {}
        self._uses = 0
        self._written: dict[Any, Any] = {}
        self._ignored: frozenset[str] = frozenset()  # what it changes, and does not compute with
        self._warned: set[str] = set()

    def paths_of(self, call: Call) -> Paths:
        """What is known for arguments like these, with everything around as it is now."""
        held = tuple(map(id, call.held))
        for surroundings in self._surroundings.get(held, ()):
            if surroundings.holds():
                break
        else:
            surroundings = Surroundings(self.function, call.held, self._ignored)
            with _lock:
                known = self._surroundings.get(held, ())
                if len(self._surroundings) >= _KEYS:
                    self._surroundings.pop(next(iter(self._surroundings)))
                self._surroundings[held] = (surroundings, *known)[:_STATES]
        key = call.key, surroundings
        paths = self._paths.get(key)
        if paths is None:
            with _lock:
                if len(self._paths) >= _KEYS:
                    self._paths.pop(next(iter(self._paths)))
                paths = self._paths.setdefault(key, Paths(surroundings))
        return paths

    def hit(self, program: Program, paths: Paths) -> None:
        """Note that a program was used; without a lock where it was the last one anyway."""
        self._uses += 1
        program.used = self._uses
        self.streak = 0
        if paths.programs[0] is not program:
            with _lock:
                others = tuple(p for p in paths.programs if p is not program)
                paths.programs = (program, *others)

    # -- recording and compiling ----------------------------------------------------------

    def wants_recording(self, paths: Paths) -> bool:
        """Note that a call found no path; returns whether to record one."""
        self.streak += 1
        return paths.miss() and (self.streak <= GIVE_UP or paths.misses > 1)

    def record(
        self, call: Call, wanted: Wanted | None, paths: Paths, row: int, is_last: bool
    ) -> Recording | None:
        """A recording of the path that these arguments take; None where the engine is to run."""
        surroundings = paths.surroundings
        try:
            recording = Recording(self.function, call, wanted, row, surroundings, is_last)
        except TraceError:
            raise
        except Exception as error:  # the user's own, or not: a run in the engine will tell
            paths.raised, paths.error = True, error
            return None
        surroundings.excuse()
        if recording.refused:
            self.acts = True
            self.leave_to_engine(recording.refused)
        elif not surroundings.holds():
            self._judge_writes(recording, surroundings.changes(), call)
        return recording

    def _judge_writes(self, recording: Recording, changes: frozenset[str], call: Call) -> None:
        """The function changed what it may read: whether that matters, a second run shows."""
        found, before = recording.signature(), self._written.get(call.key)
        self._written[call.key] = found
        recording.refused = "it changed what it reads"
        if before == found:  # as with a counter that only counts
            self._ignored |= changes
            self._surroundings.clear()
            recording.refused = ""
        elif before is not None:
            self.acts = True
            names = " and ".join(map(repr, sorted(changes)))
            self.leave_to_engine(
                f"it changes {names} outside it at each call, and computes with that"
            )

    def compile(
        self, trace: Trace, described: Any, call: Call, paths: Paths, row: int = 0
    ) -> Program:
        origin = Origin.of(self.function, call, row)
        program = Program(trace, call, described, self.options, origin)
        self._install(program, paths)
        return program

    def _install(self, program: Program, paths: Paths) -> None:
        """Keep a program among those that are tried first."""
        with _lock:
            self._uses += 1
            program.used = self._uses
            paths.programs = (program, *paths.programs)
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        every = [(p.used, paths) for paths in self._paths.values() for p in paths.programs]
        if len(every) > _PROGRAMS:
            oldest, paths = min(every, key=lambda entry: entry[0])
            paths.programs = tuple(p for p in paths.programs if p.used != oldest)

    def program_of(self, waiting: Waiting, call: Call, paths: Paths) -> Program | None:
        """The program of a path that is taken once more, if it is worth having by now."""
        if not paths.is_worth_compiling(waiting):
            return None
        if waiting.program is None:
            origin = Origin.of(self.function, call, 0)
            trace, described = waiting.trace, waiting.result
            waiting.program = Program(trace, call, described, self.options, origin)
        program: Program = waiting.program
        if not program.pays(waiting.hits):
            return None
        paths.waiting = tuple(w for w in paths.waiting if w is not waiting)
        self._install(program, paths)
        return program

    def keep(self, recording: Recording, call: Call, paths: Paths) -> None:
        """Keep a recorded path until it comes again; the last one only says where paths part."""
        trace = self.trace_of(recording)
        if trace is None:
            return
        difference = paths.difference(trace)
        if paths.is_last_try:
            self.give_up(paths, *difference)
        else:
            paths = self.paths_of(call)  # what lies around may have been written
            paths.wait(Waiting(trace, call, recording.described, self.options.reduce))

    def trace_of(self, recording: Recording) -> Trace | None:
        """The equations of a recording that can be replayed."""
        if self.why or recording.refused:
            return None
        try:
            return recording.trace()
        except CannotReplayError as error:
            self.leave_to_engine(str(error))
            raise

    # -- saying so ------------------------------------------------------------------------

    def warn_once(self, message: str) -> None:
        if message not in self._warned and not self._quiet:
            self._warned.add(message)
            _, level = user_frame()  # however deep in this package it arises
            warnings.warn(message, JitWarning, stacklevel=level + 1)

    def leave_to_engine(self, why: str) -> None:
        """From now on the engine runs what no program does."""
        if not self.why:
            self.why = why
            self.warn_once(f"{self.name} runs in the engine from now on: {why}.")

    def give_up(self, paths: Paths, how: str, line: str) -> None:
        paths.gave_up = True
        paths.waiting = ()
        what = f"the last time by {how!r} at {line or 'a place unknown'}" if how else "at each call"
        remedy = _REMEDIES.get(
            parted(how)[0], "use maximum, minimum or relu in place of an if on a Value"
        )
        self.warn_once(
            f"{self.name} takes another path at nearly every call, {what}: the engine runs it from "
            f"now on. Each path holds for few numbers: {remedy}."
        )


if hasattr(os, "register_at_fork"):  # a child must not find the cache held by another thread
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
