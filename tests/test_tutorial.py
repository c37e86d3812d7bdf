"""The tutorial's numbers: what a learner sees must be what the tutorial says."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from autograd_nn import Value, draw, explain, expression, step_through
from autograd_nn.errors import WrongTypeError

SCRIPT = Path(__file__).parents[1] / "examples" / "tutorial.py"


@pytest.fixture(scope="module")
def tutorial():
    spec = importlib.util.spec_from_file_location("tutorial", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_stage_agrees_and_the_plot_is_written(tutorial, tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(sys, "argv", ["tutorial.py", "--out", str(tmp_path / "new")])
    assert tutorial.main() == 0
    assert (tmp_path / "new" / "mean_squared_error.png").stat().st_size > 1000
    printed = capsys.readouterr().out
    assert " NO" not in printed
    assert all(f"\n{stage} " in printed for stage in range(1, 11))
    assert max(map(len, printed.replace(str(tmp_path), "").splitlines())) <= 100
    stages = [int(n) for n in re.findall(r"^(\d+) .*  yes$", printed, re.MULTILINE)]
    assert stages == sorted(stages)
    assert len(stages) == 16


def test_a_long_row_ends_with_its_last_number(tutorial):
    """It once ended with how many there are, which read as the last of them."""
    assert tutorial._short([7.0, 5.04, 3.6288, 2.61274, 1.881]) == "7, 5.04, ..., 1.881"
    assert tutorial._short([7.0, 5.04, 3.6288, 2.61274]) == "7, 5.04, 3.6288, 2.61274"


def test_the_trap_of_the_tutorials_relu_is_shown_with_what_to_write_instead(tutorial, capsys):
    """``max(x, 0)`` of a dead neuron is an int, which has no ``backward``."""
    table = tutorial.Table()
    tutorial.dead_relu(table)
    printed = capsys.readouterr().out
    assert "'int' object has no attribute 'backward'" in printed
    assert "x.relu()    loss = 1, with the slopes 0, 0" in printed
    assert [line[-1] for line in table.lines] == [True]


def test_what_takes_a_value_says_the_same_of_a_dead_relu(tutorial):
    """The package meets that int first wherever it is drawn or explained."""
    w = Value(-2.0, "w")
    dead = tutorial.relu(w)
    for use in (draw, step_through, expression, lambda v: explain(v, wrt=w)):
        with pytest.raises(
            WrongTypeError, match=r"int 0\. A plain number has no graph.*x\.relu\(\)"
        ):
            use(dead)


def test_without_matplotlib_everything_else_runs(tutorial, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(sys, "argv", ["tutorial.py", "--out", str(tmp_path / "new")])
    assert tutorial.main() == 0
    assert "pip install '.[plot]'" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


def test_a_wrong_slope_is_noticed(tutorial, tmp_path, monkeypatch, capsys):
    """A table that says "yes" to everything would prove nothing."""
    right = tutorial.slopes_by_hand()
    monkeypatch.setattr(tutorial, "slopes_by_hand", lambda: right * 2)
    monkeypatch.setattr(sys, "argv", ["tutorial.py", "--out", str(tmp_path)])
    assert tutorial.main() == 1
    assert capsys.readouterr().out.count(" NO") == 2


def test_a_number_that_the_tutorial_does_not_print_is_noticed(tutorial):
    table = tutorial.Table()
    table.add("stage", 1.0, 1.0, expected=2.0)
    assert not table.print()


def test_by_hand_the_slopes_of_stage_10_match_central_differences(tutorial):
    """The oracle is checked itself, by plain numbers."""

    def loss(flat):
        rows = flat.reshape(5, 2)
        weights = dict(zip(tutorial.DEEP_WEIGHTS, rows, strict=True))
        predictions = [tutorial.predict_two_layers(row, weights) for row in tutorial.ROWS]
        return ((predictions - tutorial.TARGETS) ** 2).mean()

    import numpy as np

    at = np.concatenate(list(tutorial.DEEP_WEIGHTS.values())).astype(float)
    for i, slope in enumerate(tutorial.slopes_by_hand()):
        h = np.zeros_like(at)
        h[i] = 1e-4
        assert slope == pytest.approx((loss(at + h) - loss(at - h)) / 2e-4, rel=1e-6, abs=1e-4)
