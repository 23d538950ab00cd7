"""Borders, colours and blurring of images."""

import numpy as np

from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, ordinary, smooth
from kcompat.spec.convolution import CHANNELS_FIRST, per_axis
from kcompat.spec.dtypes import is_float
from kcompat.spec.resizing import border, cut, image_axes

_IMAGE = np.ones((4, 4, 3))


def _thirds(name, what, before, after, target, size):
    """Two of three lengths determine the third: (before, after, target), none negative."""
    left, right, total = what
    if (before, after, target).count(None) != 1:
        raise ValueError(
            f"{name}: two of {left}, {right} and {total} are given; got {left}={before}, {right}={after}, "
            f"{total}={target}"
        )
    sign = 1 if name == "pad_images" else -1
    if target is None:
        target = size + sign * (before + after)
    elif before is None:
        before = sign * (target - size) - after
    else:
        after = sign * (target - size) - before
    if min(before, after, target) < 0:
        raise ValueError(
            f"{name}: {left}={before}, {right}={after} and {total}={target}, for size {size}, are 0 or more"
        )
    return before, after, target


def _edges(name, word, images, top, left, bottom, right, rows, columns, data_format):
    """{axis: (before, after)} for height and width."""
    height, width, _ = image_axes(name, images, data_format)
    tall = _thirds(name, (f"top_{word}", f"bottom_{word}", "target_height"), top, bottom, rows, images.shape[height])
    wide = _thirds(name, (f"left_{word}", f"right_{word}", "target_width"), left, right, columns, images.shape[width])
    return {height: tall[:2], width: wide[:2]}


def _bordered(word):
    def make(rng):
        top, left, bottom, right = (f"{side}_{word}" for side in ("top", "left", "bottom", "right"))
        x = rng.normal(size=(2, 4, 5, 2))
        more = 3 if word == "padding" else -3
        yield Sample((x,), {top: 1, left: 2, bottom: 0, right: 1})
        yield Sample((x,), {top: 1, left: 2, "target_height": 4 + more, "target_width": 5 + more})
        yield Sample((x[0],), {bottom: 1, right: 0, "target_height": 4 + more, "target_width": 5 + more})
        channels_first = {"data_format": CHANNELS_FIRST}
        yield Sample((x.transpose(0, 3, 1, 2),), {top: 1, left: 0, bottom: 1, right: 1, **channels_first})
        yield Sample((x.astype("int32"),), {top: 1, left: 2, bottom: 0, right: 1})

    return make


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_bordered("padding"),
    refusals=[
        Refusal((_IMAGE,)),
        Refusal((_IMAGE,), attrs={"top_padding": 1, "bottom_padding": 1, "left_padding": 1}),
        Refusal((_IMAGE,), attrs={"top_padding": -1, "bottom_padding": 1, "left_padding": 1, "right_padding": 1}),
        Refusal((_IMAGE,), attrs={"top_padding": 1, "target_height": 4, "left_padding": 1, "right_padding": 1}),
        Refusal((_IMAGE[0],), attrs={"top_padding": 1, "bottom_padding": 1, "left_padding": 1, "right_padding": 1}),
    ],
    public=False,
)
def pad_images(
    B,
    images,
    *,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with a border of zeros.

    Shapes: images `(batch, height, width, channels)`, or channels second with `channels_first`, with or without the
    batch. Of the two borders and the target size two are given for each axis.
    Raises ValueError unless they are, and for a negative size.
    """
    sides = (top_padding, left_padding, bottom_padding, right_padding, target_height, target_width)
    return border(B, images, _edges("pad_images", "padding", images, *sides, data_format), 0)


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_bordered("cropping"),
    refusals=[
        Refusal((_IMAGE,)),
        Refusal((_IMAGE,), attrs={"top_cropping": 1, "bottom_cropping": 1, "left_cropping": 1}),
        Refusal((_IMAGE,), attrs={"top_cropping": 3, "bottom_cropping": 3, "left_cropping": 1, "right_cropping": 1}),
        Refusal((_IMAGE,), attrs={"top_cropping": 1, "target_height": 5, "left_cropping": 1, "right_cropping": 1}),
        Refusal((_IMAGE[0],), attrs={"top_cropping": 1, "bottom_cropping": 1, "left_cropping": 1, "right_cropping": 1}),
    ],
    public=False,
)
def crop_images(
    B,
    images,
    *,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """A part of images.

    Shapes: images `(batch, height, width, channels)`, or channels second with `channels_first`, with or without the
    batch. Of the two margins that are cut off and the target size two are given for each axis.
    Raises ValueError unless they are, and for a negative size.
    """
    sides = (top_cropping, left_cropping, bottom_cropping, right_cropping, target_height, target_width)
    edges = _edges("crop_images", "cropping", images, *sides, data_format)
    return cut(B, images, {axis: (a, images.shape[axis] - b) for axis, (a, b) in edges.items()})


def _planes(B, name, images, data_format):
    """The three channels, each with its axis of size 1, and that axis."""
    axis = image_axes(name, images, data_format)[-1]
    if images.shape[axis] != 3:
        raise ValueError(f"{name}: images have 3 channels on axis {axis}, got shape {tuple(images.shape)}")
    return [cut(B, images, {axis: (i, i + 1)}) for i in range(3)], axis


def _colours(rng):
    x = rng.uniform(0.05, 1.0, size=(2, 3, 4, 3))
    yield Sample((x,))
    yield Sample((x[0],))
    yield Sample((x.transpose(0, 3, 1, 2),), {"data_format": CHANNELS_FIRST})
    yield Sample((x[:0],))


_GREY = [
    Refusal((np.ones((4, 4, 2)),)),
    Refusal((np.ones((4, 3)),)),
    Refusal((_IMAGE,), attrs={"data_format": "NHWC"}),
]


def _grey(rng):
    yield from _colours(rng)
    yield Sample((rng.uniform(size=(2, 2, 1)),))
    yield Sample((rng.integers(1, 256, (2, 2, 3)).astype("uint8"),))
    yield Sample((rng.normal(size=(2, 2, 3)) * 1e30,))


@composed(kinks=smooth, specials=ordinary, samples=_grey, refusals=_GREY, public=False)
def rgb_to_grayscale(B, images, *, data_format=None):
    """Grey images: 0.2989 red + 0.587 green + 0.114 blue.

    Shapes: images `(batch, height, width, 3)`, or channels second with `channels_first`, with or without the batch;
    the result has 1 channel. Integers are truncated; grey images stay as they are.
    Raises ValueError for another number of channels.
    """
    axis = image_axes("rgb_to_grayscale", images, data_format)[-1]
    if images.shape[axis] == 1:
        return images
    (red, green, blue), _ = _planes(B, "rgb_to_grayscale", images, data_format)
    dtype = B.dtype(images)
    if not is_float(dtype):
        red, green, blue = (B.cast(x, dtype="float32") for x in (red, green, blue))
    y = red * 0.2989 + green * 0.5870 + blue * 0.1140
    return y if is_float(dtype) else B.cast(y, dtype=dtype)


def _require_float(B, name, images):
    if not is_float(B.dtype(images)):
        raise ValueError(f"{name}: images are floats in [0, 1], got {B.dtype(images)}; cast and scale them")


_NOT_FLOAT = [*_GREY, Refusal((np.ones((2, 2, 3), "int32"),))]


@composed(
    kinks=[Kink(([[[0.5, 0.5, 0.5]]],), ([[[0.25, 0.25, 0.5]]],), (-2.0, 2.0))],
    specials=[
        Special(([[[0.0, 0.0, 0.0]]],), [[[0.0, 0.0, 0.0]]]),
        Special(([[[0.5, 0.5, 0.5]]],), [[[0.0, 0.0, 0.5]]]),
        Special(([[[1.0, 0.0, 0.0]]],), [[[0.0, 1.0, 1.0]]]),
    ],
    samples=_colours,
    refusals=_NOT_FLOAT,
    public=False,
)
def rgb_to_hsv(B, images, *, data_format=None):
    """Hue, saturation and value of colours, all in [0, 1].

    Shapes: images `(batch, height, width, 3)`, or channels second with `channels_first`, with or without the batch.
    Components below the dtype's epsilon count as 0. Grey has hue 0, black has saturation 0 (Smith 1978).
    Raises ValueError for another number of channels or dtypes other than floats.
    """
    _require_float(B, "rgb_to_hsv", images)
    planes, axis = _planes(B, "rgb_to_hsv", images, data_format)
    epsilon = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}[B.dtype(images)]
    red, green, blue = (B.where(B.less(B.absolute(x), epsilon), 0.0, x) for x in planes)
    value = B.maximum(B.maximum(red, green), blue)
    spread = value - B.minimum(B.minimum(red, green), blue)
    coloured, bright = B.greater(spread, 0.0), B.greater(value, 0.0)
    sixth = B.where(coloured, spread, 1.0) * 6.0
    hue = B.where(B.equal(value, green), (blue - red) / sixth + 2 / 6, (red - green) / sixth + 4 / 6)
    hue = B.where(B.equal(value, red), (green - blue) / sixth, hue)
    hue = B.where(coloured, B.where(B.less(hue, 0.0), hue + 1.0, hue), 0.0)
    saturation = B.where(bright, spread / B.where(bright, value, 1.0), 0.0)
    return B.concatenate(hue, saturation, value, axis=axis)


@composed(
    kinks=smooth,
    specials=[
        Special(([[[0.0, 1.0, 1.0]]],), [[[1.0, 0.0, 0.0]]]),
        Special(([[[0.7, 0.0, 0.5]]],), [[[0.5, 0.5, 0.5]]]),
    ],
    samples=_colours,
    refusals=_NOT_FLOAT,
    public=False,
)
def hsv_to_rgb(B, images, *, data_format=None):
    """Red, green and blue of colours given as hue, saturation and value: the inverse of `rgb_to_hsv`.

    Shapes: images `(batch, height, width, 3)`, or channels second with `channels_first`, with or without the batch.
    Hue counts modulo 1. Raises ValueError for another number of channels or dtypes other than floats.
    """
    _require_float(B, "hsv_to_rgb", images)
    (hue, saturation, value), axis = _planes(B, "hsv_to_rgb", images, data_format)
    place = (hue - B.floor(hue)) * 6.0
    tents = (B.absolute(place - 3.0) - 1.0, 2.0 - B.absolute(place - 2.0), 2.0 - B.absolute(place - 4.0))
    rest = 1.0 - saturation
    return B.concatenate(*(value * (rest + saturation * B.clip(t, 0.0, 1.0)) for t in tents), axis=axis)


def _blurred(rng):
    x = rng.normal(size=(2, 4, 5, 2))
    yield Sample((x,))
    yield Sample((x,), {"kernel_size": (3, 5), "sigma": (0.5, 2.0)})
    yield Sample((x[0],), {"kernel_size": (2, 3)})
    yield Sample((x.transpose(0, 3, 1, 2),), {"sigma": (2.0, 1.0), "data_format": CHANNELS_FIRST})


@composed(
    floating=True,
    kinks=smooth,
    specials=ordinary,
    samples=_blurred,
    refusals=[
        Refusal((_IMAGE[0],)),
        Refusal((_IMAGE,), attrs={"kernel_size": 0}),
        Refusal((_IMAGE,), attrs={"sigma": (0.0, 1.0)}),
        Refusal((_IMAGE,), attrs={"data_format": "NHWC"}),
    ],
    public=False,
)
def gaussian_blur(B, images, *, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Images convolved with a Gaussian; outside they are 0.

    Shapes: images `(batch, height, width, channels)`, or channels second with `channels_first`, with or without the
    batch. As in Keras the first of `kernel_size` and of `sigma` is along the width, the second along the height.
    Raises ValueError for sizes below 1 and for a sigma that is not positive.
    """
    channel = image_axes("gaussian_blur", images, data_format)[-1]
    sizes = per_axis(kernel_size, 2, "kernel_size")
    sigma = (sigma, sigma) if isinstance(sigma, (int, float)) else tuple(sigma)
    if len(sigma) != 2 or min(sigma) <= 0:
        raise ValueError(f"gaussian_blur: sigma is a positive number or two of them, got {sigma!r}")
    lines = []
    for n, s in zip(sizes, sigma, strict=True):
        line = np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / s) ** 2)
        lines.append(line / np.sum(line))
    single, channels = len(images.shape) == 3, images.shape[channel]
    x = B.expand_dims(images, axis=0) if single else images
    kernel = np.repeat(np.outer(lines[1], lines[0])[:, :, None, None], channels, axis=2)
    kernel = B.constant(kernel, dtype=B.dtype(x))
    y = B.depthwise_conv(x, kernel, strides=1, padding="same", data_format=data_format)
    return B.squeeze(y, axis=0) if single else y
