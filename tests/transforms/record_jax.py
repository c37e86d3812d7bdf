"""Writes ``jax_numbers.json``: what JAX in float64 gives for the functions of ``functions_40``.

Run it where JAX is installed: ``python tests/transforms/record_jax.py``.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


def namespace():
    """JAX's functions by this package's names."""
    import jax
    import jax.numpy as jnp
    from jax.scipy import special

    jax.config.update("jax_enable_x64", True)
    same = [
        "exp",
        "exp2",
        "log",
        "log2",
        "log10",
        "log1p",
        "expm1",
        "sqrt",
        "cbrt",
        "tanh",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "abs",
        "hypot",
    ]
    same += ["maximum", "minimum", "logaddexp"]
    arcs = {
        f"a{name}": getattr(jnp, f"arc{name}")
        for name in ["sin", "cos", "tan", "sinh", "cosh", "tanh"]
    }
    others = {
        "atan2": jnp.arctan2, "erf": special.erf, "erfc": special.erfc, "lgamma": special.gammaln,
        "sigmoid": jax.nn.sigmoid, "softplus": jax.nn.softplus, "relu": jax.nn.relu,
    }  # fmt: skip
    return SimpleNamespace(**{name: getattr(jnp, name) for name in same}, **arcs, **others)


def numbers_of(f, at, along):
    """What JAX's transforms give of one function, as nested lists."""
    import jax
    import jax.numpy as jnp

    m = namespace()
    x, v = jnp.array(at), jnp.array(along)

    def whole(x):
        y = f(m, x)
        return jnp.stack([jnp.asarray(a, dtype=float) for a in y]) if isinstance(y, list) else y

    rows = jnp.stack([x, x * 1.1, x * 0.9])
    value, tangent = jax.jvp(whole, (x,), (v,))
    weights = jnp.cos(jnp.arange(value.size, dtype=float)).reshape(value.shape)
    found = {
        "value": value,
        "jvp": tangent,
        "vjp": jax.vjp(whole, x)[1](weights)[0],
        "jacobian": jax.jacfwd(whole)(x),
        "jacobian of jacobian": jax.jacfwd(jax.jacrev(whole))(x),
        "vmap": jax.vmap(whole)(rows),
        "vmap of jacobian": jax.vmap(jax.jacrev(whole))(rows),
    }
    if value.ndim == 0:
        found["grad"] = jax.grad(whole)(x)
        found["hessian"] = jax.hessian(whole)(x)
        found["hvp"] = jax.jvp(jax.grad(whole), (x,), (v,))[1]
        found["vmap of grad"] = jax.vmap(jax.grad(whole))(rows)
    return {name: jnp.asarray(x).tolist() for name, x in found.items()}


def main():
    from functions_40 import FUNCTIONS

    found = {name: numbers_of(*case) for name, case in FUNCTIONS.items()}
    path = HERE / "jax_numbers.json"
    path.write_text(json.dumps(found, indent=0).replace("\n", "") + "\n", encoding="utf-8")
    print(f"{path}: {len(found)} functions")


if __name__ == "__main__":
    main()
