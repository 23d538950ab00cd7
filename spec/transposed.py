"""Transposed convolution: the adjoint of `conv`."""

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.convolution import CHANNELS_FIRST, per_axis, to_channels_last


def transposed_size(cells, window, stride, padding, extra, dilation):
    """Size and (before, after) crop along one axis of a transposed convolution of `cells` cells.

    `extra` is the output padding; None: `same` gives cells * stride, `valid` the smallest size that no window
    leaves. Crops are those of a convolution with `same`: the odd cell is at the end.
    """
    reach = (window - 1) * dilation + 1
    full = (cells - 1) * stride + reach
    if padding == "valid":
        size = full + (max(stride - reach, 0) if extra is None else extra)
    else:
        size = cells * stride if extra is None else (cells - 1) * stride + reach % 2 + extra
    if cells < 1 or size < 1:
        raise ValueError(f"conv_transpose: {cells} cells with stride {stride} and a window of {reach} give size {size}")
    crop = max(full - size, 0)
    return size, (crop // 2, crop - crop // 2)


def _output_padding(value, strides):
    """None or an int below the stride, for each axis."""
    if value is None:
        return (None,) * len(strides)
    values = (value,) * len(strides) if isinstance(value, int) else tuple(value)
    if len(values) != len(strides) or any(not 0 <= v < s for v, s in zip(values, strides, strict=True)):
        raise ValueError(f"output_padding is 0 or more and less than the strides {strides}, got {value!r}")
    return values


def _samples(rng):
    x, kernel = rng.normal(size=(2, 4, 3, 3)), rng.normal(size=(3, 2, 2, 3))
    yield Sample((x, kernel))
    yield Sample((x, kernel), {"padding": "same", "strides": 2})
    yield Sample((x, kernel), {"padding": "same", "strides": (3, 2), "output_padding": (2, 1)})
    yield Sample((x, kernel), {"strides": (1, 3), "output_padding": (0, 1), "dilation_rate": (2, 1)})
    yield Sample((x.transpose(0, 3, 1, 2), kernel), {"data_format": CHANNELS_FIRST, "padding": "same", "strides": 2})
    yield Sample((rng.normal(size=(2, 4, 2)), rng.normal(size=(2, 3, 2))), {"strides": 3})
    yield Sample((rng.normal(size=(1, 2, 3, 2, 2)), rng.normal(size=(3, 2, 2, 1, 2))), {"padding": "same"})
    line = rng.normal(size=(1, 3, 1))
    yield Sample((line, rng.normal(size=(5, 1, 1))), {"padding": "same", "strides": 2, "dilation_rate": 2})
    yield Sample((line[:, :1] * 1e30, rng.normal(size=(1, 2, 1))), {"padding": "same", "strides": 2})


_X, _KERNEL = np.ones((1, 3, 1)), np.ones((3, 1, 1))
_IMPULSE = np.array([0.0, 1.0, 0.0]).reshape(1, 3, 1)


def _line(*values):
    return np.array(values).reshape(1, -1, 1).tolist()


def _impulse(expected, width, **attrs):
    kernel = np.arange(1.0, width + 1).reshape(-1, 1, 1)
    return Special((_IMPULSE, kernel), _line(*expected), attrs)


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        _impulse([0.0, 0.0, 1.0, 2.0, 3.0, 0.0], 3, strides=2, padding="same"),
        _impulse([0.0, 1.0, 2.0, 3.0, 4.0, 0.0], 4, strides=2, padding="same"),
        _impulse([0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 0.0], 3, strides=2),
        _impulse([0.0, 1.0, 2.0, 3.0, 0.0], 3, strides=2, padding="same", output_padding=0),
        _impulse([0.0, 0.0, 1.0, 2.0, 0.0, 0.0], 2, strides=2, padding="valid"),
    ],
    samples=_samples,
    refusals=[
        Refusal((_X, _KERNEL), attrs={"strides": 2, "output_padding": 2}),
        Refusal((_X, _KERNEL), attrs={"padding": "full"}),
        Refusal((_X, _KERNEL), attrs={"strides": 0}),
        Refusal((_X, _KERNEL), attrs={"data_format": "NHWC"}),
        Refusal((_X, np.ones((3, 1, 2)))),
        Refusal((_X, np.ones((3, 3, 1, 1)))),
        Refusal((_X[:, :1], np.ones((2, 1, 1))), attrs={"padding": "same", "output_padding": 0}),
    ],
)
def conv_transpose(
    B, inputs, kernel, *, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1
):
    """Transposed convolution: what `conv` with these arguments pulls a cotangent of shape `inputs` back to.

    Shapes: inputs `(batch, *spatial, channels)`, or channels second with `channels_first`; kernel
    `(*window, filters, channels)`; result `(batch, *output sizes, filters)`. With w cells that a window reaches over,
    dilation included, size n becomes (n - 1) * stride + w + output_padding with `valid`, by default
    (n - 1) * stride + max(w, stride); (n - 1) * stride + w % 2 + output_padding with `same`, by default n * stride.
    Raises ValueError if ranks or channels do not match, or unless 0 <= output_padding < stride.
    """
    rank = len(kernel.shape) - 2
    if len(inputs.shape) != rank + 2:
        raise ValueError(
            f"conv_transpose: a kernel of shape {tuple(kernel.shape)} takes inputs of rank {rank + 2}, "
            f"got {tuple(inputs.shape)}"
        )
    x, back = to_channels_last(B, inputs, data_format)
    filters, channels = kernel.shape[-2:]
    if x.shape[-1] != channels:
        raise ValueError(
            f"conv_transpose: {x.shape[-1]} input channels do not fit a kernel of shape {tuple(kernel.shape)}; "
            "its last axes are (filters, channels)"
        )
    if str(padding).lower() not in ("valid", "same"):
        raise ValueError(f"padding is 'valid' or 'same', got {padding!r}")
    strides, dilation = per_axis(strides, rank, "strides"), per_axis(dilation_rate, rank, "dilation_rate")
    extras = _output_padding(output_padding, strides)
    cells = zip(x.shape[1:-1], kernel.shape[:-2], strides, extras, dilation, strict=True)
    found = [transposed_size(n, k, s, padding.lower(), extra, d) for n, k, s, extra, d in cells]
    shape, pairs = (x.shape[0], *(size for size, _ in found), filters), tuple(pair for _, pair in found)
    y = B.convolution_input_grad(x, kernel, shape=shape, strides=strides, padding=pairs, dilation=dilation)
    return y if back is None else B.transpose(y, axes=back)
