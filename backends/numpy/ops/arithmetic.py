"""Arithmetic, in the dtypes of the spec."""

import numpy as np

from kcompat.backends.numpy.dtypes import is_float, of_dtype, promoting
from kcompat.spec import float_type, rules

add, subtract, multiply = map(promoting, (np.add, np.subtract, np.multiply))
maximum, minimum = map(promoting, (np.maximum, np.minimum))
divide = of_dtype(np.divide, float_type)
negative, square, absolute = np.negative, np.square, np.absolute
isnan, isfinite = np.isnan, np.isfinite
_power = promoting(np.power)


def power(x1, x2):
    if type(x2) is int and x2 < 0 and not is_float(x1):
        rules.power(x1, x2)  # which refuses integers
    return _power(x1, x2)
