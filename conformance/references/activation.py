"""Smooth activations and those made of straight lines."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import scipy.special

from kcompat.conformance.references import reference


def precisely(function: Callable[..., Any], *xs: Any) -> Any:
    """A function of mpmath's numbers at each element, of a hundred digits before the result is rounded."""
    with mpmath.workdps(100):
        return np.vectorize(lambda *numbers: float(function(*map(mpmath.mpf, numbers))), otypes=[float])(*xs)


@reference("relu")
def relu(x: Any) -> Any:
    """NumPy's maximum."""
    return np.maximum(x, 0)


@reference("relu6")
def relu6(x: Any) -> Any:
    """NumPy's clip; Krizhevsky (2010)."""
    return np.clip(x, 0.0, 6.0)


@reference("leaky_relu")
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """The positive part, and the slope times the negative one; Maas et al. (2013)."""
    return np.maximum(x, 0.0) + negative_slope * np.minimum(x, 0.0)


@reference("elu")
def elu(x: Any, alpha: float = 1.0) -> Any:
    """The definition of Clevert et al. (2016)."""
    return precisely(lambda x: x if x > 0 else alpha * (mpmath.exp(x) - 1), x)


@reference("celu")
def celu(x: Any, alpha: float = 1.0) -> Any:
    """The definition of Barron (2017)."""
    return precisely(lambda x: x if x > 0 else alpha * (mpmath.exp(x / alpha) - 1), x)


@reference("selu")
def selu(x: Any) -> Any:
    """The fixed point of mean 0 and variance 1; the closed form of Klambauer et al. (2017)."""

    def function(x: Any) -> Any:
        c, d, pi = mpmath.erfc(1 / mpmath.sqrt(2)), mpmath.erfc(mpmath.sqrt(2)), mpmath.pi
        below = c * mpmath.sqrt(mpmath.e) - 1
        alpha = -mpmath.sqrt(2 / pi) / below
        spread = 2 * d * mpmath.e**2 + pi * c**2 * mpmath.e - 2 * (2 + pi) * c * mpmath.sqrt(mpmath.e) + pi + 2
        return -below * mpmath.sqrt(2 * pi / spread) * (x if x > 0 else alpha * (mpmath.exp(x) - 1))

    return precisely(function, x)


@reference("sigmoid")
def sigmoid(x: Any) -> Any:
    """SciPy's logistic function."""
    return scipy.special.expit(x)


@reference("softplus")
def softplus(x: Any) -> Any:
    """NumPy's logaddexp with 0; Dugas et al. (2001)."""
    return np.logaddexp(0.0, x)


@reference("log_sigmoid")
def log_sigmoid(x: Any) -> Any:
    """SciPy's."""
    return scipy.special.log_expit(x)


@reference("squareplus")
def squareplus(x: Any, b: float = 4) -> Any:
    """The definition of Barron (2021)."""
    return precisely(lambda x: (x + mpmath.sqrt(x**2 + b)) / 2, x)


@reference("silu", "swish")
def silu(x: Any) -> Any:
    """The input times the logistic function of it; Elfwing et al. (2018)."""
    return precisely(lambda x: x / (1 + mpmath.exp(-x)), x)


@reference("mish")
def mish(x: Any) -> Any:
    """The definition of Misra (2019)."""
    return precisely(lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), x)


@reference("softsign")
def softsign(x: Any) -> Any:
    """The definition of Bergstra et al. (2009)."""
    return precisely(lambda x: x / (1 + abs(x)), x)


@reference("hard_sigmoid")
def hard_sigmoid(x: Any) -> Any:
    """NumPy's interpolation between the corners."""
    return np.interp(x, [-3.0, 3.0], [0.0, 1.0])


@reference("hard_silu", "hard_swish")
def hard_silu(x: Any) -> Any:
    """The input times the line from 0 at -3 to 1 at 3; Howard et al. (2019), section 5.2."""
    return x * np.interp(x, [-3.0, 3.0], [0.0, 1.0])


@reference("hard_tanh")
def hard_tanh(x: Any) -> Any:
    """NumPy's interpolation between the corners; Collobert (2004)."""
    return np.interp(x, [-1.0, 1.0], [-1.0, 1.0])


@reference("linear")
def linear(x: Any) -> Any:
    """NumPy's copy."""
    return np.copy(x)


@reference("gelu")
def gelu(x: Any, approximate: bool = True) -> Any:
    """Hendrycks and Gimpel (2016), section 2: by the normal distribution, or by tanh."""

    def by_tanh(x: Any) -> Any:
        return x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)))

    return precisely(by_tanh if approximate else lambda x: x * mpmath.ncdf(x), x)
