"""The scripts of ``examples/`` as pages of a gallery: each is run, with ``--quick``.

sphinx-gallery wants a title over each script's docstring and finds pictures of matplotlib only.
The scripts stay as they are: copies with a title are made before it reads them, and the pictures
are those that a script wrote to its folder.
"""

from __future__ import annotations

import ast
import hashlib
import re
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx_gallery.scrapers import figure_rst

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs" / "generated" / "sources"
PICTURES = ROOT / "build" / "examples"
_KINDS = (".png", ".svg")
_EXIT = sys.exit


def title_of(docstring: str) -> str:
    """A short title from the first sentence of a script's docstring.

    >>> title_of("Two moons: micrograd's demo.  Takes 5 seconds.")
    'Two moons'
    """
    sentence = re.split(r"[.:](?:\s|$)", docstring, maxsplit=1)[0].replace("\n", " ")
    return sentence if len(sentence) <= 50 else sentence.split(", ")[0]


def with_title(source: str) -> str:
    """The script, its docstring as a page: a title, and commands as literal blocks."""
    docstring = ast.get_docstring(ast.parse(source), clean=True) or ""
    title = title_of(docstring)
    page = re.sub(r"\n\n(    python )", r"\n\n.. code-block:: console\n\n\1", docstring)
    _, rest = source.split('"""', 1)[1].split('"""', 1)
    return f'r"""\n{title}\n{"=" * len(title)}\n\n{page}\n"""\n{rest.lstrip()}'


@cache
def package_mark() -> str:
    """What the package's sources are, in a few letters: what was run with others is run again."""
    found = hashlib.sha256()
    for path in sorted((ROOT / "autograd_nn").rglob("*")):
        if path.suffix in (".py", ".js", ".css"):
            found.update(path.read_bytes())
    return found.hexdigest()[:12]


def copy_examples() -> None:
    """Make the copies anew; one that did not change keeps its date, so that it is not run again."""
    SOURCES.mkdir(parents=True, exist_ok=True)
    mark = SOURCES.parent / "package.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != package_mark():
        shutil.rmtree(SOURCES.parent / "examples", ignore_errors=True)
        mark.write_text(package_mark(), encoding="utf-8")
    wanted = {"README.rst": (ROOT / "docs" / "_extensions" / "gallery_head.rst").read_text("utf-8")}
    for script in sorted((ROOT / "examples").glob("*.py")):
        wanted[script.name] = with_title(script.read_text(encoding="utf-8"))
    for beside in (ROOT / "examples").glob("*.txt"):
        wanted[beside.name] = beside.read_text(encoding="utf-8")
    for old in SOURCES.iterdir():
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        target = SOURCES / name
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def arguments(gallery_conf: Any, script_vars: dict[str, Any]) -> list[str]:
    """The command line of a script: a folder for its pictures, and the short run it offers.

    The script finds its own docstring and file, as it does when it is run by itself.
    """
    source = Path(script_vars["src_file"]).read_text(encoding="utf-8")
    itself = {"__doc__": ast.get_docstring(ast.parse(source)), "__file__": script_vars["src_file"]}
    script_vars["example_globals"].update(itself)
    found = ["--quick"] if '"--quick"' in source else []
    return [*found, "--out", str(_folder(script_vars))] if '"--out"' in source else found


def reset(gallery_conf: Any, fname: str, when: str) -> None:
    """Around each script: an end by ``sys.exit(0)`` is its end alone, any other is an error."""

    def ended(status: object = 0) -> None:
        if status:
            raise RuntimeError(f"{fname} ended with status {status}")

    sys.exit = ended if when == "before" else _EXIT  # type: ignore[assignment]
    if when == "before":
        shutil.rmtree(PICTURES / Path(fname).stem, ignore_errors=True)


def written_pictures(block: Any, block_vars: dict[str, Any], gallery_conf: Any) -> str:
    """The pictures that the script wrote, each where sphinx-gallery looks for one."""
    paths = block_vars["image_path_iterator"]
    shown = []
    for picture in sorted(_folder(block_vars).glob("*")):
        if picture.suffix in _KINDS:
            target = Path(next(paths)).with_suffix(picture.suffix)
            shutil.copyfile(picture, target)
            picture.unlink()
            shown.append(str(target))
    return figure_rst(shown, gallery_conf["src_dir"]) if shown else ""


def _folder(block_vars: dict[str, Any]) -> Path:
    return PICTURES / Path(block_vars["src_file"]).stem


def setup(app: Sphinx) -> dict[str, bool]:
    """Copy before anything is read."""
    app.connect("config-inited", lambda *_: copy_examples(), priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
