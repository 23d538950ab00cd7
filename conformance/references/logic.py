"""Comparison, logic, choice, and the bits of integers."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("equal")
def equal(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.equal(x1, x2)


@reference("not_equal")
def not_equal(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.not_equal(x1, x2)


@reference("greater")
def greater(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.greater(x1, x2)


@reference("greater_equal")
def greater_equal(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.greater_equal(x1, x2)


@reference("less")
def less(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.less(x1, x2)


@reference("less_equal")
def less_equal(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.less_equal(x1, x2)


@reference("logical_and")
def logical_and(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.logical_and(x1, x2)


@reference("logical_or")
def logical_or(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.logical_or(x1, x2)


@reference("logical_not")
def logical_not(x: Any) -> Any:
    """NumPy's."""
    return np.logical_not(x)


@reference("logical_xor")
def logical_xor(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.logical_xor(x1, x2)


@reference("isinf")
def isinf(x: Any) -> Any:
    """NumPy's."""
    return np.isinf(x)


@reference("isposinf")
def isposinf(x: Any) -> Any:
    """NumPy's."""
    return np.isposinf(x)


@reference("isneginf")
def isneginf(x: Any) -> Any:
    """NumPy's."""
    return np.isneginf(x)


@reference("isclose")
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """NumPy's."""
    return np.isclose(x1, x2, rtol, atol, equal_nan)


@reference("allclose")
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """NumPy's."""
    return np.allclose(x1, x2, rtol, atol, equal_nan)


@reference("where")
def where(condition: Any, x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.where(condition, x1, x2)


@reference("bitwise_and")
def bitwise_and(x: Any, y: Any) -> Any:
    """NumPy's."""
    return np.bitwise_and(x, y)


@reference("bitwise_or")
def bitwise_or(x: Any, y: Any) -> Any:
    """NumPy's."""
    return np.bitwise_or(x, y)


@reference("bitwise_xor")
def bitwise_xor(x: Any, y: Any) -> Any:
    """NumPy's."""
    return np.bitwise_xor(x, y)


@reference("left_shift", "bitwise_left_shift")
def left_shift(x: Any, y: Any) -> Any:
    """NumPy's."""
    return np.left_shift(x, y)


@reference("right_shift", "bitwise_right_shift")
def right_shift(x: Any, y: Any) -> Any:
    """NumPy's."""
    return np.right_shift(x, y)
