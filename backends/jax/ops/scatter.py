"""Combining values at indices that may repeat."""

import functools

import jax
import jax.numpy as jnp


def _lowest(dtype):
    return -jnp.inf if jnp.issubdtype(dtype, jnp.floating) else jnp.iinfo(dtype).min


def scatter_max(values, indices, *, size):
    return jnp.full((size, *values.shape[1:]), _lowest(values.dtype), values.dtype).at[indices].max(values)


def scatter_multiply(values, indices, *, size):
    return _multiply(values, indices, size)


@functools.partial(jax.custom_jvp, nondiff_argnums=(2,))
def _multiply(values, indices, size):
    """JAX differentiates its own only where no index repeats."""
    return jnp.ones((size, *values.shape[1:]), values.dtype).at[indices].multiply(values)


@_multiply.defjvp
def _multiply_jvp(size, primals, tangents):
    values, indices = primals
    zero = values == 0
    nonzero = jnp.where(zero, 1, values)
    zeros = jnp.zeros((size, *values.shape[1:]), values.dtype).at[indices].add(zero.astype(values.dtype))[indices]
    others = _multiply(nonzero, indices, size)[indices] / nonzero
    slope = jnp.where(zeros == zero, others, 0)
    y = _multiply(values, indices, size)
    return y, jnp.zeros_like(y).at[indices].add(tangents[0] * slope)
