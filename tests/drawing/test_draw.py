"""Pictures: what they show, that they are valid, and what bad input gets.

``REFRESH_GOLDEN=1 pytest tests/drawing`` writes the golden DOT anew.
"""

import json
import math
import os
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
    root = built_in(draw(GRAPHS[name](), direction=direction))
    x0, y0, width, height = map(float, root.get("viewBox").split())
    assert float(root.get("width")) >= width - 1
    for text in root.iter(SVG + "text"):
        assert x0 <= float(text.get("x")) <= x0 + width
        assert y0 <= float(text.get("y")) <= y0 + height
    boxes = []
    for g in marks(root, "value") + marks(root, "op"):
        rect = g.find(SVG + "rect")
        x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
        assert x >= x0
        assert y >= y0
        assert x + w <= x0 + width
        assert y + h <= y0 + height
        boxes.append((x, y, w, h))
    for i, (x, y, w, h) in enumerate(boxes):
        for X, Y, W, H in boxes[:i]:
            assert x >= X + W or x + w <= X or y >= Y + H or y + h <= Y


@pytest.mark.parametrize("name", ["neuron", "net"])
def test_a_scope_surrounds_its_own_values_and_no_others(name):
    drawing = draw(GRAPHS[name]())
    root = built_in(drawing)
    rects = {}
    for g in root.iter(SVG + "g"):
        rect = g.find(SVG + "rect")
        if g.get("id") and rect is not None:
            x, y, w, h = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
            rects[g.get("id")] = (x, y, x + w, y + h)
    scopes = [g for g in root.iter(SVG + "g") if g.get("class") == "scope"]
    assert scopes
    from autograd_nn.drawing.tree import ScopeTree

    picture = drawing._picture
    pending = [(ScopeTree.of(picture))]
    while pending:
        part = pending.pop()
        pending.extend(part.parts)
        if part.number < 0:
            continue
        inside, todo = set(), [part]
        while todo:
            p = todo.pop()
            inside.update(b.id for b in (*p.boxes, *p.operations))
            todo.extend(p.parts)
        x0, y0, x1, y1 = rects[f"c{part.number}"]
        for node in (*picture.boxes, *picture.operations):
            a0, b0, a1, b1 = rects[node.id]
            if node.id in inside:
                assert x0 <= a0
                assert y0 <= b0
                assert a1 <= x1
                assert b1 <= y1
            else:
                assert a0 >= x1 or a1 <= x0 or b0 >= y1 or b1 <= y0, (part.name, node)


def test_an_operand_used_twice_has_two_arrows():
    x = Value(3.0, "x")
    drawing = draw(x * x)
    assert drawing.source.count("v0 -> o1") == 2
    assert len(marks(built_in(drawing), "arrow")) == 3


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
    assert tags <= {"svg", "g", "rect", "path", "text", "title"}
    assert all(k in ALLOWED for e in root.iter() for k in e.attrib)


ALLOWED = {
    "class", "d", "fill", "font-family", "font-size", "font-weight", "height", "id", "rx", "stroke",
    "stroke-dasharray", "stroke-width", "text-anchor", "viewBox", "width", "x", "y",
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
    root = built_in(draw(y))
    assert len(marks(root, "value")) == 301


def test_a_large_graph_is_drawn_in_groups_that_say_so():
    drawing = draw(net(rows=60))
    picture = drawing._picture
    names = [b.name for b in picture.boxes]
    assert "inputs" in names
    assert any("neuron" in n or "layer" in n for n in names)
    count = sum(int(b.rows[0][1].replace(",", "")) for b in picture.boxes)
    assert f"{count:,} values in {len(names)} groups" in drawing.source
    assert "relu = 0" in drawing.source
    assert "nan" not in drawing.source  # the slope along an exponent at a negative base
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
    svg = ET.parse(tmp_path / "graph.svg").getroot()
    assert len(marks(svg, "value")) == 13
    assert "Helvetica" in (tmp_path / "graph.svg").read_text(encoding="utf-8")


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
