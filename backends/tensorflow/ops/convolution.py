"""Convolution and its two cotangents by TensorFlow's kernels.

On the CPU the kernels of the cotangents know no groups and no dilation, but that of the convolution does, and both
cotangents are convolutions of rearranged tensors. Three spatial axes with groups or dilation are left to the spec's
taps, and so are tensors without elements.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from kcompat.backends.tensorflow.declared import declared
from kcompat.backends.tensorflow.interpreter import interpreter, run_body
from kcompat.spec.convolution import explicit_padding


class _Kernels(NamedTuple):
    forward: Any
    input_grad: Any
    kernel_grad: Any


_raw = tf.raw_ops
_PLAIN = {
    2: _Kernels(_raw.Conv2D, _raw.Conv2DBackpropInput, _raw.Conv2DBackpropFilter),
    3: _Kernels(_raw.Conv3D, _raw.Conv3DBackpropInputV2, _raw.Conv3DBackpropFilterV2),
}
_DEPTHWISE = _Kernels(
    _raw.DepthwiseConv2dNative, _raw.DepthwiseConv2dNativeBackpropInput, _raw.DepthwiseConv2dNativeBackpropFilter
)


class _Geometry:
    """A convolution of known shapes: the kernels for it, if there are, and how they are called."""

    def __init__(self, x_shape, kernel_shape, strides, padding, dilation, dtype):
        sizes, window, filters = x_shape[1:-1], kernel_shape[:-2], kernel_shape[-1]
        channels, rank = x_shape[-1], len(strides)
        self.groups = channels // kernel_shape[-2]
        named = {explicit_padding(name, sizes, window, strides, dilation): name.upper() for name in ("same", "valid")}
        name = named.get(tuple(map(tuple, padding)))
        self.pads = [(0, 0), *padding, (0, 0)] if name is None else None
        self.padded = (x_shape[0], *(n + a + b for n, (a, b) in zip(sizes, padding, strict=True)), channels)
        self.attributes = {"strides": [1, *strides, 1], "dilations": [1, *dilation, 1], "padding": name or "VALID"}
        possible, dilated = 0 not in (*x_shape, *kernel_shape) and dtype.is_floating, any(d > 1 for d in dilation)
        self.rearranged = possible and rank == 2  # by the kernel of the convolution alone
        self.kernels, self.kernel_shape = None, kernel_shape
        if possible and not dilated and self.groups == 1:
            self.kernels = _PLAIN[rank]
        elif possible and not dilated and self.groups == channels and rank == 2 and strides[0] == strides[1]:
            self.kernels, self.kernel_shape = _DEPTHWISE, (*window, channels, filters // channels)

    def pad(self, x):
        return x if self.pads is None else tf.pad(x, self.pads)


def _lift(shape, axis):
    return (*shape[:axis], 1, *shape[axis:])


def _lift_attributes(strides, padding, dilation):
    """A line is an image of height 1; equal strides are what the depthwise kernels know."""
    return {"strides": (strides[0], *strides), "padding": ((0, 0), *padding), "dilation": (1, *dilation)}


@declared
def convolution(x, kernel, *, strides, padding, dilation):
    return _convolution(x, kernel, strides=strides, padding=padding, dilation=dilation)


def _convolution(x, kernel, **attrs):
    if len(x.shape) == 3:
        lifted = _convolution(tf.expand_dims(x, 1), tf.expand_dims(kernel, 0), **_lift_attributes(**attrs))
        return tf.squeeze(lifted, 1)
    geometry = _Geometry(tuple(x.shape), tuple(kernel.shape), **attrs, dtype=x.dtype)
    if geometry.kernels:
        kernel = tf.reshape(kernel, geometry.kernel_shape)
        return geometry.kernels.forward(input=geometry.pad(x), filter=kernel, **geometry.attributes)
    if geometry.rearranged:
        return tf.raw_ops.Conv2D(input=geometry.pad(x), filter=kernel, **geometry.attributes)
    return run_body("convolution", x, kernel, **attrs)


@declared
def convolution_input_grad(g, kernel, *, shape, strides, padding, dilation):
    return _input_grad(g, kernel, tuple(shape), strides=strides, padding=padding, dilation=dilation)


def _input_grad(g, kernel, shape, **attrs):
    if len(shape) == 3:
        g, kernel = tf.expand_dims(g, 1), tf.expand_dims(kernel, 0)
        return tf.squeeze(_input_grad(g, kernel, _lift(shape, 1), **_lift_attributes(**attrs)), 1)
    geometry = _Geometry(shape, tuple(kernel.shape), **attrs, dtype=g.dtype)
    if geometry.kernels:
        sizes = shape if geometry.pads is None else geometry.padded
        kernel = tf.reshape(kernel, geometry.kernel_shape)
        y = geometry.kernels.input_grad(input_sizes=sizes, filter=kernel, out_backprop=g, **geometry.attributes)
    elif geometry.rearranged:
        y = _rearranged_input_grad(g, kernel, geometry, **attrs)
    else:
        return run_body("convolution_input_grad", g, kernel, shape=shape, **attrs)
    if tuple(y.shape) == shape:
        return y
    return tf.slice(y, [0, *(a for a, _ in attrs["padding"]), 0], shape)


def _rearranged_input_grad(g, kernel, geometry, strides, padding, dilation):
    """The cotangent of the padded input: the spread cotangent, convolved with the turned and transposed kernel."""
    del padding
    *window, inputs, outputs = kernel.shape
    groups = geometry.groups
    kernel = tf.reshape(tf.reverse(kernel, [0, 1]), (*window, inputs, groups, outputs // groups))
    kernel = tf.reshape(tf.transpose(kernel, (0, 1, 4, 3, 2)), (*window, outputs // groups, groups * inputs))
    reach = [(k - 1) * d for k, d in zip(window, dilation, strict=True)]
    spans = [(m - 1) * s + 1 for m, s in zip(g.shape[1:-1], strides, strict=True)]
    high = [n - span for n, span in zip(geometry.padded[1:-1], spans, strict=True)]
    interior = (0, *(s - 1 for s in strides), 0)
    g = interpreter().interior_pad(g, low=(0, *reach, 0), high=(0, *high, 0), interior=interior)
    dilations = [1, *dilation, 1]
    return tf.raw_ops.Conv2D(input=g, filter=kernel, strides=[1] * 4, padding="VALID", dilations=dilations)


@declared
def convolution_kernel_grad(x, g, *, shape, strides, padding, dilation):
    return _kernel_grad(x, g, tuple(shape), strides=strides, padding=padding, dilation=dilation)


def _kernel_grad(x, g, shape, **attrs):
    if len(shape) == 3:
        x, g = tf.expand_dims(x, 1), tf.expand_dims(g, 1)
        return tf.squeeze(_kernel_grad(x, g, _lift(shape, 0), **_lift_attributes(**attrs)), 0)
    geometry = _Geometry(tuple(x.shape), shape, **attrs, dtype=x.dtype)
    if geometry.kernels:
        backprop, sizes = geometry.kernels.kernel_grad, geometry.kernel_shape
        y = backprop(input=geometry.pad(x), filter_sizes=sizes, out_backprop=g, **geometry.attributes)
        return tf.reshape(y, shape)
    if geometry.rearranged:
        return _rearranged_kernel_grad(x, g, shape, geometry.groups, **attrs)
    return run_body("convolution_kernel_grad", x, g, shape=shape, **attrs)


def _rearranged_kernel_grad(x, g, shape, groups, strides, padding, dilation):
    """The input, convolved with the cotangent: the batch is what is summed over, so it stands for the channels."""
    x = tf.pad(x, [(0, 0), *padding, (0, 0)])
    batch, *sizes, channels = x.shape
    x = tf.reshape(x, (batch, *sizes, groups, channels // groups))
    x = tf.reshape(tf.transpose(x, (4, 1, 2, 3, 0)), (channels // groups, *sizes, groups * batch))
    g = tf.transpose(g, (1, 2, 0, 3))
    y = tf.raw_ops.Conv2D(input=x, filter=g, strides=[1, *dilation, 1], padding="VALID", dilations=[1, *strides, 1])
    *window, inputs, outputs = shape
    return tf.transpose(tf.slice(y, [0] * 4, (inputs, *window, outputs)), (1, 2, 0, 3))
