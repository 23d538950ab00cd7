"""Reductions and running totals on ndarrays."""

import functools
import math

import numpy as np

from kcompat.backends.numpy.dtypes import in_float32
from kcompat.spec import result_type
from kcompat.spec.rules import check_search, cumulated_dtype, normalize_axes, normalize_axis, total_dtype

__all__ = ["all", "any", "argmax", "argmin", "cumprod", "cumsum", "max", "min", "prod", "searchsorted", "sum"]


SINGLE = np.dtype(np.float32)
_cached_axes = functools.lru_cache(maxsize=256)(normalize_axes)


def _axes(axis, rank):
    return _cached_axes(tuple(axis) if isinstance(axis, list) else axis, rank)


def sum(x, *, axis=None, keepdims=False):  # noqa: A001
    """See `kcompat.spec.reduction.sum_`."""
    if x.dtype is SINGLE and axis is None:
        return np.add.reduce(x, axis, keepdims=keepdims)
    return _sum(x, axis=axis, keepdims=keepdims)


@in_float32
def _sum(x, *, axis, keepdims):
    if x.dtype.kind != "f":
        return np.add.reduce(x, _axes(axis, x.ndim), total_dtype(x.dtype.name), keepdims=keepdims)
    if axis is None:
        return np.add.reduce(x, axis, keepdims=keepdims)
    axes = _axes(axis, x.ndim)
    if not axes or not x.size or axes[0] == x.ndim - len(axes):
        if x.flags.c_contiguous and is_row_sum(x.shape, axes):
            y = x @ ones(x.shape[-1], x.dtype)
            return y[..., None] if keepdims else y
        return np.add.reduce(x, axes, keepdims=keepdims)
    # NumPy adds in pairs along the last axis only: along others it adds row after row, and the error grows with n.
    if axes[-1] - axes[0] == len(axes) - 1 and x.flags.c_contiguous:
        before, after = x.shape[: axes[0]], x.shape[axes[-1] + 1 :]
        count = math.prod(x.shape[i] for i in axes)
        y = _sum_of_rows(x.reshape(math.prod(before), count, math.prod(after))).reshape(*before, *after)
    else:
        kept = tuple(i for i in range(x.ndim) if i not in axes)
        last = np.ascontiguousarray(x.transpose(*kept, *axes))
        y = np.add.reduce(last, axis=tuple(range(len(kept), x.ndim)))
    return np.expand_dims(y, axes) if keepdims else y


def is_row_sum(shape, axes):
    """Whether a sum is one of many short rows, which BLAS adds up faster: NumPy spends its time between rows."""
    return axes == (len(shape) - 1,) and len(shape) > 1 and 0 < shape[-1] <= BLOCK and 0 not in shape


BLOCK = 128
"""How many rows are added one after the other."""


def _sum_of_rows(x):
    """The sum over the middle axis, as products with ones: BLAS is fast, but may add all rows in turn."""
    batch, count, width = x.shape
    if count <= BLOCK:
        return ones(count, x.dtype) @ x
    whole = count - count % BLOCK
    y = _sum_of_rows(ones(BLOCK, x.dtype) @ x[:, :whole].reshape(batch, -1, BLOCK, width))
    return y if whole == count else y + ones(count - whole, x.dtype) @ x[:, whole:]


@functools.lru_cache(maxsize=64)
def ones(count, dtype):
    """A vector of ones; a product with it is a sum."""
    return np.ones(count, dtype)


def max(x, *, axis=None, keepdims=False):  # noqa: A001
    """See `kcompat.spec.reduction.max_`."""
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


def min(x, *, axis=None, keepdims=False):  # noqa: A001
    """See `kcompat.spec.reduction.min_`."""
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


def argmax(x, *, axis=None, keepdims=False):
    """See `kcompat.spec.reduction.argmax`."""
    return np.argmax(x, axis, keepdims=keepdims).astype(np.int32)


def argmin(x, *, axis=None, keepdims=False):
    """See `kcompat.spec.reduction.argmin`."""
    return np.argmin(x, axis, keepdims=keepdims).astype(np.int32)


@in_float32
def prod(x, *, axis=None, keepdims=False, dtype=None):
    """See `kcompat.spec.reduction.prod`."""
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims, dtype=dtype or total_dtype(x.dtype.name))


def all(x, *, axis=None, keepdims=False):  # noqa: A001
    """See `kcompat.spec.reduction.all_`."""
    return np.all(x, axis, keepdims=keepdims)


def any(x, *, axis=None, keepdims=False):  # noqa: A001
    """See `kcompat.spec.reduction.any_`."""
    return np.any(x, axis, keepdims=keepdims)


def _running(ufunc):
    def call(x, *, axis=None, dtype=None):
        dtype = cumulated_dtype(x.dtype.name, dtype)
        if axis is None:
            return ufunc.accumulate(x.reshape(-1), dtype=dtype)
        return ufunc.accumulate(x, normalize_axis(axis, x.ndim), dtype)

    return call


cumsum, cumprod = map(_running, (np.add, np.multiply))


def searchsorted(sorted_sequence, values, *, side="left"):
    """See `kcompat.spec.order.searchsorted`."""
    check_search(sorted_sequence, side)
    dtype = result_type(sorted_sequence, values)
    dtype = "float32" if dtype == "bfloat16" else dtype  # whose own order puts NaN anywhere
    return np.asarray(np.searchsorted(sorted_sequence.astype(dtype), values.astype(dtype), side), np.int32)
