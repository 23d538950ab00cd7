"""Pooling to a given number of cells, and what resizing shares with it: a matrix applied along an axis."""

import functools

import numpy as np

from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, ordinary, smooth
from kcompat.spec.convolution import CHANNELS_FIRST, per_axis, to_channels_last

nan = float("nan")


def windows(size, outputs):
    """Where each of `outputs` windows starts and ends: floor(i size / outputs), ceil((i + 1) size / outputs)."""
    cells = np.arange(outputs)
    return cells * size // outputs, -(-(cells + 1) * size // outputs)


def mean_matrix(size, outputs):
    """The matrix `(outputs, size)` that takes the mean of each window."""
    starts, ends = windows(size, outputs)
    matrix = np.zeros((outputs, size))
    for row, start, end in zip(matrix, starts, ends, strict=True):
        row[start:end] = 1.0 / (end - start)
    return matrix


@functools.lru_cache(maxsize=32)
def window_cells(size, outputs):
    """The cells of each window, as int32 `(outputs, longest window)`; short ones repeat their last."""
    starts, ends = windows(size, outputs)
    reach = np.arange(np.max(ends - starts))
    return np.minimum(starts[:, None] + reach, ends[:, None] - 1).astype(np.int32)


def apply_along(B, x, matrix, axis):
    """`x` with `matrix`, a NumPy array `(outputs, size)`, applied along `axis`."""
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    rows, columns = (int(np.prod(shape, dtype=np.int64)) for shape in (before, after))
    flat = B.reshape(x, newshape=(rows, x.shape[axis], columns))
    y = B.matmul(B.constant(matrix, dtype=B.dtype(x)), flat)
    return B.reshape(y, newshape=(*before, matrix.shape[0], *after))


def _geometry(B, name, inputs, output_size, data_format):
    """`inputs` with channels last, the axes back, the output sizes; refuses what does not fit."""
    rank = len(inputs.shape) - 2
    if rank not in (1, 2, 3):
        raise ValueError(f"{name} takes inputs (batch, *spatial, channels) of rank 3 to 5, got {tuple(inputs.shape)}")
    outputs = per_axis(output_size, rank, "output_size")
    x, back = to_channels_last(B, inputs, data_format)
    if 0 in x.shape[1:-1]:
        raise ValueError(f"{name}: no window of zero cells has a value; got inputs of shape {tuple(inputs.shape)}")
    return x, back, outputs


def _images(rng):
    x = rng.permutation(2 * 7 * 6 * 2).reshape(2, 7, 6, 2) / 30.0 - 3.0
    yield Sample((x,), {"output_size": 3})
    yield Sample((x,), {"output_size": (5, 2)})
    yield Sample((x.transpose(0, 3, 1, 2),), {"output_size": (2, 3), "data_format": CHANNELS_FIRST})
    yield Sample((x[:, :, 0],), {"output_size": 10})
    yield Sample((x[:, :, :4].reshape(2, 7, 2, 2, 2),), {"output_size": (3, 1, 2)})
    yield Sample((x - 300.0,), {"output_size": 1})
    yield Sample((x[:, :1, :1] * 1e30,), {"output_size": 1})
    yield Sample((x[:0],), {"output_size": 2})


_X = np.ones((1, 4, 4, 2))
_REFUSALS = [
    Refusal((_X,), attrs={"output_size": 0}),
    Refusal((_X,), attrs={"output_size": (2, 2, 2)}),
    Refusal((_X,), attrs={"output_size": 2, "data_format": "NHWC"}),
    Refusal((_X[:, :0],), attrs={"output_size": 2}),
    Refusal((_X[0, 0],), attrs={"output_size": 2}),
]


def _line(*values):
    return np.array(values).reshape(1, -1, 1).tolist()


@composed(
    floating=True,
    kinks=smooth,
    specials=ordinary,
    samples=_images,
    refusals=_REFUSALS,
)
def adaptive_average_pool(B, inputs, *, output_size, data_format=None):
    """The means of windows that share `inputs` out among `output_size` cells.

    Shapes: inputs `(batch, *spatial, channels)`, or channels second with `channels_first`; result
    `(batch, *output_size, channels)`. Window i of m over n cells is floor(i n / m) to ceil((i + 1) n / m): windows
    overlap by a cell where m does not divide n. An infinity or NaN may reach its whole row.
    Raises ValueError for an axis of no cells and an output size below 1.
    """
    x, back, outputs = _geometry(B, "adaptive_average_pool", inputs, output_size, data_format)
    for axis, m in enumerate(outputs, start=1):
        x = apply_along(B, x, mean_matrix(x.shape[axis], m), axis)
    return x if back is None else B.transpose(x, axes=back)


@composed(
    floating=True,
    kinks=[Kink((_line(0.6, 0.6, 0.3),), (_line(1.0, 0.0, 0.0),), (0.0, 1.0), {"output_size": 1})],
    specials=[
        Special((_line(1.0, nan, 2.0, 3.0),), _line(nan, 3.0), {"output_size": 2}),
        Special((_line(-3.0, -1.0, -2.0, -5.0, -4.0),), _line(-1.0, -1.0, -4.0), {"output_size": 3}),
    ],
    samples=_images,
    refusals=_REFUSALS,
)
def adaptive_max_pool(B, inputs, *, output_size, data_format=None):
    """The largest elements of windows that share `inputs` out among `output_size` cells; NaN if any element is.

    Shapes and windows are those of `adaptive_average_pool`. Of equal elements the first in row-major order has the
    gradient. Raises ValueError for an axis of no cells and an output size below 1.
    """
    x, back, outputs = _geometry(B, "adaptive_max_pool", inputs, output_size, data_format)
    for axis, m in reversed(list(enumerate(outputs, start=1))):  # first in its row, then the first row
        seen = B.take(x, B.constant(window_cells(x.shape[axis], m)), axis=axis)
        first = B.argmax(seen, axis=axis + 1, keepdims=True)
        x = B.squeeze(B.take_along_axis(seen, first, axis=axis + 1), axis=axis + 1)
    return x if back is None else B.transpose(x, axes=back)
