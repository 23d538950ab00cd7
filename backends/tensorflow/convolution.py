"""Convolution and its two cotangents by TensorFlow's kernels.

On the CPU the kernels of the cotangents know no groups and no dilation, but that of the convolution does, and both
cotangents are convolutions of rearranged tensors. Three spatial axes with groups or dilation are left to the spec's
taps, and so are tensors without elements.
"""

import tensorflow as tf

from kcompat.backends.tensorflow.kinks import declared, interpreter
from kcompat.spec import OPS
from kcompat.spec.convolution import explicit_padding

_FORWARD = {2: tf.raw_ops.Conv2D, 3: tf.raw_ops.Conv3D}
_INPUT_GRAD = {2: tf.raw_ops.Conv2DBackpropInput, 3: tf.raw_ops.Conv3DBackpropInputV2}
_KERNEL_GRAD = {2: tf.raw_ops.Conv2DBackpropFilter, 3: tf.raw_ops.Conv3DBackpropFilterV2}


class _Geometry:
    """How a convolution of an input and a kernel of known shapes is done: `plain`, `general` or by neither kernel."""

    def __init__(self, x_shape, kernel_shape, strides, padding, dilation, dtype):
        self.rank = len(strides)
        self.groups = x_shape[-1] // kernel_shape[-2]
        sizes, window = x_shape[1:-1], kernel_shape[:-2]
        named = {explicit_padding(name, sizes, window, strides, dilation): name.upper() for name in ("same", "valid")}
        self.padding = named.get(tuple(map(tuple, padding)))
        self.pads = [(0, 0), *padding, (0, 0)] if self.padding is None else None
        self.padded = tuple(n + a + b for n, (a, b) in zip(sizes, padding, strict=True))
        possible = 0 not in (*x_shape, *kernel_shape) and dtype.is_floating
        simple = self.groups == 1 and all(d == 1 for d in dilation)
        self.plain = possible and simple
        self.depthwise = (
            possible
            and self.rank == 2
            and 1 < self.groups == x_shape[-1]
            and strides == strides[:1] * 2
            and dilation == (1, 1)
        )
        self.general = possible and self.rank == 2
        self.how = {"strides": [1, *strides, 1], "dilations": [1, *dilation, 1], "padding": self.padding or "VALID"}

    def pad(self, x):
        return x if self.pads is None else tf.pad(x, self.pads)

    def unpad(self, x, shape):
        return x if self.pads is None else tf.slice(x, [a for a, _ in self.pads], shape)


def _body(name, *tensors, **attrs):
    return OPS[name].body(interpreter(), *tensors, **attrs)


def _lift(shape, axis):
    return (*shape[:axis], 1, *shape[axis:])


def _lift_attributes(strides, padding, dilation):
    return {"strides": (strides[0], *strides), "padding": ((0, 0), *padding), "dilation": (1, *dilation)}


@declared
def convolution(x, kernel, *, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution`."""
    return _convolution(x, kernel, strides=strides, padding=padding, dilation=dilation)


def _convolution(x, kernel, **attrs):
    if len(x.shape) == 3:
        lifted = _convolution(tf.expand_dims(x, 1), tf.expand_dims(kernel, 0), **_lift_attributes(**attrs))
        return tf.squeeze(lifted, 1)
    geometry = _Geometry(tuple(x.shape), tuple(kernel.shape), **attrs, dtype=x.dtype)
    if not (geometry.plain or geometry.general):
        return _body("convolution", x, kernel, **attrs)
    return _FORWARD[geometry.rank](input=geometry.pad(x), filter=kernel, **geometry.how)


@declared
def convolution_input_grad(g, kernel, *, shape, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution_input_grad`."""
    return _input_grad(g, kernel, shape, strides=strides, padding=padding, dilation=dilation)


def _input_grad(g, kernel, shape, **attrs):
    if len(shape) == 3:
        g, kernel = tf.expand_dims(g, 1), tf.expand_dims(kernel, 0)
        return tf.squeeze(_input_grad(g, kernel, _lift(shape, 1), **_lift_attributes(**attrs)), 1)
    geometry = _Geometry(shape, tuple(kernel.shape), **attrs, dtype=g.dtype)
    if geometry.plain:
        sizes = shape if geometry.pads is None else (shape[0], *geometry.padded, shape[-1])
        y = _INPUT_GRAD[geometry.rank](input_sizes=sizes, filter=kernel, out_backprop=g, **geometry.how)
        return geometry.unpad(y, shape)
    if not geometry.general:
        return _body("convolution_input_grad", g, kernel, shape=shape, **attrs)
    *window, inputs, outputs = kernel.shape
    kernel = tf.reshape(tf.reverse(kernel, [0, 1]), (*window, inputs, geometry.groups, outputs // geometry.groups))
    kernel = tf.reshape(tf.transpose(kernel, (0, 1, 4, 3, 2)), (*window, outputs // geometry.groups, shape[-1]))
    reach = [(k - 1) * d for k, d in zip(window, attrs["dilation"], strict=True)]
    spans = [(m - 1) * s + 1 for m, s in zip(g.shape[1:-1], attrs["strides"], strict=True)]
    high = [n - span for n, span in zip(geometry.padded, spans, strict=True)]
    interior = [s - 1 for s in attrs["strides"]]
    g = interpreter().interior_pad(g, low=(0, *reach, 0), high=(0, *high, 0), interior=(0, *interior, 0))
    y = tf.raw_ops.Conv2D(input=g, filter=kernel, strides=[1] * 4, padding="VALID", dilations=geometry.how["dilations"])
    return tf.slice(y, [0, *(a for a, _ in attrs["padding"]), 0], shape)


@declared
def convolution_kernel_grad(x, g, *, shape, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution_kernel_grad`."""
    return _kernel_grad(x, g, shape, strides=strides, padding=padding, dilation=dilation)


def _kernel_grad(x, g, shape, **attrs):
    if len(shape) == 3:
        x, g = tf.expand_dims(x, 1), tf.expand_dims(g, 1)
        return tf.squeeze(_kernel_grad(x, g, _lift(shape, 0), **_lift_attributes(**attrs)), 0)
    geometry = _Geometry(tuple(x.shape), shape, **attrs, dtype=x.dtype)
    if geometry.plain:
        backprop = _KERNEL_GRAD[geometry.rank]
        return backprop(input=geometry.pad(x), filter_sizes=shape, out_backprop=g, **geometry.how)
    if not geometry.general:
        return _body("convolution_kernel_grad", x, g, shape=shape, **attrs)
    x = tf.pad(x, [(0, 0), *attrs["padding"], (0, 0)])
    batch, *sizes, channels = x.shape
    x = tf.reshape(x, (batch, *sizes, geometry.groups, channels // geometry.groups))  # inputs become the batch,
    x = tf.reshape(tf.transpose(x, (4, 1, 2, 3, 0)), (-1, *sizes, geometry.groups * batch))  # the batch channels
    y = tf.raw_ops.Conv2D(
        input=x,
        filter=tf.transpose(g, (1, 2, 0, 3)),
        strides=[1, *attrs["dilation"], 1],
        padding="VALID",
        dilations=[1, *attrs["strides"], 1],
    )
    *window, inputs, outputs = shape
    return tf.transpose(tf.slice(y, [0] * 4, (inputs, *window, outputs)), (1, 2, 0, 3))
