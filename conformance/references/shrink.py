"""Activations that are 0, or another constant, over an interval."""

from typing import Any

import mpmath
import numpy as np

from kcompat.conformance.references import reference
from kcompat.conformance.references.activation import precisely


@reference("hard_shrink")
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """The numbers whose size is above the threshold; Donoho and Johnstone (1994)."""
    return x * (np.abs(x) > threshold)


@reference("soft_shrink")
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """The sign, times what the size has above the threshold; Donoho and Johnstone (1994)."""
    return np.sign(x) * np.maximum(np.abs(x) - threshold, 0.0)


@reference("threshold")
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """NumPy's choice of what is above the threshold."""
    return np.select([x > threshold], [x], default_value)


@reference("sparse_plus")
def sparse_plus(x: Any) -> Any:
    """The integral up to x of `sparse_sigmoid`, a trapezoid's area below a line; Martins and Astudillo (2016)."""
    width, height = np.clip(x, -1.0, 1.0) + 1.0, np.interp(x, [-1.0, 1.0], [0.0, 1.0])
    return width * height / 2.0 + np.maximum(x - 1.0, 0.0)


@reference("sparse_sigmoid")
def sparse_sigmoid(x: Any) -> Any:
    """NumPy's interpolation between the corners; Martins and Astudillo (2016)."""
    return np.interp(x, [-1.0, 1.0], [0.0, 1.0])


@reference("tanh_shrink")
def tanh_shrink(x: Any) -> Any:
    """The definition, with digits to spare for what cancels."""
    return precisely(lambda x: x - mpmath.tanh(x), x)
