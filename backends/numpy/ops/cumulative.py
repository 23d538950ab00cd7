"""Running totals."""

import numpy as np

from kcompat.spec.rules import cumulated_dtype, normalize_axis


def _running(ufunc):
    def call(x, *, axis=None, dtype=None):
        dtype = cumulated_dtype(x.dtype.name, dtype)
        if axis is None:
            return ufunc.accumulate(x.reshape(-1), dtype=dtype)
        return ufunc.accumulate(x, normalize_axis(axis, x.ndim), dtype)

    return call


cumsum, cumprod = map(_running, (np.add, np.multiply))
