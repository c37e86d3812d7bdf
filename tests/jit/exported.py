"""Programs as text, run without this package, beside the reference interpreter."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from autograd_nn.jit.capture.arguments import rebuild
from autograd_nn.jit.capture.call import Call
from autograd_nn.jit.exporting import parameter_arrays
from autograd_nn.jit.lifting.adjoint import adjoint
from autograd_nn.jit.lifting.lift import lift
from autograd_nn.jit.program import Program

__all__ = ["as_arguments", "assert_text_means", "by_reference", "flat", "functions_of"]


def functions_of(text: str) -> dict[str, Any]:
    """The functions in a text, which may import NumPy and ``math`` only."""
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, ast.ImportFrom), text
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= {"numpy", "math"}, text
    names: dict[str, Any] = {}
    exec(compile(text, "<generated>", "exec"), names)
    return names


def flat(x: Any) -> Any:
    """All numbers of a result or a gradient, one after another."""
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, (list, tuple)):
        return np.concatenate([np.zeros(0), *map(flat, x)])
    if x is None or isinstance(x, (bool, str)):
        return np.zeros(0)
    return np.ravel(np.asarray(x, dtype=float))


def as_arguments(program: Program, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """What the functions of the text take: the arguments, then the parameters."""
    held = np.array([v.data for v in program.captured])
    return (*args, *(held[places] for places in parameter_arrays(program)))


def by_reference(program: Program, args: tuple[Any, ...], argnums: Any) -> tuple[Any, Any, bool]:
    """The result, the slopes one after another, and whether the path is the recorded one."""
    call = Call(args, program.row_positions)
    groups = [np.ravel(np.asarray(g, dtype=float)) for g in call.groups]
    plan = program.plan
    if program.row_positions:
        assert program._packing is not None
        plan = lift(program._packing, call.rows)
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    wanted = [len(groups)]
    if argnums is not None:
        wanted = [g for k in positions for g in range(call.starts[k], call.starts[k + 1])]
    back = adjoint(plan, wanted) if program.result[0] == "value" else None
    run = plan.run([*groups, program.parameters(None)], back)
    numbers, result = np.asarray(run.numbers), program.result
    slopes = np.concatenate([np.zeros(0), *run.slopes])
    if not program.row_positions:
        numbers = numbers[:, 0]
    else:
        rows = [
            numbers[k] if isinstance(k, int) else np.full(call.rows, k) for k in program.sources
        ]
        numbers, result = np.reshape(rows, (len(rows), call.rows)), program.uniform
    if program.row_positions and program.reduce is not None:
        numbers = numbers.sum(axis=1)
        if program.reduce == "mean":
            numbers, slopes = numbers / call.rows, slopes / call.rows
    if argnums is None:
        parts = [slopes[np.ravel(places)] for places in parameter_arrays(program)]
        slopes = np.concatenate([np.zeros(0), *parts])
    return rebuild(result, numbers), slopes, bool(run.on_path.all())


def assert_text_means(
    program: Program, args: tuple[Any, ...], argnums: Any = 0, rtol: float = 1e-9
) -> str:
    """The text of a program computes what its plan means, or says that the path is another."""
    text = program.to_python("f", argnums=argnums)
    names = functions_of(text)
    with np.errstate(all="ignore"):
        value, slopes, on_path = by_reference(program, args, argnums)
    given = as_arguments(program, args)
    if not on_path:
        with pytest.raises(ValueError, match="another path"):
            names["f"](*given)
        return text
    found = names["f"](*given)
    np.testing.assert_allclose(flat(found), flat(value), rtol, 1e-12, err_msg=text)
    if program.result[0] == "value":
        found, gradient = names["f_value_and_grad"](*given)
        np.testing.assert_allclose(flat(found), flat(value), rtol, 1e-12, err_msg=text)
        np.testing.assert_allclose(flat(gradient), slopes, 10 * rtol, 1e-10, err_msg=text)
    else:
        assert "f_value_and_grad" not in names
    return text
