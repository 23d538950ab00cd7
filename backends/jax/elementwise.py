"""Elementwise functions of JAX, in the dtypes of the spec."""

import jax
import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.declared import by_body
from kcompat.runtime.registry import load
from kcompat.spec import OPS, float_type
from kcompat.spec import rules as rules

__all__ = ["arctan", "arctan2", "cbrt", "copy", "fmod", "gcd", "integer_quotient", "nextafter", "view"]


cbrt = by_body("cbrt")  # the body's second derivative overflows early


def _in_dtype(dtype, *xs):
    return [jnp.asarray(x, dtype) for x in xs]


@jax.custom_jvp
def _arctan2(x1, x2):
    """JAX's own divides by `x1 ** 2 + x2 ** 2`, which overflows, and vanishes at the origin."""
    return jnp.arctan2(x1, x2)


def _tangent(rule):
    """A tangent from the declared pullback, which is a product with the slope."""

    def tangent(t, y, x1, x2):
        one = jnp.ones_like(y)
        x1, x2 = jnp.broadcast_to(x1, y.shape), jnp.broadcast_to(x2, y.shape)
        return t * rule(load("jax"), one, y, x1, x2)

    return tangent


_arctan2.defjvps(*map(_tangent, OPS["arctan2"].vjp))


def arctan2(x1, x2):
    """See `kcompat.spec.trigonometry.arctan2`."""
    return _arctan2(*_in_dtype(float_type(x1, x2), x1, x2))


def arctan(x):
    """See `kcompat.spec.trigonometry.arctan`."""
    return lax.atan(*_in_dtype(float_type(x), x))


def fmod(x1, x2):
    """See `kcompat.spec.rounding.fmod`."""
    return jnp.fmod(*_in_dtype(rules.remainder(x1, x2).dtype, x1, x2))


def integer_quotient(x1, x2):
    """See `kcompat.spec.rounding.integer_quotient`."""
    return jnp.floor_divide(*_in_dtype(rules.of_integers(x1, x2).dtype, x1, x2))


def gcd(x1, x2):
    """See `kcompat.spec.bits.gcd`."""
    return jnp.gcd(*_in_dtype(rules.of_integers(x1, x2).dtype, x1, x2))


def nextafter(x1, x2):
    """See `kcompat.spec.bits.nextafter`."""
    return jnp.nextafter(*_in_dtype(float_type(x1, x2), x1, x2))


def view(x, *, dtype=None):
    """See `kcompat.spec.bits.view`."""
    spec = rules.view(x, dtype=dtype)
    old, new = rules.item_bits(x.dtype.name), rules.item_bits(spec.dtype)
    x = lax.stop_gradient(x)
    if new > old:
        x = x.reshape(*spec.shape, new // old)
    return lax.bitcast_convert_type(x, spec.dtype).reshape(spec.shape)


def copy(x):
    """`x` in memory of its own."""
    return jnp.copy(x)
