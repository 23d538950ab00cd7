"""Convolution over one, two or three spatial axes.

Three ops are closed under differentiation: `convolution`, `convolution_input_grad` and
`convolution_kernel_grad`. Each is the VJP of the others, so a backend that makes these three native
has every derivative natively. They take channels last and explicit padding; the public `conv` brings
its arguments into that form. Groups follow from the shapes: input channels / kernel's input channels.
"""

import itertools

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, ordinary, smooth
from kcompat.spec.rules import is_integer

CHANNELS_LAST, CHANNELS_FIRST = "channels_last", "channels_first"


def per_axis(value, rank, name):
    """One positive integer for each spatial axis, from an int or a tuple."""
    values = (int(value),) * rank if is_integer(value) else tuple(value)
    if len(values) != rank or any(v < 1 for v in values):
        raise ValueError(f"{name} is a positive int or {rank} of them, got {value!r}")
    return values


def explicit_padding(padding, sizes, window, strides, dilation):
    """(before, after) for each axis. `same`: the output has ceil(n / stride) cells, the odd cell goes to the end."""
    name = str(padding).lower()
    if name == "valid":
        return ((0, 0),) * len(sizes)
    if name != "same":
        raise ValueError(f"padding is 'valid' or 'same', got {padding!r}")
    pairs = []
    for n, k, s, d in zip(sizes, window, strides, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def output_sizes(sizes, window, strides, padding, dilation):
    """How many windows fit along each spatial axis."""
    result = []
    for axis, (n, k, s, (a, b), d) in enumerate(zip(sizes, window, strides, padding, dilation, strict=True)):
        room = n + a + b - (k - 1) * d - 1
        if room < 0:
            raise ValueError(
                f"a window of {(k - 1) * d + 1} cells does not fit spatial axis {axis} of {n} cells "
                f"with padding {(a, b)}"
            )
        result.append(room // s + 1)
    return tuple(result)


def pad_spatial(B, x, padding, value=0.0):
    """Pad the spatial axes of a channels-last tensor."""
    if not any(a or b for a, b in padding):
        return x
    low, high = (0, *(a for a, _ in padding), 0), (0, *(b for _, b in padding), 0)
    return B.interior_pad(x, low=low, high=high, interior=(0,) * len(low), value=value)


def taps(B, x, window, strides, dilation, outputs):
    """For each cell of the window, the elements of the padded `x` that meet it: (index, tensor) pairs."""
    for index in itertools.product(*map(range, window)):
        first = tuple(i * d for i, d in zip(index, dilation, strict=True))
        last = tuple(a + (m - 1) * s + 1 for a, m, s in zip(first, outputs, strides, strict=True))
        yield (
            index,
            B.strided_slice(x, start=(0, *first, 0), stop=(x.shape[0], *last, x.shape[-1]), step=(1, *strides, 1)),
        )


def kernel_tap(B, kernel, index):
    """The kernel's matrix `(inputs, outputs)` at one cell."""
    inputs, outputs = kernel.shape[-2:]
    start, stop = (*index, 0, 0), (*(i + 1 for i in index), inputs, outputs)
    return B.reshape(
        B.strided_slice(kernel, start=start, stop=stop, step=(1,) * len(start)), newshape=(inputs, outputs)
    )


def _by_group(B, x, groups):
    """Split the channels into groups: a tuple of tensors."""
    return B.split(x, indices_or_sections=groups, axis=-1) if groups > 1 else (x,)


def _joined(B, parts):
    return B.concatenate(*parts, axis=-1) if len(parts) > 1 else parts[0]


def _added(total, term):
    return term if total is None else total + term


def _grouped(rng):
    """Strides, dilation, uneven padding, groups; one, two and three spatial axes."""
    yield _sample(rng, (2, 6, 5, 3), (3, 2, 3, 4), (1, 1), ((0, 0), (0, 0)), (1, 1))
    yield _sample(rng, (2, 6, 7, 2), (3, 3, 2, 3), (2, 3), ((1, 0), (0, 2)), (1, 1))
    yield _sample(rng, (1, 7, 7, 4), (2, 2, 2, 6), (2, 1), ((0, 1), (1, 1)), (2, 3))
    yield _sample(rng, (2, 8, 2), (3, 2, 2), (2,), ((2, 0),), (2,))
    yield _sample(rng, (1, 3, 4, 3, 2), (2, 2, 2, 2, 2), (1, 2, 1), ((0, 0), (1, 0), (0, 1)), (1, 1, 1))
    yield _sample(rng, (1, 4, 3, 3), (2, 2, 3, 1), (1, 1), ((0, 0), (0, 0)), (1, 1))  # one image, one filter


def _sample(rng, x, kernel, strides, padding, dilation):
    attrs = {"strides": strides, "padding": padding, "dilation": dilation}
    return Sample((rng.normal(size=x), rng.normal(size=kernel)), attrs)


def _outputs_of(sample):
    x, kernel = sample.args
    attrs = sample.attrs
    sizes = output_sizes(x.shape[1:-1], kernel.shape[:-2], attrs["strides"], attrs["padding"], attrs["dilation"])
    return (x.shape[0], *sizes, kernel.shape[-1])


def _grouped_input_grad(rng):
    for sample in _grouped(rng):
        x, kernel = sample.args
        yield Sample((rng.normal(size=_outputs_of(sample)), kernel), {**sample.attrs, "shape": x.shape})


def _grouped_kernel_grad(rng):
    for sample in _grouped(rng):
        x, kernel = sample.args
        yield Sample((x, rng.normal(size=_outputs_of(sample))), {**sample.attrs, "shape": kernel.shape})


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_grouped,
    vjp=(
        lambda B, g, y, x, kernel, **how: B.convolution_input_grad(g, kernel, shape=tuple(x.shape), **how),
        lambda B, g, y, x, kernel, **how: B.convolution_kernel_grad(x, g, shape=tuple(kernel.shape), **how),
    ),
    public=False,
)
def convolution(B, x, kernel, *, strides, padding, dilation):
    """Cross-correlation: x `(batch, *spatial, inputs)`, kernel `(*window, inputs / groups, outputs)`.

    `padding` is a pair (before, after) for each spatial axis. The result is `(batch, *output sizes, outputs)`.
    """
    window, groups = tuple(kernel.shape[:-2]), x.shape[-1] // kernel.shape[-2]
    outputs = output_sizes(x.shape[1:-1], window, strides, padding, dilation)
    total = None
    for index, seen in taps(B, pad_spatial(B, x, padding), window, strides, dilation, outputs):
        weights = _by_group(B, kernel_tap(B, kernel, index), groups)
        parts = zip(_by_group(B, seen, groups), weights, strict=True)
        total = _added(total, _joined(B, [B.matmul(part, weight) for part, weight in parts]))
    return total


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_grouped_input_grad,
    vjp=(
        lambda B, h, y, g, kernel, *, shape, **how: B.convolution(h, kernel, **how),
        lambda B, h, y, g, kernel, *, shape, **how: B.convolution_kernel_grad(h, g, shape=tuple(kernel.shape), **how),
    ),
    public=False,
)
def convolution_input_grad(B, g, kernel, *, shape, strides, padding, dilation):
    """The cotangent of a convolution's input of `shape`, from that of its output: a transposed convolution."""
    window, groups = tuple(kernel.shape[:-2]), shape[-1] // kernel.shape[-2]
    padded = tuple(n + a + b for n, (a, b) in zip(shape[1:-1], padding, strict=True))
    total = None
    for index in itertools.product(*map(range, window)):
        weights = _by_group(B, kernel_tap(B, kernel, index), groups)
        parts = zip(_by_group(B, g, groups), weights, strict=True)
        sent = _joined(B, [B.matmul(part, B.transpose(weight)) for part, weight in parts])
        low = tuple(i * d for i, d in zip(index, dilation, strict=True))
        spans = tuple((m - 1) * s + 1 for m, s in zip(g.shape[1:-1], strides, strict=True))
        high = tuple(n - a - span for n, a, span in zip(padded, low, spans, strict=True))
        interior = tuple(s - 1 for s in strides)
        sent = B.interior_pad(sent, low=(0, *low, 0), high=(0, *high, 0), interior=(0, *interior, 0))
        total = _added(total, sent)
    start = (0, *(a for a, _ in padding), 0)
    stop = tuple(a + n for a, n in zip(start, shape, strict=True))
    return B.strided_slice(total, start=start, stop=stop, step=(1,) * len(shape))


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_grouped_kernel_grad,
    vjp=(
        lambda B, h, y, x, g, *, shape, **how: B.convolution_input_grad(g, h, shape=tuple(x.shape), **how),
        lambda B, h, y, x, g, *, shape, **how: B.convolution(x, h, **how),
    ),
    public=False,
)
def convolution_kernel_grad(B, x, g, *, shape, strides, padding, dilation):
    """The cotangent of a convolution's kernel of `shape`, from its input and the output's cotangent."""
    window, groups = tuple(shape[:-2]), x.shape[-1] // shape[-2]
    flat = [B.reshape(part, newshape=(-1, part.shape[-1])) for part in _by_group(B, g, groups)]
    found = []
    for _, seen in taps(B, pad_spatial(B, x, padding), window, strides, dilation, tuple(g.shape[1:-1])):
        parts = [B.reshape(part, newshape=(-1, part.shape[-1])) for part in _by_group(B, seen, groups)]
        products = zip(parts, flat, strict=True)
        found.append(_joined(B, [B.matmul(B.transpose(part), cotangent) for part, cotangent in products]))
    return B.reshape(B.stack(*found, axis=0), newshape=tuple(shape))


def to_channels_last(B, x, data_format):
    """`x` with its channels last, and the axes that bring a result of the same rank back (None: nothing to do)."""
    if data_format in (None, CHANNELS_LAST):
        return x, None
    if data_format != CHANNELS_FIRST:
        raise ValueError(f"data_format is {CHANNELS_LAST!r} or {CHANNELS_FIRST!r}, got {data_format!r}")
    rank = len(x.shape)
    return B.transpose(x, axes=(0, *range(2, rank), 1)), (0, rank - 1, *range(1, rank - 1))


def _images(rng):
    x, kernel = rng.normal(size=(2, 6, 5, 4)), rng.normal(size=(3, 2, 4, 3))
    yield Sample((x, kernel))
    yield Sample((x, kernel), {"padding": "same", "strides": 2})
    yield Sample((x, kernel), {"padding": "same", "dilation_rate": (1, 2)})
    yield Sample((x.transpose(0, 3, 1, 2), kernel), {"data_format": CHANNELS_FIRST, "padding": "same"})
    yield Sample((x, kernel[:, :, :2, :2]), {"strides": (1, 2)})
    yield Sample((x, kernel), {"padding": "same", "strides": (2, 1), "dilation_rate": (1, 2)})
    yield Sample((rng.normal(size=(2, 7, 2)), rng.normal(size=(3, 2, 3))), {"padding": "same", "strides": 2})
    yield Sample((rng.normal(size=(1, 3, 4, 3, 2)), rng.normal(size=(2, 3, 2, 2, 2))), {"padding": "same"})
    yield Sample((rng.normal(size=(1, 3, 3, 112)), rng.normal(size=(3, 3, 112, 2))))
    yield Sample((x * 1e30, kernel * 1e-10))
    yield Sample((np.zeros((0, 4, 2)), kernel[:, 0, :2]))


_LINE, _KERNEL = np.ones((1, 4, 2)), np.ones((3, 2, 2))


def _impulse(size, place, width, expected, **attrs):
    """A line that is 0 but at one cell, where `same` shows which side it pads."""
    kernel, x = np.arange(1.0, width + 1).reshape(-1, 1, 1), (np.arange(size) == place).reshape(1, -1, 1) * 1.0
    return Special((x, kernel), np.reshape(expected, (1, -1, 1)).tolist(), {"padding": "same", **attrs})


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        _impulse(5, 2, 3, [0.0, 3.0, 2.0, 1.0, 0.0]),
        _impulse(5, 2, 4, [4.0, 3.0, 2.0, 1.0, 0.0]),
        _impulse(5, 2, 3, [0.0, 2.0, 0.0], strides=2),
        _impulse(6, 2, 3, [3.0, 1.0, 0.0], strides=2),
        _impulse(5, 2, 2, [0.0, 1.0, 0.0], strides=2),
        _impulse(7, 3, 3, [0.0, 3.0, 0.0, 2.0, 0.0, 1.0, 0.0], dilation_rate=2),
    ],
    samples=_images,
    refusals=[
        Refusal((_LINE, _KERNEL), attrs={"padding": "causal"}),
        Refusal((_LINE, _KERNEL), attrs={"data_format": "NHWC"}),
        Refusal((_LINE, _KERNEL), attrs={"strides": 0}),
        Refusal((_LINE, _KERNEL), attrs={"strides": (1, 1)}),
        Refusal((_LINE, _KERNEL), attrs={"dilation_rate": 2}),
        Refusal((_LINE, np.ones((5, 2, 2)))),
        Refusal((_LINE, np.ones((3, 3, 2)))),
        Refusal((np.ones((1, 4, 4)), np.ones((3, 2, 3)))),
        Refusal((_LINE, np.ones((3, 3, 2, 2)))),
    ],
)
def conv(B, inputs, kernel, *, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution (cross-correlation) as layers use it.

    Shapes: inputs `(batch, *spatial, channels)`, or channels second with `channels_first`; kernel
    `(*window, channels / groups, filters)`; result `(batch, *output sizes, filters)`. With `same` there are
    ceil(size / stride) output cells and an odd cell of padding goes to the end.
    Raises ValueError if ranks or channels do not match or the window does not fit.
    """
    rank = len(kernel.shape) - 2
    if len(inputs.shape) != rank + 2:
        raise ValueError(
            f"conv: a kernel of shape {tuple(kernel.shape)} takes inputs of rank {rank + 2}, got {inputs.shape}"
        )
    x, back = to_channels_last(B, inputs, data_format)
    channels, (per_group, filters) = x.shape[-1], kernel.shape[-2:]
    if per_group == 0 or channels % per_group or filters % (channels // per_group):
        raise ValueError(
            f"conv: {channels} input channels do not fit a kernel of shape {tuple(kernel.shape)}; its last axes are "
            "(channels / groups, filters), and groups divide both"
        )
    strides, dilation = per_axis(strides, rank, "strides"), per_axis(dilation_rate, rank, "dilation_rate")
    pairs = explicit_padding(padding, x.shape[1:-1], kernel.shape[:-2], strides, dilation)
    output_sizes(x.shape[1:-1], kernel.shape[:-2], strides, pairs, dilation)
    y = B.convolution(x, kernel, strides=strides, padding=pairs, dilation=dilation)
    return y if back is None else B.transpose(y, axes=back)
