"""Resizing images: along each axis a matrix of interpolation weights."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.adaptive import apply_along
from kcompat.spec.convolution import CHANNELS_FIRST, CHANNELS_LAST
from kcompat.spec.dtypes import is_float


def _triangle(x):
    return np.maximum(0.0, 1.0 - x)


def _keys_cubic(x):
    """Keys (1981) with a = -0.5."""
    near, far = ((1.5 * x - 2.5) * x) * x + 1.0, ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def _lanczos(radius, x):
    return np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0.0)


KERNELS: dict[str, tuple[int, Callable[..., Any]]] = {
    "bilinear": (1, _triangle),
    "bicubic": (2, _keys_cubic),
    "lanczos3": (3, functools.partial(_lanczos, 3)),
    "lanczos5": (5, functools.partial(_lanczos, 5)),
}
"""The radius and the kernel of each interpolation, a function of the distance in cells."""


@functools.lru_cache(maxsize=64)
def _weights(size, outputs, interpolation, antialias):
    """The elements of `interpolation_matrix` that are not 0: their rows, columns and values."""
    radius, kernel = KERNELS[interpolation]
    spread = max(size / outputs, 1.0) if antialias else 1.0
    centres = (np.arange(outputs) + 0.5) * size / outputs - 0.5
    cells = np.ceil(centres - radius * spread)[:, None] + np.arange(math.ceil(2 * radius * spread) + 1)
    weights = kernel(np.abs(cells - centres[:, None]) / spread)
    inside = (cells >= 0) & (cells < size)
    weights = np.where(inside, weights, 0.0)
    weights /= np.sum(weights, axis=1, keepdims=True)
    return np.nonzero(inside)[0], cells[inside].astype(np.int64), weights[inside]


def interpolation_matrix(size, outputs, interpolation, antialias):
    """The matrix `(outputs, size)` of weights: half-pixel centres, what falls outside shared among the cells inside."""
    rows, columns, values = _weights(size, outputs, interpolation, antialias)
    matrix = np.zeros((outputs, size))
    matrix[rows, columns] = values
    return matrix


def nearest_cells(size, outputs):
    """The cell that holds the centre of each output cell."""
    return ((2 * np.arange(outputs) + 1) * size // (2 * outputs)).astype(np.int32)


def image_axes(name, images, data_format):
    """The positions of height, width and channels, for one image or a batch of them."""
    rank = len(images.shape)
    if rank not in (3, 4):
        raise ValueError(f"{name} takes an image or a batch of them, rank 3 or 4; got shape {tuple(images.shape)}")
    if data_format not in (None, CHANNELS_LAST, CHANNELS_FIRST):
        raise ValueError(f"data_format is {CHANNELS_LAST!r} or {CHANNELS_FIRST!r}, got {data_format!r}")
    first = rank - 3
    return (first + 1, first + 2, first) if data_format == CHANNELS_FIRST else (first, first + 1, first + 2)


def cut(B, x, spans):
    """`x` limited to `start:stop` along some axes, given as {axis: (start, stop)}."""
    ranges = [spans.get(axis, (0, n)) for axis, n in enumerate(x.shape)]
    start, stop = (tuple(r[i] for r in ranges) for i in (0, 1))
    return B.strided_slice(x, start=start, stop=stop, step=(1,) * len(start))


def border(B, x, pairs, value=0.0):
    """`x` with (before, after) cells of `value` along some axes, given as {axis: pair}."""
    both = [pairs.get(axis, (0, 0)) for axis in range(len(x.shape))]
    low, high = (tuple(p[i] for p in both) for i in (0, 1))
    return B.interior_pad(x, low=low, high=high, interior=(0,) * len(low), value=value)


def _crop_to(B, x, axes, size):
    """The largest part in the middle with the proportions of `size`."""
    (height, width), (rows, columns) = (x.shape[axis] for axis in axes), size
    kept = max(min(height, width * rows // columns), 1), max(min(width, height * columns // rows), 1)
    starts = [(n - k) // 2 for n, k in zip((height, width), kept, strict=True)]
    return cut(B, x, {axis: (a, a + k) for axis, a, k in zip(axes, starts, kept, strict=True)})


def _pad_to(B, x, axes, size, value):
    """`x` with equal borders on two sides, as close to the proportions of `size` as whole cells allow."""
    (height, width), (rows, columns) = (x.shape[axis] for axis in axes), size
    above, beside = max(width * rows // columns - height, 0) // 2, max(height * columns // rows - width, 0) // 2
    return border(B, x, {axes[0]: (above, above), axes[1]: (beside, beside)}, value)


def _into(B, y, dtype):
    """Rounded and limited to what an integer dtype holds."""
    info = np.iinfo(dtype)
    low, high = (float(np.trunc(np.nextafter(np.float32(n), np.float32(0)))) for n in (info.min, info.max))
    low, high = (float(info.min), float(info.max)) if info.bits <= 16 else (low, high)
    return B.cast(B.clip(B.round(y), low, high), dtype=dtype)


def _pictures(rng):
    x = rng.normal(size=(2, 5, 4, 2))
    yield Sample((x,), {"size": (3, 7)})
    yield Sample((x,), {"size": (8, 3), "interpolation": "nearest"})
    yield Sample((x[0],), {"size": (7, 2), "interpolation": "bicubic"})
    yield Sample((x,), {"size": (2, 3), "interpolation": "bicubic", "antialias": True})
    yield Sample((x,), {"size": (3, 6), "interpolation": "lanczos3", "antialias": True})
    yield Sample((x,), {"size": (6, 2), "interpolation": "lanczos5"})
    yield Sample((x.transpose(0, 3, 1, 2),), {"size": (2, 2), "antialias": True, "data_format": CHANNELS_FIRST})
    yield Sample((x,), {"size": (2, 4), "crop_to_aspect_ratio": True})
    how = {"pad_to_aspect_ratio": True, "fill_value": 2.0, "fill_mode": "constant"}
    yield Sample((x,), {"size": (3, 6), **how})
    yield Sample((rng.integers(0, 256, (3, 4, 1)).astype("uint8"),), {"size": (5, 2), "interpolation": "bicubic"})
    edges = (np.indices((3, 4, 1)).sum(0) % 2 * 255).astype("uint8")
    yield Sample((edges,), {"size": (5, 7), "interpolation": "bicubic"})
    yield Sample((x * 1e30,), {"size": (3, 3)})
    yield Sample((x[:0],), {"size": (2, 9)})


_RAMP = np.array([0.0, 1.0, 2.0, 3.0]).reshape(1, 4, 1)
_IMAGE = np.ones((4, 4, 1))


def _row(*values):
    return np.array(values).reshape(1, -1, 1).tolist()


@composed(
    kinks=smooth,
    specials=[
        Special((_RAMP,), _row(0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0), {"size": (1, 8)}),
        Special((_RAMP,), _row(0.5, 2.5), {"size": (1, 2)}),
        Special((_RAMP,), _row(0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0), {"size": (1, 8), "interpolation": "nearest"}),
        Special((_RAMP,), _row(1.0, 3.0), {"size": (1, 2), "interpolation": "nearest"}),
    ],
    samples=_pictures,
    refusals=[
        Refusal((_IMAGE,), attrs={"size": (2, 2, 2)}),
        Refusal((_IMAGE,), attrs={"size": (0, 2)}),
        Refusal((_IMAGE,), attrs={"size": (2, 2), "interpolation": "area"}),
        Refusal((_IMAGE,), attrs={"size": (2, 2), "fill_mode": "wrap"}),
        Refusal((_IMAGE,), attrs={"size": (2, 2), "data_format": "NHWC"}),
        Refusal((_IMAGE,), attrs={"size": (2, 2), "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}),
        Refusal((_IMAGE[0],), attrs={"size": (2, 2)}),
        Refusal((_IMAGE[:0],), attrs={"size": (2, 2)}),
        Refusal((_IMAGE > 0,), attrs={"size": (2, 2)}),
    ],
    public=False,
)
def resize(
    B,
    images,
    *,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images in another size, `(height, width)`.

    Shapes: images `(batch, height, width, channels)`, or channels second with `channels_first`, with or without the
    batch. Cell i of m stands at (i + 1/2) n / m - 1/2 of n cells. `nearest` takes the cell there; the others weigh
    the cells around with a kernel: `bilinear` a triangle, `bicubic` that of Keys (1981) with a = -0.5, `lanczos3` and
    `lanczos5` a windowed sinc. Weights outside the image are shared among those inside. With `antialias` a kernel
    is as much wider as the image becomes smaller. An infinity or NaN may reach its whole row and column.
    `crop_to_aspect_ratio` cuts, `pad_to_aspect_ratio` adds borders of `fill_value`, before resizing.
    Integers are rounded, half to even, and limited to their dtype. Raises ValueError for other interpolations and
    fill modes, sizes below 1, images without cells, and bool unless `nearest`.
    """
    height, width, _ = image_axes("resize", images, data_format)
    size = tuple(size)
    if len(size) != 2 or min(size) < 1:
        raise ValueError(f"resize: size is (height, width), both 1 or more; got {size}")
    if interpolation not in ("nearest", *KERNELS):
        raise ValueError(f"resize: interpolation is one of {', '.join(('nearest', *KERNELS))}; got {interpolation!r}")
    if fill_mode != "constant":
        raise ValueError(f"resize: fill_mode is 'constant', got {fill_mode!r}")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError("resize: either crop_to_aspect_ratio or pad_to_aspect_ratio, not both")
    if 0 in (images.shape[height], images.shape[width]):
        raise ValueError(f"resize: images without cells have no values to take; got shape {tuple(images.shape)}")
    dtype = B.dtype(images)
    if dtype == "bool" and interpolation != "nearest":
        raise ValueError(f"resize: bool has no values between; use 'nearest' or cast, got {interpolation!r}")
    x = images if interpolation == "nearest" or is_float(dtype) else B.cast(images, dtype="float32")
    if crop_to_aspect_ratio:
        x = _crop_to(B, x, (height, width), size)
    if pad_to_aspect_ratio:
        x = _pad_to(B, x, (height, width), size, fill_value)
    for axis, n in ((height, size[0]), (width, size[1])):
        if interpolation == "nearest":
            x = B.take(x, B.constant(nearest_cells(x.shape[axis], n)), axis=axis)
        elif x.shape[axis] != n:
            x = apply_along(B, x, interpolation_matrix(x.shape[axis], n, interpolation, bool(antialias)), axis)
    return x if B.dtype(x) == dtype else _into(B, x, dtype)
