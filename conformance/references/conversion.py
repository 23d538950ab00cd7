"""Copies, real parts, saturating casts, and what stands in for NaN."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("copy")
def copy(x: Any) -> Any:
    """NumPy's."""
    return np.copy(x)


@reference("array")
def array(x: Any, dtype: str | None = None) -> Any:
    """NumPy's; floats stay double."""
    return np.array(x, dtype=float if dtype and "float" in dtype else dtype)


@reference("real")
def real(x: Any) -> Any:
    """NumPy's."""
    return np.real(x)


@reference("imag")
def imag(x: Any) -> Any:
    """NumPy's."""
    return np.imag(x)


@reference("conjugate", "conj")
def conjugate(x: Any) -> Any:
    """NumPy's; of bools, which it refuses, as of numbers."""
    return np.conjugate(x + 0)


@reference("isreal")
def isreal(x: Any) -> Any:
    """NumPy's."""
    return np.isreal(x)


@reference("angle")
def angle(x: Any) -> Any:
    """NumPy's."""
    return np.angle(x)


@reference("nan_to_num")
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """NumPy's."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@reference("saturate_cast")
def saturate_cast(x: Any, dtype: str) -> Any:
    """Python's numbers, held within what NumPy says that the dtype holds, and bool 0 and 1; Keras's `saturate_cast`."""
    if dtype == "bool":
        return np.vectorize(lambda y: bool(max(0, min(1, y))), otypes=[bool])(x)
    limits = np.iinfo(dtype)
    return np.vectorize(lambda y: int(max(limits.min, min(limits.max, y))), otypes=[int])(x)
