"""Pages that are written from the package itself, anew at every build, into ``generated``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import house
import measured
import operations
import reference
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject  # type: ignore[attr-defined]

FOLDER = Path(__file__).parents[1] / "generated"


def write(name: str, text: str) -> None:
    """Write a file of ``generated``; it keeps its date if it is the same."""
    target = FOLDER / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def write_all(app: Sphinx) -> None:
    """Write every page that is made from the package."""
    pages = reference.pages()
    for name, text in pages.items():
        write(name, text)
    for old in (FOLDER / "reference").glob("*.rst"):
        if f"reference/{old.name}" not in pages:
            old.unlink()
    write("operations.rst", operations.page())
    write("benchmarks.rst", measured.page())
    write("rooms.rst", house.table())
    write("house.svg", house.picture())


def skip_foreign(app: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any) -> Any:
    """Leave out members that another package adds to a class of ours."""
    home = getattr(member, "__module__", None) or ""
    return True if home.split(".")[0] == "sklearn" else None


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before Sphinx looks for pages."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # as the docstrings call them
    app.connect("builder-inited", write_all, priority=1)
    app.connect("autodoc-skip-member", skip_foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
