"""Evenly spaced numbers, and powers of a vector."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def _integers(dtype: Any) -> Any:
    """A dtype of integers; floats are in double precision, whichever is named."""
    return dtype if dtype and "int" in dtype else None


@reference("linspace")
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """NumPy's."""
    attrs: Any = {"endpoint": endpoint, "retstep": retstep, "dtype": _integers(dtype), "axis": axis}
    return np.linspace(start, stop, num, **attrs)


@reference("logspace")
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10,
    dtype: Any = None,  # noqa: ARG001
    axis: int = 0,
) -> Any:
    """NumPy's."""
    return np.logspace(start, stop, num, endpoint, base=base, axis=axis)


@reference("geomspace")
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,  # noqa: ARG001
    axis: int = 0,
) -> Any:
    """NumPy's; NaN where it refuses the ends, or goes through the complex numbers."""
    start, stop = np.broadcast_arrays(start, stop)
    known = np.sign(start) * np.sign(stop) > 0
    y = np.geomspace(np.where(known, start, 1.0), np.where(known, stop, 1.0), num, endpoint, axis=axis)
    return np.where(np.expand_dims(known, axis), y, np.nan)


@reference("vander")
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:  # noqa: N803
    """NumPy's."""
    return np.vander(x, N, increasing=increasing)
