"""Mutants of `kcompat.spec.nan_reduction`."""

from kcompat.conformance.mutants.mutation import edited

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
