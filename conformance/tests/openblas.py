"""NumPy's OpenBLAS with a number of threads, whatever the environment says."""

import contextlib

import pytest

from kcompat.backends.numpy import blas

needs_openblas = pytest.mark.skipif(blas.library is None, reason="NumPy has another library than OpenBLAS: numpy.org")


@contextlib.contextmanager
def blas_threads(count):
    """Within the block OpenBLAS has so many threads; gives the function that says how many it has."""
    set_threads, get_threads = blas.library
    before = get_threads()
    set_threads(count)
    try:
        yield get_threads
    finally:
        set_threads(before)
