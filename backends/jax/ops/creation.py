"""New tensors, dtypes and copies (creation, conversion)."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from kcompat.backends.jax.dtypes import WIDE, scope
from kcompat.spec import floatx, result_type


def full(*, shape, fill_value, dtype=None):
    dtype = dtype or floatx()
    with scope(dtype in WIDE):
        return jnp.full(shape, fill_value, dtype)


def arange(*, start, stop=None, step=None, dtype=None):
    first, last = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    dtype = dtype or result_type(first, last, step)
    if any(isinstance(x, float) for x in (first, last, step)):  # XLA would round differently from NumPy
        return jnp.asarray(np.arange(first, last, step), dtype)
    with scope(dtype in WIDE):
        return jnp.arange(first, last, step, dtype)


def cast(x, *, dtype):
    return x.astype(dtype)


def stop_gradient(variable):
    return lax.stop_gradient(variable)


def copy(x):
    return jnp.copy(x)
