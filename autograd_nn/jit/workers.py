"""Threads beside the caller's: a pool for blocks of rows, and one that compiles.

Machine code and NumPy let go of the interpreter's lock while they work, so threads gain where
calls of those take longer than the Python between them.

What is left out: what is done, which is ``rows``'s and ``later``'s.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

__all__ = ["Background", "background", "side_by_side"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")

_AHEAD = 2  # tasks a thread that may be done before their turn comes
_TASK = 16  # inputs of a task, at most: handing over a task takes as long as a small input
_TASKS = 4  # tasks a thread, at least, so that no thread waits long for the last one


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="autograd_nn rows")


def side_by_side(
    function: Callable[[_In], _Out], given: Sequence[_In], threads: int
) -> Iterator[tuple[_In, _Out]]:
    """Each of ``given`` and what a function makes of it, in order, several at a time.

    The first is done by the calling thread, before any other.

    Args:
        threads: how many; with 1 nothing is done before it is asked for.

    >>> list(side_by_side(lambda x: x * x, [1, 2, 3], 2))
    [(1, 1), (2, 4), (3, 9)]
    """
    alone = len(given) if threads == 1 or len(given) < 3 else 1
    for x in given[:alone]:
        yield x, function(x)
    size = max(1, min(_TASK, len(given) // (_TASKS * threads)))
    tasks = [given[k : k + size] for k in range(alone, len(given), size)]
    ahead: deque[tuple[Sequence[_In], Future[list[_Out | Exception]]]] = deque()
    try:
        for task in (*tasks, *[()] * _AHEAD * threads):
            if task:
                ahead.append((task, _pool(threads).submit(_each, function, task)))
            if ahead and (not task or len(ahead) > _AHEAD * threads):
                first, future = ahead.popleft()
                for x, found in zip(first, future.result(), strict=False):
                    if isinstance(found, Exception):
                        raise found
                    yield x, found
    finally:
        for _, future in ahead:  # what is running ends by itself: it touches nothing but its own
            future.cancel()


def _each(function: Callable[[_In], _Out], task: Sequence[_In]) -> list[_Out | Exception]:
    """What the function makes of each input, up to the first that it raises for."""
    found: list[_Out | Exception] = []
    for x in task:
        try:
            found.append(function(x))
        except Exception as error:  # it is raised when its turn comes
            return [*found, error]
    return found


class Background:
    """Jobs that one thread does, one after another.

    A process that ends waits for the job that is being done, and drops the others.

    >>> done = threading.Event()
    >>> background.add(done.set)
    >>> done.wait()
    True
    """

    def __init__(self) -> None:
        self._jobs: deque[Callable[[], Any]] = deque()  # the first is being done
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, job: Callable[[], Any]) -> None:
        """Do a job soon; it must not raise."""
        self._jobs.append(job)
        self.resume()

    def resume(self) -> None:
        """Go on with the jobs, where a fork has lost the thread that did them."""
        with self._changing:
            if self._thread is None and self._jobs:
                self._thread = threading.Thread(target=self._work, name="autograd_nn compiles")
                try:
                    self._thread.start()
                except RuntimeError:  # no more threads here, or the process is ending
                    self._thread = None

    def _work(self) -> None:
        while True:
            with self._changing:
                if not self._jobs or not threading.main_thread().is_alive():
                    self._thread = None
                    return
            self._jobs[0]()
            self._jobs.popleft()

    def forked(self) -> None:
        """In a child process: its parent's thread is not here."""
        self._changing = threading.Lock()
        self._thread = None


background = Background()


def _after_fork() -> None:
    _pool.cache_clear()  # its threads are the parent's
    background.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
