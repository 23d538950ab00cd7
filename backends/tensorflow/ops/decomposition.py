"""Factors of stacks of matrices and what they give, with the spec's gradients (decomposition, linalg, lu)."""

import functools

import tensorflow as tf

from kcompat.backends.tensorflow.declared import by_body, declared
from kcompat.spec import OPS, floatx
from kcompat.spec.matrices import check_square


def _declared(f):
    """A function of float32 or float64 matrices, in the dtype of the spec; its rule refuses what does not fit."""
    rule, f = OPS[f.__name__].rule, declared(f)

    @functools.wraps(f)
    def call(*xs, **attrs):
        specs = rule(*xs, **attrs)
        specs = specs if isinstance(specs, tuple) else (specs,)
        wide = tf.float64 if specs[0].dtype == "float64" else tf.float32
        y = f(*(tf.cast(x, wide) for x in xs), **attrs)
        if len(specs) == 1:
            return tf.cast(y, specs[0].dtype)
        return tuple(tf.cast(part, spec.dtype) for part, spec in zip(y, specs, strict=True))

    return call


def _finite(f, x):
    """`f` of matrices, a tuple; NaN of those that are not finite, at which TensorFlow's iterations may fail."""
    finite = tf.reduce_all(tf.math.is_finite(x), (-2, -1), keepdims=True)
    y = f(tf.where(finite, x, tf.zeros_like(x)))
    masks = (finite if len(part.shape) == len(x.shape) else finite[..., 0] for part in y)
    return tuple(tf.where(mask, part, float("nan")) for mask, part in zip(masks, y, strict=True))


def _symmetric(x):
    return x * 0.5 + tf.linalg.matrix_transpose(x) * 0.5


@_declared
def cholesky(x, *, upper=False):
    y = tf.linalg.cholesky(_symmetric(x))
    return tf.linalg.matrix_transpose(y) if upper else y


@_declared
def eigh(x):
    return _finite(tf.linalg.eigh, _symmetric(x))


@_declared
def qr(x, *, mode="reduced"):
    return tuple(tf.linalg.qr(x, full_matrices=mode == "complete"))


@_declared
def svd(x, *, full_matrices=True, compute_uv=True):
    if not compute_uv:
        return _finite(lambda x: (tf.linalg.svd(x, compute_uv=False),), x)[0]
    s, u, v = _finite(lambda x: tf.linalg.svd(x, full_matrices), x)
    return u, s, tf.linalg.matrix_transpose(v)


@_declared
def triangular_solve(a, b, *, lower=True):
    return tf.linalg.triangular_solve(a, b, lower=lower)


@_declared
def lu(x):
    factors, permutation = tf.linalg.lu(x)
    return factors, permutation


def _wide(x):
    return x if x.dtype.size >= 4 else tf.cast(x, tf.float32)


@declared
def linear_solve(a, b):
    return tf.cast(tf.linalg.solve(_wide(a), _wide(b)), a.dtype)


def _floats(name, x):
    check_square(name, x)
    return x if x.dtype.is_floating else tf.cast(x, floatx())


@declared
def det(x):
    """By the kernel for it: that of `lu` refuses singular matrices."""
    x = _floats("det", x)
    return tf.cast(tf.linalg.det(_wide(x)), x.dtype)


@declared
def slogdet(x):
    x = _floats("slogdet", x)
    sign, logarithm = tf.linalg.slogdet(_wide(x))
    return tf.cast(sign, x.dtype), tf.cast(logarithm, x.dtype)


pinv = by_body("pinv")
