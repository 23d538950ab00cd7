"""Functions of the bits of numbers."""

import numpy as np

from kcompat.backends.numpy.dtypes import computed_in, in_dtype
from kcompat.spec import float_type, rules

nextafter = computed_in(np.nextafter, float_type)


def gcd(x1, x2):
    return np.gcd(*in_dtype(rules.of_integers(x1, x2).dtype, x1, x2))


def view(x, *, dtype=None):
    return np.asarray(x, order="C").view(rules.view(x, dtype=dtype).dtype)
