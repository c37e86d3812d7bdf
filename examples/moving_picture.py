"""Forward and back through an expression, as one SVG that moves by itself.

    python examples/moving_picture.py --out moving-output

writes ``stepping.svg`` in about a second: an image for a README or a slide, in which a number
appears at each step, first the values and then the gradients, with the formula of the step below.
It follows the reader's light or dark theme, and stands still where motion is not wanted.
``loss.svg`` is the same picture at rest.  ``--readme`` writes those of the README anew, beside this
file.
"""

import argparse
import re
from pathlib import Path
from typing import NamedTuple

from autograd_nn import Value, derivative_text, draw, expression
from autograd_nn.drawing.graph import Simplified
from autograd_nn.drawing.steps import step_orders

SECONDS = 1.6  # of a step
HELD = 2  # steps for which the whole picture is shown at the end
ROOM = 30  # pixels for the formula below the picture


class Step(NamedTuple):
    """One step: what it says, and the parts of the picture that it brings."""

    says: str
    brings: list[str]


def squared_error() -> Value:
    """The loss of the README: one weight, one input, one target."""
    w, x, t = Value(2.0, "w"), Value(5.0, "x"), Value(7.0, "t")
    error = w * x - t
    error.label = "error"
    loss = error**2
    loss.label = "loss"
    loss.backward()
    return loss


def steps_of(loss: Value) -> list[Step]:
    """Every value forward, and every gradient on the way back, as the step page orders them."""
    graph = Simplified([loss])
    values, operands = graph.order, [[k for k, _ in pairs] for pairs in graph.operands]
    forward, backward = step_orders(graph, [""] * len(values))
    steps = []
    for i in forward:
        v = values[i]
        formula = expression(v, unfold=False).splitlines()[-1]
        brings = [f"d{i}", f"o{i}", *(f"e{i}-{j}" for j in range(len(operands[i])))]
        steps.append(Step(f"forward: {formula} = {v.data:g}", brings))
    steps.append(Step(derivative_of(loss, loss), [f"s{backward[0]}"]))
    for i in backward:
        for j, k in enumerate(operands[i]):
            says = derivative_of(loss, values[k])
            steps.append(Step(says, [f"s{k}", f"back{i}-{j}"]))
    return steps


def derivative_of(loss: Value, v: Value) -> str:
    """The chain rule of one step in a line."""
    text = f"d {loss.label}/d {loss.label} = 1" if v is loss else derivative_text(loss, wrt=v)
    return f"backward: {text}"


def moving(loss: Value) -> str:
    """The picture of ``loss`` as an SVG whose parts appear one after another."""
    svg = draw(loss, engine="builtin").pipe(format="svg", encoding="utf-8")
    svg = with_grey_arrows(svg)
    steps = steps_of(loss)
    whole = SECONDS * (len(steps) + HELD)
    rules, words = [], []
    width, height = (float(size) for size in re.findall(r'viewBox="0 0 (\S+) (\S+)"', svg)[0])
    for n, step in enumerate(steps):
        start = 100 * SECONDS * n / whole
        names = ",".join(f"#{name}" for name in step.brings)
        rules.append(
            f"@keyframes in{n}{{0%,{start:.2f}%{{opacity:0}}{start + 2:.2f}%,97%{{opacity:1}}"
            f"100%{{opacity:{int(n == 0)}}}}}{names}{{animation:in{n} {whole:g}s infinite}}"
        )
        end = 100 * SECONDS * (n + 1) / whole if n + 1 < len(steps) else 99.0
        rules.append(
            f"@keyframes say{n}{{0%,{max(start - 0.01, 0):.2f}%{{opacity:0}}{start:.2f}%,"
            f"{end - 0.01:.2f}%{{opacity:1}}{end:.2f}%,100%{{opacity:0}}}}"
            f"#say{n}{{animation:say{n} {whole:g}s infinite}}"
        )
        hidden = "" if n + 1 == len(steps) else ' opacity="0"'
        words.append(
            f'<text id="say{n}" x="{width / 2:g}" y="{height + 16:g}" class="f-ink"'
            f' font-size="14" text-anchor="middle"{hidden}>{escaped(step.says)}</text>'
        )
    still = "@media(prefers-reduced-motion:reduce){*{animation:none!important}}"
    svg = svg.replace("</style>", f"{''.join(rules)}{still}</style>", 1)
    svg = svg.replace(f'height="{height:g}"', f'height="{height + ROOM:g}"')
    svg = svg.replace(
        f'viewBox="0 0 {width:g} {height:g}"', f'viewBox="0 0 {width:g} {height + ROOM:g}"'
    )
    return svg.replace("</svg>", "\n".join([*words, "</svg>"]))


def with_grey_arrows(svg: str) -> str:
    """Each arrow twice: grey for the way forward, in the gradient's colour for the way back."""

    def twice(found: re.Match[str]) -> str:
        arrow, name = found[0], found[1]
        grey = re.sub(r"(?<=[ \"])([sf])-[pn]\d(?=\")", r"\1-quiet", arrow)
        return grey + "\n" + arrow.replace(f'id="e{name}"', f'id="back{name}"')

    return re.sub(r'<g id="e(\d+-\d+)".*?</g>', twice, svg)


def escaped(text: str) -> str:
    """A text for the inside of an element, with the signs that mathematics has."""
    text = text.replace(" * ", " · ").replace("**2", "²").replace("-", "−")
    return text.replace("&", "&amp;").replace("<", "&lt;")


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("moving-output"), help="the folder")
    parser.add_argument("--readme", action="store_true", help="only the README's pictures")
    options = parser.parse_args()
    folder = Path(__file__).parent if options.readme else options.out
    folder.mkdir(parents=True, exist_ok=True)
    loss = squared_error()
    path = folder / "stepping.svg"
    path.write_text(moving(loss), encoding="utf-8")
    print("wrote", path)
    print("wrote", draw(loss, engine="builtin").render(outfile=folder / "loss.svg", cleanup=True))


if __name__ == "__main__":
    main()
