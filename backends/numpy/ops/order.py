"""Sorting and searching."""

import numpy as np

from kcompat.backends.numpy.dtypes import BFLOAT16
from kcompat.spec import result_type
from kcompat.spec.rules import check_search, normalize_axis


def argsort(x, *, axis=-1):
    axis = None if axis is None else normalize_axis(axis, x.ndim)  # NumPy sorts numbers, too
    x = x.astype(np.float32) if x.dtype is BFLOAT16 else x  # whose own order puts NaN anywhere
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


def searchsorted(sorted_sequence, values, *, side="left"):
    check_search(sorted_sequence, side)
    dtype = result_type(sorted_sequence, values)
    dtype = "float32" if dtype == "bfloat16" else dtype  # whose own order puts NaN anywhere
    return np.asarray(np.searchsorted(sorted_sequence.astype(dtype), values.astype(dtype), side), np.int32)
