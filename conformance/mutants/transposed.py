"""Mutants of `kcompat.spec.transposed`."""

from kcompat.conformance.mutants.mutation import edited

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
