"""Machine code among threads and processes.

Threads that share buffers of callbacks, a child that waits for ever for a lock that its parent
held, or memory that grows with every call: each stops a user's server, and none shows in one run.
"""

import ctypes
import gc
import multiprocessing
import os
import sys
import threading

import numpy as np
import pytest
from native_rows import computed, items_of, put_computed, values_of

from autograd_nn.jit.backends.native.machine import MachineCode
from autograd_nn.jit.backends.native.program import compile
from autograd_nn.ops import CODES


def test_threads_compile_and_run_at_once():
    codes = [CODES[name] for name in ("exp", "tanh", "sin", "log1p", "erf", "digamma", "mills")]
    want = {code: computed(code) for code in codes}
    wrong = []

    def work(k):
        for code in codes[k % 7 :] + codes[: k % 7]:
            if not np.array_equal(computed(code), want[code]):
                wrong.append(code)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_one_code_runs_in_many_threads_each_on_its_own_buffers():
    items, sizes = items_of(CODES["digamma"])
    code, want, wrong = compile(items, sizes), computed(CODES["digamma"]), []

    def work():
        for _ in range(20):
            values = values_of(sizes[0])
            code.bind([values, np.zeros(sizes[0])])()
            if not np.array_equal(values, want):
                wrong.append(values)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("how", ["spawn", "fork"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_compiles_while_its_parent_does(how):
    if how not in multiprocessing.get_all_start_methods():
        pytest.skip("not on this system")
    context, busy = multiprocessing.get_context(how), True
    text = "define i64 @f{0}(i64 %x) {{\n  %y = add i64 %x, {0}\n  ret i64 %y\n}}\n"

    def work():
        k = 0
        while busy:
            k += 1
            MachineCode(text.format(k))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        queue = context.Queue()
        process = context.Process(target=put_computed, args=(queue, CODES["cosh"]))
        process.start()
        found = queue.get(timeout=100)
        process.join()
    finally:
        busy = False
        thread.join()
    np.testing.assert_array_equal(found, computed(CODES["cosh"]))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_calls_leave_no_memory_behind():
    items, sizes = items_of(CODES["mills"])
    bound = compile(items, sizes).bind([values_of(sizes[0]), np.zeros(sizes[0])])

    def resident():
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(200):
        bound()
    before = resident()
    for _ in range(3000):
        bound()
    assert resident() - before < 2**21


def test_code_that_is_not_used_any_more_is_given_back():
    def make():
        return MachineCode("define i64 @f(i64 %x) {\n  ret i64 %x\n}\n")

    function = make().function("f", ctypes.c_int64, ctypes.c_int64)
    assert function(3) == 3  # the function keeps its code
    for _ in range(50):
        make()
