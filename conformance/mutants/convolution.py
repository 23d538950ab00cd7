"""Mutants of `kcompat.spec.convolution`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, narrow, value, vjp


def _half(x):
    return x.astype(np.float16).astype(x.dtype)


def _interleaved(kernel, groups):
    filters = kernel.shape[-1]
    return kernel[..., np.arange(filters).reshape(filters // groups, groups).T.ravel()]


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
