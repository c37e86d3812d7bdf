"""The pages of the reference: an entry for every public name, from its docstring and types.

What is public is what the package says: the names of ``autograd_nn.__all__`` and of the
``__all__`` of each of its public modules.  A name that several modules offer has one entry; the
others point to it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from pathlib import Path
from typing import Any, NamedTuple

import autograd_nn

#: The modules, in the order of the pages, and what each page is called; others follow.
TITLES = {
    "autograd_nn": "Values and the graph",
    "transforms": "Derivatives",
    "functions": "Functions",
    "linalg": "Linear algebra",
    "jit": "The jit",
    "checking": "Checking slopes",
    "drawing": "Drawing",
    "nn": "Networks",
    "losses": "Losses",
    "optim": "Optimisers",
    "training": "Training",
    "metrics": "Metrics",
    "saving": "Saving",
    "optimize": "Optimisation with SciPy",
    "implicit": "Derivatives of solutions",
    "errors": "Errors",
    "sklearn": "scikit-learn",
    "keras": "Keras's names",
    "micrograd": "micrograd's names",
}
#: What comes first on the first page, which holds the names that no public module has.
_FIRST = ("Value", "parameter", "no_grad", "detect_anomaly", "scope", "custom_op")
_HEAD = """
{title}
{line}

.. currentmodule:: {module}

"""


class Entry(NamedTuple):
    """A public name: its module's full name, its own, what it is, and where it is described."""

    module: str
    name: str
    found: Any
    home: str

    @property
    def full(self) -> str:
        """The dotted name."""
        return f"{self.module}.{self.name}"


def titles() -> dict[str, str]:
    """The title of each page, the package's own first; a module without one has its name."""
    others = {name: name for name in autograd_nn._MODULES if name not in TITLES}
    return {**TITLES, **others}


def full_name(module: str) -> str:
    """The import path of a public module."""
    home = autograd_nn._MODULES.get(module, module)
    return "autograd_nn" if module == "autograd_nn" else f"autograd_nn.{home}"


def entries() -> dict[str, list[Entry]]:
    """Every public name by the page that shows it."""
    homes: dict[int, str] = {}
    pages: dict[str, list[Entry]] = {}
    for page in titles():
        module, pages[page] = full_name(page), []
        for name in _names(page):
            found = getattr(sys.modules[module], name)
            home = homes.setdefault(id(found), f"{module}.{name}")
            pages[page].append(Entry(module, name, found, home))
    return pages


def _names(page: str) -> tuple[str, ...]:
    if page == "autograd_nn":
        roomed = {name for other in titles() if other != page for name in _all_of(other)}
        own = [name for name in autograd_nn.__all__ if name not in {*roomed, *titles(), *_FIRST}]
        return (*_FIRST, *own)
    return _all_of(page)


def _all_of(page: str) -> tuple[str, ...]:
    """The ``__all__`` of a module, found by its name in full: ``jit`` is a function beside it."""
    importlib.import_module(full_name(page))
    return tuple(sys.modules[full_name(page)].__all__)


def page_of(title: str, module: str, found: list[Entry]) -> str:
    """A page in reStructuredText: what the module says of itself, then its names."""
    text = _HEAD.format(title=title, line="=" * len(title), module=module)
    if module != "autograd_nn":
        text += f"``{module}``\n\n.. automodule:: {module}\n   :no-members:\n   :no-index:\n\n"
    return text + "\n".join(map(_entry, found))


def _entry(entry: Entry) -> str:
    if entry.home != entry.full:
        return f"``{entry.full}`` is :py:obj:`{entry.home}`.\n"
    if entry.found is autograd_nn.Value:
        return _compiled_class(entry)
    if inspect.isclass(entry.found):
        options = ["members", "show-inheritance"]
        kind = "autoexception" if issubclass(entry.found, BaseException) else "autoclass"
        lines = "".join(f"   :{option}:\n" for option in options)
        return f".. {kind}:: {entry.full}\n{lines}"
    if callable(entry.found):
        return f".. autofunction:: {entry.full}\n"
    return f".. py:data:: {entry.full}\n\n   {_contents(entry.found)}\n"


def _compiled_class(entry: Entry) -> str:
    """A class whose modules may be compiled: its members in the order of the source.

    Names that only repeat another one, as NumPy's do, are listed after the others.
    """
    text = f".. autoclass:: {entry.full}\n\n"
    others = []
    for name in members_in_order(entry.found):
        doc = inspect.getdoc(getattr(entry.found, name)) or ""
        if doc.startswith("NumPy's name for"):
            others.append(f"``{name}``")
            continue
        kind = "automethod" if callable(getattr(entry.found, name)) else "autoattribute"
        text += f"   .. {kind}:: {entry.full}.{name}\n"
    return text + f"\n   NumPy's names work too: {', '.join(others)}.\n"


def members_in_order(owner: type) -> list[str]:
    """The public members of a class, its own before those of its bases, as the sources have them.

    >>> members_in_order(autograd_nn.Value)[:3]
    ['data', 'grad', 'relu']
    """
    found: dict[str, None] = {}
    for base in owner.__mro__[:-1]:
        path = Path(autograd_nn.__file__).parents[1] / f"{base.__module__.replace('.', '/')}.py"
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name == base.__name__:
                methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
                found |= dict.fromkeys(method.name for method in methods)
    return [
        name for name in found if not name.startswith("_") and inspect.getdoc(getattr(owner, name))
    ]


def _contents(found: Any) -> str:
    """What a table of the package holds."""
    if isinstance(found, dict):
        return "A dict by name: " + ", ".join(f"``{key}``" for key in found) + "."
    public = [name for name in vars(found) if not name.startswith("_")]
    return "Holds " + ", ".join(f"``{name}``" for name in public) + "."


def first_sentence(found: Any) -> str:
    """The first sentence of a docstring, on one line."""
    doc = inspect.getdoc(found) or ""
    paragraph = " ".join(doc.split("\n\n")[0].split())
    return paragraph.split(".  ")[0].rstrip(".:") + ("." if paragraph else "")


def index(pages: dict[str, list[Entry]]) -> str:
    """The page of all public names, a line each."""
    rows = []
    for page, found in pages.items():
        rows += [f"   * - **{titles()[page]}**\n     - ``{full_name(page)}``"]
        for entry in found:
            says = first_sentence(entry.found) if callable(entry.found) else "A table of names."
            rows.append(f"   * - :py:obj:`{entry.name} <{entry.home}>`\n     - {says}")
    title = "All public names"
    head = f"{title}\n{'=' * len(title)}\n\n"
    head += (
        "Those of the first page, and those that stand in ``autograd_nn.__all__``, are imported\n"
    )
    head += "from ``autograd_nn`` itself.\n\n"
    return head + ".. list-table::\n   :widths: 30 70\n\n" + "\n".join(rows) + "\n"


def pages() -> dict[str, str]:
    """The texts of the pages, by file name."""
    found = entries()
    texts = {f"reference/{page}.rst": page_of(titles()[page], full_name(page), names)
             for page, names in found.items()}  # fmt: skip
    return {**texts, "reference/names.rst": index(found)}
