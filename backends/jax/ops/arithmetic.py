"""Arithmetic."""

import jax
import jax.numpy as jnp

from kcompat.backends.jax.dtypes import as_tensors, in_dtype
from kcompat.spec import float_type, result_type
from kcompat.spec import rules as _rules


def _arithmetic(f):
    def call(x1, x2):
        if getattr(x1, "dtype", None) is getattr(x2, "dtype", 0):  # as a rule, and asked fast
            return f(x1, x2)
        return f(*in_dtype(result_type(x1, x2), x1, x2))

    return call


add, subtract, multiply = map(_arithmetic, (jnp.add, jnp.subtract, jnp.multiply))


def divide(x1, x2):
    return jnp.divide(*in_dtype(float_type(x1, x2), x1, x2))


@jax.custom_jvp
def _power(x1, x2):
    """`x1 ** x2` of floats, with the spec's derivatives where the base is 0 or negative, or the exponent 0."""
    return jnp.power(x1, x2)


def _base_tangent(t, y, x1, x2):
    """0 where x2 is 0, also at x1 = 0: there the power is constant."""
    constant = x2 == 0
    return t * jnp.where(constant, 0, x2 * _power(x1, jnp.where(constant, 1, x2 - 1)))


def _exponent_tangent(t, y, x1, x2):
    """0 where x1 <= 0, the value at 0 for positive x2."""
    positive = x1 > 0
    return t * jnp.where(positive, y * jnp.log(jnp.where(positive, x1, 1)), 0)


_power.defjvps(_base_tangent, _exponent_tangent)


def power(x1, x2):
    if type(x2) is int and x2 < 0:
        _rules.power(x1, x2)  # which refuses integers
    dtype = result_type(x1, x2)
    x1, x2 = as_tensors(dtype, *in_dtype(dtype, x1, x2))
    return _power(x1, x2) if jnp.issubdtype(dtype, jnp.floating) else jnp.power(x1, x2).astype(dtype)


def sign(x):
    return jnp.sign(x)
