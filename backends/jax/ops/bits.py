"""Bits, and the remainders and quotients of integers (bits, rounding)."""

import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.dtypes import as_tensors
from kcompat.spec import float_type
from kcompat.spec import rules as _rules


def fmod(x1, x2):
    return jnp.fmod(*as_tensors(_rules.remainder(x1, x2).dtype, x1, x2))


def integer_quotient(x1, x2):
    return jnp.floor_divide(*as_tensors(_rules.of_integers(x1, x2).dtype, x1, x2))


def gcd(x1, x2):
    """Of unsigned integers, which hold the absolute value of the smallest integer: JAX's own does not end there."""
    dtype = _rules.of_integers(x1, x2).dtype
    unsigned = dtype if dtype.startswith("u") else f"u{dtype}"
    return jnp.gcd(*(jnp.abs(x).astype(unsigned) for x in as_tensors(dtype, x1, x2))).astype(dtype)


def nextafter(x1, x2):
    return jnp.nextafter(*as_tensors(float_type(x1, x2), x1, x2))


def view(x, *, dtype=None):
    spec = _rules.view(x, dtype=dtype)
    old, new = _rules.item_bits(x.dtype.name), _rules.item_bits(spec.dtype)
    x = lax.stop_gradient(x)
    if new > old:
        x = x.reshape(*spec.shape, new // old)
    return lax.bitcast_convert_type(x, spec.dtype).reshape(spec.shape)
