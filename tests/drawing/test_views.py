"""Every kind of picture: complete, legible, within its width, and safe whatever labels hold."""

import json
import math
import random
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from autograd_nn import MLP, Module, Value, parameter, scope
from autograd_nn.drawing import draw
from autograd_nn.drawing.palette import COLOURS, table
from autograd_nn.drawing.scene import Circle, Edge, Path, Rect, Text
from autograd_nn.drawing.svg import svg_text
from autograd_nn.drawing.text import number, text_width
from autograd_nn.drawing.views import scene_of
from autograd_nn.functions import softmax

from .test_draw import HOSTILE, SVG, net, neuron, square


def layered(sizes, row=(3.0, 5.0)):
    out = MLP(len(row), sizes, seed=0)(row)
    loss = sum(out) if isinstance(out, list) else out
    loss.backward()
    return loss


def rows(sizes, count):
    model = MLP(2, sizes, seed=0)
    loss = sum((model([0.1 * i, 1.0 - 0.2 * i]) - 1.0) ** 2 for i in range(count)) / count
    loss.backward()
    return loss


def plain_loops():
    """A network without nn, without scopes, without labels, without ``parameter``."""
    xs = [Value(0.5 * i) for i in range(3)]
    hidden = [
        sum((Value(0.1 * i - 0.2 * j) * x for i, x in enumerate(xs)), Value(0.1)).tanh()
        for j in range(4)
    ]
    out = sum(Value(0.3 * j) * h for j, h in enumerate(hidden))
    loss = (out - 1.0) ** 2
    loss.backward()
    return loss


def skip():
    """A layer that also reads the inputs."""
    xs = [Value(1.0, "a"), Value(-2.0, "b")]
    first = [sum(parameter(0.1 * (i + j)) * x for i, x in enumerate(xs)).relu() for j in range(3)]
    second = [sum(parameter(0.2) * h for h in [*first, *xs]).tanh() for _ in range(3)]
    out = sum(parameter(0.5) * h for h in second)
    out.backward()
    return out


def attention():
    noise = random.Random(0)
    xs = [[Value(noise.random()) for _ in range(3)] for _ in range(3)]

    def matrix():
        return [[parameter(noise.random()) for _ in range(3)] for _ in range(3)]

    def times(weights, row, name):
        with scope(name):
            return [sum(w * x for w, x in zip(line, row, strict=True)) for line in weights]

    parts = {name: matrix() for name in ("query", "key", "value", "output")}
    q, k, v = ([times(parts[name], row, name) for row in xs] for name in ("query", "key", "value"))
    loss = Value(0.0)
    for line in q:
        weights = softmax([sum(a * b for a, b in zip(line, other, strict=True)) for other in k])
        mixed = [sum(w * row[i] for w, row in zip(weights, v, strict=True)) for i in range(3)]
        loss = loss + sum(y * y for y in times(parts["output"], mixed, "output"))
    loss.backward()
    return loss


def recurrent(steps=50, labels=True):
    w, u, h = parameter(0.9, "w"), parameter(0.2, "u"), Value(0.0, "h0" if labels else "")
    for t in range(1, steps + 1):
        h = (w * h + u * Value(math.sin(t / 5), f"x{t}" if labels else "")).tanh()
        if labels:
            h.label = f"h{t}"
    loss = (h - 0.5) ** 2
    loss.backward()
    return loss


def pendulum(steps=200):
    angle, speed, stiffness = Value(1.2, "angle"), Value(0.0, "speed"), 9.81 / Value(1.3, "length")
    for _ in range(steps):
        speed = speed - 0.01 * (stiffness * angle.sin() + 0.3 * speed)
        angle = angle + 0.01 * speed
    angle.backward()
    return angle


def tangle(count=900):
    noise = random.Random(5)
    made = [Value(noise.random(), f"x{i}") for i in range(9)]
    for _ in range(count):
        a, b = noise.choice(made[-20:]), noise.choice(made[-20:])
        made.append(noise.choice([lambda a=a, b=b: (a * b).tanh(), lambda a=a, b=b: a - b])())
    made[-1].backward()
    return made[-1]


def scoped():
    noise, total = random.Random(3), Value(1.0, "x")
    for k in range(12):
        with scope(f"part {k % 4}"):
            for _ in range(noise.randint(5, 60)):
                total = noise.choice(
                    [lambda t: t * 0.99, lambda t: t.tanh(), lambda t: t + t.sin()]
                )(total)
    total.backward()
    return total


def many_terms():
    total = sum(Value(float(i), f"x{i}").tanh() for i in range(100))
    total.backward()
    return total


GRAPHS = {
    "neuron": (neuron, "values"),
    "square": (square, "values"),
    "leaf": (lambda: Value(1.0, "x"), "values"),
    "net": (net, "layers"),
    "2-2-1": (lambda: layered([2, 2, 1]), "layers"),
    "wide": (lambda: layered([40, 30, 3]), "layers"),
    "deep": (lambda: layered([6] * 14 + [1]), "layers"),
    "linear regression": (lambda: rows([1], 60), "layers"),
    "batch": (lambda: rows([16, 16, 1], 12), "layers"),
    "plain loops": (plain_loops, "layers"),
    "skip": (skip, "layers"),
    "attention": (attention, "layers"),
    "recurrent": (recurrent, "loop"),
    "recurrent, no labels": (lambda: recurrent(labels=False), "loop"),
    "pendulum": (pendulum, "loop"),
    "tangle": (tangle, "values"),
    "scoped": (scoped, "groups"),
    "many terms": (many_terms, "loop"),
    "many results": (lambda: [Value(float(i)).exp() for i in range(50)], "values"),
}


def few_steps():
    """The same weights three times, and a larger net on what they leave."""
    w, u, h = parameter(0.9, "w"), parameter(0.1, "u"), Value(0.5, "h")
    for t in range(3):
        h = (w * h + u * Value(float(t), "x")).tanh()
    out = MLP(1, [12, 1], seed=0)([h])
    out.backward()
    return out


GRAPHS["few steps"] = (few_steps, "layers")
KINDS = [(name, None) for name in GRAPHS] + [
    (name, "network") for name in ("net", "2-2-1", "wide", "batch", "plain loops", "skip")
]


def span(text):
    wide = 0.94 * text_width(text.words, text.size, bold=text.bold)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, text.y - 0.7 * text.size, left + wide, text.y


def check(scene):
    """What holds for every picture."""
    texts = scene.texts()
    assert all(text.size >= 9.0 for text in texts)
    spans = [span(text) for text in texts]
    for (a, one), (b, two) in combinations(zip(spans, texts, strict=True), 2):
        apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
        assert apart, (one.words, two.words)
    for a, text in zip(spans, texts, strict=True):
        assert a[0] >= 0.0, text.words
        assert a[2] <= scene.width + 2.0, text.words
        assert a[1] >= 0.0, text.words
        assert a[3] <= scene.height, text.words
    for part in scene.parts:
        for mark in part.marks:
            if isinstance(mark, Rect) and mark.fill != "page":
                assert mark.w > 0.0
                assert mark.h > 0.0
                assert mark.x >= 0.0
                assert mark.x + mark.w <= scene.width + 0.5
                assert mark.y + mark.h <= scene.height + 0.5
            names = {
                Text: lambda m: {m.ink},
                Edge: lambda m: {m.look},
                Rect: lambda m: {m.fill, m.line},
                Circle: lambda m: {m.fill, m.line},
                Path: lambda m: {m.fill, m.line},
            }[type(mark)](mark)
            assert names - {""} <= set(table(False))
    ids = [part.id for part in scene.parts if part.id] + [text.id for text in texts if text.id]
    assert len(ids) == len(set(ids))
    known = {part.id for part in scene.parts}
    assert all(shown in known for shown in scene.shown), scene.shown.index("")
    json.dumps(scene.json(), allow_nan=False)


@pytest.mark.parametrize(("name", "view"), KINDS)
def test_every_picture_is_legible_complete_and_within_its_width(name, view):
    make, expected = GRAPHS[name]
    scene = scene_of(make(), view=view)
    assert scene.view == (view or expected)
    assert scene.width <= 900.0
    check(scene)
    ET.fromstring(svg_text(scene))


@pytest.mark.parametrize("width", [390.0, 640.0, 1400.0])
@pytest.mark.parametrize(
    "name", ["2-2-1", "wide", "deep", "batch", "neuron", "recurrent", "tangle"]
)
def test_a_narrow_picture_is_closed_and_a_wide_one_opens(name, width):
    scene = scene_of(GRAPHS[name][0](), width=width)
    assert scene.width <= width
    check(scene)


def closed(scene):
    return {part.opens for part in scene.parts if part.opens}


@pytest.mark.parametrize(
    "name", ["wide", "deep", "batch", "attention", "tangle", "pendulum", "many results"]
)
def test_what_is_closed_opens(name):
    root = GRAPHS[name][0]()
    scene = scene_of(root)
    assert closed(scene)
    for group in sorted(closed(scene)):
        opened = scene_of(root, opened={group})
        check(opened)
        assert opened.shown != scene.shown or opened.json() != scene.json()
        assert group not in closed(opened)


def test_an_open_neuron_and_an_open_layer_can_be_closed():
    root = layered([2, 2, 1])
    assert "g1-0" in {part.closes for part in scene_of(root).parts}
    row = scene_of(root, closed={"g1-0"})
    assert "g1-0" in closed(row)
    assert "g1" in closed(scene_of(root, closed={"g1"}))


@pytest.mark.parametrize("name", list(GRAPHS))
def test_numbers_in_the_picture_are_those_of_the_values(name):
    root = GRAPHS[name][0]()
    scene = scene_of(root)
    from autograd_nn.drawing.graph import Simplified

    order = Simplified(root if isinstance(root, list) else [root]).order
    figures = [text for text in scene.texts() if text.figure]
    assert figures or scene.view == "groups"
    for text in figures:
        shown = text.figure.before + number(expected(text.figure, order), text.figure.digits)
        nothing = text.figure.before + "–"
        assert text.words in (shown + text.figure.after, nothing + text.figure.after)


def expected(figure, order):
    nodes = [order[i] for i in figure.of]
    if figure.what == "zeros":
        return sum(n.data == 0.0 for n in nodes)
    if figure.what == "largest":
        return max(abs(n.grad) for n in nodes)
    total = sum(n.grad if figure.what == "grad" else n.data for n in nodes)
    return total if figure.what == "sum" else total / len(nodes)


# -- what the reader finds -------------------------------------------------------------------


def words(scene):
    return [text.words for text in scene.texts()]


def test_a_neuron_that_a_relu_holds_is_dashed_and_says_so():
    scene = scene_of(layered([2, 2, 1]))
    assert "relu holds it at 0" in words(scene)
    off = next(part for part in scene.parts if part.id == "g1-1")
    assert off.marks[0].dash


def test_a_relu_at_0_is_dashed_in_an_expression_too():
    y = (Value(-2.0, "x") * parameter(3.0, "w")).relu()
    y.label = "y"
    z = y * 2.0
    z.backward()
    scene = scene_of(z)
    box = next(part for part in scene.parts if part.id == "v3")
    assert any(mark.dash for mark in box.marks if isinstance(mark, Rect))
    assert "nothing flows back" in box.title
    assert "held where it is: nothing flows back" in words(scene)


def test_layers_are_read_from_the_shape_alone():
    scene = scene_of(plain_loops())
    assert {"layer 0", "layer 1"} <= set(words(scene))
    assert "4 neurons · tanh · 16 parameters" in words(scene)


def test_a_batch_shows_means_and_says_so():
    scene = scene_of(rows([4, 1], 7))
    assert "means over 7 rows" in scene.note
    assert any(text.figure and len(text.figure.of) == 7 for text in scene.texts())


def test_a_repeat_shows_its_first_and_last_step():
    scene = scene_of(recurrent(50))
    found = words(scene)
    assert "× 50" in found
    assert {"h(t)", "h(t−1)", "x(t)", "w (shared)"} <= set(found)
    assert next(p.title for p in scene.parts if p.role == "curve") == "h(t), step by step"


def test_three_steps_are_no_repeat():
    assert scene_of(recurrent(3)).view != "loop"


def test_without_backward_there_are_no_gradients_and_a_line_that_says_how():
    for root in (MLP(2, [3, 1], seed=0)([1.0, 2.0]), Value(2.0, "x") * 3.0):
        scene = scene_of(root)
        assert any("call backward()" in line for line in words(scene))
        assert not any(text.figure and text.figure.what == "grad" for text in scene.texts())
        looks = {m.look for p in scene.parts for m in p.marks if isinstance(m, Edge)}
        assert looks <= {"plain"}


@pytest.mark.parametrize("show", ["data", "grad", "none"])
@pytest.mark.parametrize("name", ["neuron", "2-2-1", "recurrent"])
def test_values_chooses_the_numbers(name, show):
    scene = scene_of(GRAPHS[name][0](), values=show)
    kinds = {text.figure.what for text in scene.texts() if text.figure and text.id[:1] in "ds"}
    if show == "none":
        assert "grad" not in kinds
    if show == "data":
        assert "grad" not in kinds
    check(scene)


def test_a_part_of_a_large_graph_is_drawn_within_the_width():
    scene = scene_of(scoped(), expand=("part 1",))
    assert scene.view == "values"
    assert scene.width <= 900.0
    assert "values are drawn: part 1." in scene.note
    assert "" in scene.shown
    inside = scene_of(rows([16, 16, 1], 12), expand=("layer 1",))
    assert len([p for p in inside.parts if p.role == "neuron" and p.id.startswith("g2-")]) == 16


# -- models ----------------------------------------------------------------------------------


def test_a_model_is_drawn_as_circles():
    model = MLP(2, [3, 1], seed=0)
    scene = draw(model, [0.5, -1.0]).scene
    assert scene.view == "network"
    circles = [m for p in scene.parts if p.role in ("neuron", "value") for m in p.marks]
    assert sum(isinstance(m, Circle) for m in circles) == 6
    assert all(p.grad == 0.0 for p in model.parameters())
    check(scene)


def test_a_circle_opens_to_its_expression_and_dots_to_circles():
    root = layered([16, 16, 1])
    circles = scene_of(root, view="network")
    assert {"g1", "g1-0", "g2-15"} <= closed(circles)
    assert "g1-3" not in {part.id for part in circles.parts}
    every = scene_of(root, view="network", opened={"g1"})
    assert every.view == "network"
    assert "g1-3" in {part.id for part in every.parts}
    neuron_open = scene_of(root, view="network", opened={"g1-0"})
    assert "g1-0" in {part.closes for part in neuron_open.parts}
    check(every)
    check(neuron_open)


def test_a_model_that_was_never_called_shows_its_weights_alone():
    scene = draw(MLP(2, [3, 1], seed=0)).scene
    texts = [text for text in scene.texts() if text.figure]
    assert texts
    assert "draw(model, row)" in scene.note
    assert {part.role for part in scene.parts} >= {"neuron", "arrow"}
    check(scene)


def test_several_rows_are_means():
    scene = draw(MLP(2, [3, 1], seed=0), [[0.5, -1.0], [1.0, 2.0]]).scene
    assert "means over 2 rows" in scene.note


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ([1.0, 2.0, 3.0], ValueError, "expects 2 inputs, got 3"),
        ([], ValueError, "row is empty"),
        ("ab", TypeError, "row is a list of numbers"),
        (3.0, TypeError, "row is a list of numbers"),
        ([[1.0, 2.0], [1.0]], ValueError, "expects 2 inputs, got 1"),
    ],
)
def test_a_bad_row_is_named(row, error, message):
    with pytest.raises(error, match=message):
        draw(MLP(2, [3, 1], seed=0), row)


def test_a_model_of_ones_own_needs_a_row_or_nin():
    class Line(Module):
        def __init__(self):
            self.w = [parameter(1.0), parameter(2.0)]

        def __call__(self, x):
            return [
                sum(w * v for w, v in zip(self.w, x, strict=True)),
                self.w[0] * x[0] + self.w[1],
            ]

    with pytest.raises(TypeError, match="attribute nin"):
        draw(Line())
    assert draw(Line(), [Value(1.0), Value(2.0)]).scene.view == "network"


def test_a_view_that_a_graph_does_not_have_is_refused():
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match="no neurons"):
        draw(x.tanh(), view="network")
    with pytest.raises(ValueError, match="no step is repeated"):
        draw(x.tanh(), view="loop")
    with pytest.raises(ValueError, match="view is one of"):
        draw(x, view="tree")
    with pytest.raises(ValueError, match="width is a number"):
        draw(x, width=0)
    with pytest.raises(TypeError, match="is no model"):
        draw(x, [1.0])


# -- labels ----------------------------------------------------------------------------------


ALLOWED = {
    "class", "cx", "cy", "d", "fill", "font-family", "font-size", "font-weight", "height", "id",
    "r", "rx", "stroke-dasharray", "stroke-width", "text-anchor", "viewBox", "width", "x", "y",
}  # fmt: skip


def hostile(label, kind):
    """A graph of each kind with this label wherever one can be."""
    if kind in ("layers", "network"):
        xs = [Value(float(i), label) for i in range(3)]
        for _ in range(2):
            with scope(label or "s"):
                made = []
                for j in range(3):
                    with scope(label + str(j)):
                        w = [parameter(0.1 * j + 0.2, label) for _ in xs]
                        total = sum(
                            (a * b for a, b in zip(w, xs, strict=True)), parameter(1.0, label)
                        )
                        total.label = label
                        made.append(total.relu())
            xs = made
        out = sum(xs)
    elif kind == "loop":
        out = Value(1.0, label)
        w = parameter(0.5, label)
        for t in range(9):
            with scope(label or "s"):
                out = (w * out + Value(1.0, label)).tanh()
                out.label = label + str(t)
    else:
        with scope(label or "s"):
            out = Value(1.0, label) * parameter(2.0, label) + 1.0
            for k in range(900 if kind == "groups" else 1):
                with scope(label + str(k % 3)):
                    out = out.tanh() if k % 7 % 3 else out * out.sin()
    out.label = label
    out.backward()
    return out


@pytest.mark.parametrize("kind", ["values", "layers", "network", "loop", "groups"])
@pytest.mark.parametrize("label", [*HOSTILE, "y" * 1_000_000])
def test_hostile_labels_stay_text_in_every_view(label, kind):
    scene = scene_of(hostile(label, kind), view=kind, names={"n": Value(1.0, label)})
    text = svg_text(scene, prefix="p-")
    assert len(text) < 400_000
    root = ET.fromstring(text)
    tags = {e.tag.removeprefix(SVG) for e in root.iter()}
    assert tags <= {"svg", "g", "rect", "path", "circle", "text", "title", "style"}
    assert all(k in ALLOWED for e in root.iter() for k in e.attrib)
    assert root.find(SVG + "style").text.count("{") > 5
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert all(i.replace("-", "").replace(".", "").isalnum() and i.isascii() for i in ids)
    json.dumps(scene.json(), allow_nan=False)


# -- colours ---------------------------------------------------------------------------------


def contrast(a, b):
    def luminance(colour):
        total = 0.0
        for i, weight in ((1, 0.2126), (3, 0.7152), (5, 0.0722)):
            c = int(colour[i : i + 2], 16) / 255
            total += weight * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
        return total

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_legible_on_everything_that_it_stands_on(dark):
    pairs = [(f"{kind}-ink", kind) for kind in COLOURS if f"{kind}-ink" in COLOURS]
    pairs += [
        (ink, ground)
        for ink in ("ink", "quiet", "plus", "minus")
        for ground in ("page", "band", "card", "off", "input", "output", "ribbon")
    ]
    pairs += [(ink, "parameter") for ink in ("plus", "minus")] + [("quiet", "rule")]
    for ink, ground in pairs:
        found = contrast(COLOURS[ink][dark], COLOURS[ground][dark])
        assert found >= 4.5, (ink, ground, found)


def test_one_svg_is_light_and_dark():
    text = draw(neuron()).pipe(format="svg", engine="builtin", encoding="utf-8")
    assert "prefers-color-scheme:dark" in text
    assert COLOURS["page"][0] in text
    assert COLOURS["page"][1] in text
