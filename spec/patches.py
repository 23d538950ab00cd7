"""Patches of images, and images from patches: the elements stay as they are, or overlapping ones add up."""

import itertools

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, ordinary, smooth
from kcompat.spec.convolution import (
    CHANNELS_FIRST,
    CHANNELS_LAST,
    explicit_padding,
    output_sizes,
    pad_spatial,
    per_axis,
    taps,
    to_channels_last,
)


def _require_rank(name, x, rank, layout):
    if len(x.shape) != rank:
        raise ValueError(f"{name} takes x {layout}, rank {rank}; got shape {tuple(x.shape)}")


def _block(name, block_size):
    if not isinstance(block_size, int) or block_size < 2:
        raise ValueError(f"{name}: block_size is an int of 2 or more, got {block_size!r}")
    return block_size


def _is_channels_first(data_format):
    if data_format not in (None, CHANNELS_LAST, CHANNELS_FIRST):
        raise ValueError(f"data_format is {CHANNELS_LAST!r} or {CHANNELS_FIRST!r}, got {data_format!r}")
    return data_format == CHANNELS_FIRST


_BLOCKS = [
    Refusal((np.ones((1, 4, 4, 4)),), attrs={"block_size": 1}),
    Refusal((np.ones((1, 3, 4, 3)),), attrs={"block_size": 2}),
    Refusal((np.ones((4, 4, 4)),), attrs={"block_size": 2}),
    Refusal((np.ones((1, 4, 4, 4)),), attrs={"block_size": 2, "data_format": "NHWC"}),
]


def _deep(rng):
    yield Sample((rng.normal(size=(2, 3, 2, 8)),), {"block_size": 2})
    yield Sample((rng.normal(size=(2, 9, 3, 2)),), {"block_size": 3, "data_format": CHANNELS_FIRST})
    yield Sample((rng.normal(size=(1, 8, 2, 3)),), {"block_size": 2, "data_format": CHANNELS_FIRST})
    yield Sample((np.arange(12, dtype="int32").reshape(1, 1, 3, 4),), {"block_size": 2})
    yield Sample((rng.normal(size=(0, 3, 2, 4)),), {"block_size": 2})


@composed(kinks=smooth, specials=ordinary, samples=_deep, refusals=_BLOCKS)
def depth_to_space(B, x, *, block_size, data_format="channels_last"):
    """The channels of each cell laid out as a block of cells.

    Shapes with block size r: x `(batch, height, width, r * r * channels)`, result
    `(batch, r * height, r * width, channels)`; channels second with `channels_first`. Channel
    (i r + j) channels + c becomes cell (i, j) of the block with channels last, channel c r r + i r + j with
    channels first. Raises ValueError if r * r does not divide the channels.
    """
    r, first = _block("depth_to_space", block_size), _is_channels_first(data_format)
    _require_rank("depth_to_space", x, 4, "(batch, height, width, channels) or channels second")
    n, height, width, depth = (x.shape[i] for i in ((0, 2, 3, 1) if first else (0, 1, 2, 3)))
    if depth % (r * r):
        raise ValueError(f"depth_to_space: {depth} channels are not a multiple of {r} * {r}, of shape {tuple(x.shape)}")
    channels = depth // (r * r)
    if first:
        blocks = B.reshape(x, newshape=(n, channels, r, r, height, width))
        y = B.transpose(blocks, axes=(0, 1, 4, 2, 5, 3))
        return B.reshape(y, newshape=(n, channels, height * r, width * r))
    blocks = B.reshape(x, newshape=(n, height, width, r, r, channels))
    y = B.transpose(blocks, axes=(0, 1, 3, 2, 4, 5))
    return B.reshape(y, newshape=(n, height * r, width * r, channels))


def _wide(rng):
    yield Sample((rng.normal(size=(2, 6, 4, 3)),), {"block_size": 2})
    yield Sample((rng.normal(size=(2, 2, 3, 6)),), {"block_size": 3, "data_format": CHANNELS_FIRST})
    yield Sample((np.arange(12, dtype="int32").reshape(1, 2, 6, 1),), {"block_size": 2})
    yield Sample((rng.normal(size=(0, 2, 2, 4)),), {"block_size": 2})


@composed(kinks=smooth, specials=ordinary, samples=_wide, refusals=_BLOCKS)
def space_to_depth(B, x, *, block_size, data_format="channels_last"):
    """The cells of each block stacked as channels: the inverse of `depth_to_space`.

    Shapes with block size r: x `(batch, r * height, r * width, channels)`, result
    `(batch, height, width, r * r * channels)`; channels second with `channels_first`.
    Raises ValueError if r does not divide height and width.
    """
    r, first = _block("space_to_depth", block_size), _is_channels_first(data_format)
    _require_rank("space_to_depth", x, 4, "(batch, height, width, channels) or channels second")
    n, height, width, channels = (x.shape[i] for i in ((0, 2, 3, 1) if first else (0, 1, 2, 3)))
    if height % r or width % r:
        raise ValueError(f"space_to_depth: height {height} and width {width} are not both multiples of {r}")
    height, width, depth = height // r, width // r, channels * r * r
    if first:
        blocks = B.reshape(x, newshape=(n, channels, height, r, width, r))
        return B.reshape(B.transpose(blocks, axes=(0, 1, 3, 5, 2, 4)), newshape=(n, depth, height, width))
    blocks = B.reshape(x, newshape=(n, height, r, width, r, channels))
    return B.reshape(B.transpose(blocks, axes=(0, 1, 3, 2, 4, 5)), newshape=(n, height, width, depth))


def _pair_of_paddings(padding):
    values = (padding,) * 2 if isinstance(padding, int) else tuple(padding)
    if len(values) != 2 or any(v < 0 for v in values):
        raise ValueError(f"padding is an int of 0 or more, or two of them, got {padding!r}")
    return tuple((v, v) for v in values)


def _sliding(kernel_size, dilation, padding, stride):
    window = per_axis(kernel_size, 2, "kernel_size")
    return window, per_axis(stride, 2, "stride"), per_axis(dilation, 2, "dilation"), _pair_of_paddings(padding)


def _images(rng):
    x = rng.normal(size=(2, 2, 5, 6))
    yield Sample((x,), {"kernel_size": 2})
    yield Sample((x,), {"kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 0)})
    yield Sample((x,), {"kernel_size": 2, "dilation": (3, 2), "padding": 1, "stride": 2})
    yield Sample((np.arange(16, dtype="int32").reshape(1, 1, 4, 4),), {"kernel_size": 3, "padding": 1})
    yield Sample((x[:0],), {"kernel_size": 2})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_images,
    refusals=[
        Refusal((np.ones((2, 4, 4)),), attrs={"kernel_size": 2}),
        Refusal((np.ones((1, 2, 4, 4)),), attrs={"kernel_size": 5}),
        Refusal((np.ones((1, 2, 4, 4)),), attrs={"kernel_size": 2, "padding": -1}),
        Refusal((np.ones((1, 2, 4, 4)),), attrs={"kernel_size": 2, "stride": 0}),
        Refusal((np.ones((1, 2, 4, 4)),), attrs={"kernel_size": (2, 2, 2)}),
    ],
)
def unfold(B, x, *, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of an image side by side, as columns (im2col).

    Shapes: x `(batch, channels, height, width)`, result `(batch, channels * window cells, windows)`; the channels of
    the result are in the order (channel, row, column), the windows in row-major order. `padding` zeros are added on
    both sides. Raises ValueError if the window does not fit.
    """
    window, strides, dilation, pairs = _sliding(kernel_size, dilation, padding, stride)
    _require_rank("unfold", x, 4, "(batch, channels, height, width)")
    n, channels, *sizes = x.shape
    outputs = output_sizes(sizes, window, strides, pairs, dilation)
    x = pad_spatial(B, B.transpose(x, axes=(0, 2, 3, 1)), pairs)
    seen = B.stack(*(tap for _, tap in taps(B, x, window, strides, dilation, outputs)), axis=0)
    count, cells = int(np.prod(window)), outputs[0] * outputs[1]
    y = B.transpose(seen, axes=(1, 4, 0, 2, 3))
    return B.reshape(y, newshape=(n, channels * count, cells))


def _columns(rng):
    yield Sample((rng.normal(size=(2, 8, 12)),), {"output_size": (4, 5), "kernel_size": 2})
    how = {"output_size": (5, 6), "kernel_size": (2, 3), "stride": (2, 1), "padding": (1, 0)}
    yield Sample((rng.normal(size=(2, 6, 12)),), how)
    square = {"output_size": 5, "kernel_size": 2, "dilation": (3, 2), "padding": 1, "stride": 2}
    yield Sample((rng.normal(size=(1, 4, 6)),), square)
    yield Sample((np.arange(36, dtype="int32").reshape(1, 9, 4),), {"output_size": 4, "kernel_size": 3})
    yield Sample((rng.normal(size=(0, 4, 4)),), {"output_size": 3, "kernel_size": 2})


@composed(
    kinks=smooth,
    specials=[
        Special((np.ones((1, 4, 4)),), [[[[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]]], {"output_size": 3, "kernel_size": 2})
    ],
    samples=_columns,
    refusals=[
        Refusal((np.ones((1, 1, 4, 4)),), attrs={"output_size": 3, "kernel_size": 2}),
        Refusal((np.ones((1, 4, 5)),), attrs={"output_size": 3, "kernel_size": 2}),
        Refusal((np.ones((1, 5, 4)),), attrs={"output_size": 3, "kernel_size": 2}),
        Refusal((np.ones((1, 4, 4)),), attrs={"output_size": 1, "kernel_size": 2}),
        Refusal((np.ones((1, 4, 4)),), attrs={"output_size": 3, "kernel_size": 2, "padding": -1}),
    ],
)
def fold(B, x, *, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns added up as the windows of an image (col2im): the adjoint of `unfold`.

    Shapes: x `(batch, channels * window cells, windows)`, result `(batch, channels, *output_size)`. Where windows
    overlap their elements are added; what falls on `padding` is left out.
    Raises ValueError if x does not have the shape that `unfold` gives for images of `output_size`.
    """
    window, strides, dilation, pairs = _sliding(kernel_size, dilation, padding, stride)
    _require_rank("fold", x, 3, "(batch, channels * window cells, windows)")
    sizes = per_axis(output_size, 2, "output_size")
    outputs = output_sizes(sizes, window, strides, pairs, dilation)
    n, depth, cells = x.shape
    count = window[0] * window[1]
    if depth % count or cells != outputs[0] * outputs[1]:
        raise ValueError(
            f"fold: x of shape {tuple(x.shape)} is not (batch, channels * {count}, {outputs[0] * outputs[1]}), "
            f"as windows {window} of images {sizes} are"
        )
    channels = depth // count
    columns = B.reshape(x, newshape=(n, channels, *window, *outputs))
    padded = [size + a + b for size, (a, b) in zip(sizes, pairs, strict=True)]
    total = None
    for index in itertools.product(*map(range, window)):
        tap = B.strided_slice(
            columns,
            start=(0, 0, *index, 0, 0),
            stop=(n, channels, *(i + 1 for i in index), *outputs),
            step=(1,) * 6,
        )
        low = [i * d for i, d in zip(index, dilation, strict=True)]
        spans = [(m - 1) * s + 1 for m, s in zip(outputs, strides, strict=True)]
        high = [size - a - span for size, a, span in zip(padded, low, spans, strict=True)]
        sent = B.interior_pad(
            B.reshape(tap, newshape=(n, channels, *outputs)),
            low=(0, 0, *low),
            high=(0, 0, *high),
            interior=(0, 0, *(s - 1 for s in strides)),
        )
        total = sent if total is None else total + sent
    start = (0, 0, *(a for a, _ in pairs))
    stop = tuple(a + size for a, size in zip(start, (n, channels, *sizes), strict=True))
    return B.strided_slice(total, start=start, stop=stop, step=(1,) * 4)


def _patches(B, name, images, rank, size, strides, dilation_rate, padding, data_format):
    """`extract_patches` over `rank` spatial axes."""
    window = per_axis(size, rank, "size")
    strides = window if strides is None else per_axis(strides, rank, "strides")
    dilation = per_axis(dilation_rate, rank, "dilation_rate")
    if len(images.shape) not in (rank + 1, rank + 2):
        raise ValueError(
            f"{name}: with patches of {rank} axes, images have rank {rank + 1}, or {rank + 2} with a batch; "
            f"got shape {tuple(images.shape)}"
        )
    single = len(images.shape) == rank + 1
    x, back = to_channels_last(B, B.expand_dims(images, axis=0) if single else images, data_format)
    pairs = explicit_padding(padding, x.shape[1:-1], window, strides, dilation)
    outputs = output_sizes(x.shape[1:-1], window, strides, pairs, dilation)
    y = B.concatenate(
        *(tap for _, tap in taps(B, pad_spatial(B, x, pairs), window, strides, dilation, outputs)), axis=-1
    )
    y = y if back is None else B.transpose(y, axes=back)
    return B.squeeze(y, axis=0) if single else y


def _pictures(rng):
    x = rng.normal(size=(2, 5, 6, 2))
    yield Sample((x,), {"size": 2})
    yield Sample((x,), {"size": (2, 3), "strides": (1, 2), "padding": "same"})
    yield Sample((x[0],), {"size": (2, 2), "strides": 2, "dilation_rate": (3, 2), "padding": "same"})
    yield Sample((x.transpose(0, 3, 1, 2),), {"size": 3, "strides": 1, "data_format": CHANNELS_FIRST})
    yield Sample((np.arange(16, dtype="int32").reshape(1, 4, 4, 1),), {"size": 2})
    yield Sample((rng.normal(size=(1, 3, 4, 2, 1)),), {"size": (2, 2, 1)})
    yield Sample((x[:0],), {"size": 2})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_pictures,
    refusals=[
        Refusal((np.ones((4, 4)),), attrs={"size": 2}),
        Refusal((np.ones((1, 4, 4, 1)),), attrs={"size": (2,)}),
        Refusal((np.ones((1, 4, 4, 1)),), attrs={"size": 5}),
        Refusal((np.ones((1, 4, 4, 1)),), attrs={"size": 2, "strides": 0}),
        Refusal((np.ones((1, 4, 4, 1)),), attrs={"size": 2, "padding": "full"}),
        Refusal((np.ones((1, 4, 4, 1)),), attrs={"size": 2, "data_format": "NHWC"}),
    ],
    public=False,
)
def extract_patches(B, images, *, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The patches of images, each as one vector.

    Shapes: images `(batch, height, width, channels)`, or channels second with `channels_first`, with or without the
    batch; result `(batch, rows, columns, patch cells * channels)` in the order (row, column, channel). Three sizes
    take patches of volumes. `strides` defaults to `size`; it may be more than 1 together with the dilation.
    Raises ValueError if the patch does not fit.
    """
    rank = 2 if isinstance(size, int) else len(size)
    if rank not in (2, 3):
        raise ValueError(f"extract_patches: size is an int, or 2 or 3 of them, got {size!r}")
    return _patches(B, "extract_patches", images, rank, size, strides, dilation_rate, padding, data_format)


def _volumes(rng):
    x = rng.normal(size=(2, 3, 4, 4, 1))
    yield Sample((x,), {"size": 2})
    yield Sample((x,), {"size": (2, 1, 2), "strides": (1, 2, 1), "padding": "same"})
    yield Sample((x[0],), {"size": 2, "strides": 1, "dilation_rate": (2, 1, 1)})
    yield Sample((x.reshape(2, 1, 3, 4, 4),), {"size": (3, 2, 2), "data_format": CHANNELS_FIRST})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_volumes,
    refusals=[
        Refusal((np.ones((4, 4, 4)),), attrs={"size": 2}),
        Refusal((np.ones((4, 4, 4, 1)),), attrs={"size": (2, 2)}),
        Refusal((np.ones((4, 4, 4, 1)),), attrs={"size": 5}),
    ],
    public=False,
)
def extract_patches_3d(B, volumes, *, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The patches of volumes, each as one vector: `extract_patches` over three axes.

    Shapes: volumes `(batch, depth, height, width, channels)`, or channels second with `channels_first`, with or
    without the batch; result `(batch, *cells, patch cells * channels)`.
    """
    return _patches(B, "extract_patches_3d", volumes, 3, size, strides, dilation_rate, padding, data_format)
