"""Mathematics as MathML, which browsers draw themselves: no script, no fonts, no request.

The translator from LaTeX is that of docutils.  What it does not know is a warning with the formula.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

_NAME = re.compile(r"\\operatorname\{((?:[^{}\\]|\\_)*)\}")


def mathml(tex: str, block: bool = False) -> str:
    r"""A formula as MathML.

    >>> "leaky_relu" in mathml(r"\operatorname{leaky\_relu}(x)")
    True
    """
    # The translator keeps the backslash of an escaped underscore in a name.
    tex = _NAME.sub(lambda name: rf"\operatorname{{{name[1].replace(chr(92), '')}}}", tex)
    return str(tex2mathml(tex, as_block=block))


def _visit(self: Any, node: nodes.Element) -> None:
    block = isinstance(node, nodes.math_block)
    try:
        text = mathml(node.astext(), block)
    except MathError as error:
        logging.getLogger(__name__).warning(
            "no MathML for %r: %s", node.astext(), error, location=node
        )
        text = f"<code>{self.encode(node.astext())}</code>"
    opening = self.starttag(node, "div" if block else "span", "", CLASS="math")
    self.body.append(opening + text + ("</div>\n" if block else "</span>"))
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (_visit, None), (_visit, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
