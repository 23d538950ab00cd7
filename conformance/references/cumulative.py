"""Running sums and products, differences, and integration by trapezoids."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def _added_in(x: Any, dtype: Any) -> Any:
    """The dtype of a running sum: that asked for; small integers keep their own, where NumPy's defaults widen them."""
    if x.dtype.kind == "f":
        return np.longdouble
    return dtype or ("int32" if x.dtype.kind == "b" else x.dtype)


@reference("cumsum")
def cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """NumPy's, in extended precision."""
    return np.cumsum(x, axis=axis, dtype=_added_in(x, dtype))


@reference("cumprod")
def cumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """NumPy's, in extended precision."""
    return np.cumprod(x, axis=axis, dtype=_added_in(x, dtype))


@reference("nancumsum")
def nancumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """NumPy's, in extended precision."""
    return np.nancumsum(x, axis=axis, dtype=_added_in(x, dtype))


@reference("nancumprod")
def nancumprod(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    """NumPy's, in extended precision."""
    return np.nancumprod(x, axis=axis, dtype=_added_in(x, dtype))


@reference("diff")
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """NumPy's."""
    return np.diff(a, n=n, axis=axis)


@reference("trapezoid")
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """NumPy's."""
    return np.trapezoid(y, x, dx=dx, axis=axis)
