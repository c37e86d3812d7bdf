"""LLVM's text to machine code in this process, by the package ``llvmlite``.

``Target`` says for which processor; ``MachineCode`` holds the functions of one module of text.
Everything that can stand in the way, from a missing package to a host that forbids memory to be
written and then run, is a ``BackendError``.

What is left out: what the text says (``code``), and where object code is kept (``cache``).
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

from autograd_nn.errors import BackendError
from autograd_nn.jit.backends.native.cache import CodeCache

__all__ = ["POINTER", "MachineCode", "Target", "host", "llvm"]

#: The versions of llvmlite that the tests run with: from the first, and up to the second.
OLDEST: Final = (0, 45)
NEWEST: Final = (0, 50)
POINTER: Final = ctypes.c_void_p
#: Part of every key: what is written here in another way is compiled anew.
_FORM: Final = "1"

#: Held while LLVM works: it takes one thread at a time, and the names that code is linked to are
#: the whole process's.
_working = threading.RLock()


def _before_fork() -> None:
    _working.acquire()
    _llvmlites_lock().acquire()  # which a thread also takes to give code back


def _after_fork() -> None:
    _llvmlites_lock().release()
    _working.release()


def _llvmlites_lock() -> Any:
    """The lock that llvmlite holds in each call; our own where there is none."""
    ffi = sys.modules.get("llvmlite.binding.ffi")
    return getattr(getattr(getattr(ffi, "lib", None), "_lock", None), "_lock", _working)


if hasattr(os, "register_at_fork"):  # a child must not find them held by another thread
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )


@cache
def llvm() -> Any:
    """The module ``llvmlite.binding``, ready to compile for this processor.

    Raises:
        BackendError: it is missing, too old, or does not start.

    Warns:
        RuntimeWarning: once, if it is newer than the tests know.
    """
    try:
        version = str(import_module("llvmlite").__version__)
        binding = import_module("llvmlite.binding")
    except Exception as error:  # a broken installation raises OSError and others
        raise BackendError(f"llvmlite cannot be imported ({error})") from error
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        raise BackendError(f"llvmlite {version} is too old: {_spelled(OLDEST)} or newer is needed")
    if numbers > NEWEST:
        warnings.warn(
            f"autograd_nn is tested with llvmlite up to {_spelled(NEWEST)}, and here is {version}; "
            'should results differ, use jit(..., backend="numpy")',
            RuntimeWarning,
            stacklevel=2,
        )
    try:
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
    except Exception as error:
        raise BackendError(f"llvmlite {version} does not know this processor ({error})") from error
    return binding


def _spelled(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


class Target(NamedTuple):
    """A processor to compile for.

    Attributes:
        cpu: LLVM's name of it.
        features: LLVM's list, ``+this,-that``.
        width: how many doubles its vectors hold.
        fused: whether it multiplies and adds in one operation, rounded once.
    """

    cpu: str
    features: str
    width: int
    fused: bool

    def compiler(self) -> Any:
        """LLVM's machine for it."""
        found = llvm().Target.from_default_triple()
        return found.create_target_machine(
            cpu=self.cpu, features=self.features, opt=2, codemodel="jitdefault", jit=True
        )


@cache
def host() -> Target:
    """The processor that this runs on.

    Raises:
        BackendError: no machine code can be made or run here.
    """
    binding = llvm()
    _check_pages()
    flags: Any = binding.get_host_cpu_features()
    has = {name for name, there in flags.items() if there}
    x86 = "86" in binding.get_process_triple().split("-")[0]
    width = 8 if "avx512f" in has else 4 if "avx" in has else 2
    target = Target(
        binding.get_host_cpu_name(), flags.flatten(), width, "fma" in has if x86 else True
    )
    probe = MachineCode(_PROBE, target=target)
    if probe.function("probe", ctypes.c_int, ctypes.c_int)(41) != 42:
        raise BackendError("machine code that was compiled here computes something else")
    return target


_PROBE = "define i32 @probe(i32 %x) {\n  %y = add i32 %x, 1\n  ret i32 %y\n}\n"


def _check_pages() -> None:
    """Some hosts forbid that a page is written and then run; LLVM would crash there."""
    if os.name != "posix":
        return
    library = ctypes.CDLL(None, use_errno=True)
    with mmap.mmap(-1, mmap.PAGESIZE) as page:
        place = ctypes.c_char.from_buffer(page)
        protect = mmap.PROT_READ | mmap.PROT_EXEC
        failed = library.mprotect(
            ctypes.c_void_p(ctypes.addressof(place)), ctypes.c_size_t(mmap.PAGESIZE), protect
        )
        reason = os.strerror(ctypes.get_errno()) if failed else ""
        del place
    if failed:
        raise BackendError(f"this host lets no program run code that it has written ({reason})")


class MachineCode:
    """The functions of one module of LLVM's text.

    Args:
        text: the module, or what writes it, which is asked only if nothing is kept.
        symbols: addresses of functions that the text declares and no library has.
        passes: LLVM's level of optimisation of the text; None for none.
        target: the processor; None for this one.
        kept: where object code is looked up first, and kept.  It is linked by the names of
            functions, so what ``symbols`` says may differ from process to process.
        name: what the text depends on; None for the text itself.

    Attributes:
        from_cache: whether nothing had to be compiled.
        size: bytes of object code.

    Raises:
        BackendError: LLVM does not take the text, or cannot compile or link it.
    """

    def __init__(
        self,
        text: str | Callable[[], str],
        symbols: Mapping[str, int] | None = None,
        passes: int | None = None,
        target: Target | None = None,
        kept: CodeCache | None = None,
        name: str | None = None,
    ) -> None:
        target = target or host()
        with _working:
            self._make(text, symbols or {}, passes, target, kept, name)

    def _make(
        self,
        text: str | Callable[[], str],
        symbols: Mapping[str, int],
        passes: int | None,
        target: Target,
        kept: CodeCache | None,
        name: str | None,
    ) -> None:
        try:
            compiler = target.compiler()
            if name is None and not isinstance(text, str):
                text = text()
            key = _key(name or str(text), passes, target) if kept else ""
            code = kept.load(key) if kept else None
            self.from_cache = code is not None
            if code is None:
                code = _compiled(text if isinstance(text, str) else text(), passes, compiler)
                if kept:
                    kept.save(key, code)
            self.size = len(code)
            self._engine = _linked(code, compiler, symbols)
        except (RuntimeError, OSError, ValueError) as error:
            raise BackendError(f"LLVM failed: {' '.join(str(error).split())[:300]}") from error

    def address(self, name: str) -> int:
        """Where a function lies."""
        return int(self._engine.get_function_address(name))

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """A function, by ctypes: a call lets go of the interpreter's lock.

        Args:
            name: of the function.
            result: the ctypes type of what it returns; None for nothing.
            arguments: those of what it takes.
        """
        found: Any = ctypes.CFUNCTYPE(result, *arguments)(self.address(name))
        found.code = self  # which must live as long
        return found


def _compiled(text: str, passes: int | None, compiler: Any) -> bytes:
    binding = llvm()
    module = binding.parse_assembly(text)
    module.triple = compiler.triple
    module.data_layout = str(compiler.target_data)
    module.verify()
    if passes is not None:
        tuning = binding.create_pipeline_tuning_options(speed_level=passes)
        tuning.loop_vectorization = tuning.slp_vectorization = False  # the text has its vectors
        builder = binding.create_pass_builder(compiler, tuning)
        builder.getModulePassManager().run(module, builder)
    return bytes(compiler.emit_object(module))


def _linked(code: bytes, compiler: Any, symbols: Mapping[str, int]) -> Any:
    binding = llvm()
    for name, address in symbols.items():
        binding.add_symbol(name, address)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), compiler)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


def _key(text: str, passes: int | None, target: Target) -> str:
    """Everything that object code depends on."""
    binding = llvm()
    versions = (import_module("llvmlite").__version__, *binding.llvm_version_info)
    parts = (_FORM, sys.platform, versions, target, passes, text)
    return "\0".join(map(str, parts))
