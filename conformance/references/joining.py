"""Joining tensors, cutting them apart, and grids."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("append")
def append(x1: Any, x2: Any, axis: int | None = None) -> Any:
    """NumPy's."""
    return np.append(x1, x2, axis)


@reference("hstack")
def hstack(*xs: Any) -> Any:
    """NumPy's."""
    return np.hstack(xs)


@reference("vstack")
def vstack(*xs: Any) -> Any:
    """NumPy's."""
    return np.vstack(xs)


@reference("dstack")
def dstack(*xs: Any) -> Any:
    """NumPy's."""
    return np.dstack(xs)


@reference("split")
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """NumPy's."""
    return np.split(x, indices_or_sections, axis)


@reference("array_split")
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """NumPy's."""
    return np.array_split(x, indices_or_sections, axis)


@reference("hsplit")
def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """NumPy's."""
    return np.hsplit(x, indices_or_sections)


@reference("vsplit")
def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """NumPy's."""
    return np.vsplit(x, indices_or_sections)


@reference("dsplit")
def dsplit(x: Any, indices_or_sections: Any) -> Any:
    """NumPy's."""
    return np.dsplit(x, indices_or_sections)


@reference("unstack")
def unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    """NumPy's elements along the axis, one number after the other."""
    return [np.take(x, i, axis) for i in range(x.shape[axis] if num is None else num)]


@reference("meshgrid")
def meshgrid(*x: Any, indexing: Any = "xy") -> Any:
    """NumPy's."""
    return np.meshgrid(*x, indexing=indexing)
