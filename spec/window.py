"""Windows for signals: vectors of a given length, computed in float64 and rounded to floatx."""

import functools
import operator

import numpy as np

from kcompat.spec._op import Refusal, Sample, composed, ordinary, smooth
from kcompat.spec.settings import floatx


def _lengths(rng):
    del rng
    for length in (8, 7, 2, 1, 0):
        yield Sample((), {"x": length})


window = functools.partial(
    composed,
    kinks=smooth,
    specials=ordinary,
    samples=_lengths,
    vjp=(),
    refusals=[Refusal((), ValueError, {"x": -1})],
)


def _constant(B, make, x, *options):
    length = operator.index(x)
    if length < 0:
        raise ValueError(f"{make.__name__}: the length of a window is at least 0, got {length}")
    return B.constant(make(length, *options), dtype=floatx())


@window()
def bartlett(B, *, x):
    """The triangular window of length `x`: from 0 to 1 and back. Raises ValueError for a negative length."""
    return _constant(B, np.bartlett, x)


@window()
def blackman(B, *, x):
    """The Blackman window of length `x`, `0.42 - 0.5 cos(t) + 0.08 cos(2 t)` over one period.

    Raises ValueError for a negative length.
    """
    return _constant(B, np.blackman, x)


@window()
def hamming(B, *, x):
    """The Hamming window of length `x`, `0.54 - 0.46 cos(t)` over one period.

    Raises ValueError for a negative length.
    """
    return _constant(B, np.hamming, x)


@window()
def hanning(B, *, x):
    """The Hann window of length `x`, `0.5 - 0.5 cos(t)` over one period.

    Raises ValueError for a negative length.
    """
    return _constant(B, np.hanning, x)


def _shaped(rng):
    for length, beta in [(8, 14.0), (7, 0.5), (5, 0), (2, 8.6), (1, 3.0), (0, 3.0)]:
        yield Sample((), {"x": length, "beta": beta})
    del rng


@window(samples=_shaped, refusals=[Refusal((), ValueError, {"x": -1, "beta": 2.0})])
def kaiser(B, *, x, beta):
    """The Kaiser window of length `x`, `I0(beta sqrt(1 - t^2)) / I0(beta)` for t from -1 to 1 (Kaiser & Schafer, 1980).

    `beta` is a number. Raises ValueError for a negative length.
    """
    return _constant(B, np.kaiser, x, float(beta))
