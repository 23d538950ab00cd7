"""Pooling by slices, which XLA fuses: on a CPU its own windowed reductions and their gradients take far longer."""

import itertools
import math

import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.declared import by_body
from kcompat.backends.jax.interpreter import interpreter, run_body
from kcompat.spec.convolution import to_channels_last
from kcompat.spec.pooling import found, pool_geometry

max_pool = by_body("max_pool")


def max_pool_grad(g, y, x, *, pool_size, strides=None, padding="valid", data_format=None):
    """Windows side by side are blocks of the result."""
    B = interpreter()
    window, strides, pairs, outputs = pool_geometry(to_channels_last(B, x, data_format)[0], pool_size, strides, padding)
    if window != strides:
        geometry = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
        return run_body("max_pool_grad", g, y, x, **geometry)
    x, back = to_channels_last(B, x, data_format)
    y, g = (to_channels_last(B, t, data_format)[0] for t in (y, g))
    # What lies before and after the blocks: padding, or cells that no window meets.
    low = [0, *(a for a, _ in pairs), 0]
    high = [m * k - n - a for n, m, k, a in zip(x.shape, (0, *outputs, 0), (0, *window, 0), low, strict=True)]
    high[0] = high[-1] = 0
    blocks = lax.pad(x, jnp.asarray(-math.inf, x.dtype), [(a, b, 0) for a, b in zip(low, high, strict=True)])
    winner = jnp.zeros(g.shape, "uint8" if math.prod(window) < 256 else "int32")
    for cell, here in enumerate(found(B, y, blocks, window, strides, ((0, 0),) * len(window), outputs)):
        winner = jnp.where(here, winner.dtype.type(cell), winner)
    inner = range(2, 2 * len(window) + 1, 2)
    cells = jnp.arange(math.prod(window), dtype=winner.dtype).reshape(1, *_alternating(window), 1)
    chosen = jnp.expand_dims(winner, inner) == cells
    dx = jnp.where(chosen, jnp.expand_dims(g, inner), 0).reshape(blocks.shape)
    dx = lax.pad(dx, jnp.zeros((), dx.dtype), [(-a, -b, 0) for a, b in zip(low, high, strict=True)])
    return dx if back is None else jnp.transpose(dx, back)


def _alternating(window):
    """A one before each size of the window."""
    return itertools.chain.from_iterable((1, k) for k in window)
