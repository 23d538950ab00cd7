"""Values combined at indices that may repeat."""

import numpy as np

from kcompat.backends.numpy.scattering import combine_rows


def _lowest(dtype):
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def scatter_max(values, indices, *, size):
    return combine_rows(np.maximum, _lowest(values.dtype), values, indices, size)


def scatter_multiply(values, indices, *, size):
    return combine_rows(np.multiply, 1, values, indices, size)
