"""Reductions."""

import functools
import math

import numpy as np

from kcompat.backends.numpy.dtypes import in_float32
from kcompat.backends.numpy.sums import is_row_sum, sum_of_rows, vector_of_ones
from kcompat.spec.rules import as_integers, normalize_axes, total_dtype

SINGLE = np.dtype(np.float32)
_cached_axes = functools.lru_cache(maxsize=256)(normalize_axes)


def _axes(axis, rank):
    return _cached_axes(axis if axis is None or type(axis) in (int, tuple) else as_integers(axis), rank)


def sum(x, *, axis=None, keepdims=False):  # noqa: A001
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
            y = x @ vector_of_ones(x.shape[-1], x.dtype)
            return y[..., None] if keepdims else y
        return np.add.reduce(x, axes, keepdims=keepdims)
    # NumPy adds in pairs along the last axis only: along others it adds row after row, and the error grows with n.
    if axes[-1] - axes[0] == len(axes) - 1 and x.flags.c_contiguous:
        before, after = x.shape[: axes[0]], x.shape[axes[-1] + 1 :]
        count = math.prod(x.shape[i] for i in axes)
        y = sum_of_rows(x.reshape(math.prod(before), count, math.prod(after))).reshape(*before, *after)
    else:
        kept = tuple(i for i in range(x.ndim) if i not in axes)
        last = np.ascontiguousarray(x.transpose(*kept, *axes))
        y = np.add.reduce(last, axis=tuple(range(len(kept), x.ndim)))
    return np.expand_dims(y, axes) if keepdims else y


def max(x, *, axis=None, keepdims=False):  # noqa: A001
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


def min(x, *, axis=None, keepdims=False):  # noqa: A001
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


def argmax(x, *, axis=None, keepdims=False):
    return np.argmax(x, axis, keepdims=keepdims).astype(np.int32)


def argmin(x, *, axis=None, keepdims=False):
    return np.argmin(x, axis, keepdims=keepdims).astype(np.int32)


@in_float32
def prod(x, *, axis=None, keepdims=False, dtype=None):
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims, dtype=dtype or total_dtype(x.dtype.name))


def all(x, *, axis=None, keepdims=False):  # noqa: A001
    return np.all(x, axis, keepdims=keepdims)


def any(x, *, axis=None, keepdims=False):  # noqa: A001
    return np.any(x, axis, keepdims=keepdims)
