"""Norms and distances. Elements are scaled before they are squared, so that no square leaves the range of the dtype."""

import math

import numpy as np

from kcompat.spec import matrices as m
from kcompat.spec._op import Kink, Refusal, Sample, Special, composed
from kcompat.spec.dtypes import float_type
from kcompat.spec.rules import as_integers, broadcast_shapes, normalize_axes, normalize_axis, shape_of

inf, nan = math.inf, math.nan
MATRIX_ORDERS = (None, "fro", "nuc", inf, -inf, 1, -1, 2, -2)


def _normed(rng):
    x = rng.normal(size=(3, 4))
    yield Sample((x,))
    yield Sample((rng.normal(size=(2, 3, 4)),), {"axis": -1, "keepdims": True})
    yield Sample((rng.normal(size=(2, 3, 4)),), {"ord": "fro", "axis": (0, -1)})
    for order in (inf, -inf, 1, 2, 3, -1, 0.5):
        yield Sample((x,), {"ord": order, "axis": 1})
    yield Sample((np.array([1.0, 0.0, -2.0]),), {"ord": 0}, differentiable=False)
    for norm_of_matrices in ("nuc", inf, -inf, 1, -1, 2, -2):
        attrs = {"ord": norm_of_matrices, "axis": (2, 0), "keepdims": norm_of_matrices in (1, 2)}
        yield Sample((rng.normal(size=(3, 2, 4)),), attrs)
    yield Sample((x * 1e30,))
    yield Sample((x * 1e-30,), {"axis": 0})
    yield Sample((np.array([1e4, 1.0, 1e-4, -300.0]),), {"ord": 3})
    yield Sample((np.zeros((0, 2)),), {"axis": 0})
    yield Sample((np.array(-2.0),))
    yield Sample((np.array([3, -4], "int32"),))


@composed(
    floating=True,
    kinks=[
        Kink(([0.0, 0.0],), ([0.0, 0.0],), (-1.0, 1.0)),
        Kink(([0.0, 2.0],), ([0.0, 1.0],), (-1.0, 1.0), {"ord": 1}),
        Kink(([0.0, 2.0],), ([0.0, 1.0],), (-1.0, 1.0), {"ord": 3}),
        Kink(([2.0, 2.0],), ([0.5, 0.5],), (0.0, 1.0), {"ord": inf}),
        Kink(([0.0, 0.0],), ([0.0, 0.0],), (-1.0, 1.0), {"ord": 3}),
    ],
    specials=[
        Special(([3.0, 4.0],), 5.0),
        Special(([-inf, 1.0],), inf),
        Special(([nan, 1.0],), nan),
        Special(([0.0, 0.0],), 0.0),
        Special(([0.0, 5.0, -1.0],), 2.0, {"ord": 0}),
        Special(([0.0, 5.0],), 0.0, {"ord": -1}),
    ],
    samples=_normed,
    refusals=(
        Refusal((np.ones(3),), attrs={"ord": "fro"}),
        Refusal((np.ones((2, 2)),), attrs={"ord": 3}),
        Refusal((np.ones((2, 2)),), attrs={"ord": "max"}),
        Refusal((np.ones((2, 2, 2)),), attrs={"ord": 2}),
        Refusal((np.ones((2, 2)),), attrs={"axis": 2}),
        Refusal((np.ones((2, 2)),), attrs={"axis": (0, 0)}),
    ),
)
def norm(B, x, *, ord=None, axis=None, keepdims=False):  # noqa: A002  (Keras's name)
    """The norm of vectors along one axis, or of matrices whose rows and columns lie along two.

    Of vectors: `sum(|x|^ord)^(1 / ord)`, 2 by default; inf and -inf are the largest and the smallest absolute value,
    0 counts what is not 0. Of matrices: None and "fro" are the root of the sum of squares; "nuc" is the sum of
    the singular values, 2 and -2 the largest and the smallest; 1, -1, inf and -inf are the largest and smallest sum of
    absolute values of a column and of a row. Without `axis`, all axes; and the root of the sum of squares whatever the
    rank, unless there is an `ord`.

    The gradient of a vector norm at the zero vector is 0, and so is that of an element that is 0. Raises ValueError
    for other orders and axes, and over no elements for inf and -inf.
    """
    shape = shape_of(x)
    x = x if B.dtype(x) == float_type(x) else B.cast(x, dtype=float_type(x))
    axes = _ordered_axes(axis, len(shape))
    if ord is None or (ord == "fro" and len(axes) == 2):
        result = _euclidean(B, x, axes)
    elif len(axes) == 1 and not isinstance(ord, str):
        result = _vector_norm(B, x, float(ord), axes)
    elif len(axes) == 2 and ord in MATRIX_ORDERS:
        result = _matrix_norm(B, x, ord, axes)
    else:
        raise ValueError(f"norm: no order {ord!r} over {len(axes)} axes, shape {shape}, axis {axis}")
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return B.reshape(result, newshape=kept if keepdims else tuple(n for i, n in enumerate(shape) if i not in axes))


def _ordered_axes(axis, rank):
    """Non-negative axes in the order given: rows first."""
    normalize_axes(axis, rank)  # refuses what is out of range or comes twice
    if axis is None:
        return tuple(range(rank))
    return tuple(normalize_axis(a, rank) for a in as_integers(axis))


def _scale(B, extreme):
    """What to divide by: an absolute value, or 1 where that is 0 or not finite. A constant to differentiation."""
    extreme = B.stop_gradient(extreme)
    return B.where(B.logical_and(B.isfinite(extreme), B.greater(extreme, 0.0)), extreme, 1.0)


def _root(B, total, f):
    """`f(total)`, and 0 with gradient 0 where `total` is 0."""
    none = B.equal(total, 0.0)
    return B.where(none, 0.0, f(B.where(none, 1.0, total)))


def _euclidean(B, x, axes):
    if not axes:
        return B.absolute(x)
    if 0 in shape_of(x):
        return B.sum(x * x, axis=axes, keepdims=True)
    scale = _scale(B, B.max(B.absolute(x), axis=axes, keepdims=True))
    x = x / scale
    return _root(B, B.sum(x * x, axis=axes, keepdims=True), B.sqrt) * scale


def _vector_norm(B, x, order, axes):
    size = B.absolute(x)
    if order == inf:
        return B.max(size, axis=axes, keepdims=True)
    if order == -inf:
        return B.min(size, axis=axes, keepdims=True)
    if order == 0:
        return B.sum(B.cast(B.not_equal(x, 0.0), dtype=B.dtype(x)), axis=axes, keepdims=True)
    if order == 1:
        return B.sum(size, axis=axes, keepdims=True)
    if order == 2:
        return _euclidean(B, x, axes)
    return _power_norm(B, size, order, axes)


def _power_norm(B, size, order, axes):
    if 0 in shape_of(size):
        return B.sum(size, axis=axes, keepdims=True)
    extreme = (B.max if order > 0 else B.min)(size, axis=axes, keepdims=True)
    scale = _scale(B, extreme)
    zero = B.equal(size, 0.0)
    powers = B.where(zero, 0.0, B.power(B.where(zero, 1.0, size / scale), order))
    y = _root(B, B.sum(powers, axis=axes, keepdims=True), lambda total: B.power(total, 1.0 / order)) * scale
    return y if order > 0 else B.where(B.equal(extreme, 0.0), 0.0, y)


def _matrix_norm(B, x, order, axes):
    rows, columns = axes
    if order in (1, -1, inf, -inf):
        summed, compared = (rows, columns) if abs(order) == 1 else (columns, rows)
        sums = B.sum(B.absolute(x), axis=summed, keepdims=True)
        return (B.max if order > 0 else B.min)(sums, axis=compared, keepdims=True)
    others = tuple(i for i in range(len(x.shape)) if i not in axes)
    s = B.svd(B.transpose(x, axes=(*others, rows, columns)), compute_uv=False)
    if order == "nuc":
        return B.sum(s, axis=-1)
    return (B.max if order > 0 else B.min)(s, axis=-1)


def _points(rng):
    for left, right in [
        ((3, 2), (4, 2)),
        ((2, 3, 2), (2, 4, 2)),
        ((2, 3, 2), (4, 2)),
        ((1, 1), (1, 1)),
        ((0, 2), (3, 2)),
    ]:
        yield Sample((rng.normal(size=left), rng.normal(size=right)))
    x = rng.normal(size=(3, 4)) + 300.0
    yield Sample((x, x + rng.normal(size=(3, 4)) * 0.01))
    yield Sample((rng.normal(size=(2, 2)) * 1e30, rng.normal(size=(2, 2)) * 1e30))
    yield Sample((rng.normal(size=(2, 2)) * 1e-30, rng.normal(size=(2, 2)) * 1e-30))


@composed(
    floating=True,
    kinks=[Kink(([[1.0, 2.0]], [[1.0, 2.0]]), ([[0.0, 0.0]], [[0.0, 0.0]]), (-1.0, 1.0))],
    specials=[Special(([[0.0, 0.0]], [[3.0, 4.0]]), 5.0), Special(([[1.0, 2.0]], [[1.0, 2.0]]), 0.0)],
    samples=_points,
    refusals=(Refusal((np.ones((2, 3)), np.ones((2, 2)))), Refusal((np.ones(3), np.ones((2, 3))))),
)
def cdist(B, x, y):
    """The Euclidean distance of each point of `x` `(..., M, D)` from each of `y` `(..., N, D)`: `(..., M, N)`.

    Differences are formed before they are squared, so that near points have exact distances. The gradient between
    equal points is 0. Raises ValueError where the shapes do not fit.
    """
    left, right = m.check_matrix("cdist", x), m.check_matrix("cdist", y)
    if left[-1] != right[-1]:
        raise ValueError(f"cdist: points have {left[-1]} and {right[-1]} coordinates, shapes {left} and {right}")
    broadcast_shapes(left[:-2], right[:-2])
    return B.norm(B.subtract(B.expand_dims(x, axis=-2), B.expand_dims(y, axis=-3)), axis=-1)
