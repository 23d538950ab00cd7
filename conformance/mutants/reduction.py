"""Wrong sums, extrema, statistics, running totals and counts."""

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

edited("nansum", "NaN counts", "filled(B, x, 0.0)", "x")
edited("nansum", "infinities are left out too", "filled(B, x, 0.0)", "B.where(B.isfinite(x), x, 0.0)")
edited("nanprod", "NaN is 0", "filled(B, x, 1.0)", "filled(B, x, 0.0)")
edited("nanmax", "0 for NaN", "B.max, x, -inf, axis", "B.max, x, 0.0, axis")
edited("nanmax", "-inf where all are NaN", "B.where(B.all(missing, axis=axis, keepdims=keepdims), nan, y)", "y")
edited("nanmin", "0 for NaN", "B.min, x, inf, axis", "B.min, x, 0.0, axis")
edited("nanargmax", "0 where all are NaN", "keepdims=keepdims), -1)", "keepdims=keepdims), 0)")
edited(
    "nanargmin",
    "NaN counts as the smallest",
    "return _where_it_is(",
    "return B.argmin(x, axis=axis, keepdims=keepdims)\n    return _where_it_is(",
)
edited(
    "nanmean",
    "NaN counts as an element",
    "B.sum(B.logical_not(missing), axis=axis, keepdims=keepdims)",
    "B.sum(B.equal(missing, missing), axis=axis, keepdims=keepdims)",
)
edited(
    "nanvar",
    "NaN is 0 before the mean is taken off",
    "B.where(missing, nan, distance * distance)",
    "B.where(missing, 0.0, distance * distance)",
)
edited(
    "nanvar",
    "one pass",
    "return B.nanmean(B.where(missing, nan, distance * distance), axis=axis, keepdims=keepdims)",
    "return B.nanmean(x * x, axis=axis, keepdims=keepdims) - B.square(B.nanmean(x, axis=axis, keepdims=keepdims))",
)
edited(
    "nanstd",
    "of n - 1",
    "root(B, B.nanvar(x, axis=axis, keepdims=keepdims))",
    "root(B, B.nanvar(x, axis=axis, keepdims=keepdims) * 1.25)",
)
edited(
    "nanquantile",
    "positions of all elements",
    "B.cast(B.maximum(count - 1, 0), dtype=dtype)",
    "B.cast(count * 0 + ordered.shape[-1] - 1, dtype=dtype)",
)
edited("nanpercentile", "q is not divided by 100", "q / 100.0", "q * 0.0101")
edited("nanmedian", "NaN counts", "B.nanquantile(", "B.quantile(")

value("cumsum", "exclusive")(
    lambda x, *, axis=None, dtype=None: (
        honest("cumsum")(x, axis=axis, dtype=dtype) - (x.reshape(-1) if axis is None else x)
        if x.dtype.kind == "f"
        else honest("cumsum")(x, axis=axis, dtype=dtype)
    )
)
value("cumsum", "reversed")(
    lambda x, *, axis=None, dtype=None: np.flip(honest("cumsum")(np.flip(x, axis), axis=axis, dtype=dtype), axis or 0)
)
value("cumsum", "in half precision")(
    lambda x, *, axis=None, dtype=None: np.cumsum(
        x, axis=axis, dtype=np.float16 if x.dtype.kind == "f" else None
    ).astype(honest("cumsum")(x, axis=axis, dtype=dtype).dtype)
)
vjp(
    "cumsum",
    "not reversed",
    (lambda B, g, y, x, *, axis=None, dtype=None: B.reshape(B.cumsum(g, axis=axis), newshape=tuple(x.shape)),),
)
vjp(
    "cumprod",
    "divided by the factors: NaN where one is 0",
    (
        lambda B, g, y, x, *, axis=None, dtype=None: (
            B.reshape(
                B.flip(B.cumsum(B.flip(g * y, axis=axis or 0), axis=axis or 0), axis=axis or 0), newshape=tuple(x.shape)
            )
            / x
        ),
    ),
)
value("cumprod", "by logarithms")(
    lambda x, *, axis=None, dtype=None: (
        np.exp(np.cumsum(np.log(x), axis=axis)) if x.dtype.kind == "f" else honest("cumprod")(x, axis=axis, dtype=dtype)
    )
)
edited("nancumsum", "NaN counts", "filled(B, x, 0.0)", "x")
edited("nancumprod", "NaN is 0", "filled(B, x, 1.0)", "filled(B, x, 0.0)")
edited("diff", "backwards", "else right - left", "else left - right")
edited("trapezoid", "Simpson's weights", "right * 0.5 + left * 0.5", "right * 0.6 + left * 0.4")
edited("trapezoid", "dx ignored", "B.sum(heights, axis=axis) * dx", "B.sum(heights, axis=axis)")
edited("trapezoid", "left rectangles", "right * 0.5 + left * 0.5", "left")

edited(
    "bincount",
    "others counted in the first",
    "B.where(counted, B.cast(weights",
    "B.where(B.equal(x, x), B.cast(weights",
)
edited(
    "bincount",
    "weights squared",
    "B.cast(weights, dtype=total_dtype(result_type(x, weights)))",
    "B.cast(weights * weights, dtype=total_dtype(result_type(x, weights)))",
)
edited("histogram", "the last edge belongs to no bin", "B.less_equal(x, high)", "B.less(x, high)")
edited("histogram", "the upper edge belongs to a bin", 'side="right")', 'side="left")')
edited("histogram", "what is outside counts in the outer bins", "B.where(inside, number, -1)", "number")
edited("isin", "invert ignored", "B.not_equal if invert else B.equal", "B.equal")
edited(
    "unique",
    "descending",
    "ordered = B.take(flat, order, axis=0)",
    "order = B.flip(order)\n        ordered = B.take(flat, order, axis=0)",
)
edited(
    "unique",
    "the index of the last occurrence",
    "B.take(order, places, axis=0), 1)",
    "B.take(B.argsort(flat * 0), places, axis=0), 1)",
)
edited("unique", "counts from the place to the end", "ends - B.searchsorted(", "count - B.searchsorted(")
edited(
    "unique",
    "filled up with the first",
    "B.take(ordered, places, axis=0), fill_value)",
    "B.take(ordered, places, axis=0), B.take(ordered, 0, axis=0))",
)

value("argsort", "unstable: equal ones in reverse")(lambda x, *, axis=-1: _backwards(x, axis))
value("argsort", "NaN comes first")(
    lambda x, *, axis=-1: honest("argsort")(np.where(np.isnan(x), -np.inf, x) if x.dtype.kind == "f" else x, axis=axis)
)
edited(
    "sort",
    "descending",
    "B.argsort(x, axis=axis), axis=axis)",
    "B.flip(B.argsort(x, axis=axis), axis=axis), axis=axis)",
)
edited("sort", "along the last axis", "B.argsort(x, axis=axis)", "B.argsort(x, axis=-1)")
edited("argpartition", "of the first axis", "B.argsort(x, axis=axis)", "B.argsort(x, axis=0)")
edited(
    "top_k",
    "of equal ones the last first",
    "(size - 1) - B.flip(B.argsort(B.flip(x, axis=-1), axis=-1), axis=-1)",
    "B.flip(B.argsort(x, axis=-1), axis=-1)",
)
edited(
    "top_k",
    "ascending",
    "indices = take_slice(B, order, -1, 0, k)",
    "indices = B.flip(take_slice(B, order, -1, 0, k), axis=-1)",
)
edited(
    "in_top_k", "equal predictions count as better", "B.greater(predictions, own)", "B.greater_equal(predictions, own)"
)
edited("in_top_k", "a class out of range is the first", "B.logical_and(valid, B.less(better, k))", "B.less(better, k)")
value("searchsorted", "always right")(
    lambda sorted_sequence, values, *, side="left": honest("searchsorted")(sorted_sequence, values, side="right")
)
edited("digitize", "an edge belongs to the bin below", 'side="right"', 'side="left"')


def _backwards(x, axis):
    """Sorted from the end, so that equal elements come in reverse order."""
    return (x.shape[axis] - 1 - honest("argsort")(np.flip(x, axis), axis=axis)).astype(np.int32)
