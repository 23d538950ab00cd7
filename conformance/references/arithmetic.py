"""Arithmetic of two tensors, and what is made of it."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("add")
def add(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.add(x1, x2)


@reference("subtract")
def subtract(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.subtract(x1, x2)


@reference("multiply")
def multiply(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.multiply(x1, x2)


@reference("divide", "true_divide")
def divide(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.true_divide(x1, x2)


@reference("divide_no_nan")
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """NumPy's division where the divisor is not 0, and else the zeros that were there."""
    x1, x2 = np.broadcast_arrays(x1, x2)
    return np.divide(x1, x2, out=np.zeros(x1.shape), where=np.not_equal(x2, 0))


@reference("power")
def power(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.power(x1, x2)


@reference("negative")
def negative(x: Any) -> Any:
    """NumPy's."""
    return np.negative(x)


@reference("square")
def square(x: Any) -> Any:
    """NumPy's."""
    return np.square(x)


@reference("reciprocal")
def reciprocal(x: Any) -> Any:
    """NumPy's."""
    return np.reciprocal(np.asarray(x, float))


@reference("absolute", "abs")
def absolute(x: Any) -> Any:
    """NumPy's."""
    return np.absolute(x)


@reference("fabs")
def fabs(x: Any) -> Any:
    """NumPy's."""
    return np.fabs(x)


@reference("sign")
def sign(x: Any) -> Any:
    """NumPy's."""
    return np.sign(x)


@reference("maximum")
def maximum(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.maximum(x1, x2)


@reference("minimum")
def minimum(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.minimum(x1, x2)


@reference("fmax")
def fmax(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.fmax(x1, x2)


@reference("fmin")
def fmin(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.fmin(x1, x2)


@reference("heaviside")
def heaviside(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.heaviside(x1, x2)


@reference("clip")
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """NumPy's."""
    return np.clip(x, x_min, x_max)


@reference("isnan")
def isnan(x: Any) -> Any:
    """NumPy's."""
    return np.isnan(x)


@reference("isfinite")
def isfinite(x: Any) -> Any:
    """NumPy's."""
    return np.isfinite(x)
