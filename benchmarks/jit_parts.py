"""The parts of ``benchmarks.jit``: each a workload, its arguments, and who else computes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import jit_geometry as g
from benchmarks import jit_loops as loops
from benchmarks import jit_sequences as s
from benchmarks import jit_work as w
from benchmarks.harness import installed


class Part:
    """A function, and who else computes its value and gradient.

    Args:
        f: the function, in plain loops.
        args: its arguments; the gradient is along the first.
        others: steps of the other contestants; the first is what the ratios are to.
        rows: as of ``jit``.
        slow: whether the engine is left out.
        more: other functions of the same value that are jitted too: by name the function, and
            the rows.
    """

    def __init__(
        self,
        title: str,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        others: dict[str, Callable[[], Any]],
        rows: tuple[str, ...] = (),
        slow: bool = False,
        more: dict[str, tuple[Callable[..., Any], tuple[str, ...], str]] | None = None,
    ) -> None:
        self.title, self.args, self.others = title, args, others
        self.forms = {"jit": (f, rows, "mean"), **(more or {})}
        if not rows and not slow:
            others["engine"] = lambda: w.eager(f, *args)


def parts_of() -> dict[str, Callable[[], Part]]:
    """All parts by name; what they need is made when they are asked for."""
    jax, torch = installed("jax"), installed("torch")

    def plain(
        title: str, f: Any, args: tuple[Any, ...], hand: Any = None, peer: Any = None, **more: Any
    ) -> Part:
        """A part with NumPy by hand and JAX, of functions of the same arguments."""
        others: dict[str, Callable[[], Any]] = {}
        if hand is not None:
            others["by hand"] = hand
        if jax and peer is not None:
            others["JAX"] = peer()
        return Part(title, f, args, others, **more)

    def simple(title: str, f: Any, hand: Any, peer: Any, args: Any, **more: Any) -> Part:
        return plain(title, f, args, lambda: hand(*args), lambda: peer(*args), **more)

    def moons() -> Part:
        args = w.moons_data()
        part = simple(
            "moons step, 2-16-16-1, 100 rows", w.moons_loss, w.moons_numpy, w.moons_jax, args
        )
        if torch:
            part.others["PyTorch"] = w.moons_torch(*args)
        if installed("casadi"):
            part.others["CasADi"] = w.moons_casadi(*args)
        if installed("micrograd"):
            peer = w.micrograd_value()
            part.others["micrograd"] = lambda: w.eager(w.moons_loss, *args, make=peer)
        return part

    def classifier(sizes: tuple[int, ...], batch: int = 256, loops_too: bool = False) -> Part:
        args = w.classifier_data(sizes, batch)
        title = f"{'-'.join(map(str, sizes))}, batch {batch}"
        f: Callable[..., Any] = w.classifier_loss
        rows: tuple[str, ...] = ("x", "target")
        if loops_too:
            title, f, rows = f"{title}, plain loops", w.classifier_plain, ()
        hand = lambda: w.classifier_numpy(*args)  # noqa: E731
        part = plain(title, f, args, hand, lambda: w.classifier_jax(*args), rows=rows, slow=True)
        if torch:
            part.others["PyTorch"] = w.classifier_torch(*args)
        return part

    def recurrent() -> Part:
        args = s.recurrent_data()
        return simple(
            "recurrent, 32 tanh units, 50 steps, batch 64",
            s.recurrent,
            s.recurrent_numpy,
            s.recurrent_jax,
            args,
            more={"rows form": (s.recurrent_of_one, ("sequence",), "sum")},
        )

    def causal() -> Part:
        args, mask = s.attention_data(), np.tri(16)
        return plain(
            "causal attention, 16 positions, width 8",
            s.causal,
            args,
            lambda: s.attention_numpy(*args, mask),
            lambda: s.attention_jax(*args, mask),
        )

    def camera() -> Part:
        p, pairs, seen = g.camera_data()
        return plain(
            "camera residuals, 2,000 pairs of 20 cameras and 400 points",
            g.camera_loss(pairs),
            (p, seen),
            lambda: g.camera_numpy(p, pairs, seen),
            lambda: g.camera_jax(p, pairs, seen),
        )

    def joints() -> Part:
        p, rest, held, weights, goals = g.joints_data()
        return plain(
            "a chain of 20 joints moves 500 points",
            g.joints_loss(held),
            (p, rest, weights, goals),
            lambda: g.joints_numpy(p, rest, held, weights, goals),
            lambda: g.joints_jax(p, rest, held, weights, goals),
        )

    def pendulum(steps: int) -> Part:
        start = np.array([1.0, 0.0, 1.0, 0.1])
        return plain(
            f"pendulum, {steps:,} steps",
            loops.pendulum(steps),
            (start,),
            lambda: loops.pendulum_by_hand(start, steps),
            lambda: loops.pendulum_jax(start, steps),
        )

    def irregular(count: int) -> Part:
        x = np.linspace(-1, 1, 20)
        f = loops.irregular(count)
        others = {"CasADi": loops.irregular_casadi(count, x)} if installed("casadi") else {}
        return Part(f"irregular, {count:,} operations", f, (x,), others)

    option = np.array([100.0, 95.0, 0.03, 0.2, 1.0])
    return {
        "moons": moons,
        "digits": lambda: classifier((64, 128, 64, 10)),
        "mnist": lambda: classifier((784, 128, 10)),
        "digits-loops": lambda: classifier((64, 128, 64, 10), 32, True),
        "recurrent": recurrent,
        "gates": lambda: simple(
            "gates of 14 units, 1,000 steps", s.gates, s.gates_numpy, s.gates_jax, s.gates_data()
        ),
        "attention": lambda: simple(
            "attention, 16 positions, width 8",
            s.attention,
            s.attention_numpy,
            s.attention_jax,
            s.attention_data(),
        ),
        "causal": causal,
        "convolution": lambda: simple(
            "convolution, four 5x5 kernels, 16x16",
            w.convolution,
            w.convolution_numpy,
            w.convolution_jax,
            w.convolution_data(),
        ),
        "ragged": lambda: simple(
            "attention model, 24 sequences of 3 to 16",
            s.ragged,
            s.ragged_numpy,
            s.ragged_jax,
            s.ragged_data(),
        ),
        "mixture": lambda: simple(
            "mixture of 5 Gaussians, 1,000 points, 10 dimensions",
            g.mixture,
            g.mixture_numpy,
            g.mixture_jax,
            g.mixture_data(),
        ),
        "camera": camera,
        "joints": joints,
        "rosenbrock": lambda: simple(
            "Rosenbrock, 1,000 variables",
            loops.rosenbrock,
            loops.rosenbrock_numpy,
            loops.rosenbrock_jax,
            (np.linspace(0, 2, 1000),),
        ),
        "pendulum": lambda: pendulum(1000),
        "pendulum-long": lambda: pendulum(10_000),
        "option": lambda: simple(
            "price of an option",
            loops.black_scholes,
            loops.black_scholes_by_hand,
            loops.black_scholes_jax,
            (option,),
        ),
        "irregular": lambda: irregular(10_000),
        "irregular-long": lambda: irregular(1_000_000),
    }
