"""Reductions over one, several or all axes."""

from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference


@reference("sum")
def sum_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision; of integers in 64 bits, since no sample exceeds 32."""
    return np.sum(x, axis=axis, keepdims=keepdims, dtype=np.longdouble if x.dtype.kind == "f" else None)


@reference("max", "amax")
def max_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.max(x, axis=axis, keepdims=keepdims)


@reference("min", "amin")
def min_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.min(x, axis=axis, keepdims=keepdims)


@reference("ptp")
def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.ptp(x, axis=axis, keepdims=keepdims)


@reference("mean")
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision; NaN without a warning over no elements."""
    total = np.sum(x, axis=axis, keepdims=keepdims, dtype=np.longdouble)
    return total / np.sum(np.ones(x.shape), axis=axis, keepdims=keepdims)


@reference("prod")
def prod(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:  # noqa: ARG001
    """NumPy's, in extended precision; of integers in 64 bits, since no sample exceeds 32."""
    return np.prod(x, axis=axis, keepdims=keepdims, dtype=np.longdouble if x.dtype.kind == "f" else None)


@reference("argmax")
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@reference("argmin")
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@reference("count_nonzero")
def count_nonzero(x: Any, axis: Any = None) -> Any:
    """NumPy's."""
    return np.count_nonzero(x, axis=axis)


@reference("all")
def all_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.all(x, axis=axis, keepdims=keepdims)


@reference("any")
def any_(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.any(x, axis=axis, keepdims=keepdims)


@reference("logsumexp")
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """SciPy's."""
    return scipy.special.logsumexp(x, axis=axis, keepdims=keepdims)
