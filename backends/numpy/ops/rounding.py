"""Quotients and remainders."""

import numpy as np

from kcompat.backends.numpy.dtypes import computed_in, in_dtype
from kcompat.spec import rules

fmod = computed_in(np.fmod, lambda x1, x2: rules.remainder(x1, x2).dtype)


def integer_quotient(x1, x2):
    return np.floor_divide(*in_dtype(rules.of_integers(x1, x2).dtype, x1, x2))
