"""The pages that teach: what they ask can be answered, what they claim is so, nothing is lost.

The notebooks themselves run when the documentation is built.  Here is what a build does not see:
the answers of the exercises, the teachers' files, the cheat sheet, and the lists of pages.
"""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from inspect import signature
from pathlib import Path
from types import ModuleType

import pytest

import autograd_nn
from autograd_nn import assert_gradients

DOCS = Path(__file__).parents[1] / "docs"
LEARN, HOWTO, TEACHERS = DOCS / "learn", DOCS / "howto", DOCS / "teachers"
EXERCISES = TEACHERS / "exercises"
LECTURES = [f"lecture_{k}" for k in (1, 2, 3, 4)]

#: Mistakes in the solutions: what stands there, what a student wrote, and the check that notices.
MISTAKES = {
    "lecture_1": {
        "sum(w * x for": ("sum(w + x for", "test_node_adds_products"),
        "functions.relu(x)": ("max(x, 0)", "test_relu_of_a_value_is_a_value"),
        "node(output_weights, hidden)": (
            "relu(node(output_weights, hidden))",
            "test_the_output_has_no_relu",
        ),
        "/ len(errors)": ("/ 2", "test_mean_squared_error"),
    },
    "lecture_2": {
        "2 * (w * x - target) * x": ("(w * x - target) * x", "test_squared_error"),
        "1 + (1 - math.tanh": ("(1 - math.tanh", "test_two_paths"),
        "-1.0 if m < 1 else 0.0": ("-1.0 if m < 1 else 1.0", "test_hinge"),
        "along_score * x, along_score": ("along_score, along_score", "test_logistic_loss"),
        "sum(slopes) / len(slopes)": ("sum(slopes)", "test_mean"),
    },
    "lecture_3": {
        "weights - rate * slopes": ("weights + rate * slopes", "test_one_update"),
        "range(steps)": ("range(steps + 1)", "test_twenty_updates"),
        "1 / (np.asarray": ("2 / (np.asarray", "test_largest_rate"),
        "(1 - hidden**2)": ("(1 - hidden)", "test_backprop"),
    },
    "lecture_4": {
        "(1.0, 1.0)": ("(1.0, 0.0)", "test_two_uses_add"),
        "operand.grad += slope": ("operand.grad = slope", "test_two_uses_add"),
        "node in reversed(order)": (
            "node in [self, *order[:-1]]",
            "test_a_node_waits_for_all_of_its_slope",
        ),
        "D.T @ X, D @ W": ("D.T @ X, D @ W * 2", "test_slopes_of_a_layer"),
        "(2 * step)": ("step", "test_numeric_slope"),
    },
}


def script(path):
    """A script of the documentation as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_pytest(solutions, *folders):
    """Run the checks as a class would; returns what is printed.

    Args:
        solutions: the folder in which the checks find what they check.
        folders: where the checks are.
    """
    # An installed package is found by its entry point; a checkout must be named.
    installed = "autograd_nn" in entry_points(group="pytest11").names
    loaded = [] if installed else ["-p", "autograd_nn.pytest_plugin"]
    options = ["-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "-p", "no:cov", *loaded]
    options += ["-c", str(EXERCISES / "pytest.ini"), "-o", f"pythonpath={solutions}"]
    options += ["-o", "python_files=check_*.py test_*.py", *map(str, folders)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(autograd_nn.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(
        command, cwd=EXERCISES, env=environment, capture_output=True, text=True, timeout=120
    )
    return done.stdout


def outcomes(printed, what):
    """The checks with one outcome, by file and function."""
    return set(re.findall(rf"^{what} \S*?(\w+\.py::\w+)", printed, re.MULTILINE))


def answers():
    """The tests that stand in the lessons' answers, by file name."""
    found = {}
    for page in sorted(LEARN.glob("*.md")):
        for name, code in re.findall(r"^```python\n# (test_\w+\.py)\n(.*?)^```", page.read_text(),
                                     re.MULTILINE | re.DOTALL):  # fmt: skip
            assert name not in found
            found[name] = page, code
    return found


def failures(lecture, text, monkeypatch):
    """The checks of a lecture that fail on what a student wrote, by name; and all of them."""
    module = ModuleType(lecture)
    exec(compile(text, f"{lecture}.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, lecture, module)
    functions = vars(script(EXERCISES / f"check_{lecture}.py"))
    found = {name: f for name, f in functions.items() if name.startswith("test_")}
    return {
        name for name, f in found.items() if not all(passes(f, case) for case in cases(f))
    }, found


def cases(check):
    """The arguments that a check is called with, beside the fixture."""
    for mark in getattr(check, "pytestmark", []):
        names = [mark.args[0]] if isinstance(mark.args[0], str) else list(mark.args[0])
        for value in mark.args[1]:
            yield dict(zip(names, value if len(names) > 1 else [value], strict=True))
        return
    yield {}


def passes(check, case):
    fixture = {"gradcheck": assert_gradients} if "gradcheck" in signature(check).parameters else {}
    try:
        check(**fixture, **case)
    except (AssertionError, NotImplementedError, AttributeError):
        return False
    return True


def test_solutions_and_the_lessons_answers_are_right(tmp_path):
    """Who reads the answer, and runs the test that is printed with it, sees it pass."""
    for name, (_, code) in answers().items():
        (tmp_path / name).write_text(code)
    printed = run_pytest(EXERCISES / "solutions", EXERCISES, tmp_path)
    assert not outcomes(printed, "FAILED"), printed
    assert not outcomes(printed, "ERROR"), printed
    passed = outcomes(printed, "PASSED")
    for lecture in LECTURES:
        text = (EXERCISES / f"check_{lecture}.py").read_text()
        for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE):
            assert f"check_{lecture}.py::{name}" in passed
    assert set(answers()) == {one.partition("::")[0] for one in passed if one.startswith("test_")}


@pytest.mark.parametrize("lecture", LECTURES)
def test_what_is_not_filled_in_fails(lecture, monkeypatch):
    """A check that passes on nothing would teach nothing."""
    text = (EXERCISES / f"{lecture}.py").read_text()
    failed, every = failures(lecture, text, monkeypatch)
    assert failed == set(every)
    assert text.count('raise NotImplementedError("yours")') == text.count("def ")


@pytest.mark.parametrize(("lecture", "right"), [(a, b) for a in MISTAKES for b in MISTAKES[a]])
def test_a_mistake_is_noticed(lecture, right, monkeypatch):
    """Each function has a check that notices when it is wrong, not only when it is missing."""
    text = (EXERCISES / "solutions" / f"{lecture}.py").read_text()
    assert not failures(lecture, text, monkeypatch)[0]
    wrong, check = MISTAKES[lecture][right]
    assert text.count(right) == 1
    failed, _ = failures(lecture, text.replace(right, wrong), monkeypatch)
    assert check in failed


@pytest.mark.parametrize("lecture", LECTURES)
def test_the_solutions_fill_in_every_function(lecture):
    def signatures(path):
        tree = ast.parse(path.read_text())
        return {
            node.name: [argument.arg for argument in node.args.args]
            for node in tree.body
            if isinstance(node, ast.FunctionDef)
        }

    blank = signatures(EXERCISES / f"{lecture}.py")
    assert blank
    assert signatures(EXERCISES / "solutions" / f"{lecture}.py") == blank


def test_every_lesson_has_an_exercise_with_an_answer_that_is_tested():
    pages = set(LEARN.glob("*.md")) - {LEARN / "index.md"}
    assert len(pages) == 15
    assert {page for page, _ in answers().values()} == pages
    for page in pages:
        text = page.read_text()
        assert "\n## Exercise\n" in text
        assert "{dropdown} Answer, and a test of it" in text


@pytest.mark.parametrize("number", range(1, 11))
def test_every_lesson_goes_the_same_way(number):
    """By hand, by Value, the picture, the page that steps, the check."""
    (page,) = LEARN.glob(f"{number:02}-*.md")
    text = page.read_text()
    assert text.count(f"\n# {number}. ") == 1
    headings = re.findall(r"^## (.*)", text, re.MULTILINE)
    for heading in ("By hand", "By Value", "The picture", "The check", "Exercise"):
        assert heading in headings
    for call in ("draw(", "step_through(", "check_gradients("):
        assert call in text


@pytest.mark.parametrize("folder", [LEARN, HOWTO, TEACHERS])
def test_every_page_is_listed(folder):
    """A page that the index does not name is found by nobody."""
    text = (folder / "index.md").read_text()
    pages = {path.stem for path in folder.glob("*.md")} - {"index"}
    listed = re.search(r"^```\{toctree\}\n:hidden:\n\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert sorted(listed[1].split()) == sorted(pages)
    assert {name.removesuffix(".md") for name in re.findall(r"\]\(([\w-]+\.md)\)", text)} == pages


def test_there_are_twenty_recipes_and_each_runs_code():
    recipes = [path for path in HOWTO.glob("*.md") if path.stem != "index"]
    assert len(recipes) >= 20
    assert all("```{code-cell}" in path.read_text() for path in recipes)


def test_links_and_downloads_lead_to_files():
    for folder in (LEARN, HOWTO, TEACHERS):
        for page in folder.glob("*.md"):
            text = page.read_text()
            links = re.findall(r"\]\(([^)#\s]+\.(?:md|rst))\)", text)
            links += re.findall(r"\{(?:download|figure)\}`[^`]*<([^>]+)>`", text)
            links += re.findall(r"^```\{(?:figure|literalinclude)\} (\S+)", text, re.MULTILINE)
            for link in links:
                target = (folder / link).resolve().relative_to(DOCS)
                if target.parts[0] in ("learn", "howto", "teachers"):
                    assert (DOCS / target).is_file(), f"{page.name}: {link}"


def test_every_line_of_the_cheat_sheet_runs():
    names = {}
    for card in script(TEACHERS / "cheat_sheet.py").CARDS:
        for code, gives in card.lines:
            if code and gives:
                assert repr(eval(code, names)) == gives, code
            elif code:
                exec(code, names)


def test_the_cheat_sheet_is_written_from_its_lines(tmp_path):
    """One page, and the files that are handed out hold today's lines."""
    pytest.importorskip("matplotlib")
    sheet = script(TEACHERS / "cheat_sheet.py")
    pdf, svg = sheet.write(tmp_path)
    assert pdf.read_bytes().count(b"/Type /Page\n") + pdf.read_bytes().count(b"/Type /Page ") == 1
    description = re.compile(r"<dc:description>(.*?)</dc:description>", re.DOTALL)
    written = description.search(svg.read_text())[1]
    assert "w: a factor 2 is missing" in written
    assert description.search((TEACHERS / svg.name).read_text())[1] == written
    assert (TEACHERS / pdf.name).read_bytes().startswith(b"%PDF")


def test_the_slides_pictures_are_what_the_script_draws(tmp_path):
    """``REFRESH_GOLDEN=1`` writes them anew."""
    pictures = script(TEACHERS / "make_pictures.py")
    folder = pictures.PICTURES if os.environ.get("REFRESH_GOLDEN") else tmp_path
    written = pictures.write_all(folder)
    kept = sorted(pictures.PICTURES.iterdir())
    assert sorted(path.name for path in written) == [path.name for path in kept]
    for path in kept:
        assert (folder / path.name).read_text() == path.read_text(), path.name
        assert f"pictures/{path.name}" in (TEACHERS / "pictures.md").read_text()
