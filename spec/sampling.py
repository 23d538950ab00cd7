"""Reading images at coordinates between their cells."""

import itertools

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.convolution import CHANNELS_FIRST
from kcompat.spec.dtypes import is_float
from kcompat.spec.resizing import image_axes

FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _require_mode(name, fill_mode):
    if fill_mode not in FILL_MODES:
        raise ValueError(f"{name}: fill_mode is one of {', '.join(FILL_MODES)}; got {fill_mode!r}")


def _modulo(B, x, n):
    return x - B.floor(x / float(n)) * float(n)


def _bounded(B, x, size, mode):
    """Whole coordinates brought within `size` cells as the fill mode says."""
    if mode == "wrap":
        x = _modulo(B, x, size)
    elif mode == "mirror" and size > 1:  # without repeating the last cell
        x = size - 1.0 - B.absolute(_modulo(B, x, 2 * size - 2) - (size - 1.0))
    elif mode == "reflect":
        x = _modulo(B, x, 2 * size)
        x = B.minimum(x, 2 * size - 1.0 - x)
    x = B.where(B.greater(x, 0.0), x, 0.0)  # NaN too has a cell
    return B.cast(B.where(B.less(x, size - 1.0), x, size - 1.0), dtype="int32")


def _nearest(B, x):
    """The nearest whole number; halves go away from zero."""
    low = B.floor(x)
    rest = x - low
    tie_up = B.logical_and(B.equal(rest, 0.5), B.greater(x, 0.0))
    return B.where(B.logical_or(B.greater(rest, 0.5), tie_up), low + 1.0, low)


def _nodes(B, x, size, order, mode):
    """The cells along one axis that make up the values at coordinates x: (index, weight, whether inside) of each."""
    if order == 0:
        places = [(B.stop_gradient(_nearest(B, x)), None)]
    else:
        low = B.stop_gradient(B.floor(x))
        places = [(low, 1.0 - (x - low)), (low + 1.0, x - low)]
    for cell, weight in places:
        inside = None
        if mode == "constant":
            inside = B.logical_and(B.greater_equal(cell, 0.0), B.less(cell, float(size)))
        yield _bounded(B, cell, size, mode), weight, inside


def sample(B, rows, sizes, coordinates, order, mode, value, before=None):
    """Values at `coordinates`, one tensor for each axis of `sizes`, of tensors whose cells are the `rows`.

    `before` is the index of the first row that belongs to each coordinate (None: 0). Axes of `rows` after the
    first are read together.
    """
    extra = len(rows.shape) - 1
    nodes = [list(_nodes(B, x, n, order, mode)) for x, n in zip(coordinates, sizes, strict=True)]
    total = None
    for corner in itertools.product(*nodes):
        index, factor, inside = before, None, None
        stride = int(np.prod(sizes, dtype=np.int64))
        for (cell, weight, within), n in zip(corner, sizes, strict=True):
            stride //= n
            step = cell * stride
            index = step if index is None else index + step
            factor = weight if factor is None else factor if weight is None else factor * weight
            inside = within if inside is None else B.logical_and(inside, within)
        seen = B.take(rows, index, axis=0)
        shape = (*index.shape, *(1,) * extra)
        if inside is not None:
            seen = B.where(B.reshape(inside, newshape=shape), seen, value)
        seen = seen if factor is None else B.multiply(seen, B.reshape(factor, newshape=shape))
        total = seen if total is None else total + seen
    return total


def _settled(B, y, dtype):
    """In the dtype of the images; integers are rounded, half to even."""
    return y if B.dtype(y) == dtype else B.cast(y if is_float(dtype) else B.round(y), dtype=dtype)


def _points(rng):
    x = rng.normal(size=(4, 5))
    points = rng.uniform(0.1, 2.9, size=(2, 3, 2))
    yield Sample((x, points), {"order": 1})
    yield Sample((x, rng.uniform(-3.0, 8.0, size=(2, 6))), {"order": 1, "fill_value": 2.0})
    for mode in FILL_MODES[1:]:
        yield Sample((x, rng.uniform(-9.0, 13.0, size=(2, 6))), {"order": 1, "fill_mode": mode})
    yield Sample((x, points), {"order": 0, "fill_mode": "reflect"})
    yield Sample((rng.normal(size=(3, 2, 2)), rng.uniform(0.1, 0.9, size=(3, 4, 1))), {"order": 1})
    yield Sample((rng.integers(0, 9, (4,)).astype("int32"), np.array([[0.3, 2.6, 5.0]])), {"order": 1})
    yield Sample((x, np.zeros((2, 0))), {"order": 1})


_LINE = np.array([1.0, 2.0, 3.0, 4.0])
_SHIFTED = np.array([[-2.0, -1.0, 0.0, 1.0, 4.0, 5.0]])


def _filled(mode, *expected):
    return Special((_LINE, _SHIFTED), list(expected), {"order": 1, "fill_mode": mode})


@composed(
    kinks=smooth,
    specials=[
        _filled("constant", 0.0, 0.0, 1.0, 2.0, 0.0, 0.0),
        _filled("nearest", 1.0, 1.0, 1.0, 2.0, 4.0, 4.0),
        _filled("wrap", 3.0, 4.0, 1.0, 2.0, 1.0, 2.0),
        _filled("mirror", 3.0, 2.0, 1.0, 2.0, 3.0, 2.0),
        _filled("reflect", 2.0, 1.0, 1.0, 2.0, 4.0, 3.0),
        Special((_LINE, np.array([[-0.5, -0.25, 0.5, 1.5, 2.5]])), [0.0, 1.0, 2.0, 3.0, 4.0], {"order": 0}),
    ],
    samples=_points,
    refusals=[
        Refusal((_LINE, _SHIFTED), attrs={"order": 2}),
        Refusal((_LINE, _SHIFTED), attrs={"order": 1, "fill_mode": "edge"}),
        Refusal((_LINE, _SHIFTED[0]), attrs={"order": 1}),
        Refusal((np.ones((4, 4)), _SHIFTED), attrs={"order": 1}),
        Refusal((_LINE[:0], _SHIFTED), attrs={"order": 1}),
    ],
    public=False,
)
def map_coordinates(B, inputs, coordinates, *, order, fill_mode="constant", fill_value=0):
    """The values of a tensor at coordinates between its cells.

    Shapes: inputs of any shape, coordinates `(rank of inputs, *shape)`, result `shape`. `order` 0 takes the nearest
    cell, of two the one farther from 0; 1 interpolates linearly. Outside are `fill_value` (`constant`), the nearest
    cell (`nearest`), or the tensor again: periodic (`wrap`), turned about the centre of its last cell (`mirror`) or
    about its edge (`reflect`). Integers are rounded.
    Raises ValueError for another order or mode, for ranks that do not match, and for inputs without cells.
    """
    _require_mode("map_coordinates", fill_mode)
    if order not in (0, 1):
        raise ValueError(f"map_coordinates: order is 0 or 1, got {order!r}")
    rank, sizes = len(inputs.shape), tuple(inputs.shape)
    if len(coordinates.shape) < 2 or coordinates.shape[0] != rank:
        raise ValueError(
            f"map_coordinates: for inputs of shape {sizes} coordinates have shape ({rank}, ...), rank 2 or more; "
            f"got {tuple(coordinates.shape)}"
        )
    if 0 in sizes:
        raise ValueError(f"map_coordinates: inputs without cells have no values to take; got shape {sizes}")
    if not is_float(B.dtype(coordinates)):
        coordinates = B.cast(coordinates, dtype="float32")
    along = [B.squeeze(x, axis=0) for x in B.split(coordinates, indices_or_sections=rank, axis=0)]
    y = sample(B, B.reshape(inputs, newshape=(-1,)), sizes, along, order, fill_mode, fill_value)
    return _settled(B, y, B.dtype(inputs))


INTERPOLATIONS = {"nearest": 0, "bilinear": 1}


def _transformed(rng):
    x, turn = rng.normal(size=(2, 4, 3, 2)), np.array([0.8, -0.3, 0.41, 0.27, 0.9, -0.23, 0.0, 0.0])
    both = np.stack([turn, turn * 0.7 + 0.13])
    both[:, 6:] = 0.0
    yield Sample((x, both))
    yield Sample((x[0], turn), {"fill_mode": "reflect"})
    yield Sample((x, both), {"interpolation": "nearest", "fill_mode": "nearest"})
    yield Sample((x.transpose(0, 3, 1, 2), turn), {"fill_value": 3.0, "data_format": CHANNELS_FIRST})
    yield Sample((rng.integers(0, 255, (2, 3, 3, 1)).astype("uint8"), both), {"fill_mode": "wrap"})


_IMAGE, _IDENTITY = np.arange(6.0).reshape(2, 3, 1), np.array([1.0, 0, 0, 0, 1, 0, 0, 0])
_SHIFT = np.array([1.0, 0, 1, 0, 1, 0, 0, 0])


@composed(
    kinks=smooth,
    specials=[
        Special((_IMAGE, _IDENTITY), _IMAGE.tolist()),
        Special((_IMAGE, _SHIFT), [[[1.0], [2.0], [0.0]], [[4.0], [5.0], [0.0]]]),
    ],
    samples=_transformed,
    refusals=[
        Refusal((_IMAGE, _IDENTITY), attrs={"interpolation": "bicubic"}),
        Refusal((_IMAGE, _IDENTITY), attrs={"fill_mode": "edge"}),
        Refusal((_IMAGE, _IDENTITY), attrs={"data_format": "NHWC"}),
        Refusal((_IMAGE[0], _IDENTITY)),
        Refusal((_IMAGE, _IDENTITY[:6])),
        Refusal((np.ones((2, 3, 3, 1)), np.ones((3, 8)))),
    ],
    public=False,
)
def affine_transform(
    B, images, transform, *, interpolation="bilinear", fill_mode="constant", fill_value=0, data_format=None
):
    """Images moved, turned and scaled: the result at (x, y) is the image at (a0 x + a1 y + a2, b0 x + b1 y + b2).

    Shapes: images `(batch, height, width, channels)`, or channels second with `channels_first`, with or without the
    batch; transform `(8,)` or `(batch, 8)`, the numbers a0, a1, a2, b0, b1, b2 and two that count as 0; x is the
    column, y the row. `interpolation` is `bilinear` or `nearest`; the fill modes are those of `map_coordinates`.
    Raises ValueError for other modes, and for shapes that do not match.
    """
    _require_mode("affine_transform", fill_mode)
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"affine_transform: interpolation is 'nearest' or 'bilinear', got {interpolation!r}")
    image_axes("affine_transform", images, data_format)
    single, first = len(images.shape) == 3, data_format == CHANNELS_FIRST
    x = B.expand_dims(images, axis=0) if single else images
    x = B.transpose(x, axes=(0, 2, 3, 1)) if first else x
    batch, height, width, channels = x.shape
    given = tuple(transform.shape)
    if given not in ((8,), (1, 8), (batch, 8)) or 0 in (height, width):
        raise ValueError(
            f"affine_transform: for images of shape {tuple(images.shape)} transform has shape (8,) or ({batch}, 8), "
            f"got {given}"
        )
    if not is_float(B.dtype(transform)):
        transform = B.cast(transform, dtype="float32")
    transform = B.broadcast_to(B.reshape(transform, newshape=(-1, 8)), shape=(batch, 8))
    a0, a1, a2, b0, b1, b2, _, _ = (
        B.reshape(t, newshape=(batch, 1, 1)) for t in B.split(transform, indices_or_sections=8, axis=1)
    )
    columns = B.constant(np.arange(width).reshape(1, 1, width), dtype=B.dtype(transform))
    rows = B.constant(np.arange(height).reshape(1, height, 1), dtype=B.dtype(transform))
    places = (b0 * columns + b1 * rows + b2, a0 * columns + a1 * rows + a2)
    before = B.constant((np.arange(batch) * height * width).reshape(batch, 1, 1).astype(np.int32))
    cells = B.reshape(x, newshape=(batch * height * width, channels))
    order = INTERPOLATIONS[interpolation]
    y = sample(B, cells, (height, width), places, order, fill_mode, fill_value, before)
    y = B.transpose(_settled(B, y, B.dtype(images)), axes=(0, 3, 1, 2)) if first else _settled(B, y, B.dtype(images))
    return B.squeeze(y, axis=0) if single else y
