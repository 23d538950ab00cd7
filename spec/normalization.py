"""Normalization: by given statistics, by those of the tensor itself, and to unit length."""

import functools
import math

import numpy as np

from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, ordinary, smooth
from kcompat.spec.calculus import widened
from kcompat.spec.rules import is_integer, normalize_axes, normalize_axis
from kcompat.spec.settings import epsilon as default_epsilon

inf, nan = float("inf"), float("nan")
normalizing = functools.partial(composed, floating=True)


def _batches(rng):
    x, statistics = rng.normal(size=(4, 3, 5)) * 2.0 + 1.0, [rng.uniform(0.5, 2.0, (5,)) for _ in range(4)]
    yield Sample((x, *statistics), {"axis": -1})
    yield Sample((x, *statistics[:2], None, None), {"axis": -1})
    yield Sample((x, *(s[:3] for s in statistics)), {"axis": 1, "epsilon": 1e-5})
    yield Sample((x + 300.0, statistics[0] + 300.0, *statistics[1:]), {"axis": 2})
    yield Sample((x, *statistics[:2], statistics[2], None), {"axis": -1})
    yield Sample((x[0, 0], *statistics[:2], None, statistics[3]), {"axis": 0})
    yield Sample((np.zeros((0, 5)), *statistics), {"axis": -1})
    yield Sample((x * 1e-3, statistics[0] * 1e-3, np.zeros(5), *statistics[2:]), {"axis": 2})


def _wrong_statistics():
    x, few, many = np.ones((2, 3)), np.ones(2), np.ones(3)
    yield Refusal((x, few, many), attrs={"axis": -1})
    yield Refusal((x, many, few), attrs={"axis": -1})
    yield Refusal((x, many, many, few), attrs={"axis": -1})
    yield Refusal((x, many, many, None, few), attrs={"axis": -1})
    yield Refusal((x, many, many), attrs={"axis": 2})


@normalizing(
    kinks=smooth,
    specials=ordinary,
    samples=_batches,
    order=("x", "mean", "variance", "axis", "offset", "scale", "epsilon"),
    refusals=tuple(_wrong_statistics()),
)
def batch_normalization(B, x, mean, variance, offset=None, scale=None, *, axis, epsilon=1e-3):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`; the statistics have the size of `axis`.

    The mean is subtracted first: folding it into the offset cancels where the mean is large
    (Ioffe & Szegedy, 2015). Raises ValueError for a statistic of another shape.
    """
    axis = normalize_axis(axis, len(x.shape))
    shape = tuple(n if i == axis else 1 for i, n in enumerate(x.shape))
    for name, statistic in (("mean", mean), ("variance", variance), ("offset", offset), ("scale", scale)):
        if statistic is not None and tuple(statistic.shape) != (x.shape[axis],):
            raise ValueError(
                f"batch_normalization: {name} has the shape {(x.shape[axis],)} of axis {axis} of x, "
                f"got {tuple(statistic.shape)}"
            )
    factor = 1.0 / B.sqrt(variance + epsilon)
    if scale is not None:
        factor = factor * scale
    y = (x - B.reshape(mean, newshape=shape)) * B.reshape(factor, newshape=shape)
    return y if offset is None else y + B.reshape(offset, newshape=shape)


def _along(B, name, x, parameter, axes):
    """A parameter of the size of `axes`, or one that broadcasts, shaped to meet `x`."""
    sizes, parameter = tuple(x.shape[a] for a in axes), widened(B, parameter)
    if tuple(parameter.shape) == sizes:
        return B.reshape(parameter, newshape=tuple(n if i in axes else 1 for i, n in enumerate(x.shape)))
    given, last = tuple(parameter.shape), tuple(x.shape)[len(x.shape) - len(parameter.shape) :]
    if len(given) == len(last) and all(m in (1, n) for m, n in zip(given, last, strict=True)):
        return parameter
    raise ValueError(
        f"{name} has the shape {sizes} of the axes {axes}, or one that broadcasts to {tuple(x.shape)}; "
        f"got {tuple(parameter.shape)}"
    )


def _normalized(B, x, axes, epsilon):
    """`(x - mean) / sqrt(var + epsilon)` over axes."""
    distance = x - B.mean(x, axis=axes, keepdims=True)
    return distance / B.sqrt(B.mean(distance * distance, axis=axes, keepdims=True) + epsilon)


def _scaled(B, y, gamma, beta):
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def _layers(rng):
    x, gamma, beta = rng.normal(size=(3, 4, 5)) * 2.0 + 1.0, rng.uniform(0.5, 2.0, (5,)), rng.normal(size=(5,))
    yield Sample((x, gamma, beta))
    yield Sample((x,), {"epsilon": 1e-3})
    yield Sample((x, None, beta))
    yield Sample((x, gamma), {"axis": -1, "epsilon": 1e-5})
    yield Sample((x, rng.uniform(0.5, 2.0, (4, 5)), rng.normal(size=(4, 5))), {"axis": (1, -1)})
    yield Sample((x, gamma[:3], beta[:3]), {"axis": 0})
    yield Sample((x + 300.0, gamma, beta), {"epsilon": 1e-3})
    yield Sample((np.full((2, 4), 3.0),), {"epsilon": 1e-3})
    yield Sample((np.zeros((0, 5)), gamma, beta))
    yield Sample((x[:, :, :1], rng.uniform(0.5, 2.0, (3, 1, 1))), {"epsilon": 1e-3})


@normalizing(
    kinks=smooth,
    specials=[Special(([nan, 1.0],), [nan, nan]), Special(([5.0],), [0.0]), Special(([3.0, 3.0],), [0.0, 0.0])],
    samples=_layers,
    refusals=(
        Refusal((np.ones((2, 3)), np.ones(2))),
        Refusal((np.ones((2, 3)), None, np.ones(2))),
        Refusal((np.ones((2, 3)),), attrs={"axis": 2}),
    ),
)
def layer_normalization(B, x, gamma=None, beta=None, *, axis=-1, epsilon=None):
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, mean and variance those over `axis` (Ba et al., 2016).

    `gamma` and `beta` have the sizes of those axes; `epsilon=None` is 1e-7. float16 and bfloat16 are computed in
    float32. Raises ValueError for a `gamma` or `beta` that does not fit.
    """
    dtype, x = B.dtype(x), widened(B, x)
    axes = normalize_axes(axis, len(x.shape))
    gamma, beta = (
        None if p is None else _along(B, f"layer_normalization: {name}", x, p, axes)
        for name, p in (("gamma", gamma), ("beta", beta))
    )
    y = _scaled(B, _normalized(B, x, axes, default_epsilon() if epsilon is None else epsilon), gamma, beta)
    return B.cast(y, dtype=dtype) if B.dtype(y) != dtype else y


def _magnitudes(rng):
    x, scale = rng.normal(size=(3, 4, 5)) * 2.0, rng.uniform(0.5, 2.0, (5,))
    yield Sample((x, scale))
    yield Sample((x,), {"epsilon": 1e-3})
    yield Sample((x, rng.uniform(0.5, 2.0, (3, 4))), {"axis": (0, 1)})
    yield Sample((x, rng.uniform(0.5, 2.0, (4,))), {"axis": 1})
    yield Sample((x * 0.01 + 300.0, scale))
    yield Sample((np.zeros((2, 5)), scale), {"epsilon": 1e-5})
    yield Sample((np.zeros((0, 5)), scale))
    yield Sample((x[0, 0, :1],))


@normalizing(
    kinks=smooth,
    specials=[Special(([nan, 1.0],), [nan, nan]), Special(([0.0, 0.0],), [0.0, 0.0])],
    samples=_magnitudes,
    refusals=(Refusal((np.ones((2, 3)), np.ones(2))), Refusal((np.ones((2, 3)),), attrs={"axis": 2})),
)
def rms_normalization(B, x, scale=None, *, axis=-1, epsilon=None):
    """`x / sqrt(mean(x * x) + epsilon) * scale`, the mean over `axis` (Zhang & Sennrich, 2019).

    `scale` has the sizes of those axes; `epsilon=None` is 1e-7. float16 and bfloat16 are computed in float32.
    A tensor of rank 0 becomes one of shape (1,). Raises ValueError for a `scale` that does not fit.
    """
    dtype, x = B.dtype(x), widened(B, x)
    x = x if len(x.shape) else B.reshape(x, newshape=(1,))
    axes = normalize_axes(axis, len(x.shape))
    scale = None if scale is None else _along(B, "rms_normalization: scale", x, scale, axes)
    root = B.sqrt(B.mean(x * x, axis=axes, keepdims=True) + (default_epsilon() if epsilon is None else epsilon))
    y = _scaled(B, x / root, scale, None)
    return B.cast(y, dtype=dtype) if B.dtype(y) != dtype else y


def _groups(rng):
    x, gamma, beta = rng.normal(size=(2, 3, 6)) + 1.0, rng.uniform(0.5, 2.0, (6,)), rng.normal(size=(6,))
    yield Sample((x, gamma, beta), {"groups": 2})
    yield Sample((x + 300.0, gamma), {"groups": 3, "epsilon": 1e-2})
    yield Sample((x, None, beta[:3]), {"groups": 1, "axis": 1})
    yield Sample((x, gamma, beta), {"groups": 6, "axis": -1})


@normalizing(
    kinks=smooth,
    specials=ordinary,
    samples=_groups,
    refusals=(
        Refusal((np.ones((2, 6)),), attrs={"groups": 4}),
        Refusal((np.ones((2, 6)), np.ones(3)), attrs={"groups": 2}),
    ),
    public=False,
)
def group_normalization(B, x, gamma=None, beta=None, *, groups, axis=-1, epsilon=1e-3):
    """Each group of the channels, which are `axis`, normalized over itself and all axes but the first (Wu & He, 2018).

    `gamma` and `beta` have the size of `axis`. Raises ValueError where `groups` does not divide it.
    """
    axis = normalize_axis(axis, len(x.shape))
    channels, shape = x.shape[axis], tuple(x.shape)
    if groups < 1 or channels % groups:
        raise ValueError(f"group_normalization: groups divides the {channels} channels of axis {axis}, got {groups}")
    gamma, beta = (
        None if p is None else _along(B, f"group_normalization: {name}", x, p, (axis,))
        for name, p in (("gamma", gamma), ("beta", beta))
    )
    dtype, x = B.dtype(x), widened(B, x)
    grouped = B.reshape(x, newshape=(*shape[:axis], groups, channels // groups, *shape[axis + 1 :]))
    within = tuple(i for i in range(1, len(shape) + 1) if i != axis)
    y = _scaled(B, B.reshape(_normalized(B, grouped, within, epsilon), newshape=shape), gamma, beta)
    return B.cast(y, dtype=dtype) if B.dtype(y) != dtype else y


def _directions(rng):
    x = rng.normal(size=(3, 4))
    yield Sample((x,))
    for order in (1, 3, 5):
        yield Sample((x,), {"order": order})
    yield Sample((x,), {"axis": 0, "epsilon": 1.5})
    yield Sample((rng.normal(size=(2, 3, 2)),), {"axis": (0, -1)})
    yield Sample((x[0],), {"axis": None})
    yield Sample((np.array([[1e30, -2e30, 5e29], [1e-3, 1e-30, 2e-3]]),), {"order": 2})
    yield Sample((np.array([[1e30, -2e30, 5e29], [1e-3, 2e-4, 2e-3]]),), {"order": 3})
    yield Sample((np.zeros((2, 3)),), differentiable=False)
    yield Sample((np.zeros((0, 3)),))
    yield Sample((rng.normal(size=()),))


@normalizing(
    kinks=[
        Kink(([0.0, 0.0],), ([1e7, 1e7],), (0.0, 1e7)),
        Kink(([0.0, 0.0],), ([2.0, 2.0],), (0.0, 2.0), {"order": 1, "epsilon": 0.5}),
    ],
    specials=[
        Special(([0.0, 0.0],), [0.0, 0.0]),
        Special(([nan, 1.0],), [nan, nan]),
        Special(([3.0, 4.0, 0.0],), [0.375, 0.5, 0.0], {"epsilon": 8.0}),
    ],
    samples=_directions,
    refusals=(
        Refusal((np.ones(3),), attrs={"order": 0}),
        Refusal((np.ones(3),), attrs={"order": 1.5}),
        Refusal((np.ones(3),), attrs={"order": inf}),
        Refusal((np.ones((3, 3)),), attrs={"order": 1, "axis": (0, 1)}),
        Refusal((np.ones(3),), attrs={"axis": 1}),
    ),
)
def normalize(B, x, *, axis=-1, order=2, epsilon=None):
    """`x / max(norm, epsilon)`, the norm `sum(|x| ** order) ** (1 / order)` over `axis`.

    `epsilon=None` is 1e-7; shorter than it a vector is multiplied by `1 / epsilon`: 0 stays 0, with that gradient.
    A tensor of rank 0 becomes one of shape (1,). Raises ValueError for an `order` that is no int above 0, and for
    several axes with another order than 2.
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"normalize: order is an int of 1 or more, got {order!r}")
    if order != 2 and not is_integer(axis):
        raise ValueError(f"normalize: of order {order} is the norm of vectors, along one axis; got axis {axis!r}")
    x = x if len(x.shape) else B.reshape(x, newshape=(1,))
    axes = normalize_axes(axis, len(x.shape))
    epsilon = default_epsilon() if epsilon is None else epsilon
    if 0 in (x.shape[a] for a in axes):
        return x
    unit = B.stop_gradient(B.max(B.absolute(x), axis=axes, keepdims=True))
    zero = B.equal(unit, 0.0)
    z = x / B.where(zero, 1.0, unit)  # the result is that of z and epsilon / unit, and no power of z overflows
    size = B.absolute(z)
    total = B.sum(size if order == 1 else B.power(size, order), axis=axes, keepdims=True)
    total = B.where(zero, 1.0, total)
    norm = total if order == 1 else B.sqrt(total) if order == 2 else B.exp(B.log(total) * (1.0 / order))
    least = epsilon / B.where(zero, 1.0, unit)
    norm = B.where(zero, 0.0, norm)
    return z / B.where(norm <= least, least, norm)


def _images(rng):
    x = rng.uniform(0.0, 1.0, (2, 3, 4))
    yield Sample((x, x + rng.normal(size=x.shape) * 0.1), {"max_val": 1.0})
    yield Sample((x * 255.0, rng.uniform(0.0, 255.0, x.shape)), {"max_val": 255})
    yield Sample((x[0, 0], x[0, 1]), {"max_val": 0.5})
    yield Sample((x * 1e-3, x * 1.001e-3), {"max_val": 1.0})
    yield Sample((np.array(0.25), np.array(0.5)), {"max_val": 2.0})


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special(([0.5, 0.25], [0.5, 0.25]), inf, {"max_val": 1.0}),
        Special(([nan], [0.25]), nan, {"max_val": 1.0}),
    ],
    samples=_images,
    refusals=(Refusal((np.ones(3), np.ones(1)), attrs={"max_val": 1.0}),),
)
def psnr(B, x1, x2, *, max_val):
    """The peak signal-to-noise ratio in decibels: `10 * log10(max_val ** 2 / mean((x1 - x2) ** 2))`.

    inf where the two are equal. Raises ValueError where their shapes differ: they are not broadcast.
    """
    if tuple(x1.shape) != tuple(x2.shape):
        raise ValueError(f"psnr: two images of one shape, got {tuple(x1.shape)} and {tuple(x2.shape)}")
    error = x1 - x2
    return 20.0 * math.log10(max_val) - B.log(B.mean(error * error)) * (10.0 / math.log(10.0))
