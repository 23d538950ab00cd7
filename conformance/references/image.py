"""Borders, colours and blurring of images."""

import colorsys
from typing import Any

import numpy as np
import scipy.ndimage
import scipy.signal

from kcompat.conformance.references import reference
from kcompat.conformance.references.convolution import each
from kcompat.conformance.references.resizing import axes_of


def _margins(change: Any, before: Any, after: Any) -> tuple[int, int]:
    """Both of two margins; the one that is not given makes up the change of size."""
    if before is None:
        return change - after, after
    return before, change - before if after is None else after


@reference("pad_images")
def pad_images(
    images: Any,
    *,
    top_padding: Any = None,
    left_padding: Any = None,
    bottom_padding: Any = None,
    right_padding: Any = None,
    target_height: Any = None,
    target_width: Any = None,
    data_format: Any = None,
) -> Any:
    """NumPy's pad."""
    pairs = [(0, 0)] * images.ndim
    sides = (top_padding, bottom_padding, target_height), (left_padding, right_padding, target_width)
    for axis, (before, after, target) in zip(axes_of(images.ndim, data_format), sides, strict=True):
        change = None if target is None else target - images.shape[axis]
        pairs[axis] = _margins(change, before, after)
    return np.pad(images, pairs)


@reference("crop_images")
def crop_images(
    images: Any,
    *,
    top_cropping: Any = None,
    left_cropping: Any = None,
    bottom_cropping: Any = None,
    right_cropping: Any = None,
    target_height: Any = None,
    target_width: Any = None,
    data_format: Any = None,
) -> Any:
    """NumPy's delete, of the first and of the last cells."""
    sides = (top_cropping, bottom_cropping, target_height), (left_cropping, right_cropping, target_width)
    x = images
    for axis, (before, after, target) in zip(axes_of(images.ndim, data_format), sides, strict=True):
        n = images.shape[axis]
        before, after = _margins(None if target is None else n - target, before, after)
        x = np.delete(x, [*range(before), *range(n - after, n)], axis=axis)
    return x


def _channel_axis(data_format: Any) -> int:
    return -3 if data_format == "channels_first" else -1


@reference("rgb_to_grayscale")
def rgb_to_grayscale(images: Any, data_format: Any = None) -> Any:
    """The luma of ITU-R BT.601, with the digits that TensorFlow has of its coefficients."""
    axis = _channel_axis(data_format)
    if images.shape[axis] == 1:
        return images
    y = np.expand_dims(np.average(images, axis=axis, weights=[2989, 5870, 1140]) * 0.9999, axis)
    return y if images.dtype.kind == "f" else np.trunc(y)


def _colours(f: Any, images: Any, data_format: Any) -> Any:
    x = np.moveaxis(images, _channel_axis(data_format), -1)
    y = [f(*colour) for colour in x.reshape(-1, 3).tolist()]
    return np.moveaxis(np.array(y).reshape(x.shape), -1, _channel_axis(data_format))


@reference("rgb_to_hsv")
def rgb_to_hsv(images: Any, data_format: Any = None) -> Any:
    """Python's colorsys."""
    return _colours(colorsys.rgb_to_hsv, images, data_format)


@reference("hsv_to_rgb")
def hsv_to_rgb(images: Any, data_format: Any = None) -> Any:
    """Python's colorsys."""
    return _colours(colorsys.hsv_to_rgb, images, data_format)


@reference("gaussian_blur")
def gaussian_blur(images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0), data_format: Any = None) -> Any:
    """SciPy's correlation along width and height with SciPy's Gaussian; of an even window the middle comes early."""
    x, (height, width) = images, axes_of(images.ndim, data_format)
    sigma = (sigma, sigma) if isinstance(sigma, (int, float)) else sigma
    for axis, n, s in zip((width, height), each(kernel_size, 2), sigma, strict=True):
        line = scipy.signal.windows.gaussian(n, s)
        early = n % 2 - 1
        x = scipy.ndimage.correlate1d(x, line / line.sum(), axis=axis, mode="constant", origin=early)
    return x
