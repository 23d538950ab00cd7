"""Softmax."""

import jax

from kcompat.backends.jax.dtypes import in_dtype
from kcompat.spec import float_type
from kcompat.spec.rules import normalize_axes


def _along(f):
    """`f`, which rounds the sum to the dtype of `x`: many elements overflow float16."""

    def call(x, *, axis=-1):
        (x,) = in_dtype(float_type(x), x)
        axes = normalize_axes(axis, x.ndim)
        return f(x.astype("float32"), axis=axes).astype(x.dtype) if x.dtype.itemsize == 2 else f(x, axis=axes)

    return call


softmax, log_softmax = _along(jax.nn.softmax), _along(jax.nn.log_softmax)
