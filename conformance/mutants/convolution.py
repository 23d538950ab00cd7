"""Wrong convolution, pooling and patches."""

import numpy as np

from kcompat.conformance.mutants import narrow
from kcompat.conformance.mutants.mutation import edited, honest, value, vjp

value("convolution", "TF32 inputs")(
    lambda x, kernel, **how: honest("convolution")(narrow(x, 10), narrow(kernel, 10), **how)
)
value("convolution", "bfloat16 inputs")(
    lambda x, kernel, **how: honest("convolution")(narrow(x, 7), narrow(kernel, 7), **how)
)
value("convolution", "half-precision inputs")(
    lambda x, kernel, **how: honest("convolution")(_half(x), _half(kernel), **how)
)
value("convolution", "the kernel flipped: convolution proper")(
    lambda x, kernel, **how: honest("convolution")(x, np.flip(kernel, tuple(range(kernel.ndim - 2))), **how)
)
value("convolution", "rows and columns of the kernel exchanged")(
    lambda x, kernel, **how: honest("convolution")(x, np.flip(kernel, 0), **how)
)
value("convolution", "filters interleaved over the groups")(
    lambda x, kernel, **how: honest("convolution")(x, _interleaved(kernel, x.shape[-1] // kernel.shape[-2]), **how)
)
value("convolution", "padding before and after exchanged")(
    lambda x, kernel, *, strides, padding, dilation: honest("convolution")(
        x, kernel, strides=strides, padding=tuple(p[::-1] for p in padding), dilation=dilation
    )
)
vjp(
    "convolution",
    "the gradient's kernel is not flipped",
    (
        lambda B, g, y, x, kernel, **how: B.convolution_input_grad(
            g, B.flip(kernel, axis=0), shape=tuple(x.shape), **how
        ),
        lambda B, g, y, x, kernel, **how: B.convolution_kernel_grad(x, g, shape=tuple(kernel.shape), **how),
    ),
)
vjp(
    "convolution",
    "the kernel's gradient is the mean over the batch",
    (
        lambda B, g, y, x, kernel, **how: B.convolution_input_grad(g, kernel, shape=tuple(x.shape), **how),
        lambda B, g, y, x, kernel, **how: B.convolution_kernel_grad(
            x, g / x.shape[0], shape=tuple(kernel.shape), **how
        ),
    ),
)
value("convolution_input_grad", "TF32 inputs")(
    lambda g, kernel, **how: honest("convolution_input_grad")(narrow(g, 10), narrow(kernel, 10), **how)
)
value("convolution_kernel_grad", "TF32 inputs")(
    lambda x, g, **how: honest("convolution_kernel_grad")(narrow(x, 10), narrow(g, 10), **how)
)
value("convolution_kernel_grad", "bfloat16 cotangent")(
    lambda x, g, **how: honest("convolution_kernel_grad")(x, narrow(g, 7), **how)
)
edited(
    "conv", "same: the odd cell at the start", "(total // 2, total - total // 2)", "(total - total // 2, total // 2)"
)
edited("conv", "same: as if the stride were 1", "(-(-n // s) - 1) * s + (k - 1) * d + 1 - n", "(k - 1) * d")
edited(
    "conv",
    "channels_first not transposed back",
    "y if back is None else B.transpose(y, axes=back)",
    "y if back is None else B.reshape(y, newshape=tuple(y.shape[i] for i in back))",
)


def _half(x):
    return x.astype(np.float16).astype(x.dtype)


def _interleaved(kernel, groups):
    filters = kernel.shape[-1]
    return kernel[..., np.arange(filters).reshape(filters // groups, groups).T.ravel()]


edited(
    "depthwise_conv",
    "multipliers first: channel m of all, then the next",
    "B.reshape(kernel, newshape=(*window, 1, channels * multiplier))",
    "B.reshape(B.moveaxis(kernel, source=-1, destination=-2), newshape=(*window, 1, channels * multiplier))",
)
edited("depthwise_conv", "always valid", '"padding": padding', '"padding": "same" if padding == "valid" else "valid"')
edited("depthwise_conv", "the dilation ignored", '"dilation_rate": dilation_rate}', '"dilation_rate": 1}')
edited(
    "depthwise_conv",
    "TF32 kernel",
    "kernel = B.reshape(kernel,",
    'kernel = B.reshape(B.cast(B.cast(kernel, dtype="float16"), dtype=B.dtype(kernel)),',
)
edited(
    "separable_conv",
    "strides in both steps",
    "B.conv(y, pointwise_kernel, data_format=data_format)",
    "B.conv(y, pointwise_kernel, data_format=data_format, strides=strides)",
)
edited("separable_conv", "the dilation ignored", '"dilation_rate": dilation_rate}', '"dilation_rate": 1}')
edited(
    "separable_conv",
    "channels and multipliers of the pointwise kernel exchanged",
    "B.conv(y, pointwise_kernel,",
    "B.conv(y, B.flip(pointwise_kernel, axis=-2),",
)

edited(
    "conv_transpose",
    "same: the odd cell at the start",
    "(crop // 2, crop - crop // 2)",
    "(crop - crop // 2, crop // 2)",
)
edited(
    "conv_transpose",
    "the kernel flipped",
    "B.convolution_input_grad(x, kernel,",
    "B.convolution_input_grad(x, B.flip(kernel, axis=0),",
)
edited(
    "conv_transpose",
    "channels and filters exchanged",
    "B.convolution_input_grad(x, kernel,",
    "B.convolution_input_grad(x, B.flip(kernel, axis=-1),",
)
edited(
    "conv_transpose",
    "valid: stops where the last window begins",
    "max(stride - reach, 0) if extra is None else extra",
    "0 if extra is None else extra",
)
edited(
    "conv_transpose",
    "output padding on top of the whole",
    "cells * stride if extra is None else (cells - 1) * stride + reach % 2 + extra",
    "cells * stride + (extra or 0)",
)
edited(
    "conv_transpose",
    "the dilation ignored where the size is found",
    "reach = (window - 1) * dilation + 1",
    "reach = window",
)

edited("max_pool", "padded with 0", "pad_spatial(B, x, pairs, -inf)", "pad_spatial(B, x, pairs, 0.0)")
edited(
    "max_pool",
    "NaN ignored",
    "B.logical_or(B.greater(seen, best), B.isnan(seen))",
    "B.logical_or(B.greater(seen, best), B.isnan(best))",
)
edited(
    "max_pool",
    "of equal elements the last has the gradient",
    "B.greater(seen, best), B.isnan",
    "B.greater_equal(seen, best), B.isnan",
)
edited("max_pool", "the gradient shared at a tie", "B.where(better, seen, best)", "B.maximum(seen, best)")
edited(
    "max_pool",
    "strides default to 1",
    "strides = window if strides is None",
    "strides = (1,) * rank if strides is None",
)
edited(
    "max_pool",
    "same: the odd cell at the start",
    "(total // 2, total - total // 2)",
    "(total - total // 2, total // 2)",
)
edited(
    "average_pool",
    "padded cells count",
    "if any(a or b for a, b in pairs):\n        return x / B.constant",
    "if False:\n        return x / B.constant",
)
edited("average_pool", "cells over the end count", "np.minimum(first + k, n)", "(first + k)")
edited(
    "average_pool",
    "same: the odd cell at the start",
    "(total // 2, total - total // 2)",
    "(total - total // 2, total // 2)",
)
vjp("max_pool", "the gradient of the mean", (lambda B, g, y, x, **how: B.average_pool_grad(g, shape=x.shape, **how),))
vjp(
    "max_pool",
    "the smallest element has the gradient",
    (lambda B, g, y, x, **how: B.max_pool_grad(g, -B.max_pool(-x, **how), x, **how),),
)
edited("max_pool_grad", "all of equal elements, the last counts", "B.logical_and(same, sought)", "same")
edited("max_pool_grad", "NaN has no gradient", "B.logical_or(first, B.isnan(seen))", "first")
edited("max_pool_grad", "overlaps written, not added", "total + sent", "B.where(B.equal(sent, 0), total, sent)")
edited("max_pool_grad", "the cell after the maximum", "B.equal(winner, cell)", "B.equal(winner, cell - 1)")
edited("max_pool_take", "the largest value", "B.where(here, candidate, taken)", "B.maximum(candidate, taken)")
edited("max_pool_take", "of equal elements the last", "B.logical_and(same, sought)", "same")
edited("average_pool_grad", "each cell has the whole", "x / float(np.prod(window))", "x")
edited(
    "average_pool_grad",
    "padded cells count",
    "if any(a or b for a, b in pairs):\n        return x / B.constant",
    "if False:\n        return x / B.constant",
)
edited("average_pool_grad", "overlaps written, not added", "total + sent", "B.where(B.equal(sent, 0), total, sent)")
edited("average_pool", "the sum, not the mean", "x / float(np.prod(window))", "x")

edited(
    "adaptive_average_pool",
    "windows do not overlap: floor at the end too",
    "-(-(cells + 1) * size // outputs)",
    "np.maximum((cells + 1) * size // outputs, cells * size // outputs + 1)",
)
edited(
    "adaptive_average_pool", "windows of one size: ceil(n / m)", "1.0 / (end - start)", "1.0 / (-(-size // outputs))"
)
edited(
    "adaptive_average_pool",
    "channels_first not transposed back",
    "x if back is None else B.transpose(x, axes=back)",
    "x if back is None else B.reshape(x, newshape=tuple(x.shape[i] for i in back))",
)
edited(
    "adaptive_max_pool",
    "NaN ignored",
    "B.argmax(seen, axis=axis + 1, keepdims=True)",
    "B.argmax(B.where(B.isnan(seen), -1e38, seen), axis=axis + 1, keepdims=True)",
)
edited(
    "adaptive_max_pool",
    "of equal elements the last has the gradient",
    "B.argmax(seen, axis=axis + 1, keepdims=True)",
    "seen.shape[axis + 1] - 1 - B.argmax(B.flip(seen, axis=axis + 1), axis=axis + 1, keepdims=True)",
)

edited(
    "depth_to_space",
    "channels outermost, as with channels first",
    "width, r, r, channels))\n    y = B.transpose(blocks, axes=(0, 1, 3, 2, 4, 5))",
    "width, channels, r, r))\n    y = B.transpose(blocks, axes=(0, 1, 4, 2, 5, 3))",
)
edited(
    "depth_to_space",
    "DCR for CRD with channels first",
    "newshape=(n, channels, r, r, height, width))\n        y = B.transpose(blocks, axes=(0, 1, 4, 2, 5, 3))",
    "newshape=(n, r, r, channels, height, width))\n        y = B.transpose(blocks, axes=(0, 3, 4, 1, 5, 2))",
)
edited("depth_to_space", "rows and columns of a block exchanged", "axes=(0, 1, 3, 2, 4, 5)", "axes=(0, 1, 4, 2, 3, 5)")
edited("space_to_depth", "rows and columns of a block exchanged", "axes=(0, 1, 3, 2, 4, 5)", "axes=(0, 1, 3, 4, 2, 5)")
edited("space_to_depth", "DCR for CRD with channels first", "axes=(0, 1, 3, 5, 2, 4)", "axes=(0, 3, 5, 1, 2, 4)")
edited("unfold", "channels innermost", "axes=(1, 4, 0, 2, 3)", "axes=(1, 0, 4, 2, 3)")
edited(
    "unfold",
    "stride and dilation exchanged",
    'per_axis(stride, 2, "stride"), per_axis(dilation, 2, "dilation")',
    'per_axis(dilation, 2, "stride"), per_axis(stride, 2, "dilation")',
)
edited(
    "fold",
    "overlaps written, not added",
    "sent if total is None else total + sent",
    "sent if total is None else B.where(B.equal(sent, 0), total, sent)",
)
edited(
    "extract_patches",
    "strides default to 1",
    "strides = window if strides is None",
    "strides = (1,) * rank if strides is None",
)
edited(
    "extract_patches",
    "same: the odd cell at the start",
    "(total // 2, total - total // 2)",
    "(total - total // 2, total // 2)",
)
edited(
    "extract_patches_3d",
    "the dilation ignored",
    "pad_spatial(B, x, pairs), window, strides, dilation, outputs)",
    "pad_spatial(B, x, pairs), window, strides, (1,) * rank, outputs)",
)
