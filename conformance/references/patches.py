"""Patches of images, by a loop over cells."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference
from kcompat.conformance.references.convolution import as_given, channels_last, each, margins


@reference("depth_to_space")
def depth_to_space(x: Any, *, block_size: int, data_format: Any = "channels_last") -> Any:
    """ONNX's DepthToSpace: mode DCR with channels last, mode CRD with channels first."""
    r, first = block_size, data_format == "channels_first"
    x = channels_last(x, data_format)
    n, height, width, depth = x.shape
    y = np.zeros((n, height * r, width * r, depth // r**2), x.dtype)
    for _, row, column, c in np.ndindex(1, *y.shape[1:]):
        block = row % r * r + column % r
        source = c * r**2 + block if first else block * y.shape[-1] + c
        y[:, row, column, c] = x[:, row // r, column // r, source]
    return as_given(y, data_format)


@reference("space_to_depth")
def space_to_depth(x: Any, *, block_size: int, data_format: Any = "channels_last") -> Any:
    """The inverse of `depth_to_space`: where that takes each number from, this one puts it."""
    shape = channels_last(x, data_format).shape
    r = block_size
    result = as_given(np.zeros((shape[0], shape[1] // r, shape[2] // r, shape[3] * r**2)), data_format).shape
    numbers = np.arange(x.size).reshape(result)
    places = depth_to_space(numbers, block_size=r, data_format=data_format)
    y = np.zeros(x.size, x.dtype)
    y[places.ravel()] = x.ravel()
    return y.reshape(result)


def _places(sizes: Any, window: Any, strides: Any, dilation: Any, edges: Any) -> list[list[tuple[Any, ...]]]:
    """For each window in row-major order the places of its cells, some of them outside."""
    starts = [
        range(-a, n + b - (k - 1) * d, s)
        for n, k, s, d, (a, b) in zip(sizes, window, strides, dilation, edges, strict=True)
    ]
    return [
        [tuple(r[i] + j * d for r, i, j, d in zip(starts, at, cell, dilation, strict=True)) for cell in cells]
        for cells in [list(np.ndindex(*window))]
        for at in np.ndindex(*map(len, starts))
    ]


def _is_inside(place: Any, sizes: Any) -> bool:
    return all(0 <= i < n for i, n in zip(place, sizes, strict=True))


@reference("unfold")
def unfold(x: Any, *, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """PyTorch's documentation of Unfold: a column for each window, in it channels, then cells of the window."""
    sizes, edges = x.shape[2:], [(p, p) for p in each(padding, 2)]
    places = _places(sizes, each(kernel_size, 2), each(stride, 2), each(dilation, 2), edges)
    y = np.zeros((*x.shape[:2], len(places[0]), len(places)), x.dtype)
    for column, window in enumerate(places):
        for cell, place in enumerate(window):
            if _is_inside(place, sizes):
                y[:, :, cell, column] = x[(slice(None), slice(None), *place)]
    return y.reshape(len(x), -1 if len(x) else x.shape[1] * len(places[0]), len(places))


@reference("fold")
def fold(x: Any, *, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """PyTorch's documentation of Fold: each element of a column is added where Unfold takes it."""
    sizes, edges = each(output_size, 2), [(p, p) for p in each(padding, 2)]
    places = _places(sizes, each(kernel_size, 2), each(stride, 2), each(dilation, 2), edges)
    count = len(places[0])
    y = np.zeros((len(x), x.shape[1] // count, *sizes), x.dtype)
    for row, column in np.ndindex(*x.shape[1:]):
        place = places[column][row % count]
        if _is_inside(place, sizes):
            y[(slice(None), row // count, *place)] += x[:, row, column]
    return y


def _patches(x: Any, window: Any, strides: Any, dilation: Any, padding: str, data_format: Any) -> Any:
    rank = len(window)
    single = x.ndim == rank + 1
    x = channels_last(x[None] if single else x, data_format)
    strides, dilation, sizes = each(strides, rank), each(dilation, rank), x.shape[1:-1]
    reach = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    edges = [margins(padding, *axis) for axis in zip(sizes, reach, strides, strict=True)]
    cells = [len(range(0, n + a + b - k + 1, s)) for n, k, s, (a, b) in zip(sizes, reach, strides, edges, strict=True)]
    places = _places(sizes, window, strides, dilation, edges)
    y = np.zeros((len(x), len(places), len(places[0]), x.shape[-1]), x.dtype)
    for i, seen in enumerate(places):
        for j, place in enumerate(seen):
            if _is_inside(place, sizes):
                y[:, i, j] = x[(slice(None), *place)]
    y = as_given(y.reshape(len(x), *cells, len(places[0]) * x.shape[-1]), data_format)
    return y[0] if single else y


@reference("extract_patches")
def extract_patches(
    images: Any,
    *,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
) -> Any:
    """TensorFlow's documentation of extract_patches: each patch as one vector, its channels last."""
    window = (size, size) if isinstance(size, int) else tuple(size)
    return _patches(images, window, window if strides is None else strides, dilation_rate, padding, data_format)


@reference("extract_patches_3d")
def extract_patches_3d(
    volumes: Any,
    *,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: Any = None,
) -> Any:
    """TensorFlow's documentation of extract_volume_patches: each patch as one vector, its channels last."""
    window = each(size, 3)
    return _patches(volumes, window, window if strides is None else strides, dilation_rate, padding, data_format)
