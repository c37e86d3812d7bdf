"""The README: every claim in it is so.  Its examples run as doctests of their own.

A landing page is believed: a link that leads nowhere, an option that a script does not have, or a
figure that nobody measured costs more than it says.
"""

import doctest
import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from autograd_nn import draw
from autograd_nn.cli import main

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
TOUR = (CHECKOUT / "docs" / "tour.md").read_text(encoding="utf-8")
EXAMPLES = sorted(path.name for path in (CHECKOUT / "examples").glob("*.py"))
QUOTE = CHECKOUT / "benchmarks" / "quote.py"


def module_of(path):
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def links(text):
    """Where links and pictures lead, without those to other sites."""
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return sorted({link for link in found if "://" not in link})


def headings(text):
    """The anchors that a page has, as GitHub and Sphinx make them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_it_is_read_in_one_go():
    lines = README.splitlines()
    assert len(lines) <= 90
    written = [x for x in lines if not re.match(r"python3 |- .* times as long", x)]
    assert max(map(len, written)) <= 100
    cards = re.split(r"^## ", README, flags=re.MULTILINE)[1:]
    assert [card.split("\n")[0] for card in cards] == ["Draw", "Check", "Train", "Run fast"]
    assert all(len(card.split("\n\n[Learn]")[0].splitlines()) <= 14 for card in cards)


@pytest.mark.parametrize("link", links(README))
def test_a_link_of_the_readme_leads_somewhere(link):
    path, _, anchor = link.partition("#")
    target = CHECKOUT / path
    assert target.exists()
    assert not anchor or anchor in headings(target.read_text(encoding="utf-8"))


@pytest.mark.parametrize("link", links(TOUR))
def test_a_link_of_the_tour_leads_somewhere(link):
    path, _, anchor = link.partition("#")
    target = (CHECKOUT / "docs" / path) if path else CHECKOUT / "docs" / "tour.md"
    assert target.exists()
    assert not anchor or anchor in headings(target.read_text(encoding="utf-8"))


def test_the_example_has_seven_lines_and_the_picture_is_the_one_that_it_draws():
    """``python examples/moving_picture.py --readme`` writes it anew."""
    block = re.search(r"```python\n(.*?)```\n\n!\[.*?\]\((.*?)\)", README, re.DOTALL)
    parsed = doctest.DocTestParser().get_examples(block[1])
    assert len(parsed) == 8  # the last line draws
    names = {}
    for example in parsed:
        exec(compile(example.source, "README.md", "single"), names)
    picture = draw(names["loss"]).pipe(format="svg", encoding="utf-8")
    assert picture == (CHECKOUT / block[2]).read_text(encoding="utf-8")


def test_the_picture_that_steps_is_the_one_that_its_example_writes(tmp_path, monkeypatch):
    moving_picture = module_of(CHECKOUT / "examples" / "moving_picture.py")
    monkeypatch.setattr("sys.argv", ["moving_picture.py", "--out", str(tmp_path)])
    moving_picture.main()
    made = (tmp_path / "stepping.svg").read_text(encoding="utf-8")
    assert made == (CHECKOUT / "examples" / "stepping.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme:dark" in made
    assert "prefers-reduced-motion:reduce" in made
    assert not re.search(r"(href|src|url|@import|<script)", made)
    # Every number of the picture has a moment at which it appears, and so has every arrow.
    for part in re.findall(r'id="([ds]\d+|e\d+-\d+|back\d+-\d+)"', made):
        brought = re.search(rf"#{part}[,{{]", made)
        is_leaf = part[0] == "d" and f'id="o{part[1:]}"' not in made
        assert bool(brought) != is_leaf, part
    steps = re.findall(r'<text id="say\d+"[^>]*>(.*?)</text>', made)
    assert steps[:3] == ["forward: w · x = 10", "forward: error = w · x − t = 3",
                         "forward: loss = error² = 9"]  # fmt: skip
    assert "backward: d loss/d w = 2 · error · x = 2 · 3 · 5 = 30" in steps[3:]


@pytest.mark.parametrize("page", ["README.md", "docs/tour.md"])
def test_each_command_line_that_is_shown_runs(page, tmp_path, monkeypatch, capsys):
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("file.py").write_text(
        "def loss(w): return (w * 5 - 7) ** 2\ndef slope(w): return 10 * (w * 5 - 7)\n"
    )
    shown = re.findall(r"`autograd-nn ([^`]+)`", text)
    assert len(shown) >= 2
    for command in shown:
        assert main(shlex.split(command)) == 0, command


def test_every_example_is_in_the_tours_table_and_takes_out():
    table = TOUR[TOUR.index("## Examples") :]
    assert set(re.findall(r"`(\w+\.py)`", table)) == set(EXAMPLES)
    without = [
        name
        for name in EXAMPLES
        if '"--out"' not in (CHECKOUT / "examples" / name).read_text(encoding="utf-8")
    ]
    assert without == []


def test_the_first_command_runs_what_is_there():
    first = re.search(r"^python3 -m venv .*$", README, re.MULTILINE)[0]
    assert (CHECKOUT / first.split(".venv/bin/python ")[-1]).is_file()
    extras = set(re.findall(r"'\.\[([\w,]+)\]'", README))
    metadata = (CHECKOUT / "setup.cfg").read_text(encoding="utf-8")
    for extra in {name for names in extras for name in names.split(",")}:
        assert re.search(rf"^{extra} =", metadata, re.MULTILINE), extra


@pytest.mark.skipif(not QUOTE.exists(), reason="the benchmarks are not here")
def test_the_figures_are_those_that_were_measured():
    """``python -m benchmarks.quote README.md`` writes the lines anew."""
    assert len(re.findall("<!-- measured ", README)) == 2
    assert module_of(QUOTE).quoted(README) == README
