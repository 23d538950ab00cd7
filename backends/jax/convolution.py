"""Convolution by XLA. Its two cotangents are its transposes, so each of the three can be differentiated again."""

import functools

import jax
from jax import lax

from kcompat.backends.jax.matrix import precision
from kcompat.spec import result_type


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
    """See `kcompat.spec.convolution.convolution`."""
    x, kernel = _same_dtype(x, kernel)
    return _convolve(x, kernel, strides, padding, dilation)


def convolution_input_grad(g, kernel, *, shape, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution_input_grad`."""
    g, kernel = _same_dtype(g, kernel)
    forward = functools.partial(_convolve, kernel=kernel, strides=strides, padding=padding, dilation=dilation)
    (x,) = jax.linear_transpose(forward, jax.ShapeDtypeStruct(shape, g.dtype))(g)
    return x


def convolution_kernel_grad(x, g, *, shape, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution_kernel_grad`."""
    x, g = _same_dtype(x, g)
    forward = functools.partial(_convolve, x, strides=strides, padding=padding, dilation=dilation)
    (kernel,) = jax.linear_transpose(forward, jax.ShapeDtypeStruct(shape, g.dtype))(g)
    return kernel
