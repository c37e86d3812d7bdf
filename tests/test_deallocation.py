"""Deep graphs are freed without recursion and without touching memory that is not theirs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_nn

CHAINS_AND_TREES = """
from autograd_nn import Value
x = Value(1.0)
for length in (10, 60, 1000, 30000):
    kept = []
    v = x
    for i in range(length):
        v = v * x + 0.5
        if i % 97 == 0:
            kept.append(v)
    del v
    kept.clear()
row = [Value(1.0) for _ in range(4096)]
while len(row) > 1:
    row = [a + b for a, b in zip(row[::2], row[1::2])]
del row
print("freed")
"""


@pytest.mark.parametrize("allocator", ["debug", "pymalloc"])
def test_deep_graphs_are_freed_under_an_allocator_that_checks_its_memory(allocator):
    """The debugging allocator ends the process at the first byte written outside an object."""
    environment = os.environ | {
        "PYTHONMALLOC": allocator,
        "PYTHONPATH": str(Path(autograd_nn.__file__).parents[1]),
    }
    run = subprocess.run(
        [sys.executable, "-P", "-c", CHAINS_AND_TREES],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (run.returncode, run.stdout) == (0, "freed\n"), run.stderr[-2000:]
