"""Sorting, choosing the largest, and searching what is sorted."""

import numpy as np

from kcompat.spec import rules as rules
from kcompat.spec._op import ORDER, Kink, Refusal, Sample, Special, composed, ordinary, primitive, smooth
from kcompat.spec.calculus import take_slice
from kcompat.spec.rules import check_search, normalize_axis

inf, nan = float("inf"), float("nan")
_BAD_AXIS = (Refusal((np.ones((2, 3)),), ValueError, {"axis": 2}), Refusal((np.array(1.0),)))


def _orderable(rng):
    yield Sample((rng.normal(size=(3, 4)),))
    yield Sample((rng.normal(size=(3, 4)),), {"axis": 0})
    yield Sample((np.array([2.0, 1.0, 2.0, 1.0]),), differentiable=False)
    yield Sample((rng.integers(-3, 3, (6,)).astype("int32"),))
    yield Sample((np.array([[3, 0, 255, 3]], "uint8"),))
    yield Sample((np.array([True, False, True]),))
    yield Sample((np.array([1e30, -1e-30, 1e-30, -1e30, 300.0]),))
    yield Sample((np.zeros((2, 0)),))


@primitive(
    rule=rules.argsort,
    vjp=None,
    error=ORDER,
    kinks=smooth,
    specials=[Special(([1.0, 1.0, 0.0],), [2, 0, 1]), Special(([inf, nan, -inf],), [2, 0, 1])],
    samples=_orderable,
    refusals=_BAD_AXIS,
)
def argsort(x, *, axis=-1):
    """The int32 indices that sort `x` along `axis`, ascending and stable; NaN comes last.

    `axis=None` means the flattened tensor. Raises ValueError for an axis that `x` does not have.
    """


def _sortable(rng):
    yield from _orderable(rng)
    yield Sample((rng.normal(size=(2, 3)),), {"axis": None})
    yield Sample((np.array(2.0),), {"axis": None})


@composed(
    kinks=[Kink(([1.0, 1.0],), ([1.0, 1.0],), (0.0, 1.0))],
    specials=[Special(([inf, nan, -inf],), [-inf, inf, nan])],
    samples=_sortable,
    refusals=_BAD_AXIS,
)
def sort(B, x, *, axis=-1):
    """The elements in ascending order along `axis`; NaN comes last.

    `axis=None` means the flattened tensor. Raises ValueError for an axis that `x` does not have.
    """
    if axis is None:
        x, axis = B.reshape(x, newshape=(-1,)), 0
    axis = normalize_axis(axis, len(x.shape))
    return B.take_along_axis(x, B.argsort(x, axis=axis), axis=axis)


def _partitioned(rng):
    yield Sample((rng.normal(size=(3, 5)),), {"kth": 2})
    yield Sample((rng.normal(size=(3, 5)),), {"kth": -1, "axis": 0})
    yield Sample((rng.integers(0, 3, (6,)).astype("int32"),), {"kth": 3})
    yield Sample((rng.normal(size=(2, 3)),), {"kth": 4, "axis": None})


@composed(
    kinks=smooth,
    specials=[Special(([2.0, nan, 1.0],), [2, 0, 1], {"kth": 0})],
    samples=_partitioned,
    refusals=[
        Refusal((np.ones(3),), ValueError, {"kth": 3}),
        Refusal((np.ones(3),), ValueError, {"kth": 0, "axis": 1}),
    ],
    vjp=(),
)
def argpartition(B, x, *, kth, axis=-1):
    """int32 indices that put the element of rank `kth` along `axis` in its place, smaller ones before it.

    These are those of `argsort`, which do so for every `kth`; `axis=None` means the flattened tensor.
    Raises ValueError for a rank beyond the axis.
    """
    if axis is None:
        x, axis = B.reshape(x, newshape=(-1,)), 0
    size = x.shape[normalize_axis(axis, len(x.shape))]
    if not -size <= kth < size:
        raise ValueError(f"argpartition: kth is within {-size} and {size - 1}, got {kth}")
    return B.argsort(x, axis=axis)


def _top(rng):
    yield Sample((rng.normal(size=(3, 5)),), {"k": 2})
    yield Sample((np.array([1.0, 3.0, 3.0, 2.0]),), {"k": 3}, differentiable=False)
    yield Sample((rng.normal(size=(2, 4)),), {"k": 4, "sorted": False})
    yield Sample((np.array([-(2**31), 5, 5, 2**31 - 1], "int32"),), {"k": 3})
    yield Sample((np.array([[3, 0, 255, 3]], "uint8"),), {"k": 3})
    yield Sample((np.array([1e30, -1e30, 1e-30]),), {"k": 1})


@composed(
    kinks=smooth,
    specials=[
        Special(([1.0, nan, inf],), ([nan, inf], [1, 2]), {"k": 2}),
        Special(([2.0, 1.0, 2.0],), ([2.0, 2.0], [0, 2]), {"k": 2}),
    ],
    samples=_top,
    refusals=[Refusal((np.ones(3),), ValueError, {"k": 4}), Refusal((np.array(1.0),), ValueError, {"k": 1})],
)
def top_k(B, x, *, k, sorted=True):  # noqa: A002  (Keras's name)
    """The `k` largest elements of the last axis, descending, and their int32 indices.

    Of equal elements the first comes first; NaN counts as the largest. `sorted=False` allows another order and
    gives the same. Raises ValueError for more elements than there are.
    """
    size = x.shape[normalize_axis(-1, len(x.shape))]
    if not 0 <= k <= size:
        raise ValueError(f"top_k: k is within 0 and {size}, the size of the last axis; got {k}")
    # From the end and back, so that equal elements keep their order.
    order = (size - 1) - B.flip(B.argsort(B.flip(x, axis=-1), axis=-1), axis=-1)
    indices = take_slice(B, order, -1, 0, k)
    return B.take_along_axis(x, indices, axis=-1), indices


def _predicted(rng):
    yield Sample((np.array([2, 0, 4, 1], "int32"), rng.normal(size=(4, 5))), {"k": 2})
    yield Sample((np.array([1, 2, 0], "int32"), np.array([[0.1, 0.9, 0.9, 0.5]] * 3)), {"k": 2})
    yield Sample((np.array([-1, 3], "int32"), rng.normal(size=(2, 3))), {"k": 3})
    yield Sample((np.array([0, 1], "int32"), np.array([[nan, 1.0], [nan, 1.0]])), {"k": 2})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_predicted,
    refusals=[
        Refusal((np.array([0, 1], "int32"), np.ones((2, 3))), ValueError, {"k": 0}),
        Refusal((np.array([0, 1], "int32"), np.ones(3)), ValueError, {"k": 1}),
        Refusal((np.array([0, 1], "int32"), np.ones((3, 3))), ValueError, {"k": 1}),
    ],
    vjp=(),
)
def in_top_k(B, targets, predictions, *, k):
    """Whether fewer than `k` of the `predictions` (batch, classes) exceed that of the class in `targets` (batch,).

    Equal predictions share a rank. False for a class out of range, and where its prediction is NaN.
    Raises ValueError for `k` below 1 and for other shapes.
    """
    if k < 1:
        raise ValueError(f"in_top_k: k is at least 1, got {k}")
    if len(predictions.shape) != 2 or tuple(targets.shape) != tuple(predictions.shape[:1]):
        raise ValueError(
            "in_top_k: targets (batch,) and predictions (batch, classes), "
            f"got shapes {tuple(targets.shape)} and {tuple(predictions.shape)}"
        )
    known = B.logical_and(targets >= 0, B.less(targets, predictions.shape[1]))
    classes = B.expand_dims(B.where(known, targets, 0), axis=-1)
    own = B.take_along_axis(predictions, classes, axis=-1)
    better = B.sum(B.greater(predictions, own), axis=-1)
    valid = B.logical_and(known, B.squeeze(B.equal(own, own), axis=-1))
    return B.logical_and(valid, B.less(better, k))


def _searched(rng):
    ordered = np.sort(rng.normal(size=(7,)))
    yield Sample((ordered, rng.normal(size=(2, 5))))
    yield Sample((ordered, rng.normal(size=(5,))), {"side": "right"})
    ties = np.array([1, 2, 2, 2, 5], "int32")
    yield Sample((ties, np.array([0, 1, 2, 5, 6], "int32")))
    yield Sample((ties, np.array([0, 1, 2, 5, 6], "int32")), {"side": "right"})
    yield Sample((ties, np.array([1.5, 2.0, 4.0])))
    yield Sample((np.zeros((0,)), np.array([1.0, 2.0])))
    yield Sample((ordered[:1], np.array(0.0)))
    yield Sample((np.array([-1e30, -1e-30, 1e-30, 1e30]), np.array([-1e30, 0.0, 1e30])))


@composed(
    kinks=smooth,
    specials=[
        Special(([1.0, 2.0, nan, nan], [nan, inf, -inf]), [2, 2, 0]),
        Special(([1.0, 2.0, nan, nan], [nan, inf, -inf]), [4, 2, 0], {"side": "right"}),
    ],
    samples=_searched,
    refusals=[
        Refusal((np.ones((2, 3)), np.ones(2)), ValueError),
        Refusal((np.ones(3), np.ones(2)), ValueError, {"side": "middle"}),
    ],
    vjp=(),
)
def searchsorted(B, sorted_sequence, values, *, side="left"):
    """The int32 index at which each of `values` keeps `sorted_sequence` ascending, by binary search.

    Before the elements equal to it (`left`), or after them (`right`); NaN sorts last.
    Raises ValueError for a sequence that has not one axis, and another side.
    """
    check_search(sorted_sequence, side)
    size = sorted_sequence.shape[0]
    found = B.zeros(shape=tuple(values.shape), dtype="int32")
    if size == 0:
        return found
    missing = B.isnan(values)
    for step in (2**i for i in reversed(range(size.bit_length()))):
        beyond = found + step
        element = B.take(sorted_sequence, B.minimum(beyond, size) - 1, axis=0)
        if side == "left":
            before = B.logical_or(B.less(element, values), B.logical_and(missing, B.equal(element, element)))
        else:
            before = B.logical_or(B.less_equal(element, values), missing)
        found = B.where(B.logical_and(before, B.less_equal(beyond, size)), beyond, found)
    return found


def _binned(rng):
    yield Sample((rng.normal(size=(2, 5)), np.array([-1.0, 0.0, 0.5])))
    yield Sample((np.array([1, 4, 2, 9], "int32"), np.array([2, 4], "int32")))
    yield Sample((np.array([0.5, 2.0]), np.zeros((0,))))


@composed(
    kinks=smooth,
    specials=[Special(([-inf, 0.0, 1.0, nan], [0.0, 1.0]), [0, 1, 2, 2])],
    samples=_binned,
    refusals=[Refusal((np.ones(2), np.ones((2, 2))), ValueError)],
    vjp=(),
)
def digitize(B, x, bins):
    """The int32 number of the bin of each element: how many of the ascending edges `bins` are not above it."""
    return B.searchsorted(bins, x, side="right")
