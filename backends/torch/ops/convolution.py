"""Convolution by torch's kernels, on permuted views: no tensor is copied to change its layout."""

import torch

from kcompat.backends.torch.dtypes import as_is, promoted
from kcompat.backends.torch.ops._padding import pad_last, split_padding


def _channels_second(x):
    """`(batch, *spatial, channels)` as `(batch, channels, *spatial)`."""
    return x.movedim(-1, 1)


_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}


def _filters_first(kernel):
    """`(*window, inputs, filters)` as `(filters, inputs, *window)`."""
    rank = kernel.ndim - 2
    # Of one filter and a batch of one, torch's kernel for the gradient takes no filter whose channels are last.
    form = torch.contiguous_format if kernel.shape[-1] == 1 else _LAST.get(kernel.ndim, torch.contiguous_format)
    return kernel.permute(rank + 1, rank, *range(rank)).contiguous(memory_format=form)


def convolution(x, kernel, *, strides, padding, dilation):
    if not as_is(x, kernel):
        x, kernel = promoted(x, kernel)
    groups = x.shape[-1] // kernel.shape[-2]
    both, rest = split_padding(padding)
    x, zeros = pad_last(_channels_second(x), rest), [0] * len(both)
    y = torch.convolution(x, _filters_first(kernel), None, strides, both, dilation, False, zeros, groups)
    return y.movedim(1, -1)


def convolution_input_grad(g, kernel, *, shape, strides, padding, dilation):
    """A transposed convolution."""
    if not as_is(g, kernel):
        g, kernel = promoted(g, kernel)
    window, groups = kernel.shape[:-2], shape[-1] // kernel.shape[-2]
    both, rest = split_padding(padding)
    cells = zip(shape[1:-1], rest, both, g.shape[1:-1], window, strides, dilation, strict=True)
    # What the strides left over at the end of the input, which no window met.
    unmet = [n + a + b + 2 * p - (m - 1) * s - (k - 1) * d - 1 for n, (a, b), p, m, k, s, d in cells]
    x = torch.convolution(
        _channels_second(g), _filters_first(kernel), None, strides, both, dilation, True, unmet, groups
    )
    for axis, ((a, b), n) in enumerate(zip(rest, shape[1:-1], strict=True), start=2):
        if a or b:
            x = x.narrow(axis, a, n)
    return x.movedim(1, -1)


def convolution_kernel_grad(x, g, *, shape, strides, padding, dilation):
    if not as_is(x, g):
        x, g = promoted(x, g)
    groups = x.shape[-1] // shape[-2]
    both, rest = split_padding(padding)
    x, zeros = pad_last(_channels_second(x), rest), [0] * len(both)
    kernel = _filters_first(x.new_empty(1).expand(shape))  # asked for its shape, never read
    geometry = (None, strides, both, dilation, False, zeros, groups, (False, True, False))
    kernel = torch.ops.aten.convolution_backward(_channels_second(g), x, kernel, *geometry)[1]
    return kernel.permute(*range(2, kernel.ndim), 1, 0)
