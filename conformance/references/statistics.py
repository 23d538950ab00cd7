"""Spread, order statistics and correlation."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def of_equals(function: Any, x: Any, q: Any, method: str, **attrs: Any) -> Any:
    """One of NumPy's quantiles; between equal elements it is these, where NumPy makes NaN of infinite ones."""
    low, high = (function(x, q, method=side, **attrs) for side in ("lower", "higher"))
    return np.where(low == high, low, function(x, q, method=method, **attrs))


@reference("var")
def var(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision."""
    return np.var(x, axis=axis, keepdims=keepdims, dtype=np.longdouble)


@reference("std")
def std(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision."""
    return np.std(x, axis=axis, keepdims=keepdims, dtype=np.longdouble)


@reference("moments")
def moments(x: Any, axes: Any, keepdims: bool = False) -> Any:
    """NumPy's mean and variance."""
    return np.mean(x, axis=axes, keepdims=keepdims), np.var(x, axis=axes, keepdims=keepdims)


@reference("average")
def average(x: Any, weights: Any = None, axis: Any = None) -> Any:
    """NumPy's; where the weights add up to 0, which it refuses, the quotient of the two sums."""
    if weights is not None and weights.shape == x.shape and np.any(np.sum(weights, axis=axis) == 0):
        return np.sum(x * weights, axis=axis) / np.sum(weights, axis=axis)
    return np.average(x, weights=weights, axis=axis)


@reference("quantile")
def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """NumPy's; NaN for a `q` that it refuses."""
    y = of_equals(np.quantile, x, np.clip(q, 0.0, 1.0), method, axis=axis, keepdims=keepdims)
    known = np.asarray((q >= 0) & (q <= 1))
    return np.where(known.reshape(known.shape + (1,) * (y.ndim - known.ndim)), y, np.nan)


@reference("percentile")
def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """NumPy's."""
    return of_equals(np.percentile, x, q, method, axis=axis, keepdims=keepdims)


@reference("median")
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.median(x, axis=axis, keepdims=keepdims)


@reference("corrcoef")
def corrcoef(x: Any) -> Any:
    """NumPy's."""
    return np.corrcoef(x)


@reference("correlate")
def correlate(x1: Any, x2: Any, mode: Any = "valid") -> Any:
    """NumPy's."""
    return np.correlate(x1, x2, mode=mode)
