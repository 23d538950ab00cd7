"""New tensors, dtype conversion, and the gradient's stop."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def _wide(dtype: str | None) -> Any:
    """The dtype in NumPy, or double for floats, which are compared so."""
    return float if dtype is None or "float" in dtype else np.dtype(dtype)


@reference("full")
def full(shape: Any, fill_value: Any, dtype: str | None = None) -> Any:
    """NumPy's."""
    return np.full(shape, fill_value, _wide(dtype))


@reference("arange")
def arange(start: Any, stop: Any = None, step: Any = None, dtype: str | None = None) -> Any:
    """NumPy's."""
    y = np.arange(start, stop, step)
    return y if dtype is None else y.astype(_wide(dtype))


@reference("cast")
def cast(x: Any, dtype: str) -> Any:
    """NumPy's."""
    return x.astype(_wide(dtype))


@reference("stop_gradient")
def stop_gradient(variable: Any) -> Any:
    """NumPy's copy."""
    return np.copy(variable)


@reference("zeros", "empty")
def zeros(shape: Any, dtype: str | None = None) -> Any:
    """NumPy's."""
    return np.zeros(shape, _wide(dtype))


@reference("ones")
def ones(shape: Any, dtype: str | None = None) -> Any:
    """NumPy's."""
    return np.ones(shape, _wide(dtype))


@reference("zeros_like", "empty_like")
def zeros_like(x: Any, dtype: str | None = None) -> Any:
    """NumPy's."""
    return np.zeros_like(x, dtype and _wide(dtype))


@reference("ones_like")
def ones_like(x: Any, dtype: str | None = None) -> Any:
    """NumPy's."""
    return np.ones_like(x, dtype and _wide(dtype))


@reference("full_like")
def full_like(x: Any, fill_value: Any, dtype: str | None = None) -> Any:
    """NumPy's."""
    return np.full_like(x, fill_value, dtype and _wide(dtype))
