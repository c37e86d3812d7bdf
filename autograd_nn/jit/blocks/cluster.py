"""What runs a graph of tasks: a client of Dask's scheduler, or threads of this process.

What is left out: what the tasks do (``job``).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from autograd_nn.callers import user_frame
from autograd_nn.checks import describe
from autograd_nn.errors import ClusterError, MissingPackageError, WrongTypeError

__all__ = ["Cluster", "dask", "task"]

_NEEDS = "blocks of rows need Dask: pip install 'autograd_nn[dask]'"


def dask(name: str) -> Any:
    """A module of Dask, which is imported when blocks are met, and not before.

    Raises:
        ImportError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise MissingPackageError(_NEEDS) from None


class Cluster:
    """Where tasks run.

    Args:
        client: a ``distributed.Client``; None for the one of the context, or without one for the
            scheduler that Dask is set to, by default threads of this process.

    Attributes:
        client: the client; None where the tasks run in this process.

    Raises:
        ImportError: Dask is not installed.
        TypeError: it is no client, or one that wants its calls awaited.
    """

    def __init__(self, client: Any = None) -> None:
        if client is None:
            client = getattr(dask("dask.base").get_scheduler(), "__self__", None)
        elif not (hasattr(client, "scheduler_info") and hasattr(client, "as_current")):
            raise WrongTypeError(
                f"client is a distributed.Client, such as Client('tcp://...:8786') or "
                f"LocalCluster(...).get_client(); got {describe(client)}"
            )
        if getattr(client, "asynchronous", False):
            raise WrongTypeError(
                "client is asynchronous, and its results come only when awaited: give one made "
                "with asynchronous=False"
            )
        self.client = client
        self._said: set[str] = set()

    def compute(self, x: Any) -> Any:
        """The result of a task, or of a list of tasks; blocks until it is there.

        Raises:
            ClusterError: the scheduler or the workers were lost, or cannot run this.
        """
        with self._explaining():
            (found,) = dask("dask").compute(x, scheduler=self.client)
        return found

    def keep(self, x: Any) -> Any:
        """A task whose result stays with the workers while the task is held here."""
        with self._explaining(), warnings.catch_warnings():
            # Of large graphs, which are slow at each step; this one goes out once.
            warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
            (found,) = dask("dask").persist(x, scheduler=self.client)
        return found

    def is_there(self, kept: Any) -> bool:
        """Whether what ``keep`` gave is still there."""
        if self.client is None:
            return True
        futures = dask("distributed").futures_of(kept)
        return all(future.status in ("pending", "finished") for future in futures)

    def say(self, notes: frozenset[str]) -> None:
        """Warn once of what workers have noted."""
        for note in sorted(notes - self._said):
            self._said.add(note)
            _, level = user_frame()
            warnings.warn(note, stacklevel=level + 1)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            why = self._why(error)
            if not why:
                raise
            raise ClusterError(why) from error

    def _why(self, error: Exception) -> str:
        """What an error of Dask's own means; "" for any other, which is the task's."""
        if self.client is None or isinstance(error, ClusterError):
            return ""
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if "KilledWorker" in kinds:
            return (
                f"a block was lost with its worker again and again ({error}): blocks may be too "
                "large for the workers' memory; cut them smaller, such as X.rechunk({0: 50_000})"
            )
        if isinstance(error, ModuleNotFoundError) and "autograd_nn" in str(error):
            return f"the workers have no autograd_nn ({error}): install it there, the same version"
        is_lost = bool(kinds & {"CancelledError", "CommClosedError", "FutureCancelledError"})
        return self._lost(error) if is_lost or self.client.status == "closed" else ""

    def _lost(self, error: Exception) -> str:
        address = getattr(getattr(self.client, "scheduler", None), "address", "its address")
        return (
            f"the scheduler at {address} was lost, or gave up this work "
            f"({type(error).__name__}: {str(error)[:200]}). Nothing half done is kept; start a "
            "cluster again, give its client, load the data from where it lies, and go on"
        )


def task(function: Callable[..., Any], *args: Any, name: str) -> Any:
    """A task of Dask: a call whose arguments may be tasks."""
    return dask("dask").delayed(function, pure=False, traverse=False)(*args, dask_key_name=name)
