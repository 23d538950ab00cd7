"""Reductions that pass over NaN."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.conformance.references import reference
from kcompat.conformance.references.statistics import of_equals


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without NumPy's warnings, which say that all of a slice is NaN."""

    @functools.wraps(function)
    def quiet(*args: Any, **attrs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return function(*args, **attrs)

    return quiet


def _wide(x: Any) -> Any:
    """Floats in extended precision."""
    return x.astype(np.longdouble) if x.dtype.kind == "f" else x


@reference("nansum")
def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision."""
    return np.nansum(_wide(x), axis=axis, keepdims=keepdims)


@reference("nanprod")
def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision."""
    return np.nanprod(_wide(x), axis=axis, keepdims=keepdims)


@reference("nanmax")
@_quiet
def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.nanmax(x, axis=axis, keepdims=keepdims)


@reference("nanmin")
@_quiet
def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.nanmin(x, axis=axis, keepdims=keepdims)


def _place(x: Any, axis: Any, keepdims: bool, choose: Any) -> Any:
    """The first index of what is chosen among the elements of each line that are not NaN, or -1.

    NumPy's `nanargmax` refuses a line without any.
    """
    lines = np.moveaxis(x, axis, -1) if axis is not None else x.reshape(-1)
    y = np.empty(lines.shape[:-1], int)
    for i in np.ndindex(y.shape):
        line = lines[i].tolist()
        present = [value for value in line if value == value]
        y[i] = line.index(choose(present)) if present else -1
    if not keepdims:
        return y
    return np.expand_dims(y, axis) if axis is not None else y.reshape((1,) * x.ndim)


@reference("nanargmax")
def nanargmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """By definition."""
    return _place(x, axis, keepdims, max)


@reference("nanargmin")
def nanargmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """By definition."""
    return _place(x, axis, keepdims, min)


@reference("nanmean")
@_quiet
def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision."""
    return np.nanmean(_wide(x), axis=axis, keepdims=keepdims)


@reference("nanvar")
@_quiet
def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision."""
    return np.nanvar(_wide(x), axis=axis, keepdims=keepdims)


@reference("nanstd")
@_quiet
def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's, in extended precision."""
    return np.nanstd(_wide(x), axis=axis, keepdims=keepdims)


@reference("nanquantile")
@_quiet
def nanquantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """NumPy's."""
    return of_equals(np.nanquantile, x, q, method, axis=axis, keepdims=keepdims)


@reference("nanpercentile")
@_quiet
def nanpercentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    """NumPy's."""
    return of_equals(np.nanpercentile, x, q, method, axis=axis, keepdims=keepdims)


@reference("nanmedian")
@_quiet
def nanmedian(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """NumPy's."""
    return np.nanmedian(x, axis=axis, keepdims=keepdims)
