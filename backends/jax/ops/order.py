"""Sorting and search."""

import jax.numpy as jnp

from kcompat.spec import result_type
from kcompat.spec.rules import check_search, normalize_axis


def argsort(x, *, axis=-1):
    axis = None if axis is None else normalize_axis(axis, x.ndim)
    return jnp.argsort(x, axis, stable=True).astype("int32")


def searchsorted(sorted_sequence, values, *, side="left"):
    check_search(sorted_sequence, side)
    dtype = result_type(sorted_sequence, values)
    return jnp.searchsorted(sorted_sequence.astype(dtype), values.astype(dtype), side).astype("int32")
