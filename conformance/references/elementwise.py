"""Functions of one variable. NumPy takes small integers and bools for half precision: they are made double first."""

from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference


@reference("exp")
def exp(x: Any) -> Any:
    """NumPy's."""
    return np.exp(np.asarray(x, float))


@reference("expm1")
def expm1(x: Any) -> Any:
    """NumPy's."""
    return np.expm1(np.asarray(x, float))


@reference("log")
def log(x: Any) -> Any:
    """NumPy's."""
    return np.log(np.asarray(x, float))


@reference("log1p")
def log1p(x: Any) -> Any:
    """NumPy's."""
    return np.log1p(np.asarray(x, float))


@reference("sqrt")
def sqrt(x: Any) -> Any:
    """NumPy's."""
    return np.sqrt(np.asarray(x, float))


@reference("sin")
def sin(x: Any) -> Any:
    """NumPy's."""
    return np.sin(np.asarray(x, float))


@reference("cos")
def cos(x: Any) -> Any:
    """NumPy's."""
    return np.cos(np.asarray(x, float))


@reference("tanh")
def tanh(x: Any) -> Any:
    """NumPy's."""
    return np.tanh(np.asarray(x, float))


@reference("erf")
def erf(x: Any) -> Any:
    """SciPy's."""
    return scipy.special.erf(np.asarray(x, float))


@reference("erfc")
def erfc(x: Any) -> Any:
    """SciPy's."""
    return scipy.special.erfc(np.asarray(x, float))


@reference("erfinv")
def erfinv(x: Any) -> Any:
    """SciPy's."""
    return scipy.special.erfinv(np.asarray(x, float))


@reference("floor")
def floor(x: Any) -> Any:
    """NumPy's."""
    return np.floor(np.asarray(x, float))


@reference("rsqrt")
def rsqrt(x: Any) -> Any:
    """NumPy's power of -1/2."""
    return np.power(np.asarray(x, float), -0.5)
