"""Pages that are written from the package itself, anew at every build, into ``generated``."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

FOLDER = Path(__file__).parents[1] / "generated"


def write(name: str, text: str) -> None:
    """Write a file of ``generated``; one that did not change keeps its date and is not read anew."""
    target = FOLDER / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def write_all(app: Sphinx) -> None:
    """Write every page that is made from the package."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before Sphinx looks for pages."""
    app.connect("builder-inited", write_all, priority=1)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
