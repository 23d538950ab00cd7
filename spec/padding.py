"""Cells around a tensor."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Refusal, composed, ordinary, smooth

MATRIX = np.zeros((2, 3))

_SOURCES = {
    "edge": lambda i, n: np.clip(i, 0, n - 1),
    "reflect": lambda i, n: _bounced(i, n - 1),
    "symmetric": lambda i, n: np.minimum(i % (2 * n), 2 * n - 1 - i % (2 * n)),
    "wrap": lambda i, n: i % n,
    "circular": lambda i, n: i % n,
}
"""Which element of an axis of size n stands at position i, inside it or outside."""


def _bounced(i, last):
    """Forth and back between 0 and `last`, which come once."""
    period = max(2 * last, 1)
    return np.minimum(i % period, period - i % period) % max(last + 1, 1)


def _pairs(pad_width, rank):
    """One pair (before, after) for each axis."""
    if isinstance(pad_width, int):
        pad_width = (pad_width,)
    pad_width = tuple(pad_width)
    if all(isinstance(n, int) for n in pad_width):
        pad_width = (pad_width,)
    pairs = [tuple(pair) * (2 // max(len(pair), 1)) for pair in pad_width]
    pairs = pairs * rank if len(pairs) == 1 else pairs
    if len(pairs) != rank or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        raise ValueError(
            f"pad: pad_width is a number >= 0, a pair (before, after), or one pair for each of the {rank} axes, "
            f"got {pad_width}"
        )
    return [tuple(map(int, pair)) for pair in pairs]


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=samples.shapes(
        ((2, 3), {"pad_width": ((1, 0), (0, 2))}),
        ((2, 3), {"pad_width": 1, "constant_values": 2.5}),
        ((2, 3), {"pad_width": (1, 2), "mode": "edge"}),
        ((4, 3), {"pad_width": ((2, 1), (1, 2)), "mode": "reflect"}),
        ((2, 1), {"pad_width": ((5, 4), (1, 2)), "mode": "reflect"}),
        ((2, 3), {"pad_width": ((2, 1), (4, 7)), "mode": "symmetric"}),
        ((2, 3), {"pad_width": ((2, 1), (0, 7)), "mode": "wrap"}),
        ((2, 3), {"pad_width": ((1,), (2,)), "mode": "circular"}),
        ((0, 3), {"pad_width": ((1, 0), (0, 0))}),
        ((0, 3), {"pad_width": ((0, 0), (1, 1)), "mode": "edge"}),
        ((), {"pad_width": 1}),
        ((3,), {"pad_width": 0, "mode": "wrap"}),
    ),
    refusals=(
        Refusal((MATRIX,), attrs={"pad_width": -1}),
        Refusal((MATRIX,), attrs={"pad_width": ((1, 1), (1, 1), (1, 1))}),
        Refusal((MATRIX,), attrs={"pad_width": 1, "mode": "mirror"}),
        Refusal((MATRIX,), attrs={"pad_width": 1, "mode": "edge", "constant_values": 1.0}),
        Refusal((MATRIX,), attrs={"pad_width": 1, "constant_values": (1.0, 2.0)}),
        Refusal((np.zeros((0, 3)),), attrs={"pad_width": 1, "mode": "edge"}),
    ),
)
def pad(B, x, *, pad_width, mode="constant", constant_values=None):
    """`x` with cells before and after each axis.

    Args:
        x: a tensor.
        pad_width: how many cells: a number, a pair (before, after), or one pair for each axis.
        mode: what they hold. `"constant"`: a number; `"edge"`: the nearest element; `"reflect"`: the elements
            mirrored at the last one; `"symmetric"`: mirrored behind the last one; `"wrap"`, also called
            `"circular"`: the elements from the other end.
        constant_values: the number, 0 unless given; for `"constant"` alone.

    Raises:
        ValueError: for another mode, for negative widths, and if an empty axis would have to give elements.
    """
    pairs = _pairs(pad_width, len(x.shape))
    if mode == "constant":
        value = 0 if constant_values is None else constant_values
        if not isinstance(value, (bool, int, float)):
            raise ValueError(f"pad: constant_values is one number, got {constant_values!r}")
        before, after = tuple(a for a, _ in pairs), tuple(b for _, b in pairs)
        return B.interior_pad(x, low=before, high=after, interior=(0,) * len(pairs), value=value)
    if constant_values is not None:
        raise ValueError(f"pad: constant_values={constant_values!r} is for mode='constant', got mode={mode!r}")
    if mode not in _SOURCES:
        raise ValueError(f"pad: mode is 'constant', {', '.join(map(repr, _SOURCES))}; got {mode!r}")
    for axis, (before, after) in enumerate(pairs):
        size = x.shape[axis]
        if before + after and size == 0:
            raise ValueError(f"pad: axis {axis} of shape {tuple(x.shape)} has no elements for mode={mode!r}")
        positions = np.arange(-before, 0), np.arange(size, size + after)
        first, last = (B.constant(_SOURCES[mode](i, size).astype("int32")) if i.size else None for i in positions)
        parts = [x if i is x else B.take(x, i, axis=axis) for i in (first, x, last) if i is not None]
        x = B.concatenate(*parts, axis=axis) if len(parts) > 1 else x
    return x
