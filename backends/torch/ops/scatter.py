"""Combining values at indices that may repeat."""

import torch


def _lowest(dtype):
    return -torch.inf if dtype.is_floating_point else torch.iinfo(dtype).min


def _combined(values, indices, size, start, reduction):
    y = torch.full((size, *values.shape[1:]), start, dtype=values.dtype, device=values.device)
    index = indices.to(torch.int64).reshape(-1, *[1] * (values.ndim - 1)).expand(values.shape)
    return y.scatter_reduce(0, index, values, reduction, include_self=False)


def scatter_max(values, indices, *, size):
    return _combined(values, indices, size, _lowest(values.dtype), "amax")


def scatter_multiply(values, indices, *, size):
    return _combined(values, indices, size, 1, "prod")
