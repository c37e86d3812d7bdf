"""The cheat sheet: one page, as PDF and as SVG.

    python docs/teachers/cheat_sheet.py [FOLDER]

writes ``cheat-sheet.pdf`` and ``cheat-sheet.svg`` beside this file, or into the folder given
(matplotlib is needed).  Every line of code on it runs, one after another in the order of ``CARDS``,
and gives what stands behind its arrow: ``tests/test_lessons.py`` runs them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
WIDTH, HEIGHT = 11.69, 8.27  # inches: A4, landscape
INK, GREY, BLUE, ORANGE, PAPER = "#111827", "#4b5563", "#1d4ed8", "#b45309", "#f3f4f6"


class Line(NamedTuple):
    """A line of code, and what it gives; or, where there is no code, a remark."""

    code: str
    gives: str = ""


class Card(NamedTuple):
    """A box of the sheet: its title, and its lines."""

    title: str
    lines: list[Line]


def _remark(text: str) -> Line:
    return Line("", text)


#: The columns of the sheet, from the left; in each the cards from the top.
COLUMNS = [
    [
        Card(
            "Record",
            [
                Line("from autograd_nn import *"),
                Line('w = Value(2.0, "w")'),
                Line("error = w * 5.0 - 7.0"),
                Line("loss = error**2"),
                Line("loss.data", "9.0"),
                Line("loss.backward()"),
                Line("w.grad", "30.0"),
                _remark("= 2 · error · input = 2 · 3 · 5"),
            ],
        ),
        Card(
            "Watch out",
            [
                Line("loss.backward()"),
                Line("w.grad", "60.0"),
                _remark("slopes add up; clear them between updates"),
                Line("w.grad = 0.0"),
                Line("type(max(Value(-1.0), 0))", "<class 'int'>"),
                _remark("a dead max(x, 0) is a plain 0: write x.relu()"),
                Line("Value(-1.0).relu().data", "0.0"),
                _remark("math.exp(v) leaves the graph: write v.exp()"),
                Line("functions.exp(Value(0.0)).data", "1.0"),
                Line("Value(0.0).log().data", "-inf"),
            ],
        ),
        Card(
            "Slopes at corners",
            [
                Line("grad(functions.relu)(0.0)", "0.0"),
                Line("grad(abs)(0.0)", "0.0"),
                Line("grad(functions.maximum)(1.0, 1.0)", "0.5"),
                Line("grad(lambda x: x**0.5)(0.0)", "inf"),
            ],
        ),
    ],
    [
        Card(
            "Derivatives of functions",
            [
                Line("f = lambda x: x[0] ** 2 * x[1]"),
                Line("grad(f)([3.0, 2.0])", "[12.0, 9.0]"),
                Line("value_and_grad(f)([3.0, 2.0])", "(18.0, [12.0, 9.0])"),
                Line("hessian(f)([3.0, 2.0])", "[[4.0, 6.0], [6.0, 0.0]]"),
                Line("hvp(f, ([3.0, 2.0],), ([1.0, 0.0],))", "[4.0, 6.0]"),
                Line("jacobian(lambda x: [x * x, 3 * x])(2.0)", "[4.0, 3.0]"),
            ],
        ),
        Card(
            "Check",
            [
                Line("square = lambda w: (5 * w - 7) ** 2"),
                Line("mine = lambda w: 5 * (5 * w - 7)"),
                Line("report = check_gradients(square, 2.0, mine)"),
                Line("bool(report)", "False"),
                Line("report.headline[:24]", "'w: a factor 2 is missing'"),
                _remark("in pytest: def test(gradcheck): gradcheck(f, at, hand)"),
            ],
        ),
        Card(
            "Draw and explain",
            [
                Line('error.label, loss.label = "error", "loss"'),
                Line("picture = draw(loss)"),
                Line("page = step_through(loss)"),
                Line("expression(loss, unfold=True)", "'loss = (w * 5 - 7)**2'"),
                Line("loss.backward()"),
                Line("derivative_text(loss, wrt=w)[-5:]", "' = 30'"),
                _remark("picture.render(outfile='loss.svg'); page.save('loss.html')"),
            ],
        ),
    ],
    [
        Card(
            "Train",
            [
                Line("X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]"),
                Line("model = MLP(1, [1], seed=0)"),
                Line("fit(model, X, y, epochs=200, lr=0.1, verbose=0)"),
                Line("predict(model, [[10.0]]).round(1).tolist()", "[21.0]"),
                Line("draw(model)"),
            ],
        ),
        Card(
            "One update by hand",
            [
                Line("w = parameter(2.0)"),
                Line("optimizer = optim.SGD([w], lr=0.01)"),
                Line("loss = (w * 5.0 - 7.0) ** 2"),
                Line("optimizer.zero_grad()"),
                Line("loss.backward()"),
                Line("optimizer.step()"),
                Line("w.data", "1.7"),
            ],
        ),
        Card(
            "Run fast",
            [
                Line("fast = jit(f)"),
                Line("fast([3.0, 2.0])", "18.0"),
                Line("fast.value_and_grad([3.0, 2.0])", "(18.0, [12.0, 9.0])"),
                _remark("print(fast.program([3.0, 2.0])) shows the plan"),
                Line("row_loss = lambda w, x, t: (w * x - t) ** 2"),
                Line('rows = jit(row_loss, rows=("x", "t"))'),
                Line("rows(2.0, [1.0, 2.0, 3.0], [1.0, 2.0, 4.0])", "3.0"),
                _remark("the mean over the rows"),
            ],
        ),
    ],
]
CARDS = [card for column in COLUMNS for card in column]


def text() -> str:
    """The sheet for those who cannot see it; it stands in both files."""
    parts = []
    for card in CARDS:
        parts.append(f"{card.title}:")
        parts += [
            f"{code}  # {gives}" if code and gives else code or gives for code, gives in card.lines
        ]
    return "\n".join(parts)


def write(folder: Path) -> list[Path]:
    """Draw the sheet; returns the files."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    settings = {
        "font.family": "DejaVu Sans",
        "svg.hashsalt": "cheat sheet",  # the same file from the same lines
        "svg.fonttype": "path",  # looks alike on every machine
        "pdf.fonttype": 42,  # text that can be searched
    }
    with mpl.rc_context(settings):
        figure = plt.figure(figsize=(WIDTH, HEIGHT))
        _draw(figure)
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"cheat-sheet.{suffix}" for suffix in ("pdf", "svg")]
        for file in files:
            about = {"Title": "autograd_nn on one page"}
            if file.suffix == ".pdf":
                about |= {"Subject": text(), "CreationDate": None}
            else:
                about |= {"Description": text(), "Date": None}
            figure.savefig(file, metadata=about)
        plt.close(figure)
    return files


def _draw(figure: Any) -> None:
    page = figure.add_axes((0, 0, 1, 1))
    page.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    page.axis("off")
    margin, gap, line = 0.4, 0.2, 0.2
    page.text(margin, 0.55, "autograd_nn", size=18, weight="bold", color=INK)
    page.text(margin + 2.1, 0.55, "on one page: record, check, draw, train, run fast", size=11,
              color=GREY)  # fmt: skip
    width = (WIDTH - 2 * margin - 2 * gap) / 3
    for k, column in enumerate(COLUMNS):
        x, y = margin + k * (width + gap), 0.8
        free = HEIGHT - 0.4 - y - sum(0.5 + line * _rows(card) for card in column)
        between = min(0.25, free / (len(column) - 1))
        for card in column:
            y = _draw_card(page, card, x, y, width, line) + between
    page.text(margin, HEIGHT - 0.2, "Every line runs, from the top left down.  Behind an arrow: "
              "what it gives.", size=7, color=GREY)  # fmt: skip


def _rows(card: Card) -> int:
    return sum(1 + (_is_long(line) and bool(line.code)) for line in card.lines)


def _is_long(line: Line) -> bool:
    """Whether code and result need a row each."""
    return bool(line.code and line.gives) and len(line.code) + len(line.gives) > 46


def _draw_card(page: Any, card: Card, x: float, y: float, width: float, line: float) -> float:
    """Draw one card with its top at ``y``; returns its bottom."""
    from matplotlib.patches import FancyBboxPatch

    bottom = y + 0.5 + line * _rows(card)
    page.add_patch(
        FancyBboxPatch((x, y), width, bottom - y, boxstyle="round,pad=0,rounding_size=0.06",
                       facecolor=PAPER, edgecolor="none")
    )  # fmt: skip
    page.text(x + 0.12, y + 0.27, card.title, size=10, weight="bold", color=INK)
    at = y + 0.35
    for code, gives in card.lines:
        at += line
        if not code:
            page.text(x + 0.12, at - 0.05, gives, size=6.6, color=GREY, style="italic")
            continue
        page.text(x + 0.12, at - 0.05, code, size=7, family="DejaVu Sans Mono", color=BLUE)
        if _is_long(Line(code, gives)):
            at += line
        if gives:
            page.text(x + width - 0.12, at - 0.05, f"→ {gives}", size=7, color=ORANGE,
                      family="DejaVu Sans Mono", ha="right")  # fmt: skip
    return bottom


if __name__ == "__main__":
    for path in write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE):
        print("wrote", path)
