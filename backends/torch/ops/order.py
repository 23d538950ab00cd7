"""Sorting and search."""

import math

import torch

from kcompat.backends.torch.dtypes import promoted, with_kernels
from kcompat.spec.rules import check_search, normalize_axis


def _line(x, axis):
    """The tensor and its axis from 0; flattened if `axis` is None."""
    return (x.reshape(-1), 0) if axis is None else (x, normalize_axis(axis, x.ndim))


def argsort(x, *, axis=-1):
    x, axis = _line(x, axis)
    return torch.argsort(x, dim=axis, stable=True).to(torch.int32)


def sort(x, *, axis=-1):
    x, axis = _line(x, axis)
    return torch.sort(x, dim=axis, stable=True).values


def searchsorted(sorted_sequence, values, *, side="left"):
    """Torch's own expects no NaN."""
    check_search(sorted_sequence, side)
    sequence, values = (with_kernels(x.detach()).contiguous() for x in promoted(sorted_sequence, values))
    right = side == "right"
    if not sequence.is_floating_point():
        return torch.searchsorted(sequence, values, right=right, out_int32=True)
    missing = torch.isnan(sequence)
    position = torch.searchsorted(sequence.masked_fill(missing, math.inf), values, right=right, out_int32=True)
    numbers = (~missing).sum(dtype=torch.int32)
    return torch.where(torch.isnan(values), len(sequence) if right else numbers, torch.minimum(position, numbers))
