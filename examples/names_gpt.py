"""A one-layer GPT that learns to make up names, in scalar Python on Values.

The model is in this file and works on single numbers: embeddings of letters and positions,
causal self-attention with several heads, rmsnorm, a small MLP and softmax.  It reads the names
below letter by letter and learns which letter comes next; then it makes up names of its own.
The loss is compared with that of the best guess from letter counts alone, and of the best guess
from the letter before.  The picture shows the loss curve, and where the attention of a made-up
name looks.

The loss of a name is 50,000 operations on numbers.  The jit records it once for each length of
name, finds the matrix products of a transformer in it, and runs it about 20 times as fast as the
compiled engine (--engine shows the difference).

Runs in about 3 seconds, and in 15 with --engine (--quick: 1 and 2; plain Python: 5 and 45).
Exits non-zero if the loss on names it has not seen ends no better than with letter counts.

    python examples/names_gpt.py --out names-output

Sources: A. Vaswani and others, "Attention is all you need" (2017); A. Radford and others,
"Improving language understanding by generative pre-training" (2018), for the causal decoder;
B. Zhang and R. Sennrich, "Root mean square layer normalization" (2019); D. Kingma and J. Ba,
"Adam: a method for stochastic optimization" (2015).
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

from autograd_nn import Value, jit, no_grad, parameter
from autograd_nn.functions import add_up, dot, softmax
from autograd_nn.jit import take

#: First names from several languages, collected for this example.
LIST = """
ada adela agnes aida aino alba alena alice alma alva amelia amina ana andrea anika anna anselm
anton ariana arlo armin arno astrid aurelia aurora axel barbara beata bela belinda benno berta
bianca bodil boris bruno camilla carina carla carlo carmen carolina casimir celia cesar clara
claudia clemens conrad cora cordelia corinna cornelia cosima dalia damian daniela dario darina
david delia denise diana dina dolores dominik dora dorian doris edda edgar edith edwin elena
eliana elias elif elina elisa ella elmar elsa elvira emil emilia emma enzo erik erika erin ernst
esme esther eugen eva evelina fabian fabio fatima felix fiona flora florian frida fridolin
gabriel gerda gina gisela gloria greta gustav hana hanna hannes hector hedda hedwig helena
helga henrik hera hilda hugo ida ignaz ilka ilona ilse ina ines inga ingrid irena iris irma isa
isabella isolde ivan ivo jana janina jara jasmin jelena jenny joel johanna jolanda jonas jordan
josef judith julia julian juna juno kalina kamil kara karina karla karolina kasimir katarina
kilian kira klara konrad korbinian kosma lara larissa laura lea leander leila lena leo leona
leonora levin liana lidia lilian lina linus lionel lisa livia lola lorena lorenz louisa luca
lucia ludwig luisa luna lydia magda magnus maja malina malte mara marcel margit maria marian
marina mario marisa markus marlene marta martin mathilda matteo maura maurice max melina melinda
merle mia mila milan milena milo mina mira miranda miriam mona monika morena moritz nadia nadine
naomi natalia nele nelly nero nico nicola nikola nina noah noemi nora norbert norma odette olaf
oleg olga olivia omar ophelia orlando oskar otto pablo paloma pamela paola paul paulina pelle
petra philine pia quentin rafael ramona raul rebecca regina renata rita robin roland romana
rosa rosalia rosina ruben rufina sabina salome samira sandra sara selena selma serena silas
silvia simona sina sofia sonja stella stina susanna svea tamara tania tara teresa thea theo
tilda tilo timon tina tobias tora ulrika urban ursula valentin valeria vera verena victor
viktoria vincent viola vita vivian walter wanda wilma xaver yara yvonne zelda zita zoe
"""
NAMES = LIST.split()

END = "."  # begins and ends every name
LETTERS = [END, *sorted(set("".join(NAMES)))]
TOKEN = {letter: i for i, letter in enumerate(LETTERS)}

WIDTH, HEADS, HIDDEN = 16, 4, 32
LONGEST = 12  # places that a letter can stand in, the END before the name included

Matrix = list[list[Value]]


class Model:
    """The weights of a one-layer GPT, and its forward pass one letter at a time."""

    def __init__(self, rng: random.Random) -> None:
        def matrix(name: str, rows: int, columns: int, size: float) -> Matrix:
            return [
                [parameter(rng.gauss(0.0, size), f"{name}[{i}][{j}]") for j in range(columns)]
                for i in range(rows)
            ]

        narrow = 1 / math.sqrt(WIDTH)
        self.letters = matrix("letters", len(LETTERS), WIDTH, 0.3)
        self.positions = matrix("positions", LONGEST, WIDTH, 0.1)
        self.query = matrix("query", WIDTH, WIDTH, narrow)
        self.key = matrix("key", WIDTH, WIDTH, narrow)
        self.value = matrix("value", WIDTH, WIDTH, narrow)
        self.mix = matrix("mix", WIDTH, WIDTH, 0.3 * narrow)
        self.up = matrix("up", HIDDEN, WIDTH, narrow)
        self.down = matrix("down", WIDTH, HIDDEN, 0.3 / math.sqrt(HIDDEN))
        self.head = matrix("head", len(LETTERS), WIDTH, 0.3 * narrow)

    def parameters(self) -> list[Value]:
        """Every weight, in a fixed order."""
        return [w for rows in vars(self).values() for row in rows for w in row]

    def next_letter(
        self, token: Any, position: int, keys: Matrix, values: Matrix
    ) -> tuple[list[Value], list[list[float]]]:
        """Logits for the letter that follows, and the attention of each head.

        ``keys`` and ``values`` hold one row for each letter so far; this letter's are appended.
        A letter can only look back, because what follows it is not there yet.  ``take`` is
        indexing, also where the token is an argument of a jitted function.
        """
        embedded = zip(take(self.letters, token), self.positions[position], strict=True)
        x = rmsnorm([a + b for a, b in embedded])

        # Attention: each head compares this letter's query with the keys so far.
        normed = rmsnorm(x)
        query = linear(self.query, normed)
        keys.append(linear(self.key, normed))
        values.append(linear(self.value, normed))
        size = WIDTH // HEADS
        heads: list[Value] = []
        attention = []
        for start in range(0, WIDTH, size):
            part = slice(start, start + size)
            scores = [dot(query[part], key[part]) / math.sqrt(size) for key in keys]
            weights = list(softmax(scores))
            heads += [dot(weights, [v[j] for v in values]) for j in range(start, start + size)]
            attention.append([w.data for w in weights])
        x = [a + b for a, b in zip(x, linear(self.mix, heads), strict=True)]

        # The MLP: each letter's own features, on top of what it looked up.
        hidden = [h.relu() for h in linear(self.up, rmsnorm(x))]
        x = [a + b for a, b in zip(x, linear(self.down, hidden), strict=True)]
        return linear(self.head, rmsnorm(x)), attention


def linear(matrix: Matrix, x: list[Value]) -> list[Value]:
    """Matrix times vector."""
    return [dot(row, x) for row in matrix]


def rmsnorm(x: list[Value]) -> list[Value]:
    """``x`` scaled so that the mean of its squares is 1."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [a * scale for a in x]


def tokens_of(name: str) -> Any:
    """A name as numbers, with the END before and after it."""
    return np.array([TOKEN[letter] for letter in END + name + END])


def loss_on(model: Model, tokens: Any) -> Any:
    """The mean of ``-log`` of the probability given to each true next letter, in nats."""
    keys: Matrix = []
    values: Matrix = []
    losses = []
    for position, (token, following) in enumerate(pairwise(tokens)):
        logits, _ = model.next_letter(token, position, keys, values)
        losses.append(-take(list(softmax(logits)), following).log())
    return add_up(losses) / len(losses)


class Adam:
    """Adam on one flat vector; ``autograd_nn.optim.Adam`` is the same on Values."""

    def __init__(self, size: int) -> None:
        self.mean, self.square = np.zeros(size), np.zeros(size)
        self.steps = 0

    def step(self, theta: Any, slopes: Any, lr: float) -> None:
        """Move every parameter against its slope."""
        self.steps += 1
        self.mean += 0.1 * (slopes - self.mean)
        self.square += 0.01 * (slopes * slopes - self.square)
        scale = lr / (1 - 0.9**self.steps)
        shrink = 1 / (1 - 0.99**self.steps)
        theta -= scale * self.mean / (np.sqrt(self.square * shrink) + 1e-8)


def train(
    model: Model, names: list[str], steps: int, rng: random.Random, through_engine: bool
) -> list[float]:
    """One name a step, the learning rate falling to 0; returns the losses."""
    parameters = model.parameters()
    theta = np.array([p.data for p in parameters])
    optimizer = Adam(len(theta))
    fast = jit(lambda tokens: loss_on(model, tokens))
    losses: list[float] = []
    started = time.perf_counter()
    order: list[str] = []
    for step in range(steps):
        if not order:
            order = rng.sample(names, len(names))
        tokens = tokens_of(order.pop())
        if through_engine:
            write_back(theta, parameters)
            for p in parameters:
                p.grad = 0.0
            result = loss_on(model, tokens)
            result.backward()
            loss, slopes = result.data, np.array([p.grad for p in parameters])
        else:
            loss, slopes = fast.value_and_grad(tokens, argnums=model, vector=theta)
        optimizer.step(theta, slopes, 0.02 * (1 - step / steps))
        losses.append(loss)
        if (step + 1) % max(1, steps // 10) == 0:
            recent = losses[-max(1, steps // 10) :]
            print(
                f"name {step + 1:5}: loss {sum(recent) / len(recent):.3f}, "
                f"{(time.perf_counter() - started) / (step + 1) * 1000:.1f} ms a name"
            )
    write_back(theta, parameters)
    return losses


def write_back(theta: Any, parameters: list[Value]) -> None:
    """Give the parameters the numbers of the vector."""
    for p, x in zip(parameters, theta.tolist(), strict=True):
        p.data = x


def mean_loss(model: Model, names: list[str]) -> float:
    """The loss on names for each letter, without recording."""
    with no_grad():
        total = sum(loss_on(model, tokens_of(name)).data * (len(name) + 1) for name in names)
    return total / sum(len(name) + 1 for name in names)


def loss_of_counts(seen: list[str], names: list[str], memory: int) -> float:
    """The loss of guessing by counts: of letters (memory 0), or given the one before (1)."""
    counts: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for name in seen:
        for before, letter in pairwise(END + name + END):
            counts[before if memory else "", letter] += 1
            totals[before if memory else ""] += 1
    losses = []
    for name in names:
        for before, letter in pairwise(END + name + END):
            context = before if memory else ""
            # One is added to each count, so that nothing is impossible.
            share = (counts[context, letter] + 1) / (totals[context] + len(LETTERS))
            losses.append(-math.log(share))
    return sum(losses) / len(losses)


def make_up(
    model: Model, rng: random.Random, temperature: float = 0.7
) -> tuple[str, list[list[list[float]]]]:
    """A new name, letter by letter, and the attention of each step and head."""
    keys: Matrix = []
    values: Matrix = []
    name, attention = "", []
    token = TOKEN[END]
    with no_grad():
        for position in range(LONGEST):
            logits, looked = model.next_letter(token, position, keys, values)
            attention.append(looked)
            chances = softmax([x.data / temperature for x in logits])
            token = rng.choices(range(len(LETTERS)), chances)[0]
            if LETTERS[token] == END:
                break
            name += LETTERS[token]
    return name, attention


def plot(
    folder: Path,
    losses: list[float],
    baselines: dict[str, float],
    name: str,
    attention: list[list[list[float]]],
) -> None:
    """Draw the loss curve and the attention of one name, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ImportError:
        print("For the picture: pip install '.[plot]'. Everything else ran.")
        return
    figure = plt.figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[5, 6])
    ax = left.subplots()
    window = max(1, len(losses) // 25)
    smooth = [sum(losses[i - window : i]) / window for i in range(window, len(losses) + 1)]
    ax.plot(range(1, len(losses) + 1), losses, color="0.85", linewidth=0.6, label="each name")
    ax.plot(range(window, len(losses) + 1), smooth, color="#0072b2", label=f"mean of {window}")
    for (label, loss), style in zip(baselines.items(), ("--", ":", "-"), strict=True):
        colour = "#0072b2" if style == "-" else "#d55e00"
        ax.axhline(loss, linestyle=style, color=colour, linewidth=1, label=f"{label}: {loss:.2f}")
    ax.set_title("Horizontal lines: on names kept back", fontsize="medium")
    ax.set_ylim(1.0, 4.2)
    ax.set_xlabel("names read")
    ax.set_ylabel("loss / nats a letter")
    ax.legend(frameon=False, fontsize="small")
    ax.spines[["top", "right"]].set_visible(False)

    letters = (END + name)[: len(attention)]
    for head, ax in enumerate(right.subplots(2, HEADS // 2).flat):
        looked = [row[head] + [0.0] * (len(letters) - len(row[head])) for row in attention]
        ax.imshow(looked, cmap="Blues", vmin=0, vmax=1)
        ax.set_xticks(range(len(letters)), letters)
        ax.set_yticks(range(len(letters)), letters)
        ax.set_title(f"head {head + 1}", fontsize="medium")
    right.suptitle(f"Made up: {name!r}. Which letters (across) each letter (down) looks at")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "names_gpt.png"
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"Picture: {path}")


def main(argv: list[str] | None = None) -> int:
    """Train, compare and make up names; 0 if the model beats letter counts, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("names-output"), help="where pictures go")
    parser.add_argument("--quick", action="store_true", help="read fewer names")
    parser.add_argument("--engine", action="store_true", help="without the jit")
    arguments = parser.parse_args(argv)
    rng = random.Random(0)
    names = list(NAMES)
    rng.shuffle(names)
    kept_back, seen = names[:30], names[30:]
    model = Model(rng)
    print(
        f"{len(seen)} names to read, {len(kept_back)} kept back; {len(LETTERS)} letters, "
        f"{len(model.parameters()):,} parameters"
    )
    losses = train(model, seen, 40 if arguments.quick else 1000, rng, arguments.engine)
    if arguments.quick:
        kept_back = kept_back[:10]
    baselines = {
        "letter counts": loss_of_counts(seen, kept_back, 0),
        "counts of letter pairs": loss_of_counts(seen, kept_back, 1),
        "this model": mean_loss(model, kept_back),
    }
    print("loss on names kept back, in nats a letter:")
    for label, loss in baselines.items():
        print(f"  {label:24}{loss:.3f}")
    made = [make_up(model, rng) for _ in range(5 if arguments.quick else 20)]
    print("made up (* is in the list):")
    print("  " + " ".join(name + "*" * (name in NAMES) for name, _ in made))
    new = [pair for pair in made if pair[0] not in NAMES] or made
    plot(arguments.out, losses, baselines, *max(new[:8], key=lambda pair: len(pair[0])))
    return 0 if baselines["this model"] < baselines["letter counts"] else 1


if __name__ == "__main__":
    sys.exit(main())
