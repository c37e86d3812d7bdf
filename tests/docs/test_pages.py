"""The pages: code that is shown but never run goes wrong without a word."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if "generated" not in path.parts]
BLOCK = re.compile(
    r"^( *)```(?:\{code-block\} )?(python|py|pycon)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_every_block_of_python_is_run(path):
    """As examples by pytest, as cells by the build, as answers of lessons by ``test_lessons``, or
    by a test that reads the comment before it; "not run" gives a reason there."""
    text = path.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        before = text[: found.start()].rstrip().rpartition("\n")[2]
        run = (
            ">>> " in found[3]
            or found[3].startswith("# test_")
            or re.match(r"<!-- (run|into .*|not run: .*) -->", before)
        )
        assert run, f"nothing runs the block that begins with {found[3].splitlines()[0]!r}"


def test_there_are_pages():
    assert len(PAGES) > 15
