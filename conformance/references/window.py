"""Windows for signals, rounded to Keras's default dtype."""

from typing import Any

import scipy.signal

from kcompat.conformance.references import reference

windows = scipy.signal.windows


@reference("bartlett")
def bartlett(*, x: int) -> Any:
    """SciPy's."""
    return windows.bartlett(x).astype("float32")


@reference("blackman")
def blackman(*, x: int) -> Any:
    """SciPy's."""
    return windows.blackman(x).astype("float32")


@reference("hamming")
def hamming(*, x: int) -> Any:
    """SciPy's."""
    return windows.hamming(x).astype("float32")


@reference("hanning")
def hanning(*, x: int) -> Any:
    """SciPy's."""
    return windows.hann(x).astype("float32")


@reference("kaiser")
def kaiser(*, x: int, beta: float) -> Any:
    """SciPy's."""
    return windows.kaiser(x, beta).astype("float32")
