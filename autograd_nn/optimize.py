"""SciPy's solvers with our derivatives: ``minimize``, ``least_squares``, ``root``.

The function is written on scalars, with an unknown of any structure; it is recorded once, and its
gradient, Hessian products and Jacobians are programs of that recording.  What a solver does, its
options and its result are SciPy's.

What is left out: derivatives of a solution, which are ``implicit``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from autograd_nn.checks import describe
from autograd_nn.conversion import to_float
from autograd_nn.engine import Value
from autograd_nn.errors import BadArgumentError, MissingPackageError, WrongTypeError
from autograd_nn.functions import dot
from autograd_nn.jit import jit
from autograd_nn.transforms import hessian, hvp, jacobian
from autograd_nn.transforms.structure import Structure, flatten

__all__ = ["least_squares", "minimize", "root"]

Function = Callable[..., Any]

_PRODUCTS = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
_MATRICES = ("dogleg", "trust-exact")
_VALUES = ("nelder-mead", "powell", "cobyla", "cobyqa")
_JACOBIANS = ("hybr", "lm")


def __dir__() -> list[str]:
    return __all__


def scipy_optimize() -> Any:
    """``scipy.optimize``.

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    try:
        import scipy.optimize  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingPackageError(
            "autograd_nn.optimize and implicit need SciPy: pip install 'autograd_nn[optimize]'"
        ) from error
    return scipy.optimize


#: A search whose last bits depend on how busy the machine is could not be repeated.
_jit = partial(jit, background=False)


class Flat:
    """A function of a structure and more, as functions of one vector, each recorded once.

    Args:
        f: the function; its first argument is the structure.
        structure: of that argument.
    """

    def __init__(self, f: Function, structure: Structure) -> None:
        self._f, self._structure = f, structure

    def _number(self, vector: Any, *args: Any) -> Any:
        return self._f(self._structure.rebuild(list(vector)), *args)

    def _numbers(self, vector: Any, *args: Any) -> Any:
        leaves, _ = flatten(self._number(vector, *args), "what the function returned")
        if not any(isinstance(x, Value) for x in leaves):
            return np.array([to_float(x) for x in leaves])
        held = np.empty(len(leaves), dtype=object)
        held[:] = leaves
        return held

    def _weighed(self, vector: Any, weights: Any, *args: Any) -> Any:
        return dot(list(weights), list(self._numbers(vector, *args)))

    @cached_property
    def number(self) -> Any:
        """Its one number."""
        return _jit(self._number)

    @cached_property
    def numbers(self) -> Any:
        """All numbers of its result, one after another."""
        return _jit(self._numbers)

    @cached_property
    def product(self) -> Any:
        """Its Hessian times a vector, which is the second argument."""

        def along(vector: Any, tangent: Any, *args: Any) -> Any:
            return hvp(lambda x: self._number(x, *args), (vector,), (tangent,))

        return _jit(along)

    @cached_property
    def hessian(self) -> Any:
        """Its Hessian."""
        return _jit(hessian(self._number))

    @cached_property
    def sparse_hessian(self) -> Any:
        """Its Hessian as a sparse matrix."""
        return _jit(hessian(self._number, sparse=True))

    @cached_property
    def jacobian(self) -> Any:
        """The Jacobian of its numbers."""
        return _jit(jacobian(self._numbers))

    @cached_property
    def sparse_jacobian(self) -> Any:
        """The Jacobian of its numbers as a sparse matrix."""
        return _jit(jacobian(self._numbers, sparse=True))

    @cached_property
    def sparse_curvature(self) -> Any:
        """The sparse Hessian of the sum of its numbers times weights, the second argument."""
        return _jit(hessian(self._weighed, sparse=True))

    @cached_property
    def curvature(self) -> Any:
        """The same as an array."""
        return _jit(hessian(self._weighed))


class _Key:
    """A function with the structure of its unknown: equal where both are."""

    def __init__(self, f: Function, structure: Structure) -> None:
        self.f, self.structure = f, structure

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Key)
            and other.f is self.f
            and other.structure.form == self.structure.form
        )

    def __hash__(self) -> int:
        return id(self.f)


@lru_cache(maxsize=32)  # a function that is solved again is not recorded again
def _flat(key: _Key) -> Flat:
    return Flat(key.f, key.structure)


def flat_of(f: Any, x0: Any) -> tuple[Flat, Any, Structure]:
    """A function as one of a vector, the start as a vector, and its structure.

    Raises:
        TypeError: ``f`` is no function, or the start holds something else than numbers.
        ValueError: the start holds no number.
    """
    if not callable(f):
        raise WrongTypeError(f"a solver takes a function, got {describe(f)}")
    leaves, structure = flatten(x0, "x0")
    if not leaves:
        raise BadArgumentError(f"x0 holds no number: {describe(x0)}")
    return _flat(_Key(f, structure)), np.array([to_float(x) for x in leaves]), structure


def _tuple(args: Any) -> tuple[Any, ...]:
    return tuple(args) if isinstance(args, (tuple, list)) else (args,)


def _structured(callback: Function | None, structure: Structure) -> Function | None:
    """The caller's callback, which is given the unknown in its structure."""
    if callback is None:
        return None
    from scipy.optimize import OptimizeResult

    def progress(intermediate_result: Any, *rest: Any) -> Any:
        found = intermediate_result
        if not isinstance(found, OptimizeResult):  # a method that says no more than this
            found = OptimizeResult(x=found)
        given = OptimizeResult(found)
        given.x = structure.rebuild(np.asarray(found.x).tolist())
        return callback(given)

    return progress


def _finished(result: Any, structure: Structure) -> Any:
    result.x = structure.rebuild(np.asarray(result.x).tolist())
    return result


def minimize(
    fun: Function,
    x0: Any,
    args: Any = (),
    method: Any = None,
    *,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Function | None = None,
    options: dict[str, Any] | None = None,
    sparse: bool = False,
) -> Any:
    """``scipy.optimize.minimize`` with gradients and Hessian products of a function on scalars.

    Args:
        fun: a function of the unknown and ``args`` that returns one number.
        x0: where to start: a number, an array, or lists, tuples, dicts, dataclasses of them.
        args: a tuple of further arguments.
        method: SciPy's, by name, or a function as SciPy takes it; the Newton methods get exact
            Hessians or their products.
        bounds: SciPy's, for the numbers of ``x0`` in order.
        constraints: SciPy's.  A ``NonlinearConstraint`` whose ``jac`` was left out gets its
            Jacobian and the Hessian of its Lagrangian; a dict without "jac" its Jacobian.
            Their functions take the unknown in its structure.
        tol, options: SciPy's.
        callback: called after each iteration with SciPy's intermediate result, whose ``x`` is
            in the structure of ``x0``; it stops the solver by raising ``StopIteration``.
        sparse: whether Hessians and the constraints' Jacobians are sparse matrices, for
            "trust-constr" and "Newton-CG".

    Returns:
        SciPy's ``OptimizeResult``, with ``x`` in the structure of ``x0``.  Whether it converged
        is in ``success``, and the solver's own words in ``message``.

    Raises:
        MissingPackageError: SciPy is not installed.
        TypeError: ``fun`` does not return one number, or ``x0`` holds something else.

    >>> def rosenbrock(p):
    ...     return (1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2
    >>> found = minimize(rosenbrock, {"x": -1.0, "y": 2.0}, method="trust-ncg")
    >>> found.success, {name: round(number, 4) for name, number in found.x.items()}
    (True, {'x': 1.0, 'y': 1.0})
    """
    optimize = scipy_optimize()
    flat, start, structure = flat_of(fun, x0)
    name = method.lower() if isinstance(method, str) else ""
    derivatives: dict[str, Any] = {}
    if name not in _VALUES:
        derivatives["jac"] = True
    if name in _MATRICES:
        derivatives["hess"] = flat.hessian
    elif name in _PRODUCTS and sparse:
        derivatives["hess"] = flat.sparse_hessian
    elif name in _PRODUCTS:
        derivatives["hessp"] = flat.product
    result = optimize.minimize(
        flat.number.value_and_grad if derivatives else flat.number,
        start,
        args=_tuple(args),
        method=method,
        bounds=bounds,
        constraints=_constraints(constraints, x0, sparse),
        tol=tol,
        callback=_structured(callback, structure),
        options=options,
        **derivatives,
    )
    return _finished(result, structure)


def _constraints(given: Any, x0: Any, sparse: bool) -> Any:
    """SciPy's constraints with our derivatives where theirs were left out."""
    if isinstance(given, (list, tuple)):
        return [_constraint(one, x0, sparse) for one in given]
    return _constraint(given, x0, sparse)


def _constraint(one: Any, x0: Any, sparse: bool) -> Any:
    optimize = scipy_optimize()
    if isinstance(one, optimize.NonlinearConstraint) and not callable(one.jac):
        flat, _, _ = flat_of(one.fun, x0)
        return optimize.NonlinearConstraint(
            flat.numbers,
            one.lb,
            one.ub,
            jac=flat.sparse_jacobian if sparse else flat.jacobian,
            hess=flat.sparse_curvature if sparse else flat.curvature,
            keep_feasible=one.keep_feasible,
        )
    if isinstance(one, dict) and "fun" in one and one.get("jac") is None:
        flat, _, _ = flat_of(one["fun"], x0)
        return {**one, "fun": flat.numbers, "jac": flat.jacobian}
    return one


def least_squares(
    fun: Function,
    x0: Any,
    args: Any = (),
    *,
    bounds: Any = (-np.inf, np.inf),
    method: str = "trf",
    callback: Function | None = None,
    sparse: bool = False,
    **options: Any,
) -> Any:
    """``scipy.optimize.least_squares`` with the Jacobian of a function on scalars.

    Args:
        fun: a function of the unknown and ``args`` that returns the residuals, in any structure.
        x0: where to start, in any structure.
        args: a tuple of further arguments.
        bounds, method: SciPy's.
        callback: as that of ``minimize``; with "trf" and "dogbox", by SciPy 1.16 or later.
        sparse: whether the Jacobian is a sparse matrix.
        options: SciPy's others, such as ``loss``, ``ftol`` and ``max_nfev``.

    Returns:
        SciPy's ``OptimizeResult``, with ``x`` in the structure of ``x0``.

    Raises:
        MissingPackageError: SciPy is not installed.
        TypeError: a residual is no number, or ``x0`` holds something else.

    >>> times, heights = [0.0, 1.0, 2.0], [1.0, 3.0, 5.0]
    >>> def residuals(line):
    ...     return [line["slope"] * t + line["at 0"] - h for t, h in zip(times, heights)]
    >>> found = least_squares(residuals, {"slope": 0.0, "at 0": 0.0})
    >>> {name: round(number, 6) for name, number in found.x.items()}
    {'slope': 2.0, 'at 0': 1.0}
    """
    optimize = scipy_optimize()
    flat, start, structure = flat_of(fun, x0)
    if callback is not None:
        options["callback"] = _structured(callback, structure)
    result = optimize.least_squares(
        flat.numbers,
        start,
        jac=flat.sparse_jacobian if sparse else flat.jacobian,
        bounds=bounds,
        method=method,
        args=_tuple(args),
        **options,
    )
    return _finished(result, structure)


def root(
    fun: Function,
    x0: Any,
    args: Any = (),
    method: str = "hybr",
    *,
    tol: float | None = None,
    callback: Function | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    """``scipy.optimize.root`` with the Jacobian of a function on scalars.

    Args:
        fun: a function of the unknown and ``args`` that returns as many numbers, in any
            structure, as the unknown has.
        x0: where to start, in any structure.
        args: a tuple of further arguments.
        method, tol, options: SciPy's; "hybr" and "lm" are given the Jacobian.
        callback: called with SciPy's intermediate result, by the methods that have one.

    Returns:
        SciPy's ``OptimizeResult``, with ``x`` in the structure of ``x0``.

    Raises:
        MissingPackageError: SciPy is not installed.
        TypeError: a residual is no number, or ``x0`` holds something else.

    >>> round(root(lambda x: x * x - 2.0, 1.0).x, 9)
    1.414213562
    """
    optimize = scipy_optimize()
    flat, start, structure = flat_of(fun, x0)
    result = optimize.root(
        flat.numbers,
        start,
        args=_tuple(args),
        method=method,
        jac=flat.jacobian if method in _JACOBIANS else None,
        tol=tol,
        callback=_structured(callback, structure) if method not in _JACOBIANS else None,
        options=options,
    )
    return _finished(result, structure)
