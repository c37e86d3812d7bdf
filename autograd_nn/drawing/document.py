"""HTML documents of one file: their own script and style, by their hashes, and data as JSON.

Nothing else may run in them, and they ask for nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib import resources

from autograd_nn.drawing.palette import css

__all__ = ["asset", "colours", "document", "framed", "in_notebook", "script_of"]

# A frame takes light or dark from the scheme of its element: JupyterLab and exported notebooks say
# theirs on the body, VS Code by a class, Colab on the root, sites of documentation by data-theme.
_AS_THE_NOTEBOOK = (
    "<style>.autograd-nn{color-scheme:light dark}"
    "[data-jp-theme-light=true] .autograd-nn,.vscode-light .autograd-nn,"
    "[theme=light] .autograd-nn,[data-theme=light] .autograd-nn{color-scheme:light}"
    "[data-jp-theme-light=false] .autograd-nn,.vscode-dark .autograd-nn,"
    "[theme=dark] .autograd-nn,[data-theme=dark] .autograd-nn{color-scheme:dark}</style>"
)


def asset(name: str) -> str:
    """The text of a file of the pages."""
    return resources.files(__package__).joinpath("web", name).read_text("utf-8")


def script_of(*parts: str) -> str:
    """One script of several, in a scope of its own."""
    return f"(function () {{\n'use strict';\n{''.join(parts)}}}());"


def colours(dark: str) -> str:
    """The rules of a picture's colours: light, dark under the selector ``dark``, or by the system.

    ``dark`` is "" where the system alone decides.
    """
    system = css("dark", f":root[{'data-theme=auto' if dark else 'lang'}] ")
    chosen = css("dark", f"{dark} ") if dark else ""
    return f"{css('light')}{chosen}@media (prefers-color-scheme: dark) {{ {system} }}"


def document(frame: str, holes: dict[str, str], style: str, script: str, data: object) -> str:
    """A frame with its holes filled: ``@@NAME@@``, and POLICY, STYLE, SCRIPT and DATA."""
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = {**holes, "POLICY": policy, "STYLE": style, "SCRIPT": script, "DATA": _json(data)}
    parts = frame.split("@@")
    return "".join(filled[part] if i % 2 else part for i, part in enumerate(parts))


def framed(text: str, title: str, height: float) -> str:
    """A document inside of a notebook's cell; ``title`` is escaped.

    It is sandboxed without ``allow-same-origin``: its script sees nothing of the notebook.
    """
    # Between single quotes: a document is full of double ones, which would become &quot;.
    held = html.escape(text, quote=False).replace("'", "&#39;")
    return (
        f'{_AS_THE_NOTEBOOK}<iframe class="autograd-nn" sandbox="allow-scripts" title="{title}" '
        f'loading="lazy" style="width:100%;height:{height:.0f}px;border:1px solid #8884;'
        f"border-radius:8px;resize:vertical\" srcdoc='{held}'></iframe>"
    )


def in_notebook(inner: str, ground: str = "none") -> str:
    """HTML for a cell whose colours are those of ``light-dark(...)``.

    What is wider than the cell is scrolled, by keys too: so it takes the focus.
    """
    return (
        f'{_AS_THE_NOTEBOOK}<div class="autograd-nn" tabindex="0" '
        f'style="background:{ground};overflow-x:auto;border-radius:6px">{inner}</div>'
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(found: object) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(found, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
