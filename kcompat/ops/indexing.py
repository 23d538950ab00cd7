"""Indexing with any mixture of ints, slices, None, an ellipsis and tensors of integers, as in NumPy."""

from __future__ import annotations

import math
from types import EllipsisType
from typing import Any

import numpy as np

from kcompat.runtime.active import active
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.protocols import TensorLike
from kcompat.spec.rules import broadcast_shapes
from kcompat.spec.tensor import resolve_index


def get_item(x: TensorLike, key: Any) -> Any:
    """`x[key]`, with NumPy's meaning, on every backend.

    Args:
        x: a tensor.
        key: an int, a slice, None, `...`, a tensor or list of integers, or a tuple of these. Several tensors
            broadcast. Negative indices count from the end; a tensor's are not checked.

    Raises:
        IndexError: for an int that is out of range, and for too many indices.
        TypeError: for a tensor of bools, which gives a result whose shape depends on the data.
    """
    B = active()
    x = x if type(x) in B.tensor_types else B.admit(x)
    keys = [_as_key(B, k) for k in (key if isinstance(key, tuple) else (key,))]
    keys = _expand_ellipsis(keys, len(x.shape))
    places = [i for i, k in enumerate(keys) if _is_tensor(k)]
    start, stop, step, shape, flips = resolve_index(tuple(slice(None) if _is_tensor(k) else k for k in keys), x.shape)
    y = B.strided_slice(x, start=start, stop=stop, step=step)
    y = B.flip(y, axis=tuple(flips)) if flips else y
    y = y if tuple(y.shape) == shape else B.reshape(y, newshape=shape)
    if not places:
        return y
    axes = [sum(not isinstance(k, int) for k in keys[:i]) for i in places]
    picking = [i for i, k in enumerate(keys) if _is_tensor(k) or isinstance(k, int)]
    apart = picking[-1] - picking[0] >= len(picking)  # then NumPy puts the axes of the indices first
    to = 0 if apart else sum(not isinstance(k, int) for k in keys[: picking[0]])
    return _pick(B, y, axes, [keys[i] for i in places], to)


def _as_key(B: Interpreter, key: Any) -> Any:
    """An entry of a key: an int, a slice, None, an ellipsis, or a tensor of integers."""
    if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
        return int(key)
    if key is None or isinstance(key, (slice, EllipsisType)):
        return key
    key = B.admit(key)
    if isinstance(key, bool) or B.dtype(key) == "bool":
        raise TypeError(
            "indexing with bools gives a result whose shape depends on the data; use where(condition, x1, x2)"
        )
    return key


def _is_tensor(key: Any) -> bool:
    return not (key is None or isinstance(key, (int, slice, EllipsisType)))


def _expand_ellipsis(keys: list[Any], rank: int) -> list[Any]:
    """The keys with a slice for every axis that none of them names."""
    count = sum(k is not None and not isinstance(k, EllipsisType) for k in keys)
    places = [i for i, k in enumerate(keys) if isinstance(k, EllipsisType)] or [len(keys)]
    if count > rank or len(places) > 1:
        raise IndexError(
            f"{count} indices and {len(places)} ellipses for a tensor of rank {rank}; at most one ellipsis"
        )
    return [*keys[: places[0]], *[slice(None)] * (rank - count), *keys[places[0] + 1 :]]


def _pick(B: Interpreter, y: Any, axes: list[int], indices: list[Any], to: int) -> Any:
    """The elements of `y` at `indices` along `axes`; the indices' own axes go to position `to`."""
    if len(axes) == 1 and axes[0] == to:
        return B.take(y, indices[0], axis=to)
    rest = [a for a in range(len(y.shape)) if a not in axes]
    sizes, others = [y.shape[a] for a in axes], [y.shape[a] for a in rest]
    rows = B.reshape(B.transpose(y, axes=(*axes, *rest)), newshape=(math.prod(sizes), *others))
    flat: Any = None
    for index, size in zip(indices, sizes, strict=True):
        index = B.cast(index, dtype="int32")
        index = B.where(B.less(index, 0), B.add(index, size), index)
        flat = index if flat is None else B.add(B.multiply(flat, size), index)
    rank = len(broadcast_shapes(*(tuple(index.shape) for index in indices)))
    picked = B.take(rows, flat, axis=0)
    order = [*range(rank, rank + to), *range(rank), *range(rank + to, rank + len(rest))]
    return B.transpose(picked, axes=tuple(order))
