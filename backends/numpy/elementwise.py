"""Elementwise functions of NumPy, in the dtypes of the spec."""

import functools

import numpy as np

from kcompat.backends.numpy.dtypes import in_dtype, in_float32, is_float, is_wider
from kcompat.spec import as_dtype, float_type, floatx
from kcompat.spec import rules as rules
from kcompat.spec.conversion import LARGEST

__all__ = [
    "arctan",
    "arctan2",
    "cbrt",
    "copy",
    "exp2",
    "fmod",
    "gcd",
    "hypot",
    "integer_quotient",
    "log2",
    "log10",
    "nan_to_num",
    "nextafter",
    "sigmoid",
    "view",
]


def _of_two(ufunc, type_of=float_type):
    """A function of two whose result has the dtype `type_of` them, where NumPy's has another."""

    @functools.wraps(ufunc)
    def call(x1, x2):
        y = ufunc(x1, x2)
        return ufunc(*in_dtype(type_of(x1, x2), x1, x2)) if is_wider(y, x1, x2) else y

    return call


def _of_one(ufunc):
    """A function whose result is a float, floatx for integers."""

    @functools.wraps(ufunc)
    def call(x):
        return ufunc(x if is_float(x) else x.astype(floatx()))

    return call


arctan2, hypot, nextafter = map(_of_two, (np.arctan2, np.hypot, np.nextafter))
arctan, cbrt, exp2, log2, log10 = map(_of_one, (np.arctan, np.cbrt, np.exp2, np.log2, np.log10))
fmod = _of_two(np.fmod, lambda x1, x2: rules.remainder(x1, x2).dtype)


@in_float32
def sigmoid(x):
    """See `kcompat.spec.activation.sigmoid`. As `exp(-|x|)` is at most 1, the choice is a maximum."""
    t = np.exp(-np.absolute(x))
    return np.maximum(t, x >= 0) / (t + 1)


def integer_quotient(x1, x2):
    """See `kcompat.spec.rounding.integer_quotient`."""
    return np.floor_divide(*in_dtype(rules.of_integers(x1, x2).dtype, x1, x2))


def gcd(x1, x2):
    """See `kcompat.spec.bits.gcd`."""
    return np.gcd(*in_dtype(rules.of_integers(x1, x2).dtype, x1, x2))


def view(x, *, dtype=None):
    """See `kcompat.spec.bits.view`."""
    return np.asarray(x, order="C").view(rules.view(x, dtype=dtype).dtype)


def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    """See `kcompat.spec.conversion.nan_to_num`, whose body would take float32's largest number for bfloat16's."""
    if not is_float(x):
        return x
    largest, number = LARGEST[as_dtype(x.dtype)], x.dtype.type
    high = number(largest if posinf is None else posinf)
    low = number(-largest if neginf is None else neginf)
    return np.where(np.isnan(x), number(nan), np.where(x == np.inf, high, np.where(x == -np.inf, low, x)))


def copy(x):
    """`x` in memory of its own."""
    return np.array(x)
