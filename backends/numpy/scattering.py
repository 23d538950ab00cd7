"""Values that are combined in the cells which indices name."""

import numpy as np


def combine_rows(ufunc, start, values, indices, size):
    """Combine rows of `values` by a ufunc whose neutral element is `start`, in the cells that `indices` name."""
    y = np.full((size, *values.shape[1:]), start, values.dtype)
    if values.ndim == 1 or not indices.size:
        ufunc.at(y, indices, values)
        return y
    order = np.argsort(indices, kind="stable")  # `ufunc.at` is many times slower on rows than on numbers
    cells, first = np.unique(indices[order], return_index=True)
    y[cells] = ufunc.reduceat(values[order], first, axis=0, dtype=values.dtype)
    return y
