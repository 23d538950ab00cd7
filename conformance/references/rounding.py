"""Rounding, and division with a remainder."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("ceil")
def ceil(x: Any) -> Any:
    """NumPy's."""
    return np.ceil(x)


@reference("trunc")
def trunc(x: Any) -> Any:
    """NumPy's."""
    return np.trunc(x)


@reference("round")
def round_(x: Any, decimals: int = 0) -> Any:
    """NumPy's."""
    return np.round(x, decimals)


@reference("fmod")
def fmod(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.fmod(x1, x2)


@reference("integer_quotient")
def integer_quotient(x1: Any, x2: Any) -> Any:
    """Python's division of integers."""
    return np.vectorize(lambda a, b: int(a) // int(b), otypes=[int])(x1, x2)


@reference("mod")
def mod(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.mod(x1, x2)


@reference("floor_divide")
def floor_divide(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.floor_divide(x1, x2)
