"""What a notebook shows: every kind of object, safely, once, and readable on any ground."""

import sys
import types
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from autograd_nn import MLP, Module, Value, fit, jit, parameter, rich, scope, to_latex
from autograd_nn.optim import SGD, Adam, StepLR
from autograd_nn.training.callbacks import BestWeights, EarlyStopping, Run
from autograd_nn.training.history import History
from autograd_nn.training.progress import NotebookBar, Progress

from .drawing.test_draw import HOSTILE


def shown(thing):
    """The HTML of an object, which must be well formed and take its colours from around it."""
    text = thing._repr_html_()
    ET.fromstring(text.replace("&nbsp;", " "))
    assert "color:#" not in text
    assert "background" not in text
    return text


def model():
    net = MLP(2, [3, 1], seed=0)
    net([1.0, -2.0]).backward()
    return net


def test_a_value_shows_its_number_and_where_it_comes_from():
    """A cell that ends in a Value tells more than its repr."""
    with scope("error"):
        error = Value(3.0, "out") - 1
    text = shown(error)
    for part in ("data", ">2<", "sub of out = 3, 1", "error"):
        assert part in text


def test_models_show_their_parts_and_parameters():
    """Layers with counts; a neuron with its weights; a module of one's own too."""
    net = model()
    text = shown(net)
    assert "layers.0" in text
    assert "Layer(2 -&gt; 3, relu)" in text
    assert "13 parameters" in text
    assert "w.0" in shown(net.layers[0].neurons[0])

    class Line(Module):
        def __init__(self):
            self.slope, self.inside = parameter(2.0), {"a": net}

    assert "inside.a" in shown(Line())
    assert "MLP" in shown(Line())


def test_optimisers_and_schedules_say_what_they_are():
    """``<Adam object at 0x...>`` tells nothing."""
    net = model()
    adam = Adam(net.parameters(), lr=0.01)
    assert repr(adam) == (
        "Adam(13 parameters, lr=0.01, weight_decay=0.0, betas=(0.9, 0.999), eps=1e-08)"
    )
    assert "(0.9, 0.999)" in shown(adam)
    assert "momentum=0.9" in repr(SGD(net.parameters(), momentum=0.9))
    assert "step_size=3" in repr(StepLR(adam, step_size=3))
    assert repr(EarlyStopping(patience=2)).startswith("EarlyStopping(")
    assert repr(BestWeights()).startswith("BestWeights(")
    assert repr(Run(net, adam, 5)).startswith("Run(epoch 0 of 5, Adam(")


def test_programs_show_their_lines():
    """What print shows is also what the prompt and the notebook show."""
    program = jit(lambda w: (w * 5 - 7) ** 2).program(2.0)
    assert repr(program) == str(program)
    assert "v(1) = v(0) - 7" in shown(program)


def test_a_history_shows_its_curve():
    """The loss as a line, and the numbers; also before the first epoch, and with nan."""
    history = fit(model(), [[1.0, 2.0], [2.0, 3.0]], [1.0, 2.0], epochs=4, verbose=0)
    assert "<svg" in shown(history)
    assert "4 epochs" in shown(history)
    shown(History())
    broken = History()
    for x in (1.0, float("nan"), float("inf"), 0.5):
        broken.append({"loss": x}, 0.1)
    assert ">inf<" in shown(broken)


def test_latex_is_shown_as_a_formula():
    """``to_latex`` is a text to paste, and a formula in a notebook."""
    w, x = Value(2.0, "w1"), Value(3.0, "x")
    latex = to_latex((w * x).tanh())
    assert latex == r"\tanh\left(w_{1} \cdot x\right)"
    assert latex._repr_latex_() == f"$$\n{latex}\n$$"


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_text(label):
    """Labels reach notebooks that others open: they are never markup, and never long."""
    with scope(label):
        x = parameter(2.0, label)
        y = x * x
    y.label = label

    class Odd(Module):
        def __init__(self):
            self.named = {label: x, f"{label}2": model()}

    history = History()
    history.append({label: 1.0}, 0.1)
    for thing in (x, y, Odd(), history):
        text = shown(thing)
        for mark in ("<script", "<b>bold", "<x>", "\x00", "\x1b", "\u202e", "<!--"):
            assert mark not in text
        assert len(text) < 6_000
        text.encode("utf-8")
    assert "<script" not in to_latex(y)._repr_latex_()


def test_a_long_table_says_how_much_is_left_out():
    """10,000 rows do not fill a notebook."""
    text = rich.table(["n"], [[k] for k in range(10_000)])
    assert text.count("<tr>") == 42
    assert "and 9,960 more" in text


def test_signs_are_coloured_by_mixing_with_the_text():
    """Blue and orange that read on white and on black alike."""
    text = rich.table(["grad"], [[1.0], [-1.0], [0.0], [float("nan")]], signed="grad")
    assert text.count("#2563eb 72%, currentColor") == 1
    assert text.count("#ea580c 72%, currentColor") == 1


# -- figures and bars ------------------------------------------------------------------------


@pytest.fixture
def notebook(monkeypatch):
    """A stand-in for IPython's kernel, with what was displayed."""

    class ZMQInteractiveShell:
        pass

    displayed = []

    class Handle:
        def update(self, thing):
            displayed.append(repr(thing))

    def display(thing, display_id):
        displayed.append(repr(thing))
        return Handle()

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = ZMQInteractiveShell
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    return displayed


def test_a_notebook_without_ipywidgets_has_a_bar_of_text(notebook, monkeypatch, capsys):
    """tqdm would print a red warning and a red bar."""
    monkeypatch.setattr("autograd_nn.training.progress.find_spec", lambda name: None)
    fit(model(), np.zeros((4, 2)), np.zeros(4), epochs=3, verbose=1)
    assert notebook[0].startswith("░" * 20 + " 0/3 epochs")
    assert notebook[-1].startswith("█" * 20 + " 3/3 epochs  loss ")
    assert capsys.readouterr() == ("", "")


def test_a_bar_moves_with_the_epochs():
    """A quarter of the work is a quarter of the bar."""
    bar = NotebookBar(8, display=None)
    for _ in range(2):
        bar.update()
    assert repr(bar) == "█" * 5 + "░" * 15 + " 2/8 epochs"
    bar.close()


def test_outside_a_notebook_epochs_are_lines(capsys):
    """A log file has no bar."""
    progress = Progress(10, 1)
    progress.show(3, {"loss": 0.5, "lr": 0.1})
    progress.close()
    assert capsys.readouterr().out == "epoch  3/10  loss 0.5\n"


def test_a_figure_is_shown_once(request):
    """The inline backend shows open figures at a cell's end; the cell's result is there already."""
    plt = pytest.importorskip("matplotlib.pyplot")
    history = History()
    history.append({"loss": 1.0}, 0.1)
    figures = [history.plot(), history.plot(plt.subplots()[1])]
    request.getfixturevalue("notebook")  # after Matplotlib, which would want more of IPython
    shell = sys.modules["IPython"].get_ipython
    for figure in figures:
        for shell.execution_count in (1, 2):
            with pytest.raises(NotImplementedError):  # IPython shows it as any figure
                figure._ipython_display_()
            assert figure._ipython_display_() is None  # and not again in this cell
        plt.close(figure)
        with pytest.raises(NotImplementedError):  # closed: in a later cell it is shown on demand
            figure._ipython_display_()


def test_elsewhere_a_figure_is_any_figure(monkeypatch):
    """Without IPython nothing is kept back."""
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    history = History()
    history.append({"loss": 1.0}, 0.1)
    figure = history.plot()
    for _ in range(2):
        with pytest.raises(NotImplementedError):
            figure._ipython_display_()
    plt.close(figure)
