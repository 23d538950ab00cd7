"""Pooling by torch's kernels, on permuted views."""

import functools
import math
import types
from typing import Any

import torch
from torch.nn import functional

from kcompat.backends.torch.ops._padding import pad_last, split_padding
from kcompat.spec.convolution import to_channels_last
from kcompat.spec.pooling import pool_geometry, window_counts

_views = types.SimpleNamespace(transpose=lambda x, *, axes: x.permute(axes))
_MAX = (torch.max_pool1d, torch.max_pool2d, torch.max_pool3d)
_AVERAGE: tuple[Any, ...] = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)


def max_pool(inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    x, back = to_channels_last(_views, inputs, data_format)
    window, strides, pairs, _ = pool_geometry(x, pool_size, strides, padding)
    both, rest = split_padding(pairs)
    y = _MAX[len(window) - 1](pad_last(x.movedim(-1, 1), rest, -math.inf), window, strides, both).movedim(1, -1)
    return y if back is None else y.permute(back)


def average_pool(inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    x, back = to_channels_last(_views, inputs, data_format)
    window, strides, pairs, outputs = pool_geometry(x, pool_size, strides, padding)
    if all(a == b for a, b in pairs):
        both = tuple(a for a, _ in pairs)
        y = _AVERAGE[len(window) - 1](x.movedim(-1, 1), window, strides, both, count_include_pad=False).movedim(1, -1)
    else:
        totals = _totals(pad_last(x.movedim(-1, 1), pairs), window, strides).movedim(1, -1)
        y = totals / _counts(tuple(x.shape[1:-1]), window, strides, pairs, outputs).to(totals)
    return y if back is None else y.permute(back)


def _totals(x, window, strides):
    if len(window) == 1:  # torch divides by nothing else than the window over one axis
        return _totals(x.unsqueeze(2), (1, *window), (1, *strides)).squeeze(2)
    return _AVERAGE[len(window) - 1](x, window, strides, divisor_override=1)


@functools.lru_cache(maxsize=64)
def _counts(sizes, window, strides, pairs, outputs):
    return torch.from_numpy(window_counts(sizes, window, strides, pairs, outputs))
