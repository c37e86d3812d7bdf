"""A program as a function for JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from autograd_nn.checks import describe
from autograd_nn.errors import BadArgumentError, TraceError, WrongTypeError
from autograd_nn.jit.backends.jax.arguments import Groups, built, models_of
from autograd_nn.jit.backends.jax.evaluation import Evaluation

if TYPE_CHECKING:
    from autograd_nn.jit.program import Program

__all__ = ["JaxFunction"]

_KEPT = 16  # numbers of rows that stay ready


class JaxFunction:
    """What a program computes, as a pure function of JAX arrays; see ``Program.to_jax``.

    Attributes:
        parameters: the numbers that the Values which the function closes over had when it was
            made: a vector to start from, in the order of the first argument.
    """

    def __init__(self, program: Program, dtype: Any) -> None:
        self._program, self._dtype = program, _checked(dtype)
        self._ready: dict[int, Evaluation] = {}
        models = models_of(program.key)
        self._own, self._order = _order(program, models)
        numbers = [program.captured[k].data for k in self._own]
        self.parameters = np.array(numbers, dtype=float)
        self.__name__ = "program"

    def __repr__(self) -> str:
        first = "parameters, " * bool(self._own)
        return f"<{first}{len(self._program.key)} arguments: {self._program.recorded} operations>"

    def __call__(self, *args: Any) -> Any:
        """The function's result.

        Raises:
            TypeError, ValueError: the arguments have another structure than those that were
                recorded, or double precision is asked for and JAX has it switched off.
            TraceError: with these numbers the function takes another path, and JAX does not trace.
        """
        program, key = self._program, self._program.key
        before, args = self._before(args)
        groups = Groups(key, args, self._kind(), before)
        known = [jnp.asarray(vector, groups.dtype) for vector in before]
        whole = jnp.concatenate([*known, *groups.vectors, jnp.zeros(0, groups.dtype)])
        evaluation = self._evaluation(max(groups.rows, 1))
        given = [*groups.found, whole[self._order]]
        numbers, on_path = evaluation(given)
        numbers = self._every(numbers.astype(groups.dtype)) * _factor(on_path, groups.dtype)
        if not program.row_positions:
            return built(program.uniform, numbers[:, 0], False)
        if program.reduce is None:
            return built(program.uniform, numbers, True)
        reduced = numbers.mean(axis=1) if program.reduce == "mean" else numbers.sum(axis=1)
        return built(program.uniform, reduced, False)

    def _every(self, numbers: Any) -> Any:
        """All numbers of the result, a line each: those that are computed, and plain ones."""
        sources = self._program.sources
        if sources == list(range(len(numbers))):
            return numbers
        computed = np.array([isinstance(x, int) for x in sources], dtype=bool)
        plain = np.array([0.0 if isinstance(x, int) else x for x in sources], dtype=numbers.dtype)
        if not computed.any():
            return jnp.broadcast_to(plain[:, None], (len(plain), numbers.shape[1]))
        places = np.array([x if isinstance(x, int) else 0 for x in sources], dtype=np.int32)
        return jnp.where(computed[:, None], numbers[places], plain[:, None])

    def _before(self, args: tuple[Any, ...]) -> tuple[list[Any], tuple[Any, ...]]:
        """The vector of the Values that the function closes over, if any, and the arguments."""
        if not self._own:
            return [], args
        if len(args) != len(self._program.key) + 1:
            raise WrongTypeError(
                f"the program closes over {len(self._own)} Values, so their vector comes first "
                f"(the function's attribute parameters is one) and then {len(self._program.key)} "
                f"arguments; got {len(args)} in all"
            )
        vector = args[0] if hasattr(args[0], "dtype") else np.asarray(args[0], dtype=float)
        if jnp.shape(vector) != (len(self._own),):
            raise BadArgumentError(
                f"the first argument is the vector of the {len(self._own)} Values that the program "
                f"closes over, got {describe(vector)}"
            )
        return [vector], args[1:]

    def _kind(self) -> Any:
        if self._dtype == np.float64 and jnp.zeros(0).dtype != np.float64:
            raise BadArgumentError(
                "dtype='float64' asks for double precision, which JAX has switched off: call "
                "jax.config.update('jax_enable_x64', True) at the start of the program, or make "
                "it with to_jax(dtype='float32')"
            )
        return self._dtype

    def _evaluation(self, rows: int) -> Evaluation:
        found = self._ready.get(rows)
        if found is None:
            if len(self._ready) >= _KEPT:
                self._ready.pop(next(iter(self._ready)))
            found = self._ready[rows] = Evaluation(self._program.plan_of(rows))
        return found


def _checked(dtype: Any) -> Any:
    if dtype is None:
        return None
    try:
        found = jnp.dtype(dtype)
    except TypeError:
        raise WrongTypeError(
            f"dtype is the name of a type of JAX's, got {describe(dtype)}"
        ) from None
    if not jnp.issubdtype(found, jnp.floating):
        raise BadArgumentError(
            f"dtype is one of floats, 'float64' or 'float32' say, got {describe(dtype)}"
        )
    return found


def _order(program: Program, models: Sequence[Any]) -> tuple[list[int], Any]:
    """The captured Values that belong to no model among the arguments, and where each lies.

    That is in the vector of those, with the vectors of the models after it.
    """
    places = np.full(len(program.captured), -1)
    starts, before = [], 0
    for model in models:
        count, at, _ = program.places(model)
        new = (places < 0) & (at >= 0)
        places[new] = before + at[new]
        starts.append(before)
        before += count
    own = np.flatnonzero(places < 0)
    places[places >= 0] += len(own)
    places[own] = np.arange(len(own))
    return own.tolist(), places


def _factor(on_path: Any, dtype: Any) -> Any:
    """1 for rows on the path that was recorded, and nan for others: their slopes are nan too.

    Raises:
        TraceError: there is another row, and its numbers are known.
    """
    try:
        holds = bool(on_path.all())
    except jax.errors.ConcretizationTypeError:
        return jnp.where(on_path, jnp.ones((), dtype), jnp.full((), jnp.nan, dtype))
    if not holds:
        raise TraceError(
            "a comparison comes out differently than when the program was recorded, and a function "
            "for JAX has one path: record a program at numbers like these, or write the function "
            "with where, maximum, minimum or relu in place of an if"
        )
    return jnp.ones((), dtype)
