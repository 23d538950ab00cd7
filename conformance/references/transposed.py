"""Transposed convolution: the adjoint of the convolution that is SciPy's."""

from typing import Any

from kcompat.conformance.references import reference
from kcompat.conformance.references.convolution import as_given, channels_last, convolution_input_grad, each, margins


@reference("conv_transpose")
def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """The adjoint of convolution, on images of the size that Keras gives the result."""
    x, rank = channels_last(inputs, data_format), kernel.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    extra = (None,) * rank if output_padding is None else each(output_padding, rank)
    sizes, edges = [], []
    for n, k, s, d, more in zip(x.shape[1:-1], kernel.shape, strides, dilation, extra, strict=False):
        reach = (k - 1) * d + 1
        if padding == "valid":
            size = (n - 1) * s + (max(reach, s) if more is None else reach + more)
        else:
            size = n * s if more is None else (n - 1) * s + reach % 2 + more
        sizes.append(size)
        edges.append(margins(padding, size, reach, s))
    shape = (len(x), *sizes, kernel.shape[-2])
    y = convolution_input_grad(x, kernel, shape=shape, strides=strides, padding=edges, dilation=dilation)
    return as_given(y, data_format)
