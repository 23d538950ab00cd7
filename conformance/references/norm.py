"""Norms and distances."""

import math
from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """NumPy's."""
    return np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)


@reference("cdist")
def cdist(x: Any, y: Any) -> Any:
    """Python's `math.dist` of each pair of points."""
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    left, right = (np.broadcast_to(points, (*batch, *points.shape[-2:])) for points in (x, y))
    distances = np.empty((*batch, x.shape[-2], y.shape[-2]))
    for *i, m, n in np.ndindex(distances.shape):
        distances[(*i, m, n)] = math.dist(left[(*i, m)], right[(*i, n)])
    return distances
