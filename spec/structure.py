"""Shape, order and joining: the elements stay as they are."""

import functools
import math

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import STRUCTURE, Joint, Refusal, Sample, composed, ordinary, primitive, smooth
from kcompat.spec.calculus import take_slice, unbroadcast
from kcompat.spec.rules import as_integers, normalize_axes

structural = functools.partial(primitive, error=STRUCTURE, kinks=smooth, specials=ordinary)


@structural(
    rule=rules.reshape,
    vjp=lambda B, g, y, x, *, newshape: B.reshape(g, newshape=tuple(x.shape)),
    samples=samples.shapes(
        ((2, 6), {"newshape": (3, -1)}), ((4,), {"newshape": (2, 2)}), ((0, 3), {"newshape": (3, 0)})
    ),
)
def reshape(x, *, newshape):
    """The same elements in row-major order; one size may be -1."""


def _invert(axes, rank):
    return None if axes is None else tuple(int(i) for i in np.argsort([a % rank for a in axes]))


@structural(
    rule=rules.transpose,
    vjp=lambda B, g, y, x, *, axes=None: B.transpose(g, axes=_invert(axes, len(x.shape))),
    samples=samples.shapes(((2, 3, 4), {}), ((2, 3, 4), {"axes": (1, 2, 0)}), ((2, 3), {"axes": (-1, 0)})),
)
def transpose(x, *, axes=None):
    """Axes in another order; reversed if `axes` is None."""


@structural(
    rule=rules.broadcast_to,
    vjp=lambda B, g, y, x, *, shape: unbroadcast(B, g, x),
    samples=samples.shapes(((3,), {"shape": (2, 3)}), ((2, 1), {"shape": (4, 2, 3)}), ((), {"shape": (2,)})),
)
def broadcast_to(x, *, shape):
    """`x` repeated along axes of size 1 and along new leading axes."""


@structural(
    rule=rules.same_along_axis,
    vjp=lambda B, g, y, x, *, axis=None: B.flip(g, axis=axis),
    samples=samples.shapes(((2, 3), {}), ((2, 3), {"axis": -1}), ((2, 3, 4), {"axis": (0, 2)})),
)
def flip(x, *, axis=None):
    """The elements in reverse order along `axis`, or along all."""


def _unslice(B, g, y, x, *, start, stop, step):
    spans = [a + (m - 1) * s + 1 if m else a for a, m, s in zip(start, y.shape, step, strict=True)]
    high = tuple(n - span for n, span in zip(x.shape, spans, strict=True))
    return B.interior_pad(g, low=tuple(start), high=high, interior=tuple(s - 1 for s in step))


@structural(
    rule=rules.strided_slice,
    vjp=_unslice,
    samples=samples.shapes(
        ((4, 5), {"start": (1, 0), "stop": (3, 5), "step": (1, 2)}),
        ((7,), {"start": (0,), "stop": (7,), "step": (3,)}),
        ((3, 2), {"start": (1, 1), "stop": (1, 2), "step": (1, 1)}),
    ),
    public=False,
)
def strided_slice(x, *, start, stop, step):
    """`x[start:stop:step]`, one integer each an axis, `0 <= start <= stop <= size`, `step >= 1`."""


def _unpad(B, g, y, x, *, low, high, interior, value=0.0):
    step = tuple(i + 1 for i in interior)
    stop = tuple(a + (n - 1) * s + 1 if n else a for a, n, s in zip(low, x.shape, step, strict=True))
    return B.strided_slice(g, start=tuple(low), stop=stop, step=step)


@structural(
    rule=rules.interior_pad,
    vjp=_unpad,
    samples=samples.shapes(
        ((2, 3), {"low": (1, 0), "high": (0, 2), "interior": (0, 0)}),
        ((2, 3), {"low": (0, 1), "high": (1, 0), "interior": (2, 1), "value": 0.5}),
        ((0, 3), {"low": (1, 0), "high": (0, 0), "interior": (1, 1)}),
    ),
    public=False,
)
def interior_pad(x, *, low, high, interior, value=0.0):
    """`x` with `low` and `high` cells of `value` around each axis and `interior` ones between neighbours."""


def _unconcatenate(B, g, y, *xs, axis=0):
    flat, along = axis is None, 0 if axis is None else axis
    cotangents, start = [], 0
    for x in xs:
        size = math.prod(x.shape) if flat else x.shape[along]
        part = take_slice(B, g, along, start, start + size)
        cotangents.append(B.reshape(part, newshape=tuple(x.shape)) if flat else part)
        start += size
    return tuple(cotangents)


def _joinable(rng):
    yield Sample((rng.normal(size=(2, 3)), rng.normal(size=(1, 3))))
    yield Sample((rng.normal(size=(2, 3)), rng.normal(size=(2, 0)), rng.normal(size=(2, 2))), {"axis": -1})
    yield Sample((rng.normal(size=(2, 3)), rng.normal(size=(2,)), rng.normal(size=())), {"axis": None})


@structural(
    rule=rules.concatenate,
    vjp=Joint(_unconcatenate),
    samples=_joinable,
    refusals=(
        Refusal((np.zeros((2, 3)), np.zeros((3, 2)))),
        Refusal((np.zeros((2, 3)), np.zeros(3))),
        Refusal((np.zeros(2), np.zeros(3)), attrs={"axis": 1}),
        Refusal(()),
    ),
)
def concatenate(*xs, axis=0):
    """Tensors joined along an axis they have; None flattens them first."""


def _stackable(rng):
    for axis in (0, 1, -1):
        yield Sample((rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {"axis": axis})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_stackable,
    refusals=(
        Refusal((np.zeros((2, 3)), np.zeros((2, 1)))),
        Refusal((np.zeros(2), np.zeros(2)), attrs={"axis": 2}),
        Refusal(()),
    ),
)
def stack(B, *x, axis=0):
    """Tensors of one shape joined along a new axis."""
    axis = rules.check_alike(x, axis)
    return B.concatenate(*(B.expand_dims(t, axis=axis) for t in x), axis=axis)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((2, 3), {"axis": 0}), ((2, 3), {"axis": -1}), ((3,), {"axis": (0, 2)})),
)
def expand_dims(B, x, *, axis):
    """`x` with a new axis of size 1 at each position in `axis`, counted in the result."""
    axes = as_integers(axis)
    rank = len(x.shape) + len(axes)
    axes = normalize_axes(axes, rank)
    sizes = iter(x.shape)
    return B.reshape(x, newshape=tuple(1 if i in axes else next(sizes) for i in range(rank)))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(((2, 1, 3, 1), {}), ((2, 1, 3), {"axis": 1}), ((1, 1), {"axis": (0, 1)})),
)
def squeeze(B, x, *, axis=None):
    """`x` without the axes in `axis`, which have size 1; None means every such axis."""
    if axis is None:
        axes = tuple(i for i, n in enumerate(x.shape) if n == 1)
    else:
        axes = normalize_axes(axis, len(x.shape))
    if any(x.shape[i] != 1 for i in axes):
        raise ValueError(f"squeeze: axis {axis} of shape {tuple(x.shape)} has a size other than 1")
    return B.reshape(x, newshape=tuple(n for i, n in enumerate(x.shape) if i not in axes))
