"""What rules and bodies share: undoing a broadcast or a reduction, joining and slicing axes."""

from __future__ import annotations

import math
from typing import Any

from kcompat.spec.dtypes import HALVES, SCALARS, as_dtype, result_type
from kcompat.spec.rules import normalize_axes


def promoted(B: Any, *xs: Any) -> list[Any]:
    """The operands in the dtype of their arithmetic result; Python scalars stay."""
    dtype = result_type(*xs)
    return [x if isinstance(x, SCALARS) or as_dtype(x.dtype) == dtype else B.cast(x, dtype=dtype) for x in xs]


def widened(B: Any, x: Any) -> Any:
    """The tensor in a dtype that holds its totals and squares: float32 for float16 and bfloat16."""
    return B.cast(x, dtype="float32") if B.dtype(x) in HALVES else x


def narrowed(B: Any, y: Any, dtype: str) -> Any:
    """What was computed of a tensor that was `widened`, rounded once to the dtype that the tensor had."""
    return B.cast(y, dtype=dtype) if dtype in HALVES and B.dtype(y) != dtype else y


def unbroadcast(B: Any, g: Any, x: Any) -> Any:
    """Sum the cotangent `g` over the axes along which `x` was broadcast."""
    shape, wide = tuple(x.shape), tuple(g.shape)
    if shape == wide:
        return g
    lead = len(wide) - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 and wide[lead + i] != 1)
    return B.reshape(B.sum(g, axis=axes, keepdims=True) if axes else g, newshape=shape)


def keep_axes(B: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """Give `y`, a reduction of `x` over `axis`, its reduced axes back with size 1."""
    if keepdims:
        return y
    axes = normalize_axes(axis, len(x.shape))
    return B.reshape(y, newshape=tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def join_axes(B: Any, x: Any, axis: Any) -> Any:
    """`x` with the axes in `axis` moved to the end and made one."""
    axes = normalize_axes(axis, len(x.shape))
    kept = tuple(i for i in range(len(x.shape)) if i not in axes)
    if kept and axes and kept[-1] > axes[0]:
        x = B.transpose(x, axes=(*kept, *axes))
    sizes = tuple(x.shape)
    return B.reshape(x, newshape=(*sizes[: len(kept)], math.prod(sizes[len(kept) :])))


def swap_last(B: Any, x: Any) -> Any:
    """Transpose the last two axes."""
    rank = len(x.shape)
    return B.transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def take_slice(B: Any, x: Any, axis: int, start: int, stop: int) -> Any:
    """`x[start:stop]` along one axis."""
    axis %= len(x.shape)
    low, high = [0] * len(x.shape), list(x.shape)
    low[axis], high[axis] = start, stop
    return B.strided_slice(x, start=tuple(low), stop=tuple(high), step=(1,) * len(low))


def as_tensors(B: Any, x1: Any, x2: Any) -> tuple[Any, Any]:
    """Both operands as tensors of their common dtype, for a body that needs more of them than a binary op."""
    dtype = result_type(x1, x2)
    first, second = (
        B.full(shape=(), fill_value=x, dtype=dtype) if type(x) in SCALARS else x for x in promoted(B, x1, x2)
    )
    return first, second
