"""Sorting, choosing the largest, and searching what is sorted."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("argsort")
def argsort(x: Any, axis: int = -1) -> Any:
    """NumPy's, stable."""
    return np.argsort(x, axis=axis, kind="stable")


@reference("sort")
def sort(x: Any, axis: int = -1) -> Any:
    """NumPy's."""
    return np.sort(x, axis=axis)


@reference("argpartition")
def argpartition(x: Any, kth: int, axis: Any = -1) -> Any:  # noqa: ARG001
    """NumPy's `argsort`, of which the spec says that it does for every rank."""
    return np.argsort(x, axis=axis, kind="stable")


def _first(line: list[Any], k: int) -> list[int]:
    """The indices of the k largest, one after the other: NaN before all, of equal ones the first."""

    def before(i: int, j: int) -> bool:
        return (line[i] == line[i] and line[j] != line[j]) or line[j] > line[i]

    left, chosen = list(range(len(line))), []
    for _ in range(k):
        best = left[0]
        for j in left[1:]:
            best = j if before(best, j) else best
        left.remove(best)
        chosen.append(best)
    return chosen


@reference("top_k")
def top_k(x: Any, k: int, sorted: bool = True) -> Any:  # noqa: A002, ARG001
    """By definition: the largest is taken out k times."""
    indices = np.empty((*x.shape[:-1], k), int)
    for i in np.ndindex(x.shape[:-1]):
        indices[i] = _first(x[i].tolist(), k)
    return np.take_along_axis(x, indices, axis=-1), indices


@reference("in_top_k")
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """By definition."""
    hits = []
    for target, row in zip(targets.tolist(), predictions.tolist(), strict=True):
        own = row[target] if 0 <= target < len(row) else np.nan
        hits.append(own == own and sum(other > own for other in row) < k)
    return np.array(hits, bool)


@reference("searchsorted")
def searchsorted(sorted_sequence: Any, values: Any, side: Any = "left") -> Any:
    """NumPy's."""
    return np.searchsorted(sorted_sequence, values, side=side)


@reference("digitize")
def digitize(x: Any, bins: Any) -> Any:
    """NumPy's."""
    return np.digitize(x, bins)
