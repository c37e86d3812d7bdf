"""The loop of training: steps, what follows each epoch, and how it ends."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_nn.errors import AnomalyError, NonFiniteLossError
from autograd_nn.nn.modes import Modes
from autograd_nn.optim import LBFGS
from autograd_nn.optim.clipping import clip_norm
from autograd_nn.parameters import gather, scatter
from autograd_nn.recording import detect_anomaly
from autograd_nn.training.callbacks import Run, call_all
from autograd_nn.training.checkpoint import Checkpoint
from autograd_nn.training.choices import score
from autograd_nn.training.progress import Progress
from autograd_nn.training.steps import EngineStep

__all__ = ["Loop", "Pull"]

Floats = NDArray[np.float64]


class Pull:
    """What acts on the weights besides the data: penalties on their size, limits on the slopes.

    Args:
        l1: times the sum of all parameters' sizes.
        l2: times the sum of their squares.
        clip_norm: the greatest norm of a step's gradient; None for any.
        clip_value: the greatest slope; None for any.
    """

    def __init__(
        self, l1: float, l2: float, clip_norm: float | None, clip_value: float | None
    ) -> None:
        self.l1, self.l2, self.clip_norm, self.clip_value = l1, l2, clip_norm, clip_value

    def penalty(self, theta: Floats) -> float:
        """What is added to the loss."""
        total = 0.0
        if self.l1:
            total += self.l1 * float(np.abs(theta).sum())
        if self.l2:
            total += self.l2 * float((theta * theta).sum())
        return total

    def on(self, theta: Floats, gradient: Floats) -> Floats:
        """The gradient with that of the penalty, and clipped."""
        if self.l1:
            gradient = gradient + self.l1 * np.sign(theta)
        if self.l2:
            gradient = gradient + 2.0 * self.l2 * theta
        if self.clip_value is not None:
            gradient = np.clip(gradient, -self.clip_value, self.clip_value)
        if self.clip_norm is not None:
            gradient = gradient.copy()
            clip_norm(gradient, self.clip_norm)
        return gradient


class Loop:
    """One training; ``fit`` has checked everything.

    Args:
        step: see ``Step``.
        table, held_out: the rows to train and to evaluate on, as ``Table`` has them; other tables
            have loops of their own (``blocks``).

    Attributes:
        theta: the parameters as one array that is replaced by each step, never half changed.
    """

    def __init__(
        self,
        step: Any,
        run: Run,
        table: Any,
        held_out: Any,
        *,
        loss: Any,
        scores: Mapping[str, Any],
        listeners: list[Any],
        pull: Pull,
        batch_size: int,
        shuffle: bool,
        seed: int,
        drops: list[float],
        modes: Modes,
        checkpoint: Checkpoint | None,
        progress: Progress,
    ) -> None:
        self.step, self.run, self.table, self.held_out = step, run, table, held_out
        self.loss, self.scores, self.listeners, self.pull = loss, scores, listeners, pull
        self.batch_size, self.shuffle, self.modes = batch_size, shuffle, modes
        self.checkpoint, self.progress = checkpoint, progress
        self.order, self.masks = (np.random.default_rng(s) for s in (seed, [seed, 2]))
        self.chances = np.array(drops)
        self.parameters = run.optimizer.parameters
        self.theta = gather(self.parameters)

    def train(self, resume: bool) -> None:
        """All epochs; after an error the model has the weights of the last whole step."""
        run = self.run
        with self.modes.set(training=True), _finishing_epochs() as interrupt:
            try:
                call_all(self.listeners, "on_train_begin", run)
                self._resume(resume)
                if isinstance(run.optimizer, LBFGS):
                    self._search(run.optimizer, interrupt)
                while run.epoch < run.epochs and not run.history.stopped:
                    start, lr = time.perf_counter(), run.optimizer.lr
                    self._end_epoch(self._one_epoch(), lr, start, interrupt)
            except KeyboardInterrupt:
                run.history.stopped = "interrupted"
            finally:
                self.progress.close()
                scatter(self.theta, self.parameters)
            call_all(self.listeners, "on_train_end", run)

    def _resume(self, resume: bool) -> None:
        if self.checkpoint is not None and resume and self.checkpoint.path.exists():
            self.theta = self.checkpoint.read(self.run, [self.order, self.masks], self.listeners)
            scatter(self.theta, self.parameters)

    def _one_epoch(self) -> float:
        """Take the steps of one epoch; the mean loss of its rows, penalty included."""
        total = 0.0
        for number, part in enumerate(self._batches(), 1):
            loss, gradient = self._loss_and_slopes(self.theta, part, number)
            moved = self.theta.copy()
            with np.errstate(all="ignore"):  # a step too far is found by its loss
                self.run.optimizer.update(moved, self.pull.on(self.theta, gradient))
            total += (loss + self.pull.penalty(self.theta)) * part.rows
            self.theta = moved
        return total / float(self.table.rows)

    def _batches(self) -> Iterator[Any]:
        rows = self.table.rows
        if self.batch_size >= rows:  # any order has the same mean, so the rows stay as they are
            yield self.table
            return
        order = self.order.permutation(rows) if self.shuffle else np.arange(rows)
        for start in range(0, rows, self.batch_size):
            yield self.table.at(order[start : start + self.batch_size])

    def _loss_and_slopes(self, theta: Floats, part: Any, number: int) -> tuple[float, Floats]:
        dropped = self._draw(part.rows)
        loss, gradient = self._ask(theta, part, dropped)
        if not (math.isfinite(loss) and np.isfinite(gradient).all()):
            anomaly = self._first_anomaly(theta, part, dropped)
            raise NonFiniteLossError(self.run.epoch + 1, number, loss, anomaly, self.run.history)
        return loss, gradient

    def _ask(self, theta: Floats, part: Any, dropped: Any) -> tuple[float, Floats]:
        found: tuple[float, Floats] = self.step(theta, *part, dropped)
        return found

    def _draw(self, rows: int) -> Any:
        if not len(self.chances):
            return None
        kept = self.masks.random((rows, len(self.chances))) >= self.chances
        return kept / (1.0 - self.chances)

    def _first_anomaly(self, theta: Floats, part: Any, dropped: Any) -> AnomalyError | None:
        step = self.step
        try:
            with detect_anomaly():
                X, y, weights = part
                EngineStep(step.model, step.loss, step.parameters)(theta, X, y, weights, dropped)
        except AnomalyError as error:
            return error
        return None

    def _search(self, optimizer: LBFGS, interrupt: _Interrupt) -> None:
        """An epoch for each iteration of a solver that calls the loss itself."""
        start, left = time.perf_counter(), self.run.epochs - self.run.epoch
        if self.run.history.stopped or not left:
            return

        def loss_and_slopes(theta: Floats) -> tuple[float, Floats]:
            loss, gradient = self._loss_and_slopes(theta, self.table, 1)
            return loss + self.pull.penalty(theta), self.pull.on(theta, gradient)

        def after_each(intermediate_result: Any) -> None:
            nonlocal start
            self.theta = np.array(intermediate_result.x)
            self._end_epoch(float(intermediate_result.fun), optimizer.lr, start, interrupt)
            start = time.perf_counter()
            if self.run.history.stopped:
                raise StopIteration

        self.theta = optimizer.minimize(loss_and_slopes, self.theta, left, after_each)
        if self.run.epoch < self.run.epochs and not self.run.history.stopped:
            self.run.history.stopped = "converged: no step lowers the loss any more"

    def _end_epoch(self, loss: float, lr: float, start: float, interrupt: _Interrupt) -> None:
        """What follows the steps of an epoch: scores, the record, callbacks, the checkpoint."""
        run = self.run
        numbers = {"loss": loss, "lr": lr} | self._evaluate()
        run.history.append(numbers, time.perf_counter() - start)
        self.progress.show(run.epoch, numbers)
        if self.listeners:  # who may read the weights, and change them
            scatter(self.theta, self.parameters)
            call_all(self.listeners, "on_epoch_end", run)
            self.theta = gather(self.parameters)
        if interrupt.asked and not run.history.stopped:
            run.history.stopped = "interrupted"
        if self.checkpoint is not None:
            generators = [self.order, self.masks]
            self.checkpoint.write(run, self.theta, generators, self.listeners)

    def _evaluate(self) -> dict[str, float]:
        numbers: dict[str, float] = {}
        if not self.scores and self.held_out is None:
            return numbers
        with self.modes.set(training=False):
            if self.scores:
                numbers |= self._scores(self.table, self.scores)
            if self.held_out is not None:
                found = self._scores(self.held_out, {"loss": self.loss, **self.scores})
                found["loss"] += self.pull.penalty(self.theta)
                numbers |= {f"val_{name}": x for name, x in found.items()}
        return numbers

    def _scores(self, table: Any, scores: Mapping[str, Any]) -> dict[str, float]:
        return score(table.y, self.step.predict(self.theta, table.X), scores)


class _Interrupt:
    """Whether Ctrl-C was pressed."""

    asked = False


@contextmanager
def _finishing_epochs() -> Iterator[_Interrupt]:
    """In this block the first Ctrl-C is noted, and the second one interrupts at once."""
    interrupt = _Interrupt()
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interrupt  # who has a handler of their own means it
        return

    def note(*_: Any) -> None:
        if interrupt.asked:
            raise KeyboardInterrupt
        interrupt.asked = True
        print("Ctrl-C: training ends after this epoch; press it again to end at once", flush=True)

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
