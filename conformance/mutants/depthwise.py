"""Mutants of `kcompat.spec.depthwise`."""

from kcompat.conformance.mutants.mutation import edited

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
