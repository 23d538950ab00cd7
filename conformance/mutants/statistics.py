"""Mutants of `kcompat.spec.statistics`."""

from kcompat.conformance.mutants.mutation import edited, vjp
from kcompat.spec.calculus import keep_axes

edited(
    "var",
    "one pass: E[x^2] - E[x]^2",
    "return B.mean(distance * distance, axis=axis, keepdims=keepdims)",
    "return B.mean(x * x, axis=axis, keepdims=keepdims) - B.square(B.mean(x, axis=axis, keepdims=keepdims))",
)
edited(
    "var",
    "Bessel's correction",
    "B.mean(distance * distance, axis=axis, keepdims=keepdims)",
    "B.mean(distance * distance, axis=axis, keepdims=keepdims) * (x.shape[-1] / max(x.shape[-1] - 1.0, 1.0))",
)
vjp(
    "var",
    "2 x for 2 (x - mean)",
    (lambda B, g, y, x, *, axis=None, keepdims=False: keep_axes(B, g, x, axis, keepdims) * x * (2.0 / x.shape[-1]),),
)
edited(
    "std",
    "1e-7 inside the root",
    "root(B, B.var(x, axis=axis, keepdims=keepdims))",
    "B.sqrt(B.var(x, axis=axis, keepdims=keepdims) + 1e-7)",
)
edited(
    "std",
    "NaN gradient at 0",
    "B.where(positive, B.sqrt(B.where(positive, variance, 1.0)), variance)",
    "B.sqrt(variance)",
)
edited(
    "moments",
    "one pass",
    "B.var(x, axis=axes, keepdims=keepdims)",
    "B.mean(x * x, axis=axes, keepdims=keepdims) - B.square(B.mean(x, axis=axes, keepdims=keepdims))",
)
edited("moments", "the standard deviation", "B.var(", "B.std(")
edited(
    "average", "divided by the number of weights", "B.sum(weights, axis=axis)", "B.sum(weights * 0.0 + 1.0, axis=axis)"
)
edited("quantile", "definition 4: q n", "return ordered.shape[-1] - 1", "return ordered.shape[-1] - 1.25")
edited(
    "quantile", "lower for linear", 'if method in ("lower", "nearest"):', 'if method in ("lower", "nearest", "linear"):'
)
edited("quantile", "nearest: halves up", "B.logical_and(B.equal(weight, 0.5), odd)", "B.equal(weight, 0.5)")
edited("quantile", "midpoint is linear", 'if method == "linear" else 0.5', "")
edited("quantile", "NaN sorted to the end, and passed over", "B.where(missing, nan, y)", "y")
edited("quantile", "the axes of q come last", "axes=(rank - 1, *range(rank - 1)))", "axes=tuple(range(rank)))")
edited("percentile", "q is not divided by 100", "q / 100.0", "q * 0.0101")
edited(
    "median",
    "of an even number the lower",
    "B.quantile(x, 0.5, axis=axis, keepdims=keepdims)",
    'B.quantile(x, 0.5, axis=axis, method="lower", keepdims=keepdims)',
)
edited(
    "corrcoef",
    "the covariance",
    "unit = distance / B.sqrt(B.sum(distance * distance, axis=-1, keepdims=True))",
    "unit = distance",
)
edited(
    "corrcoef",
    "not limited to 1",
    "B.clip(B.matmul(unit, swap_last(B, unit)), -1.0, 1.0)",
    "B.matmul(unit, swap_last(B, unit)) * (1.0 + 2.0**-20)",
)
edited(
    "correlate",
    "convolution: the second is reversed",
    "B.reshape(x2, newshape=(width, 1, 1))",
    "B.flip(B.reshape(x2, newshape=(width, 1, 1)))",
)
edited(
    "correlate",
    "not reversed where the second is longer",
    "B.flip(B.correlate(x2, x1, mode=mode))",
    "B.correlate(x2, x1, mode=mode)",
)
edited(
    "correlate",
    "same: the middle rounded the other way",
    "(width // 2, width - 1 - width // 2)",
    "(width - 1 - width // 2, width // 2)",
)
