"""Reading and adding at indices."""

import torch

from kcompat.backends.torch.dtypes import SCALARS
from kcompat.spec import rules as _rules
from kcompat.spec.rules import normalize_axis


def _from_start(indices, size):
    """Indices as torch takes them: int64, and none that counts from the end."""
    indices = indices.to(torch.int64)
    return torch.where(indices < 0, indices + size, indices)


def take(x, indices, *, axis=None):
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = normalize_axis(axis, x.ndim)
    if type(indices) in SCALARS:
        return x.select(axis, indices)
    flat = _from_start(indices, x.shape[axis]).reshape(-1)
    return x.index_select(axis, flat).reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))


def scatter_add(values, indices, *, axis, size):
    before, after = values.shape[:axis], values.shape[axis + indices.ndim :]
    flat = _from_start(indices, size).reshape(-1)
    zeros = values.new_zeros((*before, size, *after))
    return zeros.index_add_(axis, flat, values.reshape(*before, len(flat), *after))


def take_along_axis(x, indices, *, axis=None):
    _rules.take_along_axis(x, indices, axis=axis)  # which refuses what does not fit
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = normalize_axis(axis, x.ndim)
    index = _from_start(indices, x.shape[axis])
    if x.shape[:axis] == index.shape[:axis] and x.shape[axis + 1 :] == index.shape[axis + 1 :]:
        return torch.gather(x, axis, index)
    return torch.take_along_dim(x, index, dim=axis)


def scatter_add_along_axis(values, indices, *, axis, size):
    zeros = values.new_zeros((*values.shape[:axis], size, *values.shape[axis + 1 :]))
    return zeros.scatter_add_(axis, _from_start(indices, size).expand(values.shape), values)
