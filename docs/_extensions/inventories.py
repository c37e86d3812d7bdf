"""What of other projects our pages name, as inventories that Sphinx reads without a network.

Each file ``inventories/NAME.txt`` says in its first line where that project's reference is, and
then, a line each, ``kind name page``: ``py:class float library/functions.html#float``.
"""

from __future__ import annotations

import zlib
from pathlib import Path


def mapping(docs: Path) -> dict[str, tuple[str, str]]:
    """Write the inventories under ``build`` and return what ``intersphinx_mapping`` wants."""
    found = {}
    for source in sorted((docs / "inventories").glob("*.txt")):
        target = docs.parent / "build" / "inventories" / f"{source.stem}.inv"
        target.parent.mkdir(parents=True, exist_ok=True)
        address, *lines = source.read_text(encoding="utf-8").splitlines()
        target.write_bytes(inventory(source.stem, lines))
        found[source.stem] = (address, str(target))
    return found


def inventory(project: str, lines: list[str]) -> bytes:
    """The bytes of an ``objects.inv`` of version 2."""
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    entries = []
    for kind, name, page in (line.split() for line in lines if line.strip()):
        entries.append(f"{name} {kind} 1 {page} -\n")
    return head.encode() + zlib.compress("".join(entries).encode())
