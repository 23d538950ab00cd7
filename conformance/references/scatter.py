"""Values written, added or combined at indices that may repeat, and reductions of segments."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def _lowest(dtype: Any) -> Any:
    """Less than any other number of a dtype."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _highest(dtype: Any) -> Any:
    """More than any other number of a dtype."""
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


def _combined(combine: Any, start: Any, rows: Any, cells: Any, size: int) -> Any:
    """Each row is combined with what is in its cell of the first axis; those without a cell are dropped."""
    y = np.full((size, *rows.shape[1:]), start, rows.dtype)
    for row, cell in zip(rows, cells.tolist(), strict=True):
        if 0 <= cell < size:
            y[cell] = combine(y[cell], row)
    return y


@reference("scatter_max")
def scatter_max(values: Any, indices: Any, size: int) -> Any:
    """By definition."""
    return _combined(np.maximum, _lowest(values.dtype), values, indices, size)


@reference("scatter_multiply")
def scatter_multiply(values: Any, indices: Any, size: int) -> Any:
    """By definition."""
    return _combined(np.multiply, 1, values, indices, size)


def _written(y: Any, indices: Any, updates: Any, combine: Any) -> Any:
    """Each update is combined with what its index names, one after the other; those out of range are dropped."""
    for i in np.ndindex(indices.shape[:-1]):
        place = tuple(indices[i].tolist())
        if all(-n <= part < n for part, n in zip(place, y.shape, strict=False)):
            y[place] = combine(y[place], updates[i])
    return y


@reference("scatter")
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """By definition; of bools NumPy's sum is `or`."""
    return _written(np.zeros(shape, values.dtype), indices, values, np.add)


@reference("scatter_update")
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any = None) -> Any:
    """By definition; of bools NumPy's sum is `or`, and its product `and`."""
    functions = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}
    return _written(inputs.copy(), indices, updates, functions.get(reduction, lambda old, new: new))


@reference("segment_sum")
def segment_sum(data: Any, segment_ids: Any, num_segments: int = 0, sorted: bool = False) -> Any:  # noqa: A002, ARG001
    """By definition."""
    return _combined(np.add, 0, data, segment_ids, num_segments)


@reference("segment_max")
def segment_max(data: Any, segment_ids: Any, num_segments: int = 0, sorted: bool = False) -> Any:  # noqa: A002, ARG001
    """By definition."""
    return _combined(np.maximum, _lowest(data.dtype), data, segment_ids, num_segments)


@reference("segment_min")
def segment_min(data: Any, segment_ids: Any, num_segments: int = 0, sorted: bool = False) -> Any:  # noqa: A002, ARG001
    """By definition."""
    return _combined(np.minimum, _highest(data.dtype), data, segment_ids, num_segments)


@reference("segment_prod")
def segment_prod(data: Any, segment_ids: Any, num_segments: int = 0, sorted: bool = False) -> Any:  # noqa: A002, ARG001
    """By definition."""
    return _combined(np.multiply, 1, data, segment_ids, num_segments)
