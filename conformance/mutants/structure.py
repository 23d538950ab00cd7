"""Mutants of `kcompat.spec.structure`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec import Joint


def _interior(x, low, high, interior, value):
    y = honest("interior_pad")(x, low=low, high=high, interior=interior, value=value)
    where_to = tuple(slice(a, y.shape[i] - b) for i, (a, b) in enumerate(zip(low, high, strict=True)))
    inner = y[where_to]
    inner[
        honest("interior_pad")(
            np.zeros(x.shape, bool), low=(0,) * x.ndim, high=(0,) * x.ndim, interior=interior, value=True
        )
    ] = 0
    return y


value("reshape", "in column order")(lambda x, *, newshape: x.reshape(newshape, order="F"))
value("transpose", "the inverse permutation")(
    lambda x, *, axes=None: x.transpose(None if axes is None else np.argsort([a % x.ndim for a in axes]))
)
vjp(
    "transpose",
    "the permutation itself, not the inverse",
    (lambda B, g, y, x, *, axes=None: B.reshape(B.transpose(g, axes=axes), newshape=tuple(x.shape)),),
)
vjp(
    "broadcast_to",
    "the first copy for the sum",
    (
        lambda B, g, y, x, *, shape: B.reshape(
            B.take(B.reshape(g, newshape=(-1,)), B.arange(start=int(np.prod(x.shape))), axis=0), newshape=tuple(x.shape)
        ),
    ),
)
vjp(
    "broadcast_to",
    "the mean for the sum",
    (
        lambda B, g, y, x, *, shape: (
            B.where(True, B.reshape(B.sum(g), newshape=(1,) * len(x.shape)), B.zeros_like(x)) / float(np.prod(shape))
        ),
    ),
)
value("flip", "without an axis the last one")(lambda x, *, axis=None: np.flip(x, -1 if axis is None else axis))
vjp("flip", "not flipped back", (lambda B, g, y, x, *, axis=None: g,))
value("strided_slice", "the stop included")(
    lambda x, *, start, stop, step: honest("strided_slice")(x, start=start, stop=stop, step=step)[::-1]
)
value("interior_pad", "0 between, whatever the value")(
    lambda x, *, low, high, interior, value=0.0: _interior(x, low, high, interior, value)
)
value("interior_pad", "low and high exchanged")(
    lambda x, *, low, high, interior, value=0.0: honest("interior_pad")(
        x, low=high, high=low, interior=interior, value=value
    )
)
value("concatenate", "in reverse order")(lambda *xs, axis=0: honest("concatenate")(*xs[::-1], axis=axis))
vjp(
    "concatenate",
    "the first cotangent for all",
    Joint(lambda B, g, y, *xs, axis=0: tuple(B.zeros_like(x) + B.sum(g) for x in xs)),
)
edited("stack", "along the last axis", "axis=axis) for t in x), axis=axis)", "axis=-1) for t in x), axis=-1)")
edited(
    "expand_dims",
    "counted from the end",
    "axes = normalize_axes(axes, rank)",
    "axes = tuple(rank - 1 - a for a in normalize_axes(axes, rank))",
)
edited(
    "squeeze",
    "the first axis alone",
    "n for i, n in enumerate(x.shape) if i not in axes",
    "n for i, n in enumerate(x.shape) if i not in axes[:1]",
)
