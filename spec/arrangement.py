"""The elements of one tensor in another order, or several times."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Refusal, composed, ordinary, smooth
from kcompat.spec.calculus import take_slice
from kcompat.spec.rules import as_integers, normalize_axis

MATRIX, LINE = np.zeros((2, 3)), np.zeros(4)


@composed(kinks=smooth, specials=ordinary, samples=samples.shapes(((2, 3), {}), ((), {}), ((2, 0), {})))
def ravel(B, x):
    """The elements as a vector, in row-major order."""
    return B.reshape(x, newshape=(-1,))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((2, 3, 4), {"source": 0, "destination": 2}),
        ((2, 3, 4), {"source": (0, 1), "destination": (-1, -2)}),
        ((2, 3, 4, 2), {"source": (0, 1), "destination": (2, 1)}),
        ((2, 3, 0), {"source": -1, "destination": 0}),
        ((3,), {"source": 0, "destination": 0}),
    ),
    refusals=(
        Refusal((MATRIX,), attrs={"source": 2, "destination": 0}),
        Refusal((MATRIX,), attrs={"source": (0, 1), "destination": 0}),
        Refusal((MATRIX,), attrs={"source": (0, 1), "destination": (1, 1)}),
    ),
)
def moveaxis(B, x, *, source, destination):
    """`x` with the axes `source` at the positions `destination`; the others keep their order."""
    rank = len(x.shape)
    source, destination = ([normalize_axis(a, rank) for a in as_integers(axes)] for axes in (source, destination))
    if len(source) != len(destination) or any(len(set(axes)) != len(axes) for axes in (source, destination)):
        raise ValueError(f"moveaxis: source {source} and destination {destination} are not one distinct axis each")
    order = [a for a in range(rank) if a not in source]
    for to, axis in sorted(zip(destination, source, strict=True)):
        order.insert(to, axis)
    return B.transpose(x, axes=tuple(order))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((2, 3, 4), {"axis1": 0, "axis2": 2}),
        ((2, 3), {"axis1": -1, "axis2": -2}),
        ((2, 0), {"axis1": 1, "axis2": 1}),
    ),
    refusals=(Refusal((MATRIX,), attrs={"axis1": 0, "axis2": 2}),),
)
def swapaxes(B, x, *, axis1, axis2):
    """`x` with two axes exchanged."""
    order = list(range(len(x.shape)))
    axis1, axis2 = normalize_axis(axis1, len(order)), normalize_axis(axis2, len(order))
    order[axis1], order[axis2] = axis2, axis1
    return B.transpose(x, axes=tuple(order))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((2, 3), {}), ((2, 3, 2), {}), ((1, 0), {})),
    refusals=(Refusal((LINE,)),),
)
def fliplr(B, x):
    """The elements in reverse order along the second axis."""
    normalize_axis(1, len(x.shape))
    return B.flip(x, axis=1)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((2, 3), {}), ((3,), {}), ((0, 2), {})),
    refusals=(Refusal((np.zeros(()),)),),
)
def flipud(B, x):
    """The elements in reverse order along the first axis."""
    normalize_axis(0, len(x.shape))
    return B.flip(x, axis=0)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((2, 3), {}),
        ((2, 3), {"k": 2}),
        ((2, 3, 4), {"k": 3, "axes": (1, 2)}),
        ((2, 3, 4), {"k": -3, "axes": (-1, 0)}),
        ((2, 3), {"k": 4}),
    ),
    refusals=(
        Refusal((MATRIX,), attrs={"axes": (0, 0)}),
        Refusal((MATRIX,), attrs={"axes": (0, 1, 1)}),
        Refusal((LINE,)),
    ),
)
def rot90(B, array, *, k=1, axes=(0, 1)):
    """The plane of two axes turned by `k` quarters, from the first axis towards the second."""
    plane = [normalize_axis(a, len(array.shape)) for a in axes]
    if len(plane) != 2 or plane[0] == plane[1]:
        raise ValueError(f"rot90: axes are two different ones, got {axes}")
    first, second = plane
    if k % 4 == 0:
        return array
    if k % 4 == 2:
        return B.flip(array, axis=(first, second))
    if k % 4 == 1:
        return B.swapaxes(B.flip(array, axis=second), axis1=first, axis2=second)
    return B.flip(B.swapaxes(array, axis1=first, axis2=second), axis=second)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((5,), {"shift": 2}),
        ((2, 3), {"shift": -1}),
        ((2, 3), {"shift": 7, "axis": 1}),
        ((2, 3), {"shift": (1, -1), "axis": (0, -1)}),
        ((2, 3), {"shift": 1, "axis": (0, 1)}),
        ((3,), {"shift": (1, 1), "axis": 0}),
        ((0, 3), {"shift": 1, "axis": 0}),
        ((), {"shift": 3}),
    ),
    refusals=(
        Refusal((MATRIX,), attrs={"shift": 1, "axis": 2}),
        Refusal((MATRIX,), attrs={"shift": (1, 2, 3), "axis": (0, 1)}),
    ),
)
def roll(B, x, *, shift, axis=None):
    """The elements moved by `shift` along `axis`; those that leave come in at the other end.

    None moves them in row-major order. Several shifts or axes are matched as in broadcasting.
    """
    if axis is None:
        return B.reshape(B.roll(B.reshape(x, newshape=(-1,)), shift=shift, axis=0), newshape=tuple(x.shape))
    shifts, axes = as_integers(shift), tuple(normalize_axis(a, len(x.shape)) for a in as_integers(axis))
    count = max(len(shifts), len(axes))
    if not {len(shifts), len(axes)} <= {1, count}:
        raise ValueError(f"roll: one shift an axis is needed, got shift={shift} and axis={axis}")
    shifts, axes = (xs * count if len(xs) == 1 else xs for xs in (shifts, axes))
    for s, a in zip(shifts, axes, strict=True):
        size = x.shape[a]
        cut = size - s % max(size, 1)
        x = B.concatenate(take_slice(B, x, a, cut, size), take_slice(B, x, a, 0, cut), axis=a)
    return x


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((2, 3), {"repeats": 2}),
        ((2, 3), {"repeats": 3, "axis": -1}),
        ((2, 3), {"repeats": (2, 0, 1), "axis": 1}),
        ((2, 2), {"repeats": [1, 2, 0, 3]}),
        ((3,), {"repeats": (2,), "axis": 0}),
        ((2, 0), {"repeats": 2, "axis": 1}),
        ((), {"repeats": 2}),
        ((2, 3), {"repeats": 0, "axis": 0}),
    ),
    refusals=(
        Refusal((MATRIX,), attrs={"repeats": (1, 2), "axis": 1}),
        Refusal((MATRIX,), attrs={"repeats": -1}),
        Refusal((MATRIX,), attrs={"repeats": (1, -1), "axis": 0}),
        Refusal((MATRIX,), attrs={"repeats": 2, "axis": 2}),
    ),
)
def repeat(B, x, *, repeats, axis=None):
    """Each slice along `axis` several times, one copy after the other; None repeats the elements as a vector.

    `repeats` is a number for all, or a list of one number a slice; it is known beforehand, not a tensor.
    """
    if axis is None:
        return B.repeat(B.reshape(x, newshape=(-1,)), repeats=repeats, axis=0)
    axis = normalize_axis(axis, len(x.shape))
    size = x.shape[axis]
    counts = np.asarray(repeats)
    if np.any(counts < 0) or counts.dtype.kind not in "iu" or counts.ndim > 1:
        raise ValueError(f"repeat: repeats is a number >= 0, or a list of them, got {repeats!r}")
    if counts.size != 1:
        if counts.size != size:
            raise ValueError(f"repeat: {counts.size} repeats for the {size} slices of axis {axis}")
        return B.take(x, B.constant(np.repeat(np.arange(size, dtype="int32"), counts)), axis=axis)
    before, after = tuple(x.shape[: axis + 1]), tuple(x.shape[axis + 1 :])
    count = int(counts.reshape(()))
    copies = B.broadcast_to(B.expand_dims(x, axis=axis + 1), shape=(*before, count, *after))
    return B.reshape(copies, newshape=(*before[:-1], size * count, *after))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((2, 3), {"repeats": (2, 3)}),
        ((2, 3), {"repeats": 2}),
        ((3,), {"repeats": (2, 1, 2)}),
        ((2, 1, 3), {"repeats": (2,)}),
        ((), {"repeats": (2, 2)}),
        ((2, 3), {"repeats": (0, 1)}),
    ),
    refusals=(Refusal((MATRIX,), attrs={"repeats": (1, -1)}),),
)
def tile(B, x, *, repeats):
    """Copies of `x` side by side: `repeats` of them along each axis, counted from the last one."""
    repeats = as_integers(repeats)
    if any(r < 0 for r in repeats):
        raise ValueError(f"tile: repeats are numbers >= 0, got {repeats}")
    rank = max(len(repeats), len(x.shape))
    repeats = (1,) * (rank - len(repeats)) + repeats
    sizes = (1,) * (rank - len(x.shape)) + tuple(x.shape)
    apart = B.reshape(x, newshape=tuple(m for n in sizes for m in (1, n)))
    copies = B.broadcast_to(apart, shape=tuple(m for r, n in zip(repeats, sizes, strict=True) for m in (r, n)))
    return B.reshape(copies, newshape=tuple(r * n for r, n in zip(repeats, sizes, strict=True)))
