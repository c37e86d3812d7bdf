"""Derivatives of solutions: of equations, fixed points and differential equations.

SciPy solves on plain numbers.  How a solution changes with the parameters follows from the
equation itself: of ``r(x, p) = 0`` by the implicit function theorem, dx = -(dr/dx)^-1 dr/dp dp;
of a differential equation by its adjoint, which is solved backwards in time.

Sources: A. Griewank and A. Walther, Evaluating Derivatives, 2nd edition (2008), chapter 15; Y. Cao,
S. Li, L. Petzold and R. Serban, Adjoint sensitivity analysis for differential-algebraic
equations, SIAM J. Sci. Comput. 24 (2003).

What is left out: solving where no derivative of the solution is asked for (``optimize``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_nn import linalg, optimize
from autograd_nn.checks import describe
from autograd_nn.conversion import to_float
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, SingularMatrixError, WrongTypeError
from autograd_nn.functions import dot
from autograd_nn.jit import jit
from autograd_nn.nested import leaves_of
from autograd_nn.state import this_thread
from autograd_nn.transforms import grad, jacobian
from autograd_nn.transforms.joint import joint
from autograd_nn.transforms.structure import flatten, numbers_in, with_values

__all__ = ["fixed_point", "root", "solve_ivp"]

Function = Callable[..., Any]
_SINGULAR = 1e14  # the condition number from which no digit of a slope is left


def __dir__() -> list[str]:
    return __all__


@contextmanager
def _plain() -> Iterator[None]:
    """Solve outside of what is recorded and differentiated around the call.

    A recording by the jit could not do it again: the engine runs that function from then on.
    """
    context = this_thread()
    if context.trace is not None and not context.trace.refused:
        context.trace.refused = "it solves an equation by SciPy, which a replay would not do again"
    before = context.trace, context.differentiating, context.stand_ins
    context.trace, context.differentiating, context.stand_ins = None, 0, None
    try:
        yield
    finally:
        context.trace, context.differentiating, context.stand_ins = before


def _needs_slopes(params: Any) -> bool:
    return next(leaves_of(params, Value), None) is not None


def root(
    residual: Function,
    x0: Any,
    *params: Any,
    method: str = "hybr",
    tol: float | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    """The ``x`` with ``residual(x, *params) == 0``, differentiable along the parameters.

    Args:
        residual: a function of the unknown and the parameters, on scalars, that returns as
            many numbers as the unknown has.
        x0: where to start, in any structure; the solution does not depend on it.
        params: numbers and Values in any structure.
        method, tol, options: those of ``scipy.optimize.root``.

    Returns:
        The solution in the structure of ``x0``: floats, or Values where a parameter is one or
        inside of a derivative, of any order.

    Raises:
        ValueError: the solver did not converge, with its own message; as many residuals are
            needed as unknowns.
        SingularMatrixError: the residuals' Jacobian is singular at the solution, with its
            condition number: the slopes do not exist.

    >>> from autograd_nn import grad
    >>> slope = grad(lambda a: root(lambda x, a: x * x - a, 1.0, a))(4.0)
    >>> round(slope, 9)                          # of the square root of a
    0.25
    """
    with _plain():
        plain, x0 = numbers_in(params), numbers_in(x0)
        start, structure = flatten(x0, "x0")
        found = optimize.root(residual, x0, plain, method, tol=tol, options=options)
        if not found.success:
            raise BadArgumentError(
                f"root did not converge ({method}): {' '.join(found.message.split())} "
                "Start nearer, or take another method"
            )
        solution = [to_float(x) for x in flatten(found.x, "x")[0]]
    if not (_needs_slopes(params) or this_thread().differentiating):
        return found.x
    with _plain():
        matrix = np.asarray(_matrix(residual, structure, solution, plain), dtype=float)
        _refuse_singular(matrix, len(start))
        inverse = np.linalg.inv(matrix)
    if this_thread().differentiating <= 1:
        left = _residuals(residual, structure, solution, params)
        return structure.rebuild([
            x - dot([float(weight) for weight in row], left) if any(row) else x
            for x, row in zip(solution, inverse, strict=True)
        ])  # fmt: skip
    # Each step of Newton's method on Values doubles the number of derivatives that are right.
    unknown: list[Any] = list(solution)
    for _ in range(this_thread().differentiating.bit_length()):
        left = _residuals(residual, structure, unknown, params)
        rows = _matrix(residual, structure, unknown, params)
        step = linalg.solve(rows, left)
        unknown = [x - dx for x, dx in zip(unknown, step, strict=True)]
    return structure.rebuild(unknown)


def _residuals(residual: Function, structure: Any, unknown: list[Any], params: Any) -> list[Any]:
    return flatten(residual(structure.rebuild(unknown), *params), "the residual")[0]


def _matrix(residual: Function, structure: Any, unknown: list[Any], params: Any) -> Any:
    """The Jacobian of the residuals along the unknown."""

    def lines(vector: list[Any]) -> list[Any]:
        return _residuals(residual, structure, vector, params)

    return jacobian(lines)(unknown)


def _refuse_singular(matrix: Any, size: int) -> None:
    if matrix.shape != (size, size):
        raise BadArgumentError(
            f"root needs as many residuals as unknowns: {matrix.shape[0]} for {size}"
        )
    finite = bool(np.isfinite(matrix).all())
    condition = float(np.linalg.cond(matrix)) if finite else np.inf
    if not condition < _SINGULAR:
        raise SingularMatrixError(
            f"the Jacobian of the residuals is singular at the solution: its condition number is "
            f"{condition:.3g}, so the solution has no slope along the parameters"
        )


def fixed_point(
    f: Function,
    x0: Any,
    *params: Any,
    method: str = "hybr",
    tol: float | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    """The ``x`` with ``f(x, *params) == x``, differentiable along the parameters.

    Args:
        f: a function of the unknown and the parameters, which returns the unknown's structure.
        x0, params, method, tol, options: as for ``root``, which solves ``x - f(x, *params)``.

    Returns:
        The unknown, structured as ``x0``: of Values where a parameter is one.

    Raises:
        ValueError, SingularMatrixError: as ``root``.

    >>> from autograd_nn import grad
    >>> from autograd_nn.functions import cos
    >>> round(fixed_point(lambda x, a: cos(a * x), 1.0, 1.0), 6)
    0.739085
    >>> round(grad(lambda a: fixed_point(lambda x, a: cos(a * x), 1.0, a))(1.0), 6)
    -0.297474
    """

    def residual(x: Any, *given: Any) -> list[Any]:
        before, after = flatten(x, "x")[0], flatten(f(x, *given), "f(x)")[0]
        if len(before) != len(after):
            raise BadArgumentError(
                f"fixed_point needs as many numbers back as it gives: {len(after)} for "
                f"{len(before)}"
            )
        return [a - b for a, b in zip(before, after, strict=True)]

    return root(residual, x0, *params, method=method, tol=tol, options=options)


def solve_ivp(
    f: Function,
    t_span: Any,
    y0: Any,
    *params: Any,
    t_eval: Any = None,
    method: str = "RK45",
    rtol: float = 1e-8,
    atol: float = 1e-10,
) -> Any:
    """``scipy.integrate.solve_ivp``, differentiable along the start and the parameters.

    Slopes are found backward, by the adjoint equation: one more solution, backwards in time, for
    ``backward()``, ``grad``, ``vjp`` and ``jacrev``, however many parameters there are.

    Args:
        f: ``f(t, y, *params)``, on scalars, returns dy/dt in the structure of ``y0``.
        t_span: the pair of times to start and to end.
        y0: numbers and Values in any structure.
        params: numbers and Values in any structure.
        t_eval: the times at which to give the solution; the solver's own steps if left out.
        method: SciPy's.
        rtol, atol: SciPy's, for the solution and its adjoint.

    Returns:
        SciPy's result, with ``y`` as an array with a line a number of ``y0`` and a column a
        time; of Values where ``y0`` or a parameter holds one.

    Raises:
        ValueError: the solver failed, with its own message.
        TypeError: in a derivative of second order, or forward (``jvp``, ``jacfwd``): only
            first ones are known, backward.

    >>> from autograd_nn import grad
    >>> def end(k):                              # y = exp(-k * t)
    ...     return solve_ivp(lambda t, y, k: [-k * y[0]], (0.0, 1.0), [1.0], k).y[0, -1]
    >>> round(grad(end)(0.5), 6)                 # -exp(-0.5)
    -0.606531
    """
    start, structure = flatten(y0, "y0")
    if not start:
        raise BadArgumentError(f"y0 holds no number: {describe(y0)}")
    given = [*start, *(v for _, v in leaves_of(params, Value))]
    needs = any(isinstance(x, Value) for x in given)
    if needs and this_thread().differentiating > 1:
        raise WrongTypeError(
            "solve_ivp has first derivatives only, found backward: take grad, jacrev or vjp of it, "
            "outside of other derivatives and of jvp, jacfwd and hessian"
        )
    with _plain():
        problem = _Problem(f, structure, params, method, rtol, atol)
        result = problem.solve(t_span, numbers_in(start), t_eval)
    if needs:
        operands = [x for x in start if isinstance(x, Value)] + problem.values
        of_start = [k for k, x in enumerate(start) if isinstance(x, Value)]
        shape = result.y.shape

        def pull(adjoints: list[float]) -> Sequence[float]:
            with _plain():
                at_start, at_params = problem.pull(np.array(adjoints).reshape(shape))
            return [*at_start[of_start].tolist(), *at_params.tolist()]

        outs = joint("solve_ivp", result.y.ravel().tolist(), operands, pull)
        held = np.empty(len(outs), dtype=object)
        held[:] = outs
        result.y = held.reshape(shape)
    return result


class _Problem:
    """A differential equation with its parameters' numbers, and its adjoint.

    Attributes:
        values: the Values among the parameters.
    """

    def __init__(
        self, f: Function, structure: Any, params: Any, method: str, rtol: float, atol: float
    ) -> None:
        self._options = {"method": method, "rtol": rtol, "atol": atol}
        self.values = [v for _, v in leaves_of(params, Value)]
        self._numbers = np.array([v.data for v in self.values], dtype=float)
        places = {id(v): k for k, v in enumerate(self.values)}

        def slope(t: Any, y: Any, numbers: Any) -> list[Any]:
            given = with_values(params, lambda v: numbers[places[id(v)]])
            return flatten(f(t, structure.rebuild(list(y)), *given), "dy/dt")[0]

        def weighed(y: Any, numbers: Any, t: Any, weights: Any) -> Any:
            return dot(list(weights), slope(t, y, numbers))

        # Not in the background: its last bits would depend on how busy the machine is.
        self._slope = jit(slope, background=False)
        self._back = jit(grad(weighed, argnums=(0, 1)), background=False)
        self._solution: Any = None

    def solve(self, t_span: Any, y0: list[float], t_eval: Any) -> Any:
        """SciPy's solution, which can be asked for every time in between."""
        optimize.scipy_optimize()
        from scipy.integrate import solve_ivp as solve  # type: ignore[import-untyped]

        first = self._slope(float(t_span[0]), np.array(y0, dtype=float), self._numbers)
        if len(first) != len(y0):
            raise BadArgumentError(
                f"f(t, y) returns as many numbers as y has: {len(first)} for {len(y0)}"
            )

        def slope(t: float, y: Any) -> Any:
            return self._slope(float(t), y, self._numbers)

        result = solve(slope, t_span, y0, t_eval=t_eval, dense_output=True, **self._options)
        if not result.success:
            raise BadArgumentError(
                f"solve_ivp failed ({self._options['method']}): {result.message}"
            )
        self._solution, self._times, self._start = result.sol, result.t, float(t_span[0])
        return result

    def pull(self, adjoints: Any) -> tuple[Any, Any]:
        """The slopes along the start and the parameters, from those of every result."""
        from scipy.integrate import solve_ivp as solve

        size, count = adjoints.shape[0], len(self._numbers)
        state = np.zeros(size + count)

        def slope(t: float, state: Any) -> Any:
            y = self._solution(t)
            along = self._back(y, self._numbers, float(t), np.array(state[:size]))
            return -np.concatenate([np.ravel(part) for part in along])

        times = [*self._times.tolist()]
        for k in range(len(times) - 1, -1, -1):
            state[:size] += adjoints[:, k]
            before = times[k - 1] if k else self._start
            if before != times[k]:
                found = solve(slope, (times[k], before), state, **self._options)
                if not found.success:
                    raise BadArgumentError(f"the adjoint of solve_ivp failed: {found.message}")
                state = found.y[:, -1].copy()
        return state[:size], state[size:]
