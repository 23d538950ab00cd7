"""Reductions and running totals (reduction, cumulative)."""

import functools

import jax
import jax.numpy as jnp

from kcompat.backends.jax.platform import on_cpu
from kcompat.spec import is_float
from kcompat.spec.rules import cumulated_dtype, normalize_axes, normalize_axis, total_dtype


def sum(x, *, axis=None, keepdims=False):  # noqa: A001
    return jnp.sum(x, normalize_axes(axis, x.ndim), total_dtype(x.dtype.name), keepdims=keepdims)


def prod(x, *, axis=None, keepdims=False, dtype=None):
    return jnp.prod(x, normalize_axes(axis, x.ndim), dtype or total_dtype(x.dtype.name), keepdims=keepdims)


def _over_axes(f):
    def call(x, *, axis=None, keepdims=False):
        return f(x, normalize_axes(axis, x.ndim), keepdims=keepdims)

    return call


def _keeping_nan(f):
    """On a CPU XLA leaves large reductions to YNNPACK, whose extremes lose NaN; a sum of squares shows one."""

    @functools.partial(jax.jit, static_argnums=1, static_argnames="keepdims", inline=True)
    def checked(x, axes, keepdims):
        y, squares = f(x, axes, keepdims=keepdims), jnp.sum(x * x, axes, keepdims=keepdims)
        return y * jnp.where(jnp.isnan(squares), jnp.nan, jnp.ones((), y.dtype))

    def call(x, axes, *, keepdims):
        return (checked if is_float(x.dtype.name) and on_cpu() else f)(x, axes, keepdims=keepdims)

    return call


all, any = map(_over_axes, (jnp.all, jnp.any))  # noqa: A001
max, min = (_over_axes(_keeping_nan(f)) for f in (jnp.max, jnp.min))  # noqa: A001


def _index(f):
    def call(x, *, axis=None, keepdims=False):
        axis = None if axis is None else normalize_axis(axis, x.ndim)
        return f(x, axis, keepdims=keepdims).astype("int32")

    return call


argmax, argmin = map(_index, (jnp.argmax, jnp.argmin))


def _running(f):
    def call(x, *, axis=None, dtype=None):
        axis = None if axis is None else normalize_axis(axis, x.ndim)
        return f(x, axis, cumulated_dtype(x.dtype.name, dtype))

    return call


cumsum, cumprod = map(_running, (jnp.cumsum, jnp.cumprod))
