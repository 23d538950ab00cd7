"""Reductions and running totals (reduction, cumulative)."""

import math

import torch

from kcompat.backends.torch.dtypes import NAMES, TORCH, WIDE_UNSIGNED, as_float, with_kernels
from kcompat.backends.torch.interpreter import run_body
from kcompat.spec import TensorSpec
from kcompat.spec.rules import (
    cumulated_dtype,
    maximum_along,
    normalize_axes,
    normalize_axis,
    reduced_shape,
    total_dtype,
)


def _refuse_nothing(x, axis):
    """Raise the spec's ValueError for a maximum over no elements, or an axis that is not there."""
    maximum_along(TensorSpec(tuple(x.shape)), axis=axis)


def sum(x, *, axis=None, keepdims=False):  # noqa: A001
    axes = normalize_axes(axis, x.ndim)  # to torch an empty tuple means all axes
    if x.is_floating_point():
        return torch.sum(x, dim=axes, keepdim=keepdims) if axes else x
    total = torch.sum(x.to(torch.int64), dim=axes, keepdim=keepdims) if axes else x
    return total.to(TORCH[total_dtype(NAMES[x.dtype])])


def mean(x, *, axis=None, keepdims=False):
    x, axes = as_float(x), normalize_axes(axis, x.ndim)
    return torch.mean(x, dim=axes, keepdim=keepdims) if axes else x


def prod(x, *, axis=None, keepdims=False, dtype=None):
    if x.requires_grad:  # torch's own gradient divides
        return run_body("prod", x, axis=axis, keepdims=keepdims, dtype=dtype)
    shape, axes = reduced_shape(x, axis, keepdims), normalize_axes(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    dtype = TORCH[dtype or total_dtype(NAMES[x.dtype])]
    x = with_kernels(x if x.dtype is dtype else x.to(dtype)).permute((*kept, *axes))
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
    """Torch's own gradient is that of a softmax rounded at the maximum, and its own sum of halves overflows."""
    x, axes = as_float(x), normalize_axes(axis, x.ndim)
    _refuse_nothing(x, axis)
    if not axes:  # to torch an empty tuple means all axes
        return x
    if x.dtype.itemsize == 2:
        return logsumexp(x.float(), axis=axis, keepdims=keepdims).to(x.dtype)
    if not x.requires_grad:
        return torch.logsumexp(x, dim=axes, keepdim=keepdims)
    largest = torch.amax(x.detach(), dim=axes, keepdim=True)
    shift = torch.where(torch.isfinite(largest), largest, 0.0)
    return torch.logsumexp(x - shift, dim=axes, keepdim=keepdims) + (shift if keepdims else shift.squeeze(axes))


def _index(f):
    def call(x, *, axis=None, keepdims=False):
        _refuse_nothing(x, axis)
        axis = None if axis is None else normalize_axis(axis, x.ndim)
        return f(with_kernels(x), dim=axis, keepdim=keepdims).to(torch.int32)

    return call


argmax, argmin = _index(torch.argmax), _index(torch.argmin)


def _running(f, body=None):
    """`f` along one axis, or the body of an op where it is differentiated: torch's own gradient divides."""

    def call(x, *, axis=None, dtype=None):
        if body and x.requires_grad:
            return run_body(body, x, axis=axis, dtype=dtype)
        dtype = TORCH[cumulated_dtype(NAMES[x.dtype], dtype)]
        if axis is None:
            x, axis = x.reshape(-1), 0
        axis = normalize_axis(axis, x.ndim)
        return f(with_kernels(x if x.dtype is dtype else x.to(dtype)), dim=axis).to(dtype)

    return call


cumsum, cumprod = _running(torch.cumsum), _running(torch.cumprod, "cumprod")
