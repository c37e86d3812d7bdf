"""Progress: a line where nobody watches, a bar where somebody does."""

import numpy as np
import pytest

from autograd_nn import MLP
from autograd_nn.training import fit


def line(rows=20):
    X = np.linspace(-1, 1, rows).reshape(-1, 1)
    return X, 3 * X[:, 0] - 0.5


def test_one_line_per_epoch_without_a_terminal(capsys):
    X, y = line()
    fit(MLP(1, [1], seed=0), X, y, epochs=10)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("epoch  1/10  loss ")
    fit(MLP(1, [1], seed=0), X, y, epochs=3, verbose=0)
    assert capsys.readouterr().out == ""


def test_a_bar_in_a_terminal(capsys, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    X, y = line()
    fit(MLP(1, [1], seed=0), X, y, epochs=4)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "4/4" in shown.err
    assert "loss=" in shown.err
