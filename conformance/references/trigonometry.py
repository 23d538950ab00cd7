"""Functions of angles, their inverses, and the hyperbolic ones."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("hypot")
def hypot(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.hypot(x1, x2)


@reference("arctan2")
def arctan2(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.arctan2(x1, x2)


@reference("arctan")
def arctan(x: Any) -> Any:
    """NumPy's."""
    return np.arctan(x)


@reference("arcsin")
def arcsin(x: Any) -> Any:
    """NumPy's."""
    return np.arcsin(x)


@reference("arccos")
def arccos(x: Any) -> Any:
    """NumPy's."""
    return np.arccos(x)


@reference("tan")
def tan(x: Any) -> Any:
    """NumPy's."""
    return np.tan(x)


@reference("sinh")
def sinh(x: Any) -> Any:
    """NumPy's."""
    return np.sinh(x)


@reference("cosh")
def cosh(x: Any) -> Any:
    """NumPy's."""
    return np.cosh(x)


@reference("arcsinh")
def arcsinh(x: Any) -> Any:
    """NumPy's."""
    return np.arcsinh(x)


@reference("arccosh")
def arccosh(x: Any) -> Any:
    """NumPy's."""
    return np.arccosh(x)


@reference("arctanh")
def arctanh(x: Any) -> Any:
    """NumPy's."""
    return np.arctanh(x)


@reference("deg2rad")
def deg2rad(x: Any) -> Any:
    """NumPy's."""
    return np.deg2rad(x)


@reference("rad2deg")
def rad2deg(x: Any) -> Any:
    """NumPy's."""
    return np.rad2deg(x)


@reference("sinc")
def sinc(x: Any) -> Any:
    """NumPy's."""
    return np.sinc(x)
