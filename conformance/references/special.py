"""Powers, logarithms and their sums, roots, and the Bessel function."""

from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference


@reference("exp2")
def exp2(x: Any) -> Any:
    """NumPy's."""
    return np.exp2(x)


@reference("log2")
def log2(x: Any) -> Any:
    """NumPy's."""
    return np.log2(x)


@reference("log10")
def log10(x: Any) -> Any:
    """NumPy's."""
    return np.log10(x)


@reference("logaddexp")
def logaddexp(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.logaddexp(x1, x2)


@reference("logaddexp2")
def logaddexp2(x1: Any, x2: Any) -> Any:
    """NumPy's."""
    return np.logaddexp2(x1, x2)


@reference("cbrt")
def cbrt(x: Any) -> Any:
    """NumPy's."""
    return np.cbrt(x)


@reference("i0")
def i0(x: Any) -> Any:
    """SciPy's."""
    return scipy.special.i0(x)
