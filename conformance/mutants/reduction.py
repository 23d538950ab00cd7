"""Mutants of `kcompat.spec.reduction`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import keep_axes

value("sum", "row after row: the error grows with n")(
    lambda x, *, axis=None, keepdims=False: (
        np.cumsum(x, axis=0)[-1]
        if axis == 0 and x.ndim == 2 and len(x) > 1000
        else honest("sum")(x, axis=axis, keepdims=keepdims)
    )
)
value("sum", "in half precision")(
    lambda x, *, axis=None, keepdims=False: honest("sum")(x.astype(np.float16), axis=axis, keepdims=keepdims).astype(
        honest("sum")(x, axis=axis, keepdims=keepdims).dtype
    )
)
value("sum", "small integers wrap around")(
    lambda x, *, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)
)
vjp(
    "sum",
    "the mean's gradient",
    (
        lambda B, g, y, x, *, axis=None, keepdims=False: (
            B.zeros_like(x) + keep_axes(B, g, x, axis, keepdims) / float(x.shape[-1])
        ),
    ),
)
value("max", "NaN ignored")(lambda x, *, axis=None, keepdims=False: np.fmax.reduce(x, axis=axis, keepdims=keepdims))
vjp(
    "max",
    "each of several largest gets the whole gradient",
    (
        lambda B, g, y, x, *, axis=None, keepdims=False: B.where(
            B.equal(x, keep_axes(B, y, x, axis, keepdims)), keep_axes(B, g, x, axis, keepdims), 0.0
        ),
    ),
)
edited(
    "min",
    "NaN ignored",
    "B.max(reversed_order(B, x), axis=axis, keepdims=keepdims)",
    "B.nanmax(reversed_order(B, x), axis=axis, keepdims=keepdims)",
)
edited(
    "ptp",
    "half",
    "B.max(x, axis=axis, keepdims=keepdims) - B.min(x, axis=axis, keepdims=keepdims)",
    "(B.max(x, axis=axis, keepdims=keepdims) - B.min(x, axis=axis, keepdims=keepdims)) * 0.5",
)
edited("mean", "divided by the size of the last axis", "float(count_along(x, axis))", "float(x.shape[-1])")
edited(
    "mean",
    "in half precision",
    "B.sum(x, axis=axis, keepdims=keepdims)",
    'B.cast(B.sum(B.cast(x, dtype="float16"), axis=axis, keepdims=keepdims), dtype=B.dtype(x))',
)
edited(
    "prod",
    "by logarithms",
    "y = join_axes(",
    'if B.dtype(x) == "float32": return B.exp(B.sum(B.log(x), axis=axis, keepdims=keepdims))\n    y = join_axes(',
)
vjp(
    "prod",
    "y / x: NaN where a factor is 0",
    (lambda B, g, y, x, *, axis=None, keepdims=False, dtype=None: keep_axes(B, g * y, x, axis, keepdims) / x,),
)
value("argmax", "of equal ones the last")(
    lambda x, *, axis=None, keepdims=False: np.asarray(
        (x.size if axis is None else x.shape[axis])
        - 1
        - honest("argmax")(np.flip(x, axis), axis=axis, keepdims=keepdims),
        np.int32,
    )
)
value("argmax", "NaN ignored")(
    lambda x, *, axis=None, keepdims=False: honest("argmax")(
        np.where(np.isnan(x), -np.inf, x) if x.dtype.kind == "f" else x, axis=axis, keepdims=keepdims
    )
)
value("argmin", "of the negative: the smallest integer wraps around")(
    lambda x, *, axis=None, keepdims=False: honest("argmax")(
        np.logical_not(x) if x.dtype == bool else -x, axis=axis, keepdims=keepdims
    )
)
edited("count_nonzero", "NaN is 0", "B.not_equal(x, 0)", "B.logical_or(x > 0, B.less(x, 0))")
edited(
    "any",
    "the sum is positive: what is negative cancels",
    "B.not_equal(x, 0), axis",
    'B.cast(x, dtype="float32"), axis',
)
edited(
    "all",
    "any",
    "B.equal(B.sum(B.equal(x, 0), axis=axis, keepdims=keepdims), 0)",
    "B.greater(B.sum(B.not_equal(x, 0), axis=axis, keepdims=keepdims), 0)",
)
edited("logsumexp", "naive", "shift = B.where(B.isfinite(largest), largest, 0.0)", "shift = largest * 0.0")
edited("logsumexp", "NaN where all are -inf", "B.where(B.isfinite(largest), largest, 0.0)", "largest")
edited(
    "logsumexp",
    "shifted by the mean",
    "B.where(B.isfinite(largest), largest, 0.0)",
    "B.stop_gradient(B.mean(x, axis=axis, keepdims=True))",
)
