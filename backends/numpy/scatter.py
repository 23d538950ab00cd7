"""Adding and combining values at indices that may repeat."""

import numpy as np

__all__ = ["scatter_add", "scatter_max", "scatter_multiply"]


def _lowest(dtype):
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def _combined(ufunc, start, values, indices, size):
    """Rows of `values` combined by a ufunc whose neutral element is `start`, in the cells that `indices` name."""
    y = np.full((size, *values.shape[1:]), start, values.dtype)
    if values.ndim == 1 or not indices.size:
        ufunc.at(y, indices, values)
        return y
    order = np.argsort(indices, kind="stable")  # `ufunc.at` is many times slower on rows than on numbers
    cells, first = np.unique(indices[order], return_index=True)
    y[cells] = ufunc.reduceat(values[order], first, axis=0, dtype=values.dtype)
    return y


def scatter_add(values, indices, *, axis, size):
    """See `kcompat.spec.indexing.scatter_add`."""
    indices = np.asarray(indices)
    rank = indices.ndim
    rows = np.moveaxis(values, range(axis, axis + rank), range(rank))
    rows = rows.reshape(indices.size, *rows.shape[rank:])
    y = _combined(np.add, 0, rows, np.where(indices < 0, indices + size, indices).reshape(-1), size)
    return np.moveaxis(y, 0, axis)


def scatter_max(values, indices, *, size):
    """See `kcompat.spec.scatter.scatter_max`."""
    return _combined(np.maximum, _lowest(values.dtype), values, indices, size)


def scatter_multiply(values, indices, *, size):
    """See `kcompat.spec.scatter.scatter_multiply`."""
    return _combined(np.multiply, 1, values, indices, size)
