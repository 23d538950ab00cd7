"""Gaussian elimination."""

from typing import Any

import numpy as np
import scipy.linalg

from kcompat.conformance.references import reference


@reference("lu")
def lu(x: Any) -> Any:
    """SciPy's factors, packed into one matrix, and the rows of x in the order of those of their product."""
    packed, order = np.empty(x.shape), np.empty(x.shape[:-1], int)
    for i in np.ndindex(x.shape[:-2]):
        moves, left, right = scipy.linalg.lu(x[i])
        packed[i] = left - np.eye(len(left)) + right
        order[i] = moves.T @ np.arange(len(left))
    return packed, order


@reference("lu_factor")
def lu_factor(x: Any) -> Any:
    """LAPACK's, as SciPy has it."""
    packed, pivots = np.empty(x.shape), np.empty(x.shape[:-1], int)
    for i in np.ndindex(x.shape[:-2]):
        packed[i], pivots[i] = scipy.linalg.lu_factor(x[i])
    return packed, pivots
