"""Machine code is made, kept and linked, or one clear signal says why not.

A user without llvmlite, with an old one, or on a host that forbids code made at run time must get
the next backend, not an exception from the inside of a compiler, and not a crash.
"""

import ctypes
import subprocess
import sys
import types

import pytest

from autograd_nn.errors import BackendError
from autograd_nn.jit.backends.native import machine
from autograd_nn.jit.backends.native.cache import CodeCache
from autograd_nn.jit.backends.native.machine import MachineCode, Target, host

DOUBLED = "define i64 @f(i64 %x) {\n  %y = add i64 %x, %x\n  ret i64 %y\n}\n"
CALLS = (
    "define double @f(double %x) {\n  %y = call double @own(double %x)\n  ret double %y\n}\n"
    "declare double @own(double)\n"
)


def run(code, x=21):
    return code.function("f", ctypes.c_int64, ctypes.c_int64)(x)


@pytest.fixture
def fresh():
    """As if the backend had not been used yet; and so again afterwards."""
    machine.llvm.cache_clear()
    yield
    machine.llvm.cache_clear()


def test_text_becomes_a_function():
    assert run(MachineCode(DOUBLED)) == 42
    assert run(MachineCode(DOUBLED, passes=1)) == 42


def test_a_function_keeps_its_code_alive():
    function = MachineCode(DOUBLED).function("f", ctypes.c_int64, ctypes.c_int64)
    assert [function(x) for x in range(3)] == [0, 2, 4]


def test_code_from_the_cache_is_linked_to_what_is_there_now(tmp_path):
    kept = CodeCache(tmp_path / "code")
    kind = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
    for k, own in enumerate((kind(lambda x: x + 1.0), kind(lambda x: x * 10.0))):
        symbols = {"own": ctypes.cast(own, ctypes.c_void_p).value}
        made = MachineCode(CALLS, symbols, kept=kept)
        assert made.from_cache == bool(k)
        assert made.function("f", ctypes.c_double, ctypes.c_double)(5.0) == (6.0, 50.0)[k]


def test_the_cache_tells_processors_and_options_apart(tmp_path):
    kept = CodeCache(tmp_path / "code")
    MachineCode(DOUBLED, kept=kept)
    other = Target(host().cpu, "", 2, host().fused)
    assert not MachineCode(DOUBLED, kept=kept, target=other).from_cache
    assert not MachineCode(DOUBLED, kept=kept, passes=1).from_cache
    assert MachineCode(DOUBLED, kept=kept).from_cache
    assert run(MachineCode(DOUBLED, kept=kept)) == 42


def test_a_damaged_entry_is_compiled_again(tmp_path):
    kept = CodeCache(tmp_path / "code")
    MachineCode(DOUBLED, kept=kept)
    (path,) = kept.folder.glob("*.code")
    path.write_bytes(path.read_bytes()[:100])
    again = MachineCode(DOUBLED, kept=kept)
    assert not again.from_cache
    assert run(again) == 42


@pytest.mark.parametrize("text", ["nonsense", "define i64 @f() {\n  ret i64 %x\n}\n"])
def test_text_that_llvm_refuses_is_the_one_signal(text):
    with pytest.raises(BackendError, match="LLVM failed"):
        MachineCode(text)


@pytest.mark.usefixtures("fresh")
def test_without_llvmlite(monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    with pytest.raises(BackendError, match="llvmlite cannot be imported"):
        machine.llvm()


@pytest.mark.usefixtures("fresh")
def test_with_an_old_llvmlite(monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite", types.SimpleNamespace(__version__="0.44.1"))
    with pytest.raises(BackendError, match=r"0\.44\.1 is too old: 0\.45 or newer"):
        machine.llvm()


@pytest.mark.usefixtures("fresh")
def test_with_a_newer_llvmlite_than_was_tested(monkeypatch):
    monkeypatch.setattr(sys.modules["llvmlite"], "__version__", "0.99.0")
    with pytest.warns(RuntimeWarning, match=r"tested with llvmlite up to 0\.50, and here is 0\.99"):
        machine.llvm()
    machine.llvm()  # once; warnings are errors here


FORBIDDEN = """
import ctypes, sys
from autograd_nn.errors import BackendError
from autograd_nn.jit.backends.native.machine import host
PR_SET_MDWE, REFUSE = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE, 0, 0, 0):
    sys.exit("this kernel cannot forbid it")
try:
    host()
except BackendError as error:
    print(error)
from autograd_nn.jit import jit
square = jit(lambda x: x * x)
for _ in range(3):
    assert square.value_and_grad(3.0) == (9.0, 6.0)
print(square.program(3.0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="forbidden by Linux's prctl")
def test_a_host_that_forbids_written_pages_to_run():
    done = subprocess.run(
        [sys.executable, "-c", FORBIDDEN], capture_output=True, text=True, check=False
    )
    if "this kernel cannot forbid it" in done.stderr:
        pytest.skip("this kernel cannot forbid it")
    assert done.returncode == 0, done.stderr
    assert "lets no program run code that it has written" in done.stdout
    assert "run by numpy" in done.stdout


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing_half_done(monkeypatch, tmp_path, error):
    kept, original = CodeCache(tmp_path / "code"), machine._compiled

    def interrupted(*given):
        original(*given)
        raise error

    monkeypatch.setattr(machine, "_compiled", interrupted)
    with pytest.raises(error):
        MachineCode(DOUBLED, kept=kept)
    monkeypatch.undo()
    assert kept.counts().entries == 0
    again = MachineCode(DOUBLED, kept=kept)
    assert not again.from_cache
    assert run(again) == 42
