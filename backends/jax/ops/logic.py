"""Comparison, logic, choice and bits."""

import jax.numpy as jnp

from kcompat.backends.jax.dtypes import in_dtype
from kcompat.spec import result_type
from kcompat.spec.dtypes import integer_type, shift_type


def _comparison(f):
    def call(x1, x2):
        return f(x1, x2)

    return call


def _bitwise(f, type_of=integer_type):
    def call(x, y):
        return f(*in_dtype(type_of(x, y), x, y))

    return call


equal, greater, greater_equal = map(_comparison, (jnp.equal, jnp.greater, jnp.greater_equal))
not_equal, less, less_equal = map(_comparison, (jnp.not_equal, jnp.less, jnp.less_equal))
logical_and, logical_or = map(_comparison, (jnp.logical_and, jnp.logical_or))
bitwise_and, bitwise_or, bitwise_xor = map(_bitwise, (jnp.bitwise_and, jnp.bitwise_or, jnp.bitwise_xor))
left_shift, right_shift = _bitwise(jnp.left_shift, shift_type), _bitwise(jnp.right_shift, shift_type)


def logical_not(x):
    return jnp.logical_not(x)


def where(condition, x1, x2):
    return jnp.where(condition, *in_dtype(result_type(x1, x2), x1, x2))
