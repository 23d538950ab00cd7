"""Activations along an axis: distributions made of scores, and the gated linear unit."""

import functools

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, smooth
from kcompat.spec.calculus import narrowed, widened
from kcompat.spec.rules import normalize_axes, normalize_axis

inf, nan = float("inf"), float("nan")
activation = functools.partial(composed, floating=True)
NO_SUCH_AXIS = (Refusal((np.ones((2, 3)),), attrs={"axis": 2}),)


def _scores(rng):
    yield from samples.along_axis()(rng)
    yield Sample((rng.normal(size=(2, 3, 4)),), {"axis": (0, 2)})
    yield Sample((rng.normal(size=(2, 3)) + 300.0,), {"axis": (0, 1)})
    yield Sample((np.array([[-1e30, 0.0, 1e30, 1e-30]]),))
    yield Sample((np.zeros((0, 3)),))
    yield Sample((rng.normal(size=(3, 1)),))


@activation(
    kinks=smooth,
    specials=[
        Special(([0.0, -inf],), [1.0, 0.0]),
        Special(([nan, 0.0],), [nan, nan]),
        Special(([inf, 0.0],), [nan, nan]),
        Special(([-inf, -inf],), [nan, nan]),
        Special(([[-inf, 0.0], [-inf, -inf]],), [[0.0, 1.0], [0.0, 0.0]], {"axis": (0, 1)}),
    ],
    samples=_scores,
    vjp=lambda B, g, y, x, *, axis=-1: y * (g - B.sum(g * y, axis=axis, keepdims=True)),
    refusals=NO_SUCH_AXIS,
)
def softmax(B, x, *, axis=-1):
    """`exp(x) / sum(exp(x))` along `axis`, or over several axes at once, without overflow.

    A score of -inf has probability 0. Where all of them are -inf, or one is inf, there is no distribution: NaN.
    float16 and bfloat16 are computed in float32.
    """
    axis = normalize_axes(axis, len(x.shape))
    if any(x.shape[i] == 0 for i in axis):
        return x
    dtype, x = B.dtype(x), widened(B, x)
    z = B.exp(x - B.stop_gradient(B.max(x, axis=axis, keepdims=True)))
    return narrowed(B, z / B.sum(z, axis=axis, keepdims=True), dtype)


@activation(
    kinks=smooth,
    specials=[
        Special(([0.0, -inf],), [0.0, -inf]),
        Special(([nan, 0.0],), [nan, nan]),
        Special(([inf, 0.0],), [nan, nan]),
        Special(([-inf, -inf],), [nan, nan]),
    ],
    samples=_scores,
    vjp=lambda B, g, y, x, *, axis=-1: g - B.exp(y) * B.sum(g, axis=axis, keepdims=True),
    refusals=NO_SUCH_AXIS,
)
def log_softmax(B, x, *, axis=-1):
    """`log(softmax(x))` along `axis`, or over several axes at once, exact where softmax is tiny; NaN where that is.

    float16 and bfloat16 are computed in float32.
    """
    axis = normalize_axes(axis, len(x.shape))
    if any(x.shape[i] == 0 for i in axis):
        return x
    dtype, x = B.dtype(x), widened(B, x)
    z = x - B.stop_gradient(B.max(x, axis=axis, keepdims=True))
    return narrowed(B, z - B.log(B.sum(B.exp(z), axis=axis, keepdims=True)), dtype)


def _sparse_scores(rng):
    yield Sample((rng.normal(size=(3, 5)),))
    yield Sample((rng.normal(size=(2, 3, 4)),), {"axis": 1})
    yield Sample((rng.normal(size=(5, 2)) * 0.1 + 300.0,), {"axis": 0})
    yield Sample((np.array([[-1e30, 0.0, 0.5, 1e-30]]),))
    yield Sample((np.array([[1e30, 1e30, 0.0, -1e30]]),), differentiable=False)
    yield Sample((np.full((2, 4), 3.0),))
    yield Sample((rng.normal(size=(3, 1)),))
    yield Sample((np.zeros((0, 3)),))


def _within_support(B, g, y, x, *, axis=-1):
    inside = B.cast(y > 0, dtype=B.dtype(y))
    count = B.sum(inside, axis=axis, keepdims=True)
    return inside * (g - B.sum(g * inside, axis=axis, keepdims=True) / count)


@activation(
    kinks=[Kink(([0.0, 1.0],), ([0.0, 0.0],), (-0.5, 0.5))],
    specials=[Special(([0.0, -inf],), [1.0, 0.0]), Special(([nan, 0.0],), [nan, nan])],
    samples=_sparse_scores,
    vjp=_within_support,
    refusals=NO_SUCH_AXIS,
)
def sparsemax(B, x, *, axis=-1):
    """The distribution nearest to `x` along `axis`; small scores have probability 0 (Martins & Astudillo, 2016).

    At the edge of its support the gradient is that of the scores inside.
    """
    axis = normalize_axis(axis, len(x.shape))
    z = x - B.stop_gradient(B.max(x, axis=axis, keepdims=True))
    z = B.where(z < -1.0, -1.0, z)  # what is 1 below the largest has no part: so nothing below overflows
    ranked = -B.sort(-B.stop_gradient(z), axis=axis)
    count = tuple(n if i == axis else 1 for i, n in enumerate(x.shape))
    rank = B.reshape(B.cast(B.arange(start=1, stop=count[axis] + 1), dtype=B.dtype(z)), newshape=count)
    within = ranked * rank + 1.0 > B.cumsum(ranked, axis=axis)
    size = B.sum(B.cast(within, dtype=B.dtype(z)), axis=axis, keepdims=True)
    smallest = B.min(B.where(within, ranked, 0.0), axis=axis, keepdims=True)
    tau = (B.sum(B.where(z >= smallest, z, 0.0), axis=axis, keepdims=True) - 1.0) / size
    return B.where(z > tau, z - tau, B.where(z <= tau, 0.0, z))  # the inner choice lets NaN through


def _gated(rng):
    yield Sample((rng.normal(size=(3, 6)),))
    yield Sample((rng.normal(size=(4, 2, 3)) * 20.0,), {"axis": 0})
    yield Sample((rng.normal(size=(2, 2)),), {"axis": -2})
    yield Sample((np.zeros((0, 4)),))


@activation(
    kinks=smooth,
    specials=[Special(([2.0, inf],), [2.0]), Special(([2.0, -inf],), [0.0]), Special(([nan, 0.0],), [nan])],
    samples=_gated,
    refusals=(Refusal((np.ones((2, 3)),)), Refusal((np.ones((2, 4)),), attrs={"axis": 2})),
)
def glu(B, x, *, axis=-1):
    """`a * sigmoid(b)`, where `a` and `b` are the halves of `x` along `axis` (Dauphin et al., 2017).

    Raises ValueError for an odd size of that axis.
    """
    size = x.shape[normalize_axis(axis, len(x.shape))]
    if size % 2:
        raise ValueError(f"glu: axis {axis} of shape {tuple(x.shape)} is cut into halves, so its size is even")
    a, b = B.split(x, indices_or_sections=2, axis=axis)
    return a * B.sigmoid(b)
