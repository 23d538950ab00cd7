"""Arithmetic, in the dtypes of the spec."""

import numpy as np

from kcompat.backends.numpy.dtypes import is_float, of_dtype, promoting
from kcompat.spec import float_type, rules
from kcompat.spec.dtypes import held

add, subtract, multiply = map(promoting, (np.add, np.subtract, np.multiply))


def _choice(ufunc):
    """The ufunc; a Python int that the dtype does not hold, which NumPy refuses, is the nearest one that it does."""
    choose = promoting(ufunc)

    def call(x1, x2):
        try:
            return choose(x1, x2)
        except OverflowError:
            return choose(*held(x1, x2))

    return call


maximum, minimum = map(_choice, (np.maximum, np.minimum))
divide = of_dtype(np.divide, float_type)
negative, square, absolute = np.negative, np.square, np.absolute
isnan, isfinite = np.isnan, np.isfinite
_power = promoting(np.power)


def power(x1, x2):
    if type(x2) is int and x2 < 0 and not is_float(x1):
        rules.power(x1, x2)  # which refuses integers
    return _power(x1, x2)
