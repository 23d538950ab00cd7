"""Resizing images, by a loop over the cells of each axis."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from kcompat.conformance.references import reference


def axes_of(rank: int, data_format: Any) -> tuple[int, int]:
    """The axes of height and width."""
    return (rank - 2, rank - 1) if data_format == "channels_first" else (rank - 3, rank - 2)


def _cubic(distance: float) -> float:
    """Keys (1981), equation 15: u(s) of the coefficients that fit it to Taylor's series."""
    s = abs(distance)
    if s < 1:
        return 3 / 2 * s**3 - 5 / 2 * s**2 + 1
    return -1 / 2 * s**3 + 5 / 2 * s**2 - 4 * s + 2 if s < 2 else 0.0


def _windowed_sinc(distance: float, radius: int) -> float:
    """Duchon (1979): a sinc times the middle lobe of a wider one."""
    if distance == 0:
        return 1.0
    if abs(distance) >= radius:
        return 0.0
    t = math.pi * distance
    return radius * math.sin(t) * math.sin(t / radius) / t**2


KERNELS = {
    "bilinear": lambda s: max(1.0 - abs(s), 0.0),
    "bicubic": _cubic,
    "lanczos3": lambda s: _windowed_sinc(s, 3),
    "lanczos5": lambda s: _windowed_sinc(s, 5),
}


def _weights(size: int, cells: int, interpolation: str, antialias: bool) -> Any:
    """What each cell of the result takes of each of the image; all of them taken add up to 1."""
    scale = Fraction(size, cells)
    spread = max(scale, Fraction(1)) if antialias else Fraction(1)
    weights = np.zeros((cells, size))
    for i, j in np.ndindex(cells, size):
        distance = Fraction(2 * j + 1, 2) - Fraction(2 * i + 1, 2) * scale
        if interpolation == "nearest":
            weights[i, j] = -1 < 2 * distance <= 1
        else:
            weights[i, j] = KERNELS[interpolation](float(distance / spread))
    return weights / np.array([[math.fsum(row)] for row in weights])


def _to_aspect_ratio(x: Any, axes: Any, size: Any, crop: bool, fill_value: Any) -> Any:
    """What Keras does before it resizes: `int(width * target_height / target_width)` rows are kept or made."""
    (height, width), (rows, columns) = (x.shape[axis] for axis in axes), size
    for axis, n, fitting in zip(axes, (height, width), (width * rows / columns, height * columns / rows), strict=True):
        if crop:
            kept = max(min(n, int(fitting)), 1)
            x = np.take(x, range((n - kept) // 2, (n - kept) // 2 + kept), axis=axis)
        else:
            border = (max(n, int(fitting)) - n) // 2
            pairs = [(border, border) if i == axis else (0, 0) for i in range(x.ndim)]
            x = np.pad(x, pairs, constant_values=fill_value)
    return x


@reference("resize")
def resize(
    images: Any,
    *,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: Any = None,
) -> Any:
    """A weighted mean of the cells at half-pixel centres, as the documentation of jax.image.resize says it."""
    assert fill_mode == "constant", fill_mode
    axes, x = axes_of(images.ndim, data_format), images
    if crop_to_aspect_ratio or pad_to_aspect_ratio:
        x = _to_aspect_ratio(x, axes, size, crop_to_aspect_ratio, fill_value)
    for axis, cells in zip(axes, size, strict=True):
        weights = _weights(x.shape[axis], cells, interpolation, antialias)
        x = np.moveaxis(np.tensordot(weights, x, (1, axis)), 0, axis)
    if images.dtype.kind == "f":
        return x
    info = np.iinfo(images.dtype)
    return np.clip(np.rint(x), info.min, info.max)
