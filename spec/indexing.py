"""Reading and adding at indices, and one-hot vectors."""

import numpy as np

from kcompat.spec import _rules as rules
from kcompat.spec._calculus import unbroadcast
from kcompat.spec._dtype import floatx
from kcompat.spec._op import SCATTER, STRUCTURE, Sample, composed, ordinary, primitive, smooth


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


@primitive(
    rule=rules.take,
    vjp=(_take_back, None),
    error=STRUCTURE,
    kinks=smooth,
    specials=ordinary,
    samples=_indexed,
)
def take(x, indices, *, axis=None):
    """The slices of `x` at integer `indices` along `axis`, or the elements of the flattened tensor.

    Negative indices count from the end. An index out of range is unspecified: a backend raises where it can.
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


@primitive(
    rule=rules.take_along_axis,
    vjp=(_take_along_back, None),
    error=STRUCTURE,
    kinks=smooth,
    specials=ordinary,
    samples=_indexed_along,
)
def take_along_axis(x, indices, *, axis=None):
    """`x[..., indices[..., i, ...], ...]`: one index an element; other axes broadcast."""


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


@composed(kinks=smooth, specials=ordinary, samples=_labels, vjp=())
def one_hot(B, x, *, num_classes, axis=-1, dtype=None):
    """1 at the index that `x` holds and 0 elsewhere, along a new axis; all 0 for an index out of range."""
    rank = len(x.shape) + 1
    axis %= rank
    classes = B.arange(start=num_classes, dtype=B.dtype(x))
    classes = B.reshape(classes, newshape=tuple(num_classes if i == axis else 1 for i in range(rank)))
    return B.cast(B.equal(B.expand_dims(x, axis=axis), classes), dtype=dtype or floatx())
