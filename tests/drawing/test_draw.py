"""Pictures: what they show, that they are valid, and what bad input gets.

``REFRESH_GOLDEN=1 pytest tests/drawing`` writes the golden DOT anew.
"""

import itertools
import json
import math
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from autograd_nn import MLP, Value, parameter, scope
from autograd_nn.drawing import DrawingError, draw, label_variables
from autograd_nn.drawing.render import PROGRAM_VARIABLE

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")

HOSTILE = [
    '"', "'", '"quoted"', "end\\", "\\N", "\\\\", "a\\nb", "<b>bold</b>", "<>", "<", ">", "<x>",
    '<<b>x</b>]; evil -> n [URL="javascript:alert(1)"', "&amp;", "&#0;", "&lt;script&gt;", "&",
    "\x00", "\x07bell", "\x1b[31m", "\ud800", "a\udfffb", "\u202eright to left\u202c", "\u2066",
    "x" * 20_000, "</script><script>alert(1)</script>", "javascript:alert(1)", "]]>", "<!--", "-->",
    "\ufffe", "line\nbreak\ttab", "😀🎉", "日本語", "v0", "v0; v0 -> v1", "{a|b}", "%n", "   ",
    "]", "é̂",
]  # fmt: skip


def neuron():
    x1, x2, target = Value(2.0, "x1"), Value(0.0, "x2"), Value(2.0, "target")
    w1, w2, b = parameter(-3.0, "w1"), parameter(1.0, "w2"), parameter(6.8814, "b")
    with scope("neuron"):
        n = w1 * x1 + w2 * x2 + b
        out = n.relu()
    with scope("squared error"):
        loss = (out - target) ** 2
    loss.label = "loss"
    loss.backward()
    return loss


def net(rows=1):
    model = MLP(2, [3, 2, 1], seed=0)
    total = sum((model([0.5 + i, -1.0]) for i in range(rows)), Value(0.0)) ** 2
    total.backward()
    return total


def square():
    a = Value(3.0, "a")
    y = a * a + a
    y.backward()
    return y


GRAPHS = {"neuron": neuron, "net": net, "square": square}


def built_in(drawing):
    return ET.fromstring(drawing.pipe(format="svg", engine="builtin"))


def marks(root, kind):
    return [g for g in root.iter(SVG + "g") if kind in g.get("class", "").split()]


@pytest.mark.parametrize("name", GRAPHS)
def test_dot_text_is_as_recorded(name):
    source = draw(GRAPHS[name]()).source
    path = GOLDEN / f"{name}.gv"
    if os.environ.get("REFRESH_GOLDEN"):
        path.write_text(source, encoding="utf-8")
    assert source == path.read_text(encoding="utf-8")


def test_every_colour_in_the_dot_text_is_one():
    colours = re.findall(r'(?:COLOR|color)="([^"]*)"', draw(neuron()).source)
    assert len(set(colours)) > 10
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)


def test_dot_text_does_not_depend_on_the_hash_seed():
    code = (
        "from autograd_nn import Value\nfrom autograd_nn.drawing import draw\n"
        "x, w = Value(2.0, 'x'), Value(3.0, 'w')\nprint(draw((x * w + x).tanh()).source)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_is_cut_off_and_nothing_overlaps(name, direction):
    root = built_in(draw(GRAPHS[name](), direction=direction, view="values"))
    x0, y0, width, height = map(float, root.get("viewBox").split())
    assert float(root.get("width")) >= width - 1
    for text in root.iter(SVG + "text"):
        assert x0 <= float(text.get("x")) <= x0 + width
        assert y0 <= float(text.get("y")) <= y0 + height
    boxes = {}
    for g in marks(root, "value") + marks(root, "op"):
        rect = g.findall(SVG + "rect")[-1]
        x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
        assert x >= x0
        assert y >= y0
        assert x + w <= x0 + width
        assert y + h <= y0 + height
        boxes[g.get("id")] = (x, y, w, h)
    for (one, (x, y, w, h)), (two, (X, Y, W, H)) in itertools.combinations(boxes.items(), 2):
        docked = {one[0], two[0]} == {"o", "v"} and one[1:] == two[1:]
        apart = x >= X + W or x + w <= X or y >= Y + H or y + h <= Y
        assert apart != docked, (one, two)  # an operation lies on the box that it makes


def test_operations_run_in_the_direction():
    for direction, axis, sign in (("LR", "x", 1), ("RL", "x", -1), ("TB", "y", 1), ("BT", "y", -1)):
        root = built_in(draw(square(), direction=direction))
        at = {g.get("id"): float(g.find(SVG + "rect").get(axis)) for g in marks(root, "value")}
        assert sign * at["v0"] < sign * at["v1"] < sign * at["v2"]


def test_scopes_are_bands_in_the_order_of_the_computation():
    root = built_in(draw(neuron()))
    bands = [
        (g.find(SVG + "title").text, float(g.find(SVG + "rect").get("x")))
        for g in marks(root, "band")
    ]
    assert [name for name, _ in bands] == ["inputs", "neuron", "squared error"]
    assert [x for _, x in bands] == sorted(x for _, x in bands)


def test_scopes_side_by_side_or_in_each_other_have_frames():
    x = Value(2.0, "x")
    with scope("outer"):
        with scope("left"):
            a = (x * 2.0).tanh()
        with scope("right"):
            b = (x * 3.0).exp()
        y = a * b
    y.backward()
    root = built_in(draw(y, view="values"))
    frames = {}
    for g in marks(root, "scope"):
        rect = g.find(SVG + "rect")
        left, top, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
        frames[g.find(SVG + "title").text] = (left, top, left + w, top + h)
    outer, left, right = frames["outer"], frames["left"], frames["right"]
    for inner in (left, right):
        assert outer[0] < inner[0]
        assert outer[1] < inner[1]
        assert inner[2] < outer[2]
        assert inner[3] < outer[3]
    assert left[3] <= right[1] or right[3] <= left[1]


def test_an_operand_used_twice_has_two_arrows():
    x = Value(3.0, "x")
    drawing = draw(x * x)
    assert drawing.source.count("v0 -> o1") == 2
    assert len(marks(built_in(drawing), "arrow")) == 2


def test_kinds_and_names():
    x, w = Value(2.0), parameter(3.0, "w")
    y = (x * w + 1.0).relu()
    picture = draw(y, names={"x": x})._picture
    assert [(b.name, b.kind) for b in picture.boxes] == [
        ("x", "input"), ("w", "parameter"), ("x * w", "intermediate"),
        ("1", "constant"), ("x * w + 1", "intermediate"), ("relu(x * w + 1)", "output"),
    ]  # fmt: skip
    assert x.label == ""  # a name for one picture leaves the value alone


def test_long_formulas_are_named_by_their_operation():
    xs = [Value(float(i), f"variable_{i}") for i in range(4)]
    assert draw(sum(xs))._picture.boxes[-1].name == "sum"
    both = draw([sum(xs) * xs[0], sum(xs[1:]) * xs[1]])._picture
    assert [b.name for b in both.boxes if "sum" in b.name] == ["sum 1", "sum 2"]


def test_values_without_a_label_are_called_what_they_are():
    picture = draw(Value(2.0) * Value(3.0) + parameter(1.0))._picture
    assert [b.name for b in picture.boxes][:2] == ["input 1", "input 2"]
    assert "parameter" in [b.name for b in picture.boxes]


def test_plain_numbers_have_no_gradient_and_zero_has_no_sign():
    y = Value(-0.0, "x") * 2.0
    y.backward()
    picture = draw(y)._picture
    assert [label for label, _, _ in picture.boxes[1].rows] == ["data"]
    written = [text.words for text in draw(y).scene.texts()]
    assert "0" in written
    assert not {"-0", "−0"} & set(written)
    assert "1.0000" not in draw(y).source


def test_label_variables_names_values_lists_and_arrays():
    x = Value(1.0)
    w = np.array([[Value(1.0), Value(2.0)]])
    named = Value(1.0, "kept")
    label_variables({"x": x, "w": w, "other": named, "_hidden": Value(1.0), "n": 3})
    assert (x.label, w[0, 1].label, named.label) == ("x", "w[0][1]", "kept")
    with pytest.raises(TypeError, match="mapping of names"):
        label_variables([x])


def test_the_zero_of_sum_and_a_plain_exponent_have_no_box():
    x = Value(3.0, "x")
    boxes = draw(sum([x, x**2]))._picture
    assert [b.name for b in boxes.boxes] == ["x", "x**2", "x + x**2"]
    assert [o.sign for o in boxes.operations] == ["x²", "+"]


def test_a_negative_base_shows_no_nan_of_the_exponent():
    y = Value(-3.0, "x") ** 2
    y.backward()
    assert "nan" not in draw(y).source


def test_backward_has_not_run_differs_from_gradient_zero():
    x = Value(-1.0, "x")
    y = x.relu()
    before = draw(y)
    assert "backward has not run" in before.source
    assert "style=dashed" not in before.source
    assert all(a.contribution is None for a in before._picture.arrows)
    assert before._picture.boxes[0].rows[1][1] == "–"
    y.backward()
    after = draw(y)
    assert "backward has not run" not in after.source
    assert "style=dashed" in after.source
    assert after._picture.boxes[0].rows[1][1] == "0"


def test_arrows_carry_local_partial_times_upstream():
    picture = draw(square())._picture
    found = {a.id: a.contribution for a in picture.arrows}
    assert found == {"e1": 1.0, "e1-0": 3.0, "e1-1": 3.0, "e2": 1.0, "e2-0": 1.0, "e2-1": 1.0}


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 1e-300, -0.0, 1.7e308, 123456.789])
def test_extreme_numbers_fit_their_boxes(x):
    y = Value(x, "x") * 1.0
    y.backward()
    from autograd_nn.drawing.text import text_width

    for g in marks(built_in(draw(y)), "value"):
        width = float(g.find(SVG + "rect").get("width"))
        for text in g.iter(SVG + "text"):
            assert text_width(text.text, float(text.get("font-size", 11))) < width


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_stay_text(label):
    x = Value(2.0, label)
    with scope(label or "s"):
        y = x * 3.0
    y.label = label
    y.backward()
    drawing = draw(y)
    root = built_in(drawing)
    assert len(marks(root, "value")) == 3
    assert len(marks(root, "op")) == 1
    tags = {e.tag.removeprefix(SVG) for e in root.iter()}
    assert tags <= {"svg", "g", "rect", "path", "text", "title", "style"}
    assert all(k in ALLOWED for e in root.iter() for k in e.attrib)


ALLOWED = {
    "class", "cx", "cy", "d", "fill", "font-family", "font-size", "font-weight", "height", "id",
    "r", "rx", "stroke-dasharray", "stroke-width", "text-anchor", "viewBox", "width", "x", "y",
}  # fmt: skip


@needs_dot
def test_hostile_labels_stay_text_in_dot():
    total = Value(0.5, "start")
    for label in HOSTILE:
        with scope(label):
            total = total * Value(2.0, label)
            total.label = label
    total.backward()
    drawing = draw(total)
    made = json.loads(drawing.pipe(format="json"))
    nodes = [o for o in made["objects"] if o["name"][0] in "vo" and "nodes" not in o]
    assert len(nodes) == 1 + 3 * len(HOSTILE)
    assert len(made["edges"]) == 3 * len(HOSTILE)
    assert not any("URL" in o or "href" in o for o in made["objects"])
    root = ET.fromstring(drawing.pipe(format="svg"))
    links = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
    assert links == []
    assert not any(e.tag.endswith("script") for e in root.iter())


def test_deep_and_shared_graphs_need_no_recursion():
    x = Value(1.0, "x")
    for _ in range(100_000):
        x = x + 1.0
    assert "200,001 values" in draw(x).source
    y = Value(1.0, "y")
    for _ in range(300):
        y = y * y
    root = built_in(draw(y, expand="*"))
    assert len(marks(root, "value")) == 301


def test_a_large_graph_is_drawn_in_groups_that_say_so():
    drawing = draw(net(rows=60))
    picture = drawing._picture
    names = [b.name for b in picture.boxes]
    assert "inputs" in names
    assert any("neuron" in n or "layer" in n for n in names)
    count = sum(int(b.rows[0][1].replace(",", "")) for b in picture.boxes)
    assert f"{count:,} values in {len(names)} groups" in drawing.source
    assert "constants" not in names  # plain numbers are counted where they are used
    assert "relu = 0" in drawing.source
    assert "nan" not in drawing.source  # the slope along an exponent at a negative base
    assert "max_values" not in drawing.source  # nobody wants 10,000 boxes
    ET.fromstring(drawing.pipe(format="svg", engine="builtin"))


def test_one_scope_of_a_large_graph_can_be_expanded():
    root = net(rows=60)
    part = draw(root, expand="layer 2")._picture
    assert any(b.id.startswith("v") and b.rows[0][0] == "data" for b in part.boxes)
    assert any(b.rows[0][0] == "values" for b in part.boxes)
    with pytest.raises(ValueError, match="no such scope"):
        draw(root, expand="nowhere")


def test_several_values_and_arrays_are_drawn_together():
    x = Value(1.0, "x")
    both = draw([x * 2.0, {"y": np.array([x + 1.0], dtype=object)}])
    assert [b.kind for b in both._picture.boxes].count("output") == 2


@pytest.mark.parametrize(
    ("what", "error"),
    [(3.0, TypeError), ("x", TypeError), (None, TypeError), ([], ValueError), (abs, TypeError)],
)
def test_what_cannot_be_drawn_is_named(what, error):
    with pytest.raises(error, match="cannot draw"):
        draw(what)


@pytest.mark.parametrize(
    "options",
    [
        {"direction": "up"},
        {"values": "all"},
        {"engine": "neato"},
        {"max_values": 0},
        {"timeout": 0},
    ],
)
def test_bad_options_are_named(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        draw(Value(1.0), **options)


# -- files and programs ----------------------------------------------------------------------


def program(folder, script, monkeypatch):
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv(PROGRAM_VARIABLE, str(path))


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


def test_without_dot_svg_and_source_are_written(no_dot, tmp_path):
    drawing = draw(neuron())
    path = drawing.render(outfile=tmp_path / "graph.svg")
    assert ET.parse(path).getroot().tag == SVG + "svg"
    assert (tmp_path / "graph.gv").read_text(encoding="utf-8") == drawing.source
    assert Path(drawing.save("again.gv", tmp_path)).read_text(encoding="utf-8") == drawing.source
    assert drawing.pipe(format="svg", encoding="utf-8").startswith("<?xml")


def test_without_dot_png_comes_from_the_extra(no_dot, tmp_path):
    pytest.importorskip("resvg_py", reason="the extra png is not installed")
    path = draw(neuron()).render(outfile=tmp_path / "graph.png", cleanup=True)
    assert Path(path).read_bytes().startswith(b"\x89PNG")
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["graph.png"]


def test_without_dot_and_extra_one_error_names_the_fix(no_dot, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(DrawingError, match=r"autograd_nn\[png\]"):
        draw(neuron()).render(outfile=tmp_path / "graph.png")
    with pytest.raises(DrawingError, match="Install Graphviz"):
        draw(neuron()).render(outfile=tmp_path / "graph.pdf")
    assert [p for p in tmp_path.iterdir() if p.is_file()] == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("sleep 60", "took longer"),
        ("echo broken >&2; exit 3", "exit code 3 .broken."),
        ("", "exit code 0"),
    ],
)
def test_a_program_that_hangs_or_fails_leaves_the_old_file(script, message, tmp_path, monkeypatch):
    program(tmp_path, script, monkeypatch)
    target = tmp_path / "graph.svg"
    target.write_text("old", encoding="utf-8")
    with pytest.raises(DrawingError, match=message):
        draw(neuron(), timeout=0.3).render(outfile=target)
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dot", "graph.svg"]


def test_a_program_that_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv(PROGRAM_VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(DrawingError, match=PROGRAM_VARIABLE):
        draw(neuron()).pipe(format="svg")


@pytest.mark.parametrize("engine", [None, "builtin"])
def test_an_unknown_format_or_folder_is_one_clear_error(engine, tmp_path):
    drawing = draw(neuron(), engine=engine)
    with pytest.raises(ValueError, match="unknown format 'docx'"):
        drawing.render(outfile=tmp_path / "graph.docx")
    with pytest.raises(ValueError, match="no suffix"):
        drawing.render(outfile=tmp_path / "graph")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        drawing.render(outfile=tmp_path / "nowhere" / "graph.svg")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        drawing.save(tmp_path / "nowhere" / "graph.gv")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder"):
        drawing.render(outfile=tmp_path / "folder.svg")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.svg"]


def test_a_disc_that_is_full_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "graph.svg"
    target.write_text("old", encoding="utf-8")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        draw(neuron(), engine="builtin").render(outfile=target, cleanup=True)
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["graph.svg"]


@needs_dot
def test_with_dot_svg_png_and_pdf_are_written(tmp_path, monkeypatch):
    monkeypatch.delenv(PROGRAM_VARIABLE, raising=False)
    drawing = draw(neuron())
    for suffix, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        path = drawing.render(outfile=tmp_path / f"graph.{suffix}")
        assert Path(path).read_bytes().startswith(start)
    drawn = draw(neuron(), engine="dot").render(outfile=tmp_path / "dot.svg")
    for path in (tmp_path / "graph.svg", drawn):
        assert (
            len(marks(ET.parse(path).getroot(), "value" if "graph" in str(path) else "node")) >= 12
        )
        assert "Helvetica" in Path(path).read_text(encoding="utf-8")


def test_notebook_shows_html_and_svg_with_ids_of_their_own():
    drawing = draw(neuron())
    one, two = drawing._repr_mimebundle_(), drawing._repr_mimebundle_()
    assert set(one) == {"image/svg+xml", "text/html"}

    def ids(bundle):
        return {e.get("id") for e in ET.fromstring(bundle["image/svg+xml"]).iter()} - {None}

    assert ids(one)
    assert not ids(one) & ids(two)
    assert "background" in one["text/html"]
    assert set(drawing._repr_mimebundle_(include=["text/html"])) == {"text/html"}
