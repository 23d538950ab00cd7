"""Convolution by XLA. Its two cotangents are its transposes, so each of the three can be differentiated again.

On a CPU XLA takes two to three times as long for the cotangents as products of matrices do. So a convolution that
is differentiated is one product over columns of windows (im2col), as long as they stay in the caches.
"""

import functools
import math

import jax
import jax.numpy as jnp
from jax import lax

from kcompat.backends.jax.interpreter import interpreter
from kcompat.backends.jax.ops.matrix import matmul
from kcompat.backends.jax.platform import on_cpu, precision
from kcompat.spec import result_type
from kcompat.spec.convolution import output_sizes, pad_spatial, taps

COLUMNS = 20_000_000
"""How many bytes of columns are worth making."""


def _same_dtype(*tensors):
    dtype = result_type(*tensors)
    return [x.astype(dtype) for x in tensors]


def _convolve(x, kernel, strides, padding, dilation):
    rank = x.ndim - 2
    spatial = tuple(range(1, rank + 1))
    channels_last = (0, rank + 1, *spatial)
    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        rhs_dilation=dilation,
        dimension_numbers=lax.ConvDimensionNumbers(channels_last, (rank + 1, rank, *range(rank)), channels_last),
        feature_group_count=x.shape[-1] // kernel.shape[-2],
        precision=precision(),
    )


def convolution(x, kernel, *, strides, padding, dilation):
    x, kernel = _same_dtype(x, kernel)
    geometry = {"strides": strides, "padding": padding, "dilation": dilation}
    outputs = output_sizes(x.shape[1:-1], kernel.shape[:-2], **geometry)
    if not _worth_columns(x, kernel, outputs):
        return _convolve(x, kernel, **geometry)
    apply = jax.custom_vjp(functools.partial(_convolve, **geometry))
    apply.defvjp(
        lambda x, kernel: jax.vjp(functools.partial(_by_columns, outputs=outputs, **geometry), x, kernel),
        lambda pull, g: pull(g),
    )
    return apply(x, kernel)


def _worth_columns(x, kernel, outputs):
    cells = x.shape[0] * math.prod(outputs)
    size = cells * math.prod(kernel.shape[:-1]) * x.dtype.itemsize
    return x.shape[-1] == kernel.shape[-2] and x.dtype.itemsize >= 4 and 0 < size <= COLUMNS and on_cpu()


def _by_columns(x, kernel, strides, padding, dilation, outputs):
    window, filters = kernel.shape[:-2], kernel.shape[-1]
    B = interpreter()
    cells = taps(B, pad_spatial(B, x, padding), window, strides, dilation, outputs)
    columns = jnp.concatenate([part for _, part in cells], axis=-1)
    y = matmul(columns.reshape(-1, columns.shape[-1]), kernel.reshape(-1, filters))
    return y.reshape(x.shape[0], *outputs, filters)


def convolution_input_grad(g, kernel, *, shape, strides, padding, dilation):
    g, kernel = _same_dtype(g, kernel)
    forward = functools.partial(_convolve, kernel=kernel, strides=strides, padding=padding, dilation=dilation)
    (x,) = jax.linear_transpose(forward, jax.ShapeDtypeStruct(shape, g.dtype))(g)
    return x


def convolution_kernel_grad(x, g, *, shape, strides, padding, dilation):
    x, g = _same_dtype(x, g)
    forward = functools.partial(_convolve, x, strides=strides, padding=padding, dilation=dilation)
    (kernel,) = jax.linear_transpose(forward, jax.ShapeDtypeStruct(shape, g.dtype))(g)
    return kernel
