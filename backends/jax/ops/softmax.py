"""Softmax."""

import jax

from kcompat.backends.jax.dtypes import in_dtype
from kcompat.spec import float_type
from kcompat.spec.rules import normalize_axes


def softmax(x, *, axis=-1):
    (x,) = in_dtype(float_type(x), x)
    return jax.nn.softmax(x, axis=normalize_axes(axis, x.ndim))


def log_softmax(x, *, axis=-1):
    (x,) = in_dtype(float_type(x), x)
    return jax.nn.log_softmax(x, axis=normalize_axes(axis, x.ndim))
