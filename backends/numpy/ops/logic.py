"""Comparisons, choices, and logic on bools and bits."""

import functools

import numpy as np

from kcompat.backends.numpy.dtypes import BFLOAT16, in_dtype, is_wider, of_dtype
from kcompat.spec import SCALARS, result_type
from kcompat.spec.dtypes import shift_type


def _comparison(ufunc):
    """Let a comparison with bfloat16 round a number to bfloat16, as NumPy rounds to its own dtypes."""

    @functools.wraps(ufunc)
    def call(x1, x2):
        if type(x1) is np.ndarray and type(x2) is np.ndarray:
            return ufunc(x1, x2)
        x = x2 if type(x1) in SCALARS else x1 if type(x2) in SCALARS else None
        if x is not None and x.dtype is BFLOAT16:
            x1, x2 = in_dtype(BFLOAT16, x1, x2)
        return ufunc(x1, x2)

    return call


equal, greater, greater_equal = map(_comparison, (np.equal, np.greater, np.greater_equal))
not_equal, less, less_equal = map(_comparison, (np.not_equal, np.less, np.less_equal))
logical_and, logical_or, logical_not = np.logical_and, np.logical_or, np.logical_not
bitwise_and, bitwise_or, bitwise_xor = np.bitwise_and, np.bitwise_or, np.bitwise_xor
left_shift, right_shift = of_dtype(np.left_shift, shift_type), of_dtype(np.right_shift, shift_type)


def where(condition, x1, x2):
    y = np.where(condition, x1, x2)
    if type(x1) is np.ndarray and y.dtype is x1.dtype:
        return y
    return y.astype(result_type(x1, x2), copy=False) if is_wider(y, x1, x2) else y
