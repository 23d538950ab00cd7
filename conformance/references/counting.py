"""Counts per value and per bin, membership, and distinct values."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("bincount")
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """By definition; NumPy's grows with the largest value."""
    weights = np.ones_like(x, dtype=int) if weights is None else weights
    y = np.zeros((*x.shape[:-1], minlength), weights.dtype)
    for i, value in np.ndenumerate(x):
        if 0 <= value < minlength:
            y[(*i[:-1], value)] += weights[i]
    return y


@reference("histogram")
def histogram(x: Any, bins: int = 10, range: Any = None) -> Any:  # noqa: A002
    """NumPy's."""
    return np.histogram(x, bins=bins, range=range)


@reference("isin")
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """NumPy's."""
    return np.isin(x1, x2, assume_unique=assume_unique, invert=invert)


@reference("unique")
def unique(
    x: Any,
    sorted: bool = True,  # noqa: A002, ARG001
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    size: int = 0,
    fill_value: Any = None,
) -> Any:
    """NumPy's, cut off or filled up."""

    def fitted(part: Any, filler: Any) -> Any:
        return np.concatenate([part[:size], np.full(max(size - len(part), 0), filler, part.dtype)])

    values, index, inverse, counts = np.unique(x, True, True, True, equal_nan=False)
    results = [fitted(values, fill_value or 0)]
    results += [fitted(index, 1)] * return_index
    results += [inverse.reshape(x.shape)] * return_inverse
    results += [fitted(counts, 0)] * return_counts
    return tuple(results)
