"""Reductions, running totals and search on torch tensors."""

import math

import torch

from kcompat.backends.torch.dtypes import TORCH, WIDE_UNSIGNED, promoted
from kcompat.runtime.registry import load
from kcompat.spec import OPS, TensorSpec, floatx
from kcompat.spec.rules import (
    check_search,
    cumulated_dtype,
    maximum_along,
    normalize_axes,
    normalize_axis,
    reduced_shape,
    total_dtype,
)

__all__ = ["all", "any", "argmax", "argmin", "cumprod", "cumsum", "logsumexp"]
__all__ += ["max", "mean", "min", "prod", "searchsorted", "sum"]


def _as_float(x):
    return x if x.is_floating_point() else x.to(TORCH[floatx()])


def _known(x):
    """A tensor as one of a dtype that torch has all functions of."""
    return x.to(torch.int64) if x.dtype is torch.bool or x.dtype in WIDE_UNSIGNED else x


def _name(x):
    return str(x.dtype).removeprefix("torch.")


def _refuse_nothing(x, axis):
    """Raise the spec's ValueError for a maximum over no elements, or an axis that is not there."""
    maximum_along(TensorSpec(tuple(x.shape)), axis=axis)


def sum(x, *, axis=None, keepdims=False):  # noqa: A001
    """See `kcompat.spec.reduction.sum_`."""
    axes = normalize_axes(axis, x.ndim)  # to torch an empty tuple means all axes
    if x.is_floating_point():
        return torch.sum(x, dim=axes, keepdim=keepdims) if axes else x
    total = torch.sum(x.to(torch.int64), dim=axes, keepdim=keepdims) if axes else x
    return total.to(TORCH[total_dtype(_name(x))])


def mean(x, *, axis=None, keepdims=False):
    """See `kcompat.spec.reduction.mean`."""
    x, axes = _as_float(x), normalize_axes(axis, x.ndim)
    return torch.mean(x, dim=axes, keepdim=keepdims) if axes else x


def prod(x, *, axis=None, keepdims=False, dtype=None):
    """See `kcompat.spec.reduction.prod`."""
    if x.requires_grad:  # torch's own gradient divides
        return OPS["prod"].body(load("torch"), x, axis=axis, keepdims=keepdims, dtype=dtype)
    shape, axes = reduced_shape(x, axis, keepdims), normalize_axes(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    dtype = TORCH[dtype or total_dtype(_name(x))]
    x = _known(x if x.dtype is dtype else x.to(dtype)).permute(*kept, *axes)
    x = x.reshape(*x.shape[: len(kept)], math.prod(x.shape[len(kept) :]))
    return torch.prod(x, dim=-1).reshape(shape).to(dtype)


def _extremum(f):
    def call(x, *, axis=None, keepdims=False):
        _refuse_nothing(x, axis)
        axes = normalize_axes(axis, x.ndim)
        if x.dtype in WIDE_UNSIGNED:
            return call(x.to(torch.int64), axis=axis, keepdims=keepdims).to(x.dtype)
        return f(x, dim=axes, keepdim=keepdims) if axes else x

    return call


max, min = _extremum(torch.amax), _extremum(torch.amin)  # noqa: A001


def _truth(f):
    def call(x, *, axis=None, keepdims=False):
        axes = normalize_axes(axis, x.ndim)
        x = x if x.dtype is torch.bool else x != 0
        return f(x, dim=axes, keepdim=keepdims) if axes else x

    return call


all, any = _truth(torch.all), _truth(torch.any)  # noqa: A001


def logsumexp(x, *, axis=None, keepdims=False):
    """See `kcompat.spec.reduction.logsumexp`; torch's own gradient is that of a softmax rounded at the maximum."""
    x, axes = _as_float(x), normalize_axes(axis, x.ndim)
    _refuse_nothing(x, axis)
    if not x.requires_grad or not axes:
        return torch.logsumexp(x, dim=axes, keepdim=keepdims)
    largest = torch.amax(x.detach(), dim=axes, keepdim=True)
    shift = torch.where(torch.isfinite(largest), largest, 0.0)
    return torch.logsumexp(x - shift, dim=axes, keepdim=keepdims) + (shift if keepdims else shift.squeeze(axes))


def _index(f):
    def call(x, *, axis=None, keepdims=False):
        _refuse_nothing(x, axis)
        return f(_known(x), dim=axis, keepdim=keepdims).to(torch.int32)

    return call


argmax, argmin = _index(torch.argmax), _index(torch.argmin)


def _running(f, name):
    def call(x, *, axis=None, dtype=None):
        if name and x.requires_grad:  # torch's own gradient divides
            return OPS[name].body(load("torch"), x, axis=axis, dtype=dtype)
        dtype = TORCH[cumulated_dtype(_name(x), dtype)]
        if axis is None:
            x, axis = x.reshape(-1), 0
        axis = normalize_axis(axis, x.ndim)
        return f(_known(x if x.dtype is dtype else x.to(dtype)), dim=axis).to(dtype)

    return call


cumsum, cumprod = _running(torch.cumsum, None), _running(torch.cumprod, "cumprod")


def searchsorted(sorted_sequence, values, *, side="left"):
    """See `kcompat.spec.order.searchsorted`; torch's own expects no NaN."""
    check_search(sorted_sequence, side)
    sequence, values = (_known(x.detach()).contiguous() for x in promoted(sorted_sequence, values))
    right = side == "right"
    if not sequence.is_floating_point():
        return torch.searchsorted(sequence, values, right=right, out_int32=True)
    missing = torch.isnan(sequence)
    found = torch.searchsorted(sequence.masked_fill(missing, math.inf), values, right=right, out_int32=True)
    numbers = (~missing).sum(dtype=torch.int32)
    return torch.where(torch.isnan(values), len(sequence) if right else numbers, torch.minimum(found, numbers))
