"""Joining tensors, cutting them apart, and grids."""

import itertools

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Refusal, Sample, composed, ordinary, smooth
from kcompat.spec.calculus import take_slice
from kcompat.spec.rules import normalize_axis, split_edges

LINE, MATRIX, CUBE = np.zeros(4), np.zeros((2, 4)), np.zeros((2, 2, 4))


def _flat(B, x):
    return B.reshape(x, newshape=(-1,))


def _appended(rng):
    yield Sample((rng.normal(size=(2, 3)), rng.normal(size=(4,))))
    yield Sample((rng.normal(size=(2, 3)), rng.normal(size=(2, 1))), {"axis": 1})
    yield Sample((rng.normal(size=(0, 3)), rng.normal(size=(2, 3))), {"axis": -2})
    yield Sample((np.array(3, "int32"), rng.normal(size=())))
    yield Sample((np.array([True]), np.array([7], "int32")))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_appended,
    refusals=(Refusal((MATRIX, LINE), attrs={"axis": 1}), Refusal((LINE, LINE), attrs={"axis": 1})),
)
def append(B, x1, x2, *, axis=None):
    """`x2` after `x1` along `axis`; None flattens both."""
    if axis is None:
        return B.concatenate(_flat(B, x1), _flat(B, x2), axis=0)
    if len(x1.shape) != len(x2.shape):
        raise ValueError(f"append: ranks differ, shapes {tuple(x1.shape)} and {tuple(x2.shape)}; axis=None flattens")
    return B.concatenate(x1, x2, axis=axis)


def _ranked(*cases):
    """Samples of two tensors, of the shapes given."""

    def make(rng):
        for shapes in cases:
            yield Sample(tuple(rng.normal(size=shape) for shape in shapes))
        yield Sample(tuple(rng.integers(-9, 9, shape).astype("int32") for shape in cases[0]))
        yield Sample((rng.normal(size=cases[0][0]),))

    return make


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_ranked(((2, 3), (2, 1)), ((3,), (2,)), ((), ()), ((0,), (2,)), ((1, 2, 2), (1, 1, 2))),
    refusals=(Refusal((MATRIX, np.zeros((3, 4)))), Refusal(())),
)
def hstack(B, *xs):
    """Tensors joined along the second axis; vectors along their only one, scalars as vectors."""
    xs = tuple(_flat(B, x) if len(x.shape) == 0 else x for x in xs)
    return B.concatenate(*xs, axis=0 if xs and len(xs[0].shape) == 1 else 1)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_ranked(((2, 3), (1, 3)), ((3,), (3,)), ((), ()), ((0, 2), (2, 2)), ((1, 2, 2), (2, 2, 2))),
    refusals=(Refusal((LINE, np.zeros(3))), Refusal(())),
)
def vstack(B, *xs):
    """Tensors joined along the first axis; vectors are rows."""
    return B.concatenate(*(B.reshape(x, newshape=(1, -1)) if len(x.shape) < 2 else x for x in xs), axis=0)


def _with_depth(B, x):
    """`x` of rank 3: a vector is a row."""
    return x if len(x.shape) > 2 else B.expand_dims(B.reshape(x, newshape=(1, -1)) if len(x.shape) < 2 else x, axis=2)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_ranked(((2, 3), (2, 3)), ((3,), (3,)), ((), ()), ((2, 2, 0), (2, 2, 2)), ((1, 2, 2, 2), (1, 2, 1, 2))),
    refusals=(Refusal((LINE, np.zeros(3))), Refusal(())),
)
def dstack(B, *xs):
    """Tensors joined along the third axis; vectors are rows, matrices have depth 1."""
    return B.concatenate(*(_with_depth(B, x) for x in xs), axis=2)


def _cut(B, x, axis, edges):
    return tuple(take_slice(B, x, axis, a, b) for a, b in itertools.pairwise(edges))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((6, 2), {"indices_or_sections": 3}),
        ((2, 5), {"indices_or_sections": (1, 4), "axis": 1}),
        ((2, 5), {"indices_or_sections": [0, 2, 2, 5], "axis": -1}),
        ((0, 2), {"indices_or_sections": 2}),
        ((3,), {"indices_or_sections": ()}),
    ),
    refusals=(
        Refusal((LINE,), attrs={"indices_or_sections": 3}),
        Refusal((LINE,), attrs={"indices_or_sections": 0}),
        Refusal((LINE,), attrs={"indices_or_sections": (1, 5)}),
        Refusal((LINE,), attrs={"indices_or_sections": (3, 1)}),
        Refusal((LINE,), attrs={"indices_or_sections": 2, "axis": 1}),
    ),
)
def split(B, x, *, indices_or_sections, axis=0):
    """Parts of `x` along `axis`: a number of equal ones, or cut before each of ascending indices.

    Raises ValueError for a number that does not divide the axis, and for cuts outside it.
    """
    axis = normalize_axis(axis, len(x.shape))
    return _cut(B, x, axis, split_edges("split", x.shape[axis], indices_or_sections, axis))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((7, 2), {"indices_or_sections": 3}),
        ((2, 5), {"indices_or_sections": (1, 4), "axis": 1}),
        ((2, 2), {"indices_or_sections": 3, "axis": -1}),
        ((0,), {"indices_or_sections": 2}),
    ),
    refusals=(
        Refusal((LINE,), attrs={"indices_or_sections": 0}),
        Refusal((LINE,), attrs={"indices_or_sections": (1, 5)}),
        Refusal((LINE,), attrs={"indices_or_sections": 2, "axis": 1}),
    ),
)
def array_split(B, x, *, indices_or_sections, axis=0):
    """Parts of `x` along `axis`, as `split`; of parts that cannot be equal the first are longer by one."""
    axis = normalize_axis(axis, len(x.shape))
    return _cut(B, x, axis, split_edges("array_split", x.shape[axis], indices_or_sections, axis, equal=False))


def _split_along(B, x, name, axis, rank, indices_or_sections):
    if len(x.shape) < rank:
        raise ValueError(f"{name}: x needs at least {rank} axes, got shape {tuple(x.shape)}; use split")
    return _cut(B, x, axis, split_edges(name, x.shape[axis], indices_or_sections, axis))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((2, 4), {"indices_or_sections": 2}), ((5,), {"indices_or_sections": (1, 3)})),
    refusals=(
        Refusal((MATRIX,), attrs={"indices_or_sections": 3}),
        Refusal((np.zeros(()),), attrs={"indices_or_sections": 1}),
    ),
)
def hsplit(B, x, *, indices_or_sections):
    """Parts along the second axis, of a vector along its only one; see `split`."""
    return _split_along(B, x, "hsplit", min(len(x.shape) - 1, 1), 1, indices_or_sections)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((4, 2), {"indices_or_sections": 2}), ((5, 1, 2), {"indices_or_sections": (1, 3)})),
    refusals=(Refusal((CUBE,), attrs={"indices_or_sections": 3}), Refusal((LINE,), attrs={"indices_or_sections": 2})),
)
def vsplit(B, x, *, indices_or_sections):
    """Parts along the first of at least two axes; see `split`."""
    return _split_along(B, x, "vsplit", 0, 2, indices_or_sections)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((2, 1, 4), {"indices_or_sections": 2}), ((1, 2, 5), {"indices_or_sections": (1, 3)})),
    refusals=(Refusal((CUBE,), attrs={"indices_or_sections": 3}), Refusal((MATRIX,), attrs={"indices_or_sections": 2})),
)
def dsplit(B, x, *, indices_or_sections):
    """Parts along the third axis; see `split`."""
    return _split_along(B, x, "dsplit", 2, 3, indices_or_sections)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((3, 2), {}),
        ((2, 3), {"num": 3, "axis": 1}),
        ((2, 1, 2), {"axis": -1}),
        ((2, 0), {"num": 2}),
    ),
    refusals=(Refusal((MATRIX,), attrs={"num": 3}), Refusal((MATRIX,), attrs={"axis": 2})),
)
def unstack(B, x, *, num=None, axis=0):
    """The slices of `x` along `axis`, without it: the opposite of `stack`.

    Raises ValueError if `num` is given and is not the size of the axis.
    """
    axis = normalize_axis(axis, len(x.shape))
    size = x.shape[axis]
    if num is not None and num != size:
        raise ValueError(f"unstack: axis {axis} of shape {tuple(x.shape)} has size {size}, not num={num}")
    rest = (*x.shape[:axis], *x.shape[axis + 1 :])
    parts = B.split(x, indices_or_sections=size, axis=axis) if size else ()
    return tuple(B.reshape(part, newshape=rest) for part in parts)


def _axes(rng):
    yield Sample((rng.normal(size=(3,)), rng.normal(size=(2,))))
    yield Sample((rng.normal(size=(3,)), rng.normal(size=(2,)), rng.normal(size=(4,))), {"indexing": "ij"})
    yield Sample((rng.normal(size=(3,)), np.arange(2, dtype="int32"), np.array([True, False])))
    yield Sample((rng.normal(size=(3,)),))
    yield Sample((rng.normal(size=()), rng.normal(size=(0,))))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_axes,
    refusals=(Refusal((LINE,), attrs={"indexing": "yx"}),),
    variadic=True,
)
def meshgrid(B, *x, indexing="xy"):
    """The coordinates of a grid: one tensor a vector, all of the grid's shape.

    Axis i of the grid belongs to vector i with `indexing="ij"`; with `"xy"` the first two are exchanged.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', got {indexing!r}")
    lines = [_flat(B, line) for line in x]
    order = list(range(len(lines)))
    if indexing == "xy":
        order[:2] = reversed(order[:2])
    shape = tuple(lines[i].shape[0] for i in order)
    grids = []
    for i, line in enumerate(lines):
        newshape = tuple(-1 if j == i else 1 for j in order)
        grids.append(B.broadcast_to(B.reshape(line, newshape=newshape), shape=shape))
    return tuple(grids)
