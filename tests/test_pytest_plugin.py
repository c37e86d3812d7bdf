"""The plugin in real runs of pytest."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import autograd_nn

ROOT = str(Path(autograd_nn.__file__).parents[1])
TESTS = """
import math
from autograd_nn.checking import approx_gradient
def test_right(gradcheck):
    gradcheck(lambda x: x**3, 2.0, lambda x: 3 * x**2)
def test_wrong(gradcheck):
    gradcheck(lambda x: (5 * x - 7)**2, 2.0, lambda x: 5 * (5 * x - 7))
def test_compare():
    assert 0.5 == approx_gradient(math.sin, 0.5)
"""


def run(path, *options):
    (path / "test_slopes.py").write_text(TESTS)
    # An installed package is found by its entry point; a checkout must be named.
    installed = "autograd_nn" in entry_points(group="pytest11").names
    named = installed or "no:autograd_nn" in " ".join(options)
    loaded = [] if named else ["-p", "autograd_nn.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cov", *loaded, *options]
    environment = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(
        command, cwd=path, env=environment, capture_output=True, text=True, timeout=60
    )
    return done.stdout


def test_failure_reads_from_the_cause_to_the_remedy(tmp_path):
    """The short summary says what is wrong, not where the error's class is defined."""
    text = run(tmp_path)
    assert "2 failed, 1 passed" in text
    golden = [
        "GradientCheckError: x: a factor 2 is missing (yours = 0.5 x the true slope)",
        "hand-written  autograd",
        "To reproduce: at = 2.0, seed = 0",
    ]
    for line in golden:
        assert line in text
    summary = text.split("short test summary")[1]
    assert "test_wrong - x: a factor 2 is missing" in summary
    assert "autograd_nn.checking" not in summary
    assert "checking/check.py" not in text
    assert "<- wrong" in text.split("def test_compare")[1]


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        (["-x"], "1 failed, 1 passed"),
        (["-n", "2"], "2 failed, 1 passed"),
        (["--gradcheck-seed", "7", "-k", "wrong"], "seed = 7"),
        (["-p", "no:autograd_nn"], "1 failed, 2 errors"),
    ],
)
def test_options(tmp_path, options, outcome):
    assert outcome in run(tmp_path, *options)


def test_errors_of_the_user_show_no_frames_of_the_package(tmp_path):
    """What is shown is the line of the test, and the line of the user's own function."""
    (tmp_path / "test_errors.py").write_text(
        "def test_f(gradcheck):\n    gradcheck(lambda x: [x], 2.0, lambda x: 1.0)\n"
        "def test_hand(gradcheck):\n    gradcheck(lambda x: x * x, 2.0, lambda x: 'a')\n"
        "def test_own(gradcheck):\n    def hand(x):\n        return 1 / 0\n"
        "    gradcheck(lambda x: x * x, 2.0, hand)\n"
        "def test_left(gradcheck):\n    import math\n    gradcheck(math.exp, 2.0, math.exp)\n"
    )
    text = run(tmp_path, "test_errors.py")
    assert "4 failed" in text
    assert f"{Path('autograd_nn', 'checking')}" not in text
    assert "hidden" not in text
    assert "return 1 / 0" in text
    assert "TypeError: f returned list" in text


def test_last_failed_runs_the_two_again(tmp_path):
    run(tmp_path)
    assert "2 failed in" in run(tmp_path, "--lf").replace(", 1 deselected", "")


def test_nothing_heavy_is_imported_at_start():
    code = "import sys, autograd_nn.pytest_plugin; print('numpy' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "False\n"
