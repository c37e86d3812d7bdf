"""The command line as a user meets it: what each command writes, says, and exits with."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_nn
from autograd_nn.cli import main
from autograd_nn.cli.arguments import COMMANDS

LOSS = ["(w*x - t)**2", "w=2", "x=5", "t=7"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(capsys, *arguments):
    """(exit code, standard output, standard error); each line fits a terminal."""
    code = main(list(arguments))
    out, err = capsys.readouterr()
    assert all(len(line) <= 80 for line in (out + err).splitlines() if not line.startswith("<"))
    return code, out, err


def process(*arguments, **options):
    path = os.environ | {"PYTHONPATH": str(Path(autograd_nn.__file__).parents[1])}
    command = [sys.executable, "-P", "-m", "autograd_nn", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=path, **options)


# -- what it does ----------------------------------------------------------------------------


def test_draw_writes_the_picture_with_gradients_and_says_what_it_computed(capsys):
    code, out, err = run(capsys, "draw", *LOSS, "-o", "loss.svg")
    assert (code, err) == (0, "")
    assert out == "(w*x - t)**2 = 9\nslopes: w 30, x 12, t -6\nwrote loss.svg\n"
    picture = Path("loss.svg").read_text(encoding="utf-8")
    assert "<svg" in picture
    assert all(f">{number}<" in picture for number in ("30", "12"))
    assert os.listdir() == ["loss.svg"]


def test_options_may_stand_anywhere_and_an_expression_may_start_with_a_minus(capsys):
    assert run(capsys, "draw", "-o", "a.svg", "w*x", "--label", "y", "w=2", "x=3")[0] == 0
    code, out, _ = run(capsys, "draw", "-w**2", "-o", "b.svg", "w=-3")
    assert (code, out.splitlines()[0]) == (0, "-w**2 = -9")
    assert sorted(os.listdir()) == ["a.svg", "b.svg"]


def test_draw_has_a_default_file_and_standard_output(capsys):
    assert run(capsys, "draw", "w*2", "w=1")[1].endswith("wrote graph.svg\n")
    code, out, _ = run(capsys, "draw", "w*2", "w=1", "-o", "-")
    assert (code, out) == (0, Path("graph.svg").read_text(encoding="utf-8"))


def test_numbers_may_be_arithmetic(capsys):
    assert "= 0.5\n" in run(capsys, "draw", "sin(x)", "x=pi/6")[1]


def test_explain_says_where_a_slope_comes_from(capsys):
    code, out, err = run(capsys, "explain", *LOSS, "--wrt", "w", "--label", "loss")
    assert (code, err) == (0, "")
    assert out.startswith(
        "If w grows by a little, loss grows by 30 times as much: d loss/d w = 30."
    )
    assert "x = 5" in out


def test_explain_without_a_name_explains_each(capsys):
    out = run(capsys, "explain", *LOSS)[1]
    assert [f"d result/d {name} =" in out for name in "wxt"] == [True] * 3


def test_long_formulas_are_cut_to_the_terminal(capsys):
    text = "(" + " + ".join(f"weight_{k}*input_number_{k}" for k in range(6)) + ")**2"
    numbers = [f"{name}_{k}={k + 1}" for name in ("weight", "input_number") for k in range(6)]
    assert run(capsys, "explain", text, *numbers)[0] == 0
    assert run(capsys, "draw", text, *numbers)[0] == 0


def test_step_writes_the_page(capsys):
    code, out, _ = run(capsys, "step", *LOSS, "-o", "page.html")
    assert code == 0
    assert out.endswith("wrote page.html: open it in a browser\n")
    page = Path("page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "(w*x - t)**2</title>" in page


def test_info_is_the_default_and_names_what_runs(capsys):
    main([])
    default = capsys.readouterr().out
    assert main(["info"]) == 0
    assert capsys.readouterr().out == default
    assert default.splitlines()[0] == f"autograd_nn {autograd_nn.__version__}"


def test_help_has_an_example_that_runs_for_each_command_and_the_exit_codes(capsys):
    code, out, _ = run(capsys, "-h")
    assert code == 0
    assert all(f"  {command} " in out for command in COMMANDS)
    assert "exit codes:" in out
    for name, *quoted, rest in re.findall(r'^  autograd-nn (\w+) "(.*?)" (.*)$', out, re.MULTILINE):
        assert run(capsys, name, *quoted, *rest.split())[0] == 0
    for command in COMMANDS:
        code, out, _ = run(capsys, command, "-h")
        assert code == 0
        assert f"usage: autograd-nn {command}" in out
        for line in re.findall(rf'^  autograd-nn {command} (".*)$', out, re.MULTILINE):
            quoted, rest = re.fullmatch(r'"(.*?)" (.*)', line).groups()
            assert run(capsys, command, quoted, *rest.split())[0] == 0


def test_version(capsys):
    assert run(capsys, "--version") == (0, f"{autograd_nn.__version__}\n", "")


def test_a_constant_result_of_a_name_has_the_slope_of_that_name(capsys):
    assert run(capsys, "draw", "w", "w=3")[1].startswith("w = 3\nslopes: w 1\n")
    assert run(capsys, "draw", "w", "w=3", "--label", "y")[1].startswith("y = w = 3\n")
    # Another value with the number of the name is not the name.
    assert run(capsys, "draw", "w*1", "w=3")[1].startswith("w*1 = 3\n")


# -- what is wrong ---------------------------------------------------------------------------


def test_an_error_points_at_its_column(capsys):
    code, out, err = run(capsys, "draw", "w * foo(x)", "w=1", "x=2")
    assert (code, out) == (2, "")
    first, expression, mark = err.splitlines()
    assert first.startswith("error: unknown function 'foo'")
    assert expression[mark.index("^") :] == "foo(x)"


@pytest.mark.parametrize("at", [0, 1, 30, 200, 500, 900])
def test_the_mark_stands_under_its_place_in_a_long_expression_too(at, capsys):
    text = "w+" * at + "bad.part" + "+w" * (900 - at)
    _, expression, mark = run(capsys, "explain", text, "w=1")[2].splitlines()
    assert expression[mark.index("^") - 3 :].startswith("bad.part")


def test_a_wide_letter_takes_two_columns(capsys):
    err = run(capsys, "draw", "\u91cd + w.x", "w=1")[2]
    assert err.splitlines()[1:] == ["  \u91cd + w.x", "        ^"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["draw", "w*x - t", "w=1"], "no number for x and t: add x=NUMBER t=NUMBER"),
        (["draw", "w*x", "w=1", "w=2", "x=1"], "w is given twice"),
        (["draw", "w*x", "w=1", "x=2", "y=3"], "y is not in the expression, which has w and x"),
        (["draw", "weight*x", "weigth=1", "weight=1", "x=2"], "did you mean 'weight'?"),
        (["draw", "1 + 2"], "no name in it"),
        (["draw"], "EXPRESSION is missing"),
        (["draw", ""], "the expression is empty"),
        (["draw", "w=2"], "numbers follow it"),
        (["draw", "w", "2"], "NAME=NUMBER is expected, as w=2, got '2'"),
        (["draw", "w", "w="], "NAME=NUMBER is expected"),
        (["draw", "w", "w=two"], "two is no number"),
        (["draw", "w", "w=[1]"], "arithmetic"),
        (["draw", "w", "2w=1"], "'2w' cannot be a name"),
        (["draw", "w", "exp=1"], "it is a function"),
        (["draw", "w", "w=1", "-o", "no/such/a.svg"], "the folder 'no/such' does not exist"),
        (["draw", "w", "w=1", "-o", "."], "names a file, got '.'"),
        (["draw", "w", "w=1", "-o", ""], "names a file"),
        (["draw", "w", "w=1", "-o"], "expected one argument"),
        (["draw", "w", "w=1", "-o", "a.xyz"], "unknown format 'xyz'"),
        (["draw", "w", "w=1", "-o", "a"], "has no suffix"),
        (["draw", "w", "w=1", "--width", "wide"], "--width: invalid float value: 'wide'"),
        (["draw", "w", "w=1", "--width", "-5"], "width is a number of pixels above 0"),
        (["draw", "w", "w=1", "--direction", "up"], "invalid choice: 'up'"),
        (["draw", "w", "w=1", "--bogus"], "--bogus"),
        (["step", "w", "w=1", "-o", "no/such/a.html"], "does not exist"),
        (["explain", "w*x", "w=1", "x=1", "--wrt", "y"], "'y' is not in the expression"),
        (["explain", "weight", "weight=1", "--wrt", "wieght"], "did you mean 'weight'?"),
        (["info", "more"], "unrecognized arguments: more"),
        (["drow"], "unknown command 'drow': did you mean 'draw'?"),
        (["w*x"], "unknown command 'w*x'"),
    ],
)
def test_what_cannot_be_done_says_so_and_exits_with_2(arguments, says, capsys):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert says in " ".join(err.split())
    assert os.listdir() == []


def test_a_file_that_cannot_be_written_keeps_what_it_was(capsys):
    if os.geteuid() == 0:
        Path("graph.svg").mkdir()  # whoever may write anything cannot write this
    else:
        Path("graph.svg").touch(mode=0o400)
    code, _, err = run(capsys, "draw", "w*2", "w=1")
    assert code == 2
    assert "graph.svg" in err


def test_who_reads_only_the_first_line_gets_no_traceback():
    """As of ``autograd-nn draw ... -o - | head -1``."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-P", "-m", "autograd_nn", "draw", "w*2", "w=1", "-o", "-"]
    path = os.environ | {"PYTHONPATH": str(Path(autograd_nn.__file__).parents[1])}
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, env=path)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_is_no_traceback():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-P", "-m", "autograd_nn", "--version"]
        path = os.environ | {"PYTHONPATH": str(Path(autograd_nn.__file__).parents[1])}
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=path)
    assert done.returncode == 2
    assert re.match(r"error: cannot write to standard output: .+\n$", done.stderr)


def test_a_terminal_without_greek_letters_shows_their_numbers():
    environment = {"env": os.environ | {"PYTHONIOENCODING": "ascii"}}
    path = str(Path(autograd_nn.__file__).parents[1])
    environment["env"]["PYTHONPATH"] = path
    command = [sys.executable, "-P", "-m", "autograd_nn", "explain", "\u03b8*2", "\u03b8=1"]
    done = subprocess.run(command, capture_output=True, text=True, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u03b8 grows" in done.stdout


def test_the_process_exits_with_the_code_of_the_command():
    assert process("draw", "w*").returncode == 2
    assert process("--version").stdout == f"{autograd_nn.__version__}\n"


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("autograd_nn.cli.graphs.draw", interrupted)
    assert run(capsys, "draw", "w", "w=1") == (130, "", "interrupted\n")


def test_the_console_script_is_this_function():
    from importlib import metadata

    scripts = metadata.entry_points(group="console_scripts")
    if not any(script.name == "autograd-nn" for script in scripts):
        pytest.skip("installed from before there was one")
    assert scripts["autograd-nn"].load() is main
