"""Diagonals, triangles and unit matrices."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("diag")
def diag(x: Any, k: int = 0) -> Any:
    """NumPy's."""
    return np.diag(x, k=k)


@reference("diagflat")
def diagflat(x: Any, k: int = 0) -> Any:
    """NumPy's."""
    return np.diagflat(x, k=k)


@reference("diagonal")
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """NumPy's."""
    return np.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)


@reference("trace")
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """NumPy's."""
    return np.trace(x, offset=offset, axis1=axis1, axis2=axis2)


@reference("tril")
def tril(x: Any, k: int = 0) -> Any:
    """NumPy's."""
    return np.tril(x, k=k)


@reference("triu")
def triu(x: Any, k: int = 0) -> Any:
    """NumPy's."""
    return np.triu(x, k=k)


@reference("tri")
def tri(N: int, M: Any = None, k: int = 0, dtype: Any = None) -> Any:  # noqa: N803
    """NumPy's."""
    return np.tri(N, M, k=k, dtype=dtype or float)


@reference("eye")
def eye(N: int, M: Any = None, k: int = 0, dtype: Any = None) -> Any:  # noqa: N803
    """NumPy's."""
    return np.eye(N, M, k=k, dtype=dtype or float)


@reference("identity")
def identity(n: int, dtype: Any = None) -> Any:
    """NumPy's."""
    return np.identity(n, dtype=dtype or float)
