"""Activations that are 0, or another constant, over an interval."""

import functools

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Kink, Sample, Special, composed, smooth

inf, nan = float("inf"), float("nan")
activation = functools.partial(composed, floating=True)
FAR = (-1e30, 1e30, -1e-30, 1e-30)


@activation(
    kinks=[Kink((0.5,), (0.0,), (0.0, 1.0)), Kink((-0.5,), (0.0,), (0.0, 1.0))],
    specials={inf: inf, -inf: -inf, nan: nan, 0.5: 0.0, -0.5: 0.0},
    samples=samples.unary(extremes=FAR, threshold=[0.5, 1.25]),
)
def hard_shrink(B, x, *, threshold=0.5):
    """`x` where `|x|` is above `threshold`, else 0; the gradient at the threshold is 0."""
    return B.where(B.absolute(x) <= threshold, 0.0, x)


@activation(
    kinks=[Kink((0.5,), (0.0,), (0.0, 1.0)), Kink((-0.5,), (0.0,), (0.0, 1.0))],
    specials={inf: inf, -inf: -inf, nan: nan},
    samples=samples.unary(extremes=FAR, threshold=[0.5, 1.25]),
)
def soft_shrink(B, x, *, threshold=0.5):
    """`x` moved towards 0 by `threshold`, 0 where `|x|` is below it; the gradient at the threshold is 0."""
    return x - B.clip(x, -threshold, threshold)


def _thresholds(rng):
    for attrs in ({"threshold": 0.5, "default_value": -2.0}, {"threshold": -1.0, "default_value": 0.0}):
        yield Sample((rng.uniform(-2.0, 2.0, (3, 4)),), attrs)
        yield Sample((np.array(FAR),), attrs)
    yield Sample((np.zeros((0, 2)),), {"threshold": 0.5, "default_value": 1.0})


@activation(
    kinks=[Kink((0.5,), (0.0,), (0.0, 1.0), {"threshold": 0.5, "default_value": 2.0})],
    specials=[
        Special((x,), y, {"threshold": 0.5, "default_value": 2.0})
        for x, y in ((inf, inf), (-inf, 2.0), (nan, nan), (0.5, 2.0))
    ],
    samples=_thresholds,
)
def threshold(B, x, *, threshold, default_value):
    """`x` where it is above `threshold`, else `default_value`; the gradient at the threshold is 0."""
    return B.where(x <= threshold, default_value, x)


@activation(
    kinks=[Kink((-1.0,), (0.0,), (0.0, 0.0)), Kink((1.0,), (1.0,), (1.0, 1.0))],
    specials={inf: inf, -inf: 0.0, nan: nan},
    samples=samples.unary(extremes=FAR),
)
def sparse_plus(B, x):
    """0 up to -1, `(x + 1) ** 2 / 4` up to 1, then `x` (Martins & Astudillo, 2016)."""
    z = B.clip(x, -1.0, 1.0) + 1.0
    return B.where(x > 1.0, x, z * z * 0.25)


@activation(
    kinks=[Kink((-1.0,), (0.0,), (0.0, 0.5)), Kink((1.0,), (0.0,), (0.0, 0.5))],
    specials={inf: 1.0, -inf: 0.0, nan: nan},
    samples=samples.unary(extremes=FAR),
)
def sparse_sigmoid(B, x):
    """0 up to -1, `(x + 1) / 2` up to 1, then 1: the derivative of `sparse_plus`. The gradient at -1 and 1 is 0."""
    return B.where(x <= -1.0, 0.0, B.where(x >= 1.0, 1.0, (x + 1.0) * 0.5))


def _slope(B, g, y, x):
    h = B.tanh(x)
    return g * h * h


@activation(
    kinks=smooth,
    specials={inf: inf, -inf: -inf, nan: nan, 0.0: 0.0},
    samples=samples.unary(extremes=(-1e30, 1e30, 1e-3, -1e-3, 1e-8, 0.999, 1.001)),
    vjp=_slope,
)
def tanh_shrink(B, x):
    """`x - tanh(x)`, without the cancellation near 0.

    There it is `x * d / (1 + d)` with d of Lambert's continued fraction: `tanh(x) = x / (1 + d)`,
    `d = x^2 / (3 + x^2 / (5 + ...))`.
    """
    near = B.where(x > -1.0, B.where(x < 1.0, x, 0.0), 0.0)
    square = near * near
    d = square / 19.0
    for odd in (17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0):
        d = square / (d + odd)
    inside = B.equal(near, x)
    far = B.where(inside, 1.0, x)
    return B.where(inside, near * (d / (d + 1.0)), far - B.tanh(far))
