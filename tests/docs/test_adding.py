"""The page on adding an operation: whoever follows it must end with one that works everywhere."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import autograd_nn

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "inside" / "adding.md").read_text(encoding="utf-8")
INSERTED = re.compile(
    r'<!-- into (\S+) before "([^\n]*)" -->\n```{code-block} python\n(.*?)```', re.DOTALL
)


def test_the_changes_of_the_page_make_the_operation_work(tmp_path):
    package = Path(autograd_nn.__file__).parent
    leave = shutil.ignore_patterns("*.so", "*.pyd", "*.txt", "__pycache__")
    shutil.copytree(package, tmp_path / "autograd_nn", ignore=leave)
    changes = INSERTED.findall(PAGE)
    assert len(changes) == 4
    for name, before, lines in changes:
        path = tmp_path / name
        text, place = path.read_text(encoding="utf-8"), before.replace('\\"', '"')
        assert text.count(place) == 1, f"{name} has no one place {place!r}"
        path.write_text(text.replace(place, lines + place), encoding="utf-8")
    script = PAGE.split("<!-- run -->\n```python\n")[1].split("```")[0]
    inside = os.environ | {"PYTHONPATH": str(tmp_path), "AUTOGRAD_NN_CACHE": "0"}
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=inside, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "the row works everywhere" in run.stdout
