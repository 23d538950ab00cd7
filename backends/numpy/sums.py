"""Sums over long axes, by BLAS, in blocks, so that rounding errors stay small."""

import functools

import numpy as np

BLOCK = 128
"""The most rows that are added one after the other."""


def is_row_sum(shape, axes):
    """Whether a sum is over many short rows. BLAS adds them up faster: NumPy spends its time between rows."""
    return axes == (len(shape) - 1,) and len(shape) > 1 and 0 < shape[-1] <= BLOCK and 0 not in shape


def sum_of_rows(x):
    """Sum over the middle axis by products with ones, in blocks, since BLAS may add all rows in turn."""
    batch, count, width = x.shape
    if count <= BLOCK:
        return vector_of_ones(count, x.dtype) @ x
    whole = count - count % BLOCK
    y = sum_of_rows(vector_of_ones(BLOCK, x.dtype) @ x[:, :whole].reshape(batch, -1, BLOCK, width))
    return y if whole == count else y + vector_of_ones(count - whole, x.dtype) @ x[:, whole:]


@functools.lru_cache(maxsize=64)
def vector_of_ones(count, dtype):
    """A vector of ones; a product with it is a sum."""
    return np.ones(count, dtype)
