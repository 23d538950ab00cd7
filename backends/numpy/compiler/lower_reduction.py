"""Lowerings of ops that add up or choose along axes: sums, extremes, and products of matrices."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from kcompat.backends.numpy import products
from kcompat.backends.numpy.compiler.emitter import Emitter
from kcompat.backends.numpy.compiler.lower_elementwise import NUMBERS, SINGLE
from kcompat.backends.numpy.compiler.lower_structure import stop_gradient
from kcompat.backends.numpy.compiler.memory import Static
from kcompat.backends.numpy.sums import BLOCK, is_row_sum, vector_of_ones
from kcompat.runtime.graph import Call, Node
from kcompat.spec.rules import normalize_axes

FEW = 64
"""Along so few elements NumPy's reductions spend their time between rows."""


def total(emitter: Emitter, call: Call) -> bool:
    """A sum, in the cases of `kcompat.backends.numpy.ops.reduction`, so that both add in the same order."""
    (x,), (y,) = call.args, call.results
    axis, keepdims = call.attrs.get("axis"), call.attrs.get("keepdims", False)
    if x.dtype not in SINGLE or 0 in x.shape:
        return False
    if not x.shape:
        return stop_gradient(emitter, call)
    place = emitter.places[x]
    axes = normalize_axes(axis if not isinstance(axis, list) else tuple(axis), len(x.shape))
    if not y.shape:
        emitter.variable(y, f"{emitter.name(np.add.reduce)}({emitter.expression(x)}, {None if axis is None else axes})")
        return True
    if not isinstance(place, Static) or not place.array.flags.c_contiguous or not axes:
        return False
    if axes[-1] - axes[0] != len(axes) - 1:
        return False
    before, after = x.shape[: axes[0]], x.shape[axes[-1] + 1 :]
    count = math.prod(x.shape[i] for i in axes)
    if not after:
        out = emitter.output(y)
        if is_row_sum(x.shape, axes):
            rows, ones = place.array.reshape(-1, count), vector_of_ones(count, np.dtype(x.dtype))
            emitter.do(np.matmul, rows, ones, out.reshape(-1))
        else:
            emitter.do(np.add.reduce, place.array, axes, None, out, keepdims)
        return True
    out = emitter.output(y).reshape(math.prod(before), math.prod(after))
    _sum_of_rows(emitter, place.array.reshape(math.prod(before), count, math.prod(after)), out)
    return True


def _sum_of_rows(emitter: Emitter, x: np.ndarray, out: np.ndarray) -> None:
    """Write the sum over the middle axis, as `kcompat.backends.numpy.sums` does."""
    batch, count, width = x.shape
    if count <= BLOCK:
        _product_with_ones(emitter, count, x, out)
        return
    whole = count - count % BLOCK
    parts = emitter.scratch((batch, whole // BLOCK, width), x.dtype)
    _product_with_ones(emitter, BLOCK, x[:, :whole].reshape(batch, -1, BLOCK, width), parts)
    _sum_of_rows(emitter, parts, out)
    if whole < count:
        rest = emitter.scratch((batch, width), x.dtype)
        _product_with_ones(emitter, count - whole, x[:, whole:], rest)
        emitter.do(np.add, out, rest, out)


def _product_with_ones(emitter: Emitter, count: int, x: np.ndarray, out: np.ndarray) -> None:
    single = len(x) == 1  # fewer axes, less to do for NumPy
    emitter.do(np.matmul, vector_of_ones(count, x.dtype), x[0] if single else x, out[0] if single else out)


def extreme(ufunc: np.ufunc) -> Callable[[Emitter, Call], bool]:
    """The lowering of the largest or the smallest element."""

    def lower(emitter: Emitter, call: Call) -> bool:
        (x,), (y,) = call.args, call.results
        axis, keepdims = call.attrs.get("axis"), call.attrs.get("keepdims", False)
        if x.dtype not in NUMBERS or not y.shape:
            return False
        place = emitter.places[x]
        axes = normalize_axes(tuple(axis) if isinstance(axis, list) else axis, len(x.shape))
        along_last = axes == (len(x.shape) - 1,) and 1 < x.shape[-1] <= FEW and 0 not in x.shape
        out = emitter.output(y)
        if along_last and isinstance(place, Static) and place.array.flags.c_contiguous:
            rows = place.array.reshape(-1, x.shape[-1])
            columns = emitter.scratch(rows.T.shape, x.dtype)
            emitter.do(np.copyto, columns, rows.T)
            emitter.do(ufunc.reduce, columns, 0, None, out.reshape(-1))
        else:
            emitter.do(ufunc.reduce, x, axes, None, out, keepdims)
        return True

    return lower


def index_of_extreme(method: str) -> Callable[[Emitter, Call], bool]:
    """The lowering of where the largest or the smallest element is, by a method of arrays."""

    def lower(emitter: Emitter, call: Call) -> bool:
        (x,), (y,) = call.args, call.results
        axis, keepdims = call.attrs.get("axis"), call.attrs.get("keepdims", False)
        if not y.shape or axis is None or x.dtype not in NUMBERS:
            return False
        out = emitter.output(y)
        wide = emitter.scratch(y.shape, np.intp)
        keywords = ", keepdims=True" if keepdims else ""
        emitter.write(f"{emitter.expression(x)}.{method}({axis}, {emitter.name(wide)}{keywords})")
        emitter.write(f'{emitter.name(np.copyto)}({emitter.name(out)}, {emitter.name(wide)}, "unsafe")')
        return True

    return lower


def matmul(emitter: Emitter, call: Call) -> bool:
    """A product into given memory; a stack of matrices times one is one product."""
    x1, x2 = call.args
    (y,) = call.results
    if {str(x1.dtype), str(x2.dtype)} != {y.dtype} or y.dtype not in SINGLE or not y.shape:
        return False
    out = emitter.output(y)
    product = np.matmul if products.multiplications(x1.shape, x2.shape) < products.LARGE_PRODUCT else products.matmul
    place = emitter.places[x1] if type(x1) is Node else None
    if len(x1.shape) > 2 and len(x2.shape) == 2 and isinstance(place, Static) and place.array.flags.c_contiguous:
        emitter.do(product, place.array.reshape(-1, x1.shape[-1]), x2, out.reshape(-1, x2.shape[-1]))
    else:
        emitter.do(product, x1, x2, out)
    return True
