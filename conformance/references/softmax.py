"""Softmax and its kin."""

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference


@reference("softmax")
def softmax(x: Any, axis: Any = -1) -> Any:
    """SciPy's."""
    return scipy.special.softmax(x, axis=axis) if x.size else x


@reference("log_softmax")
def log_softmax(x: Any, axis: Any = -1) -> Any:
    """SciPy's."""
    return scipy.special.log_softmax(x, axis=axis) if x.size else x


@reference("sparsemax")
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The point of the simplex nearest to x (Martins and Astudillo, 2016), in fractions; by Michelot (1986)."""

    def nearest(row: Any) -> Any:
        scores = [Fraction(float(score)) for score in row]
        support, before = scores, None
        while support != before:
            tau = (sum(support) - 1) / len(support)
            support, before = [score for score in support if score > tau], support
        return np.array([float(max(score - tau, 0)) for score in scores])

    nearest_of_rows = np.vectorize(nearest, otypes=[float], signature="(n)->(n)")
    return np.moveaxis(nearest_of_rows(np.moveaxis(x, axis, -1)), -1, axis)


@reference("glu")
def glu(x: Any, axis: int = -1) -> Any:
    """One half times the logistic function of the other; Dauphin et al. (2017), section 2."""
    first, second = np.split(x, 2, axis=axis)
    return first * scipy.special.expit(second)
