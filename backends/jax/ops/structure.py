"""Shape and joining."""

import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.dtypes import in_dtype
from kcompat.spec import result_type
from kcompat.spec.rules import check_joinable


def reshape(x, *, newshape):
    return x.reshape(newshape)


def transpose(x, *, axes=None):
    return jnp.transpose(x, axes)


def broadcast_to(x, *, shape):
    return jnp.broadcast_to(x, shape)


def flip(x, *, axis=None):
    return jnp.flip(x, axis)


def strided_slice(x, *, start, stop, step):
    return lax.slice(x, start, stop, step)


def interior_pad(x, *, low, high, interior, value=0.0):
    return lax.pad(x, jnp.asarray(value, x.dtype), tuple(zip(low, high, interior, strict=True)))


def concatenate(*xs, axis=0):
    if axis is None:
        xs, axis = tuple(x.reshape(-1) for x in xs), 0
    axis = check_joinable(xs, axis)
    return jnp.concatenate(in_dtype(result_type(*xs), *xs), axis)
