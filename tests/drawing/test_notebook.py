"""A notebook, executed and exported: what its cells show, without a red line or a figure twice."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

pytest.importorskip("nbconvert")
pytest.importorskip("ipykernel")

CELLS = {
    "value": "from autograd_nn import *\nw = Value(2.0, 'w')\nloss = (w * 5 - 7) ** 2\nloss",
    "latex": "to_latex(loss)",
    "explain": "explain(loss, wrt=w)",
    "page": "step_through(loss)",
    "model": "model = MLP(2, [3, 1], seed=0)\nmodel",
    "optimiser": "from autograd_nn.optim import Adam\nAdam(model.parameters())",
    "fit": "history = fit(model, [[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0], epochs=5)",
    "history": "history",
    "plot": "history.plot()",
    "own axes": "import matplotlib.pyplot as plt\nfigure, ax = plt.subplots()\nhistory.plot(ax)",
    "assigned": "kept = history.plot()",
    "later": "kept",
    "program": "jit(lambda w: (w * 5 - 7) ** 2).program(2.0)",
    "drawing": "draw(loss)",
    "hostile": "Value(1.0, '</pre><script>document.title = \"owned\"</script>') * 2",
    "hostile latex": "to_latex(Value(1.0, '<script>document.title = \"owned\"</script>') * 2)",
    "hostile page": "step_through(Value(1.0, '\"><script>alert(1)</script>') * 2)",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The outputs of each cell, and the notebook exported as HTML."""
    folder = tmp_path_factory.mktemp("notebook")
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{k}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for k, source in enumerate(CELLS.values())
    ]
    book = folder / "book.ipynb"
    book.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    for source, form, *more in (("book", "notebook", "--execute"), ("done", "html")):
        command = [sys.executable, "-m", "nbconvert", "--to", form, "--output", "done", *more]
        run = subprocess.run(
            [*command, str(folder / f"{source}.ipynb")],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        assert run.returncode == 0, run.stderr[-2000:]
    done = json.loads((folder / "done.ipynb").read_text())
    outputs = {name: cell["outputs"] for name, cell in zip(CELLS, done["cells"], strict=True)}
    return outputs, folder / "done.html"


def shown(outputs, name):
    """All data of a cell by type, each as a list."""
    found = {}
    for output in outputs[name]:
        for kind, data in output.get("data", {}).items():
            found.setdefault(kind, []).append("".join(data) if isinstance(data, list) else data)
    return found


def test_no_cell_writes_a_red_line(executed):
    """tqdm's warning, and its bar on stderr, are shown in red."""
    outputs, _ = executed
    for name, cell in outputs.items():
        assert all(output.get("name") != "stderr" for output in cell), (name, cell)
        assert all(output["output_type"] != "error" for output in cell), (name, cell)


def test_every_object_has_a_rich_representation(executed):
    """A cell that ends in an object shows more than ``<... object at 0x...>``."""
    outputs, _ = executed
    for name in ("value", "explain", "page", "model", "optimiser", "history", "program", "drawing"):
        assert len(shown(outputs, name)["text/html"]) == 1, name
        assert " object at 0x" not in "".join(shown(outputs, name)["text/plain"])
    assert shown(outputs, "latex")["text/latex"][0].startswith("$$")


def test_figures_are_shown_once(executed):
    """A figure that is the cell's result is also open: it must not be there twice."""
    outputs, _ = executed
    for name in ("plot", "own axes", "assigned", "later"):
        assert len(shown(outputs, name).get("image/png", [])) == 1, (name, outputs[name])


def test_progress_is_a_bar_of_text(executed):
    """It ends full, as one output that was drawn over."""
    if find_spec("ipywidgets"):
        pytest.skip("with ipywidgets the bar is tqdm's own widget")
    outputs, _ = executed
    (bar,) = shown(outputs, "fit")["text/plain"]
    assert bar.startswith("█" * 20 + " 5/5 epochs  loss ")


def test_the_page_runs_in_its_cell(executed, browser):
    """The frame is sandboxed, its script runs, and labels of others cannot get out of it."""
    outputs, path = executed
    (frame,) = shown(outputs, "page")["text/html"]
    assert 'sandbox="allow-scripts"' in frame
    browser.get(path.as_uri())
    frames = browser.find_elements("css selector", "iframe[srcdoc]")
    assert len(frames) == 2
    for element in frames:
        browser.execute_script("arguments[0].scrollIntoView()", element)
        browser.switch_to.frame(element)
        assert browser.execute_script("return document.documentElement.dataset.ready") == "1"
        browser.find_element("id", "next").click()
        assert browser.execute_script("return document.documentElement.dataset.step") == "1"
        assert not browser.execute_script(
            "try { return Boolean(parent.document); } catch (error) { return false; }"
        )
        browser.switch_to.default_content()
    assert browser.title != "owned"


def test_the_page_is_light_or_dark_as_the_notebook_is(executed, browser):
    """A white page in a dark notebook dazzles, whatever the system's own theme is."""
    _, path = executed
    browser.get(path.as_uri())
    for light, colour in (("true", "rgb(255, 255, 255)"), ("false", "rgb(13, 17, 23)")):
        browser.execute_script("document.body.dataset.jpThemeLight = arguments[0]", light)
        frame = browser.find_element("css selector", "iframe[srcdoc]")
        browser.execute_script("arguments[0].scrollIntoView()", frame)
        browser.switch_to.frame(frame)
        shown = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        browser.switch_to.default_content()
        assert shown == colour
