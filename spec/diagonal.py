"""Diagonals, triangles and unit matrices."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Refusal, Sample, Special, composed, ordinary, smooth
from kcompat.spec.rules import normalize_axis
from kcompat.spec.settings import floatx

inf, nan = float("inf"), float("nan")
MATRIX, LINE, CUBE = np.zeros((2, 3)), np.zeros(4), np.zeros((2, 3, 4))


def _spread(B, x, k):
    """A square matrix with a vector on its k-th diagonal: in the flat matrix its elements are n + 1 apart."""
    count = x.shape[0]
    size = count + abs(k)
    low = k if k >= 0 else -k * size
    high = size * size - low - ((count - 1) * (size + 1) + 1 if count else 0)
    flat = B.interior_pad(x, low=(low,), high=(high,), interior=(size,))
    return B.reshape(flat, newshape=(size, size))


@composed(
    kinks=smooth,
    specials=[Special(([nan, inf],), [[nan, 0.0], [0.0, inf]])],
    samples=samples.shapes(
        ((3,), {}),
        ((3,), {"k": 2}),
        ((2,), {"k": -1}),
        ((3, 4), {}),
        ((3, 4), {"k": 1}),
        ((3, 2), {"k": -5}),
        ((0,), {"k": 1}),
        ((1,), {}),
    ),
    refusals=(Refusal((CUBE,)), Refusal((np.zeros(()),))),
)
def diag(B, x, *, k=0):
    """The matrix with the vector `x` on its diagonal `k`, or that diagonal of the matrix `x`."""
    if len(x.shape) == 2:
        return B.diagonal(x, offset=k)
    if len(x.shape) != 1:
        raise ValueError(f"diag: x is a vector or a matrix, got shape {tuple(x.shape)}; use diagonal or diagflat")
    return _spread(B, x, k)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((2, 2), {}), ((3,), {"k": -2}), ((), {"k": 1}), ((0, 2), {})),
)
def diagflat(B, x, *, k=0):
    """The matrix with the elements of `x`, in row-major order, on its diagonal `k`."""
    return _spread(B, B.reshape(x, newshape=(-1,)), k)


_diagonals = samples.shapes(
    ((3, 4), {}),
    ((3, 4), {"offset": 2}),
    ((4, 3), {"offset": -2}),
    ((2, 3, 4), {"offset": 1, "axis1": 2, "axis2": 0}),
    ((2, 3, 4), {"axis1": -2, "axis2": -1}),
    ((2, 2), {"offset": 3}),
    ((0, 2), {}),
)
_no_planes = (
    Refusal((LINE,)),
    Refusal((MATRIX,), attrs={"axis2": 2}),
    Refusal((MATRIX,), attrs={"axis1": -1}),
)


@composed(kinks=smooth, specials=ordinary, samples=_diagonals, refusals=_no_planes)
def diagonal(B, x, *, offset=0, axis1=0, axis2=1):
    """The diagonal of the matrices that `axis1` (rows) and `axis2` (columns) span, as the last axis.

    `offset` counts diagonals from the main one, upwards; one outside the matrix is empty.
    """
    rank = len(x.shape)
    axis1, axis2 = normalize_axis(axis1, rank), normalize_axis(axis2, rank)
    if axis1 == axis2:
        raise ValueError(f"diagonal: axis1 and axis2 are different ones, got {axis1} twice")
    batch = [a for a in range(rank) if a not in (axis1, axis2)]
    x = B.transpose(x, axes=(*batch, axis1, axis2))
    *others, rows, columns = x.shape
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    start = (offset if offset >= 0 else -offset * columns) if count else 0
    stop = start + (count - 1) * (columns + 1) + 1 if count else start
    flat = B.reshape(x, newshape=(*others, rows * columns))
    zeros, steps = (0,) * len(others), (1,) * len(others)
    return B.strided_slice(flat, start=(*zeros, start), stop=(*others, stop), step=(*steps, columns + 1))


@composed(kinks=smooth, specials=ordinary, samples=_diagonals, refusals=_no_planes)
def trace(B, x, *, offset=0, axis1=0, axis2=1):
    """The sum of a `diagonal`; 0 of an empty one."""
    return B.sum(B.diagonal(x, offset=offset, axis1=axis1, axis2=axis2), axis=-1)


def _below(B, rows, columns, k):
    """Whether a cell is on diagonal `k` or below it."""
    i = B.reshape(B.arange(start=rows, dtype="int32"), newshape=(rows, 1))
    j = B.reshape(B.arange(start=columns, dtype="int32"), newshape=(1, columns))
    return B.greater_equal(B.add(i, int(k)), j)


def _plane(x):
    if len(x.shape) < 2:
        raise ValueError(f"a triangle needs two axes, got shape {tuple(x.shape)}")
    return x.shape[-2:]


def _nothing(B, x):
    """A zero that leaves the dtype of `x` as it is."""
    return False if B.dtype(x) == "bool" else 0


_triangles = samples.shapes(
    ((3, 4), {}),
    ((3, 4), {"k": 1}),
    ((2, 4, 3), {"k": -1}),
    ((2, 2), {"k": 5}),
    ((2, 2), {"k": -5}),
    ((0, 2), {}),
)


@composed(
    kinks=smooth,
    specials=[Special(([[nan, nan], [inf, nan]],), [[nan, 0.0], [inf, nan]])],
    samples=_triangles,
    refusals=(Refusal((LINE,)),),
)
def tril(B, x, *, k=0):
    """The last two axes with zeros above diagonal `k`."""
    rows, columns = _plane(x)
    return B.where(_below(B, rows, columns, k), x, _nothing(B, x))


@composed(
    kinks=smooth,
    specials=[Special(([[nan, inf], [nan, nan]],), [[nan, inf], [0.0, nan]])],
    samples=_triangles,
    refusals=(Refusal((LINE,)),),
)
def triu(B, x, *, k=0):
    """The last two axes with zeros below diagonal `k`."""
    rows, columns = _plane(x)
    return B.where(_below(B, rows, columns, k - 1), _nothing(B, x), x)


def _matrices(rng):
    yield Sample((), {"N": 3})
    yield Sample((), {"N": 3, "M": 4, "k": 1})
    yield Sample((), {"N": 4, "M": 3, "k": -2, "dtype": "int32"})
    yield Sample((), {"N": 2, "k": 5, "dtype": "bool"})
    yield Sample((), {"N": 0, "M": 2})


@composed(kinks=smooth, specials=ordinary, samples=_matrices, vjp=())
def tri(B, *, N, M=None, k=0, dtype=None):  # noqa: N803  (Keras's names)
    """The (N, M) matrix with ones on diagonal `k` and below it, zeros above; M is N unless given."""
    return B.cast(_below(B, N, N if M is None else M, k), dtype=dtype or floatx())


@composed(kinks=smooth, specials=ordinary, samples=_matrices, vjp=())
def eye(B, *, N, M=None, k=0, dtype=None):  # noqa: N803  (Keras's names)
    """The (N, M) matrix with ones on diagonal `k`, zeros elsewhere; M is N unless given."""
    columns = N if M is None else M
    i = B.reshape(B.arange(start=N, dtype="int32"), newshape=(N, 1))
    j = B.reshape(B.arange(start=columns, dtype="int32"), newshape=(1, columns))
    return B.cast(B.equal(B.add(i, int(k)), j), dtype=dtype or floatx())


def _units(rng):
    yield Sample((), {"n": 3})
    yield Sample((), {"n": 1, "dtype": "int32"})
    yield Sample((), {"n": 0})


@composed(kinks=smooth, specials=ordinary, samples=_units, vjp=())
def identity(B, *, n, dtype=None):
    """The unit matrix of size `n`."""
    return B.eye(N=n, dtype=dtype)
