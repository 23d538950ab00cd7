"""Combining values at indices that may repeat."""

import numpy as np

__all__ = ["scatter_max", "scatter_multiply"]


def _lowest(dtype):
    return -np.inf if dtype.kind not in "iu" else np.iinfo(dtype).min


def scatter_max(values, indices, *, size):
    """See `kcompat.spec.scatter.scatter_max`."""
    y = np.full((size, *values.shape[1:]), _lowest(values.dtype), values.dtype)
    np.maximum.at(y, indices, values)
    return y


def scatter_multiply(values, indices, *, size):
    """See `kcompat.spec.scatter.scatter_multiply`."""
    y = np.ones((size, *values.shape[1:]), values.dtype)
    np.multiply.at(y, indices, values)
    return y
