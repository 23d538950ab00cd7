"""Shape, joining and splitting (structure, joining)."""

import itertools

import torch

from kcompat.backends.torch.dtypes import promoted
from kcompat.spec.rules import as_integers, check_alike, check_joinable, normalize_axes, normalize_axis, split_edges


def reshape(x, *, newshape):
    return x.reshape(newshape if type(newshape) is tuple else as_integers(newshape))


def transpose(x, *, axes=None):
    return x.permute(tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


def broadcast_to(x, *, shape):
    return x.expand(shape)


def flip(x, *, axis=None):
    return torch.flip(x, normalize_axes(axis, x.ndim))


def strided_slice(x, *, start, stop, step):
    return x[tuple(map(slice, start, stop, step))]


def interior_pad(x, *, low, high, interior, value=0.0):
    if not any(interior):
        pairs = [n for pair in zip(reversed(low), reversed(high), strict=True) for n in pair]
        return torch.constant_pad_nd(x, pairs, value) if any(pairs) else x
    spans = [n + (n - 1) * i if n else 0 for n, i in zip(x.shape, interior, strict=True)]
    y = x.new_full([a + span + b for a, span, b in zip(low, spans, high, strict=True)], value)
    y[tuple(slice(a, a + span, i + 1) for a, span, i in zip(low, spans, interior, strict=True))] = x
    return y


def _alike(xs):
    return xs if all(x.dtype is xs[0].dtype for x in xs) else promoted(*xs)


def concatenate(*xs, axis=0):
    if axis is None:
        xs, axis = tuple(x.reshape(-1) for x in xs), 0
    return torch.cat(_alike(xs), dim=check_joinable(xs, axis))


def stack(*x, axis=0):
    return torch.stack(_alike(x), dim=check_alike(x, axis))


def split(x, *, indices_or_sections, axis=0):
    axis = normalize_axis(axis, x.ndim)
    edges = split_edges("split", x.shape[axis], indices_or_sections, axis)
    return torch.split(x, [b - a for a, b in itertools.pairwise(edges)], dim=axis)
