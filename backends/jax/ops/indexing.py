"""Reading and adding at indices."""

import jax.numpy as jnp


def take(x, indices, *, axis=None):
    return jnp.take(x, indices, axis)  # an index out of range gives NaN


def scatter_add(values, indices, *, axis, size):
    axis %= values.ndim
    shape = (*values.shape[:axis], size, *values.shape[axis + jnp.ndim(indices) :])
    return jnp.zeros(shape, values.dtype).at[(slice(None),) * axis + (indices,)].add(values)


def take_along_axis(x, indices, *, axis=None):
    return jnp.take_along_axis(x, indices, axis)


def scatter_add_along_axis(values, indices, *, axis, size):
    shape = (*values.shape[:axis], size, *values.shape[axis + 1 :])
    cells = list(jnp.indices(values.shape, sparse=True))
    cells[axis] = indices
    return jnp.zeros(shape, values.dtype).at[tuple(cells)].add(values)
