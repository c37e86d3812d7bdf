"""The tutorial's numbers: what a learner sees must be what the tutorial says."""

import importlib.util
import sys
from pathlib import Path

import pytest

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
