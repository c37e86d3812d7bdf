"""What the theme and Sphinx leave to be mended in a page, for readers who hear it or use keys.

* Captions of the navigation are headings of no level.
* Code and tables wider than the window are scrolled by keys only where they take the focus.
* A signature of many lines is a list of definitions without terms.

And for those who follow links: Sphinx reads no source of a compiled module, and the links from a
source back to its page are right only where the module is also the name's public home.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

_LINES = re.compile(r"<dl>\n((?:<dd>.*?</dd>\n)+)</dl>", re.DOTALL)
_BACK = re.compile(r'<a class="viewcode-back"[^>]*>\[docs\]</a>')


def mended(body: str) -> str:
    """The body of a page."""
    body = body.replace("<pre>", '<pre tabindex="0">')
    body = body.replace("\n\n</pre>", "\n</pre>")
    body = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
    body = _LINES.sub(lambda found: f'<span class="sig-lines">\n{_lines(found[1])}</span>', body)
    return _BACK.sub("", body)


def _lines(items: str) -> str:
    return items.replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")


def _page(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    if "body" in context:
        context["body"] = mended(context["body"])
    if "furo_navigation_tree" in context:
        level = 'role="heading" aria-level="2"'
        navigation = context["furo_navigation_tree"].replace('role="heading"', level)
        context["furo_navigation_tree"] = navigation


def _source(app: Sphinx, module: str) -> tuple[str, dict[str, Any]] | None:
    """The source of a compiled module, which lies beside it."""
    path = Path(getattr(import_module(module), "__file__", None) or "")
    if path.suffix == ".py" or not path.parent.is_dir():
        return None
    beside = path.with_name(f"{module.rpartition('.')[2]}.py")
    source = beside.read_text(encoding="utf-8")
    tags = ModuleAnalyzer.for_string(source, module).find_tags()
    return source, tags


def setup(app: Sphinx) -> dict[str, bool]:
    """Mend after the theme has filled in the page."""
    app.connect("html-page-context", _page, priority=900)
    app.connect("viewcode-find-source", _source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
