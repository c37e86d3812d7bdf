"""Two models that learn to spell, letter by letter: an LSTM, and attention in one layer.

Both are made of layers of ``autograd_nn.nn``, which are loops over single numbers, and both learn
from the first names in ``words.txt``, which lies beside this file, to say which letter comes next.
The jit records one word and runs a batch of them at a time.  The table compares, on words that were
kept back, the loss with that of the best guess from counts of letters, and of letter pairs.  Then
each model makes up words of its own.

Runs in about 10 seconds (--quick: 5).  Exits non-zero if a model ends no better
than with counts of letter pairs (--quick: of letters).

    python examples/characters.py --out characters-output

Sources: Hochreiter and Schmidhuber, "Long short-term memory" (1997); Vaswani and others,
"Attention is all you need" (2017); Graves, "Generating sequences with recurrent neural networks"
(2013).
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from autograd_nn import jit, no_grad
from autograd_nn.functions import add_up, logsumexp, softmax, values
from autograd_nn.jit import take
from autograd_nn.nn import LSTM, Embedding, LayerNorm, Linear, Module, MultiHeadAttention
from autograd_nn.optim import Adam, OneCycleLR
from autograd_nn.parameters import gather, scatter

WORDS = Path(__file__).with_name("words.txt").read_text(encoding="utf-8").split()
END = "."  # begins and ends every word
LETTERS = [END, *sorted(set("".join(WORDS)))]
NUMBER = {letter: i for i, letter in enumerate(LETTERS)}
LONGEST = max(map(len, WORDS)) + 1  # letters, the END after them included

BATCH = 32


class Recurrent(Module):
    """An LSTM that reads a word and says at each letter what may follow."""

    def __init__(self, rng: random.Random, width: int = 16, hidden: int = 32) -> None:
        self.letters = Embedding(len(LETTERS), width, init="glorot", seed=rng)
        self.memory = LSTM(width, hidden, seed=rng)
        self.next = Linear(hidden, len(LETTERS), seed=rng)

    def __call__(self, word: Any) -> list[list[Any]]:
        """A row of logits for each letter of the word."""
        outputs, _ = self.memory(self.letters(word))
        return [self.next(h) for h in outputs]


class Attentive(Module):
    """One layer of causal attention, and a small network at each letter."""

    def __init__(self, rng: random.Random, width: int = 32, heads: int = 4) -> None:
        self.letters = Embedding(len(LETTERS), width, init="glorot", seed=rng)
        self.places = Embedding(LONGEST, width, init="glorot", seed=rng)
        self.before, self.between = LayerNorm(width), LayerNorm(width)
        self.attention = MultiHeadAttention(width, heads, seed=rng)
        self.up = Linear(width, 2 * width, seed=rng)
        self.down = Linear(2 * width, width, seed=rng)
        self.next = Linear(width, len(LETTERS), seed=rng)

    def __call__(self, word: Any) -> list[list[Any]]:
        """A row of logits for each letter of the word."""
        places = self.places(list(range(len(word))))
        xs = [add(a, b) for a, b in zip(self.letters(word), places, strict=True)]
        looked, _ = self.attention(self.before(xs), is_causal=True)
        xs = [add(x, y) for x, y in zip(xs, looked, strict=True)]
        xs = [add(x, self.down([h.relu() for h in self.up(self.between(x))])) for x in xs]
        return [self.next(x) for x in xs]


def add(a: Any, b: Any) -> list[Any]:
    """The sum of two vectors."""
    return [x + y for x, y in zip(a, b, strict=True)]


def as_table(words: list[str]) -> tuple[Any, Any]:
    """Words as rows of numbers filled up with END, and 1 where a letter counts, else 0."""
    table, counts = np.zeros((len(words), LONGEST + 1)), np.zeros((len(words), LONGEST))
    for i, word in enumerate(words):
        table[i, 1 : len(word) + 1] = [NUMBER[letter] for letter in word]
        counts[i, : len(word) + 1] = 1.0
    return table, counts


def loss_of(model: Module, word: Any, counts: Any) -> Any:
    """The sum of ``-log`` of the probability given to each letter that counts, in nats."""
    numbers = list(word)
    rows = model(numbers[:-1])
    losses = [
        count * (logsumexp(row) - take(row, letter))
        for row, letter, count in zip(rows, numbers[1:], list(counts), strict=True)
    ]
    return add_up(losses)


class Trained:
    """A model, its jitted loss, and the loss on words kept back after each epoch."""

    def __init__(self, model: Module) -> None:
        self.model, self.curve = model, [0.0] * 0

        def loss(word: Any, counts: Any) -> Any:
            return loss_of(model, word, counts)

        self.loss = jit(loss, rows=("word", "counts"))

    def train(self, words: list[str], kept_back: list[str], epochs: int, lr: float) -> None:
        """Adam with a rate that rises and falls."""
        table, counts = as_table(words)
        parameters = self.model.parameters()
        theta, optimizer = gather(parameters), Adam(parameters, lr)
        steps = epochs * math.ceil(len(words) / BATCH)
        schedule = OneCycleLR(optimizer, lr, steps)
        rng = np.random.default_rng(0)
        for _ in range(epochs):
            order = rng.permutation(len(words))
            for start in range(0, len(words), BATCH):
                rows = order[start : start + BATCH]
                share = counts[rows] / counts[rows].sum() * len(rows)  # a mean over letters
                _, slopes = self.loss.value_and_grad(
                    table[rows], share, argnums=self.model, vector=theta
                )
                optimizer.update(theta, slopes)
                schedule.step()
            scatter(theta, parameters)
            self.curve.append(self.on(kept_back))

    def on(self, words: list[str]) -> float:
        """The mean loss of a letter."""
        table, counts = as_table(words)
        return float(self.loss(table, counts)) * len(words) / float(counts.sum())

    def make_up(self, rng: random.Random, temperature: float = 0.8) -> str:
        """A new word."""
        numbers = [NUMBER[END]]
        with no_grad():
            while len(numbers) <= LONGEST:
                logits = values(self.model(numbers)[-1])
                chances = softmax(logits / temperature)
                numbers.append(rng.choices(range(len(LETTERS)), chances)[0])
                if LETTERS[numbers[-1]] == END:
                    break
        return "".join(LETTERS[n] for n in numbers).strip(END)


def loss_of_counts(seen: list[str], words: list[str], memory: int) -> float:
    """The loss of guessing by counts: of letters (memory 0), or of pairs of them (1)."""
    pairs = [pair for word in seen for pair in pairwise(END + word + END)]
    counts = Counter((before if memory else "", letter) for before, letter in pairs)
    totals = Counter(before if memory else "" for before, _ in pairs)
    losses = []
    for before, letter in (pair for word in words for pair in pairwise(END + word + END)):
        context = before if memory else ""
        # One is added to each count, so that nothing is impossible.
        losses.append(-math.log((counts[context, letter] + 1) / (totals[context] + len(LETTERS))))
    return sum(losses) / len(losses)


def plot(folder: Path, curves: dict[str, list[float]], baselines: dict[str, float]) -> None:
    """Draw the losses on the words kept back, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("For the picture: pip install '.[plot]'. Everything else ran.")
        return
    figure, ax = plt.subplots(figsize=(7.2, 4.4), layout="constrained")
    for (name, curve), colour in zip(curves.items(), ("#0072b2", "#d55e00"), strict=True):
        ax.plot(range(1, len(curve) + 1), curve, color=colour, label=f"{name}: {curve[-1]:.2f}")
    for (name, loss), style in zip(baselines.items(), ("--", ":"), strict=True):
        ax.axhline(loss, color="0.4", linestyle=style, linewidth=1, label=f"{name}: {loss:.2f}")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss on words kept back / nats a letter")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "characters.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"Picture: {path}")


def main(argv: list[str] | None = None) -> int:
    """Train both, compare and make up words; 0 if both beat the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("characters-output"))
    parser.add_argument("--quick", action="store_true", help="fewer epochs")
    arguments = parser.parse_args(argv)
    rng = random.Random(0)
    words = list(WORDS)
    rng.shuffle(words)
    kept_back, seen = words[:40], words[40:]
    print(f"{len(seen)} words to read, {len(kept_back)} kept back; {len(LETTERS)} letters")
    baselines = {
        "counts of letters": loss_of_counts(seen, kept_back, 0),
        "counts of letter pairs": loss_of_counts(seen, kept_back, 1),
    }
    for name, loss in baselines.items():
        print(f"{name:24}{loss:.3f} nats a letter")
    curves = {}
    made = {"LSTM": Recurrent(rng), "attention": Attentive(rng)}
    for name, model in made.items():
        started = time.perf_counter()
        trained = Trained(model)
        trained.train(seen, kept_back, 4 if arguments.quick else 8, 0.02)
        curves[name] = trained.curve
        took = time.perf_counter() - started
        print(f"{name:24}{trained.curve[-1]:.3f}, {len(model.parameters()):,} parameters, "
              f"{took:.1f} s")  # fmt: skip
        samples = [trained.make_up(rng) for _ in range(12)]
        print("  " + " ".join(word + "*" * (word in WORDS) for word in samples))
    print("(* is in the list)")
    plot(arguments.out, curves, baselines)
    goal = baselines["counts of letters" if arguments.quick else "counts of letter pairs"]
    return 0 if all(curve[-1] < goal for curve in curves.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
