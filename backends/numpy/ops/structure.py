"""Tensors in other shapes, parts of them, and several as one."""

import numpy as np

from kcompat.backends.numpy.dtypes import BFLOAT16
from kcompat.spec import result_type

DOUBLE = np.dtype(np.float64)


def reshape(x, *, newshape):
    return x.reshape(newshape)


def transpose(x, *, axes=None):
    return x.transpose(axes)


def broadcast_to(x, *, shape):
    return np.broadcast_to(x, shape)


def flip(x, *, axis=None):
    return np.flip(x, axis)


def strided_slice(x, *, start, stop, step):
    return x[tuple(map(slice, start, stop, step))]


def interior_pad(x, *, low, high, interior, value=0.0):
    spans = [n + (n - 1) * i if n else 0 for n, i in zip(x.shape, interior, strict=True)]
    y = np.full([a + span + b for a, span, b in zip(low, spans, high, strict=True)], value, x.dtype)
    y[tuple(slice(a, a + span, i + 1) for a, span, i in zip(low, spans, interior, strict=True))] = x
    return y


def concatenate(*xs, axis=0):
    dtypes = {x.dtype for x in xs}
    if len(dtypes) == 1:
        return np.concatenate(xs, axis)
    if BFLOAT16 in dtypes:  # with which NumPy promotes nothing
        dtype = result_type(*xs)
        return np.concatenate([x.astype(dtype) for x in xs], axis)
    y = np.concatenate(xs, axis)
    return y if y.dtype is not DOUBLE else y.astype(result_type(*xs), copy=False)
