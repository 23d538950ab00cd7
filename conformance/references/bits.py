"""Bits of integers and floats, and what is exact of integers."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("bitwise_invert", "bitwise_not")
def bitwise_invert(x: Any) -> Any:
    """NumPy's."""
    return np.bitwise_not(x)


@reference("view")
def view(x: Any, dtype: str | None = None) -> Any:
    """NumPy's."""
    return x.view(dtype or x.dtype)


@reference("signbit")
def signbit(x: Any) -> Any:
    """NumPy's."""
    return np.signbit(x)


@reference("nextafter")
def nextafter(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.nextafter(x1, x2)


@reference("ldexp")
def ldexp(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.ldexp(x1, x2)


@reference("gcd")
def gcd(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.gcd(x1, x2)


@reference("lcm")
def lcm(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.lcm(x1, x2)
