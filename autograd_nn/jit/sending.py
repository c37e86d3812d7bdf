"""Sending a jitted function to another process: by its name where it has one, else its parts.

A function of ``__main__`` is found by its name in a process that runs the same script, and is
sent by value, where ``cloudpickle`` is there to do that, to one that does not (joblib's).
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["by_name_or_value"]


def by_name_or_value(jitted: Any, make: Callable[..., Any], parts: tuple[Any, ...]) -> Any:
    """What ``__reduce_ex__`` returns: ``make(*parts)`` where no name leads to the object."""
    module, name = getattr(jitted, "__module__", ""), getattr(jitted, "__qualname__", "")
    if _find(module, name) is not jitted:
        return make, parts
    if module in _sent_whole():
        return make, parts
    if module != "__main__":
        return name
    return _restore, (module, name, _by_value(make, parts))


def _sent_whole() -> set[str]:
    """The modules whose functions cloudpickle is to send by value."""
    cloudpickle: Any = sys.modules.get("cloudpickle")
    return set() if cloudpickle is None else set(cloudpickle.list_registry_pickle_by_value())


def _find(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _by_value(make: Callable[..., Any], parts: tuple[Any, ...]) -> bytes:
    try:
        import cloudpickle  # type: ignore[import-untyped]
    except ImportError:
        try:
            from joblib.externals import cloudpickle  # type: ignore[import-untyped]
        except ImportError:
            return b""
    return bytes(cloudpickle.dumps((make, parts)))


def _restore(module: str, name: str, value: bytes) -> Any:
    found = _find(module, name)
    if found is not None:
        return found
    if not value:
        raise pickle.UnpicklingError(
            f"{module}.{name} is not found in this process: put the jitted function into a module "
            "of its own, or install cloudpickle"
        )
    make, parts = pickle.loads(value)
    return make(*parts)
