"""Functions of real numbers (elementwise, special, trigonometry)."""

import jax
import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.declared import by_body
from kcompat.backends.jax.dtypes import as_tensors, of_float
from kcompat.backends.jax.interpreter import interpreter
from kcompat.spec import OPS, float_type

exp, expm1, log, log1p, sqrt = map(of_float, (jnp.exp, jnp.expm1, jnp.log, jnp.log1p, jnp.sqrt))
sin, cos, tanh, floor = map(of_float, (jnp.sin, jnp.cos, jnp.tanh, jnp.floor))
erf, erfc, erfinv = map(of_float, (lax.erf, lax.erfc, lax.erf_inv))
cbrt = by_body("cbrt")  # the body's second derivative overflows early


@jax.custom_jvp
def _arctan2(x1, x2):
    """JAX's own divides by `x1 ** 2 + x2 ** 2`, which overflows, and vanishes at the origin."""
    return jnp.arctan2(x1, x2)


def _tangent(rule):
    """A tangent from the declared pullback, which is a product with the slope."""

    def tangent(t, y, x1, x2):
        one = jnp.ones_like(y)
        x1, x2 = jnp.broadcast_to(x1, y.shape), jnp.broadcast_to(x2, y.shape)
        return t * rule(interpreter(), one, y, x1, x2)

    return tangent


_arctan2.defjvps(*map(_tangent, OPS["arctan2"].vjp))


def arctan2(x1, x2):
    return _arctan2(*as_tensors(float_type(x1, x2), x1, x2))


def arctan(x):
    return lax.atan(*as_tensors(float_type(x), x))
