"""Products of matrices."""

import numpy as np

from kcompat.backends.numpy import products
from kcompat.backends.numpy.dtypes import in_dtype, is_wider
from kcompat.spec import result_type

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def matmul(x1, x2):
    if x1.dtype is x2.dtype and (x1.dtype is SINGLE or x1.dtype is DOUBLE):
        if x1.ndim > 2 and x2.ndim == 2 and x1.flags.c_contiguous and x1.size:  # one product, not a stack of them
            return products.matmul(x1.reshape(-1, x1.shape[-1]), x2).reshape(*x1.shape[:-1], x2.shape[1])
        return products.matmul(x1, x2)
    dtype = result_type(x1, x2)
    if dtype in ("float16", "bfloat16"):  # summed in float32
        return products.matmul(*in_dtype(np.float32, x1, x2)).astype(dtype)
    if {x1.dtype, x2.dtype} == {SINGLE, DOUBLE}:
        return products.matmul(*in_dtype(DOUBLE, x1, x2))
    y = np.matmul(x1, x2)
    return y.astype(dtype, copy=False) if is_wider(y, x1, x2) else y
