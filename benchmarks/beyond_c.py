"""Programs as C beside the same programs run as machine code here, on the workloads of the jit.

The file is compiled by gcc or clang with ``-O3 -march=native`` and called through ctypes with
arrays that lie ready.  "native" is the machine code of this package on buffers that lie ready,
with the arguments loaded, and "native, whole call" what a user of Python waits for.  With rows
there is only the latter.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import compare, interleaved, pin_threads, report

FLAGS = ["-std=c99", "-O3", "-march=native"]
#: The two largest take minutes to compile, and show what "irregular" does.
LEFT_OUT = ("irregular-long",)


def compiled(text: str, compiler: str) -> tuple[ctypes.CDLL, float, int]:
    """The library of a file, the seconds it took, and the size of its code."""
    folder = Path(tempfile.mkdtemp())
    source, target = folder / "made.c", folder / "made.so"
    source.write_text(text)
    start = time.perf_counter()
    command = [compiler, *FLAGS, "-shared", "-fPIC", str(source), "-o", str(target), "-lm"]
    subprocess.run(command, check=True)
    spent = time.perf_counter() - start
    return ctypes.CDLL(str(target)), spent, target.stat().st_size


def contestants(part: Any, form: str, compilers: list[str]) -> dict[str, Callable[[], Any]]:
    """Who computes the value and the gradient of a workload; prints what compiling took."""
    import numpy as np

    from autograd_nn.jit import jit
    from autograd_nn.jit.capture.call import Call, Wanted

    f, rows, reduce = part.forms[form]
    jitted = jit(f, rows=rows, reduce=reduce, backend="native")
    program = jitted.program(*part.args)
    call = Call(part.args, jitted.row_positions)
    wanted = Wanted(call, 0, None)
    regions = program.wanted_regions(wanted)
    groups = [*call.groups, program.parameters(None)]
    work: dict[str, Callable[[], Any]] = {
        "native, whole call": lambda: program.value_and_grad(*part.args)
    }
    if not jitted.row_positions:
        frame = program._compiled(1).borrow()

        def alone() -> Any:
            with np.errstate(all="ignore"):
                assert frame.run_both(groups, regions)
            return frame.number(), frame.taken(regions)

        work["native"] = alone
    start = time.perf_counter()
    text = program.to_c("f", argnums=0)
    written = time.perf_counter() - start
    args = [np.ascontiguousarray(np.asarray(g, float)).ravel() for g in groups]
    for compiler in compilers:
        library, spent, bytes_of = compiled(text, compiler)
        print(
            f"{compiler:8}{len(text) / 1e3:10,.0f} kB of C, written in {written:.2f} s, "
            f"compiled in {spent:.1f} s to {bytes_of / 1e3:,.0f} kB"
        )
        sizes = [program.regions[k].size for k in regions]
        work[compiler] = caller(library, text, args, sizes, call.rows)
    return work


def caller(
    library: ctypes.CDLL, text: str, args: list[Any], sizes: list[int], rows: int
) -> Callable[[], Any]:
    """A call of the gradient with arrays that lie ready: the value and the slopes."""
    import numpy as np

    found = re.search(r"_WORKSPACE (\d+)", text)
    assert found is not None
    slopes = [np.zeros(size) for size in sizes]
    value, work = np.zeros(1), np.zeros(int(found[1]))
    arrays = [*(x for x in args if x.size), value, *slopes, work]
    given = [ctypes.c_void_p(x.ctypes.data) for x in arrays]
    function = library.f_gradient
    function.restype = ctypes.c_long if rows else ctypes.c_int
    front = [ctypes.c_long(rows)] if rows else []

    def run(kept: Any = arrays) -> tuple[Any, Any]:  # they must live as long as their addresses
        assert function(*front, *given) == 0
        return value, slopes

    return run


def main(rounds: int) -> list[dict[str, Any]]:
    """All workloads; returns the rows of the tables."""
    pin_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    from benchmarks.jit import flat, repeated
    from benchmarks.jit_parts import parts_of

    compilers = [name for name in ("gcc", "clang") if shutil.which(name)]
    chosen = os.environ.get("AUTOGRAD_NN_BEYOND_C", "").split(",")
    rows: list[dict[str, Any]] = []
    for name, make in parts_of().items():
        if name in LEFT_OUT or (chosen != [""] and name not in chosen):
            continue
        part = make()
        for form in part.forms:
            print(f"\n{'=' * 78}\n{part.title}, {form}")
            work = contestants(part, form, compilers)
            results, loops = {}, {}
            for who, run in work.items():
                results[who] = flat(run())
                start = time.perf_counter()
                run()
                loops[who] = repeated(run, time.perf_counter() - start)
            compare(results, rtol=1e-7)
            turns = {who: loop for who, (loop, _) in loops.items()}
            times = interleaved(turns, rounds, 6.0, time.process_time)
            each = {who: [t / loops[who][1] for t in ts] for who, ts in times.items()}
            base = "native" if "native" in each else "native, whole call"
            rows += report(f"{part.title}, {form}", each, base)
    return rows
