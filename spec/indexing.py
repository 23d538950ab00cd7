"""Reading and adding at indices, and one-hot vectors."""

import math

import numpy as np

from kcompat.spec import rules as rules
from kcompat.spec._op import SCATTER, STRUCTURE, Refusal, Sample, Special, composed, ordinary, primitive, smooth
from kcompat.spec.calculus import unbroadcast
from kcompat.spec.rules import as_integers, normalize_axis
from kcompat.spec.settings import floatx

inf, nan = float("inf"), float("nan")


def _take_back(B, g, y, x, indices, *, axis=None):
    if axis is None:
        flat = B.reshape(g, newshape=(-1,))
        added = B.scatter_add(flat, B.reshape(indices, newshape=(-1,)), axis=0, size=int(np.prod(x.shape)))
        return B.reshape(added, newshape=tuple(x.shape))
    axis %= len(x.shape)
    return B.scatter_add(g, indices, axis=axis, size=x.shape[axis])


def _indexed(rng):
    x = rng.normal(size=(4, 3, 2))
    yield Sample((x, np.array([2, 0, 2], "int32")), {"axis": 0})
    yield Sample((x, np.array([[1, 0], [2, 1]], "int32")), {"axis": 1})
    yield Sample((x, np.array([-1, 0], "int32")), {"axis": -1})
    yield Sample((x, np.array([5, 23, 5], "int32")))
    yield Sample((x, np.zeros((0,), "int32")), {"axis": 0})
    yield Sample((x, np.array(1, "int32")), {"axis": -2})
    yield Sample((x, np.array([[5, -1], [0, 7]], "int64")))
    yield Sample((x > 0, np.array([3, 0], "uint8")), {"axis": 0})


@primitive(
    rule=rules.take,
    vjp=(_take_back, None),
    error=STRUCTURE,
    kinks=smooth,
    specials=[Special(([inf, nan, 1.0], np.array([0, 1, -1], "int32")), [inf, nan, 1.0])],
    samples=_indexed,
    refusals=(Refusal((np.zeros((2, 3)), np.zeros(1, "int32")), attrs={"axis": 2}),),
)
def take(x, indices, *, axis=None):
    """The slices of `x` at integer `indices` along `axis`, or the elements of the flattened tensor.

    The axis becomes those of `indices`, of any rank. Negative indices count from the end. What an index out of
    range gives is unspecified: a backend raises where it can.
    """


def _added(rng):
    yield Sample((rng.normal(size=(3, 2)), np.array([1, 0, 1], "int32")), {"axis": 0, "size": 4})
    yield Sample((rng.normal(size=(2, 2, 2, 3)), np.array([[1, 0], [1, -1]], "int32")), {"axis": 1, "size": 3})


@primitive(
    rule=rules.scatter_add,
    vjp=(lambda B, g, y, values, indices, *, axis, size: B.take(g, indices, axis=axis), None),
    error=SCATTER,
    kinks=smooth,
    specials=ordinary,
    samples=_added,
    public=False,
)
def scatter_add(values, indices, *, axis, size):
    """Zeros, with `values` added at `indices` along `axis` (of `size`): the transpose of `take`."""


def _take_along_back(B, g, y, x, indices, *, axis=None):
    if axis is None:
        added = B.scatter_add(g, indices, axis=0, size=int(np.prod(x.shape)))
        return B.reshape(added, newshape=tuple(x.shape))
    axis %= len(x.shape)
    indices = B.broadcast_to(indices, shape=tuple(g.shape))
    return unbroadcast(B, B.scatter_add_along_axis(g, indices, axis=axis, size=x.shape[axis]), x)


def _indexed_along(rng):
    x = rng.normal(size=(3, 4))
    yield Sample((x, rng.integers(0, 4, (3, 2)).astype("int32")), {"axis": 1})
    yield Sample((x, rng.integers(0, 3, (5, 4)).astype("int32")), {"axis": 0})
    yield Sample((x, np.array([[-1], [0], [1]], "int32")), {"axis": -1})
    yield Sample((x[:1], np.array([[-1], [0], [1]], "int32")), {"axis": -1})
    yield Sample((x, np.array([5, -1, 5], "int64")))
    yield Sample((x, np.zeros((3, 0), "int32")), {"axis": 1})


@primitive(
    rule=rules.take_along_axis,
    vjp=(_take_along_back, None),
    error=STRUCTURE,
    kinks=smooth,
    specials=ordinary,
    samples=_indexed_along,
    refusals=(
        Refusal((np.zeros((2, 3)), np.zeros(2, "int32")), attrs={"axis": 0}),
        Refusal((np.zeros((2, 3)), np.zeros((3, 1), "int32")), attrs={"axis": 1}),
        Refusal((np.zeros((2, 3)), np.zeros((2, 1), "int32")), attrs={"axis": 2}),
        Refusal((np.zeros((2, 3)), np.zeros((2, 1), "int32"))),
    ),
)
def take_along_axis(x, indices, *, axis=None):
    """`x[..., indices[..., i, ...], ...]`: one index an element; other axes broadcast.

    None takes a vector of indices into the flattened tensor. Negative indices count from the end; what one out of
    range gives is unspecified: a backend raises where it can.
    """


def _added_along(rng):
    yield Sample((rng.normal(size=(3, 2)), rng.integers(0, 4, (3, 2)).astype("int32")), {"axis": 1, "size": 4})
    yield Sample((rng.normal(size=(5, 2)), rng.integers(0, 3, (5, 2)).astype("int32")), {"axis": 0, "size": 3})


@primitive(
    rule=rules.scatter_add_along_axis,
    vjp=(lambda B, g, y, values, indices, *, axis, size: B.take_along_axis(g, indices, axis=axis), None),
    error=SCATTER,
    kinks=smooth,
    specials=ordinary,
    samples=_added_along,
    public=False,
)
def scatter_add_along_axis(values, indices, *, axis, size):
    """Zeros, with `values` added at `indices` along `axis` (of `size`): the transpose of `take_along_axis`."""


def _labels(rng):
    yield Sample((np.array([0, 2, -1, 3], "int32"),), {"num_classes": 3})
    yield Sample((np.array([[1, 0], [2, 2]], "int32"),), {"num_classes": 3, "axis": 0, "dtype": "int32"})
    yield Sample((np.array([[1, 0], [2, 2]], "int32"),), {"num_classes": 4, "axis": 1})
    yield Sample((np.array([5, 44, 255], "uint8"),), {"num_classes": 300, "dtype": "bool"})
    yield Sample((np.array(1, "int64"),), {"num_classes": 2})
    yield Sample((np.array([True, False]),), {"num_classes": 2})
    yield Sample((np.array([0.0, 1.0, 0.5]),), {"num_classes": 2})
    yield Sample((np.zeros((0,), "int32"),), {"num_classes": 2})


_CLASSES = np.zeros(2, "int32")


def _is_class(B, x, num_classes, axis):
    """Whether `x` holds the index of the class, along a new axis."""
    if B.dtype(x) in ("bool", "int8", "int16", "uint8", "uint16"):  # which may not hold all indices
        x = B.cast(x, dtype="int32")
    classes = B.arange(start=num_classes, dtype=B.dtype(x))
    classes = B.reshape(classes, newshape=tuple(num_classes if i == axis else 1 for i in range(len(x.shape) + 1)))
    return B.equal(B.expand_dims(x, axis=axis), classes)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_labels,
    vjp=(),
    refusals=(
        Refusal((_CLASSES,), attrs={"num_classes": 3, "axis": 2}),
        Refusal((_CLASSES,), attrs={"num_classes": -1}),
    ),
)
def one_hot(B, x, *, num_classes, axis=-1, dtype=None):
    """1 at the index that `x` holds and 0 elsewhere, along a new axis; all 0 for an index out of range.

    Negative indices are out of range. The result is floatx unless `dtype` is given.
    """
    if num_classes < 0:
        raise ValueError(f"one_hot: num_classes is not negative, got {num_classes}")
    axis = normalize_axis(axis, len(x.shape) + 1)
    return B.cast(_is_class(B, x, num_classes, axis), dtype=dtype or floatx())


def _label_sets(rng):
    yield Sample((np.array([[0, 2, 2], [1, -1, 3]], "int32"),), {"num_classes": 3})
    yield Sample((np.array([0, 2], "int32"),), {"num_classes": 4, "dtype": "int32"})
    yield Sample((np.array([[0, 2, 2], [1, -1, 3]], "int32"),), {"num_classes": 4, "axis": 1})
    yield Sample((np.array([[0, 2, 2], [1, -1, 3]], "int32"),), {"num_classes": 3, "axis": 0})
    yield Sample((np.zeros((2, 0), "int32"),), {"num_classes": 2})
    yield Sample((np.array([[[0, 1]], [[1, 1]]], "uint8"),), {"num_classes": 2, "dtype": "bool"})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_label_sets,
    vjp=(),
    refusals=(
        Refusal((_CLASSES,)),
        Refusal((_CLASSES,), attrs={"num_classes": -1}),
        Refusal((_CLASSES,), attrs={"num_classes": 3, "axis": 2}),
        Refusal((np.array(1, "int32"),), attrs={"num_classes": 3}),
    ),
)
def multi_hot(B, inputs, *, num_classes=None, axis=-1, dtype=None):
    """1 at each index that a set holds and 0 elsewhere: the largest of the `one_hot` vectors of its members.

    Args:
        inputs: sets of indices, `(batch, members, ...)`, or one set, `(members,)`. Indices out of range, negative
            ones among them, belong to no class.
        num_classes: how many classes there are; it has to be given.
        axis: where the classes go, counted as in `one_hot`, before the axis of the members is taken out.
        dtype: of the result, floatx unless given.
    """
    if num_classes is None or num_classes < 0:
        raise ValueError(f"multi_hot: num_classes is a number >= 0, got {num_classes}")
    if len(inputs.shape) == 0:
        raise ValueError("multi_hot: inputs are sets of indices and have at least one axis, got rank 0")
    axis = normalize_axis(axis, len(inputs.shape) + 1)
    members = min(len(inputs.shape) - 1, 1)
    hits = B.cast(_is_class(B, inputs, num_classes, axis), dtype="int32")
    count = B.sum(hits, axis=members + 1 if axis <= members else members)
    return B.cast(B.greater(count, 0), dtype=dtype or floatx())


def _places(rng):
    yield Sample((np.array([0, 5, 3, -1], "int32"),), {"shape": (2, 3)})
    yield Sample((np.array([[23, 0], [7, 12]], "int64"),), {"shape": (2, 3, 4)})
    yield Sample((np.array(2, "int32"),), {"shape": (3,)})
    yield Sample((np.zeros((0,), "int32"),), {"shape": (2, 2)})
    yield Sample((np.array([2**31 - 2**17], "int32"),), {"shape": (2**16, 2**15 - 1)})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_places,
    vjp=(),
    refusals=(Refusal((_CLASSES,), attrs={"shape": (2, -1)}),),
)
def unravel_index(B, indices, *, shape):
    """The int32 coordinates, one tensor an axis, of the elements that row-major `indices` into `shape` name.

    Negative indices count from the end. Of an index out of range the first coordinate is out of range.
    """
    sizes = as_integers(shape)
    if any(n < 0 for n in sizes):
        raise ValueError(f"unravel_index: the sizes of a shape are not negative, got {sizes}")
    indices = B.cast(indices, dtype="int32")
    index = B.where(B.less(indices, 0), B.add(indices, math.prod(sizes)), indices)
    coordinates = []
    for axis in range(len(sizes)):
        stride = max(math.prod(sizes[axis + 1 :]), 1)
        coordinates.append(B.floor_divide(index, stride))
        index = B.subtract(index, B.multiply(coordinates[-1], stride))
    return tuple(coordinates)
