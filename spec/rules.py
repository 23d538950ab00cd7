"""Shape and dtype rules of the primitives. Integers only: no data, no framework."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from kcompat.spec.dtypes import as_dtype, float_type, integer_type, is_float, number_type, result_type, shift_type
from kcompat.spec.settings import floatx
from kcompat.spec.tensor import TensorSpec


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of a tensor; that of a Python number is ()."""
    return tuple(getattr(x, "shape", ()))


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """NumPy's rule: align at the end, sizes are equal or 1."""
    result = []
    for i in range(-max((len(s) for s in shapes), default=0), 0):
        sizes = {s[i] for s in shapes if len(s) >= -i} - {1}
        if len(sizes) > 1:
            raise ValueError(f"shapes do not broadcast: {', '.join(map(str, shapes))}")
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def is_integer(x: Any) -> bool:
    """Whether it is one integer: Python's, NumPy's, or an array of rank 0."""
    return isinstance(x, int) or (hasattr(x, "__index__") and getattr(x, "ndim", 0) == 0)


def as_integers(x: Any) -> tuple[int, ...]:
    """One integer or several, as a tuple of Python's. Raises TypeError for anything else."""
    try:
        return (operator.index(x),) if is_integer(x) else tuple(operator.index(n) for n in x)
    except TypeError:
        raise TypeError(f"expected an integer or several, such as 1 or (0, 1); got {x!r}") from None


def normalize_axis(axis: Any, rank: int) -> int:
    """An axis counted from the front. Raises ValueError for one that is out of range, TypeError for no integer."""
    if type(axis) is not int:
        if not is_integer(axis):
            raise TypeError(f"an axis is one integer, got {axis!r}")
        axis = operator.index(axis)
    if not -rank <= axis < rank:
        expected = f"expected {-rank} to {rank - 1}" if rank else "a number has no axes"
        raise ValueError(f"axis {axis} is out of range for rank {rank}; {expected}")
    return axis % rank


def normalize_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """Sorted, non-negative axes; None is all of them."""
    if axis is None:
        return tuple(range(rank))
    axes = tuple(normalize_axis(a, rank) for a in (axis if type(axis) is tuple else as_integers(axis)))
    if len(set(axes)) != len(axes):
        raise ValueError(f"axes {axis} name the same axis twice, rank {rank}")
    return tuple(sorted(axes))


def arithmetic(*xs: Any) -> TensorSpec:
    """The result of an elementwise op on numbers that broadcast."""
    return TensorSpec(broadcast_shapes(*map(shape_of, xs)), result_type(*xs))


def difference(*xs: Any) -> TensorSpec:
    """Elementwise, of numbers: no library subtracts bools."""
    return TensorSpec(broadcast_shapes(*map(shape_of, xs)), number_type(*xs))


def bits(*xs: Any) -> TensorSpec:
    """Elementwise, of integers or bools."""
    return TensorSpec(broadcast_shapes(*map(shape_of, xs)), integer_type(*xs))


def shifted(*xs: Any) -> TensorSpec:
    """Elementwise, of integers."""
    return TensorSpec(broadcast_shapes(*map(shape_of, xs)), shift_type(*xs))


def floating(*xs: Any) -> TensorSpec:
    """Elementwise, and a float whatever goes in."""
    return TensorSpec(broadcast_shapes(*map(shape_of, xs)), float_type(*xs))


def comparison(*xs: Any) -> TensorSpec:
    """The result of an elementwise comparison of operands that broadcast: bools."""
    result_type(*xs)
    return TensorSpec(broadcast_shapes(*map(shape_of, xs)), "bool")


def remainder(x1: Any, x2: Any) -> TensorSpec:
    """Arithmetic in which bool counts as int32."""
    spec = arithmetic(x1, x2)
    return TensorSpec(spec.shape, "int32") if spec.dtype == "bool" else spec


def of_integers(x1: Any, x2: Any) -> TensorSpec:
    """Arithmetic of integers alone."""
    spec = arithmetic(x1, x2)
    if spec.dtype == "bool" or is_float(spec.dtype):
        raise TypeError(f"this op takes integers, got {dtype_of(x1)} and {dtype_of(x2)}; cast them, or use divide")
    return spec


def dtype_of(x: Any) -> str:
    """The dtype of a tensor, or the type of a scalar."""
    return as_dtype(x.dtype) if hasattr(x, "dtype") else type(x).__name__


def power(x1: Any, x2: Any) -> TensorSpec:
    """Arithmetic, but no integer to a power that is known to be negative."""
    spec = arithmetic(x1, x2)
    if type(x2) is int and x2 < 0 and not is_float(spec.dtype):
        raise ValueError(
            f"power: an integer ({dtype_of(x1)}) to the power {x2} is no integer; write {float(x2)} for a float result"
        )
    return spec


def view(x: Any, *, dtype: str | None = None) -> TensorSpec:
    """The same bytes: elements of another size make the last axis shorter or longer."""
    source, target = as_dtype(x.dtype), as_dtype(x.dtype if dtype is None else dtype)
    if source == target:
        return TensorSpec(shape_of(x), target)
    if "bool" in (source, target):
        raise TypeError(f"view: bool has no bits of its own, got {source} as {target}; use cast")
    old, new, shape = item_bits(source), item_bits(target), shape_of(x)
    if (old != new and not shape) or (new > old and shape[-1] * old % new):
        raise ValueError(
            f"view: the last axis of shape {shape} does not hold whole elements of {new} bits, it has {source}"
        )
    return TensorSpec(shape if old == new else (*shape[:-1], shape[-1] * old // new), target)


def item_bits(dtype: str) -> int:
    """The size of an element in bits."""
    return 8 if dtype == "bool" else int("".join(c for c in dtype if c.isdigit()))


def select(condition: Any, x1: Any, x2: Any) -> TensorSpec:
    """The result of `where`: all three broadcast, the dtype is that of the two choices."""
    return TensorSpec(broadcast_shapes(*map(shape_of, (condition, x1, x2))), result_type(x1, x2))


def same(x: Any, **attrs: Any) -> TensorSpec:
    """A result of the shape and dtype of the operand."""
    return TensorSpec(shape_of(x), result_type(x))


def same_along_axis(x: TensorSpec, *, axis: int | None = None) -> TensorSpec:
    """A result of the shape and dtype of the operand, whose `axis` is checked."""
    if axis is not None:
        normalize_axes(axis, len(x.shape))
    return x


def cast(x: Any, *, dtype: str) -> TensorSpec:
    """The operand in another dtype."""
    return TensorSpec(shape_of(x), as_dtype(dtype))


def reduced_shape(x: TensorSpec, axis: Any, keepdims: bool) -> tuple[int, ...]:
    """The shape without the axes in `axis`, or with size 1 there; None means all axes."""
    axes = normalize_axes(axis, len(x.shape))
    return tuple(1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes)


def reduction(x: TensorSpec, *, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    """The result of a reduction that keeps the dtype, such as the largest element."""
    return TensorSpec(reduced_shape(x, axis, keepdims), x.dtype)


_SMALL = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


def total_dtype(dtype: str) -> str:
    """That of a sum or product: small integers and bool are added up in 32 bits."""
    return _SMALL.get(dtype, dtype)


def total(x: TensorSpec, *, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    """The result of a sum or product, whose dtype holds totals: see `total_dtype`."""
    return TensorSpec(reduced_shape(x, axis, keepdims), total_dtype(x.dtype))


def cumulated_dtype(dtype: str, chosen: str | None = None) -> str:
    """That of running sums and products: small integers stay, bool is counted in int32."""
    return chosen or ("int32" if dtype == "bool" else dtype)


def cumulated(x: TensorSpec, *, axis: int | None = None, dtype: str | None = None) -> TensorSpec:
    """Running totals along one axis, or of the flattened tensor."""
    if axis is not None:
        normalize_axis(axis, len(x.shape))
    shape = (math.prod(x.shape),) if axis is None else x.shape
    return TensorSpec(shape, cumulated_dtype(x.dtype, dtype))


def maximum_along(x: TensorSpec, *, axis: Any = None, keepdims: bool = False) -> TensorSpec:
    """A maximum has no value over no elements."""
    axes = normalize_axes(axis, len(x.shape))
    if any(x.shape[i] == 0 for i in axes):
        raise ValueError(f"no maximum of zero elements: shape {x.shape}, axis {axis}")
    return reduction(x, axis=axis, keepdims=keepdims)


def index_along(x: TensorSpec, *, axis: int | None = None, keepdims: bool = False) -> TensorSpec:
    """The result of `argmax` and `argmin`: int32."""
    return TensorSpec(maximum_along(x, axis=axis, keepdims=keepdims).shape, "int32")


def argsort(x: TensorSpec, *, axis: int | None = -1) -> TensorSpec:
    """The order of the elements along an axis, or of the flattened tensor: int32."""
    if axis is None:
        return TensorSpec((math.prod(x.shape),), "int32")
    normalize_axis(axis, len(x.shape))
    return TensorSpec(x.shape, "int32")


def check_search(sorted_sequence: Any, side: str) -> None:
    """Refuse what `searchsorted` cannot search."""
    if len(sorted_sequence.shape) != 1:
        raise ValueError(f"searchsorted: the sorted sequence has one axis, got shape {tuple(sorted_sequence.shape)}")
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side is 'left' or 'right', got {side!r}")


def matmul(x1: TensorSpec, x2: TensorSpec) -> TensorSpec:
    """Vectors and stacks of matrices, as in NumPy."""
    left, right = x1.shape, x2.shape
    if not left or not right:
        raise ValueError(f"matmul needs at least one axis on both sides, got shapes {left} and {right}; use multiply")
    rows = left[-2:-1]
    columns = right[-1:] if len(right) > 1 else ()
    if left[-1] != (right[-2] if len(right) > 1 else right[0]):
        raise ValueError(f"matmul: inner sizes differ, shapes {left} and {right}")
    batch = broadcast_shapes(left[:-2], right[:-2])
    return TensorSpec((*batch, *rows, *columns), result_type(x1, x2))


def reshape(x: TensorSpec, *, newshape: Any) -> TensorSpec:
    """The elements in another shape, of which one size may be -1. Raises ValueError if they do not fill it."""
    newshape = (newshape,) if is_integer(newshape) else tuple(newshape)
    size, known = math.prod(x.shape), math.prod(n for n in newshape if n != -1)
    if newshape.count(-1) > 1:
        raise ValueError(f"reshape: at most one size may be -1, got {newshape}")
    if -1 in newshape:
        if known == 0 or size % known:
            raise ValueError(f"reshape: {x.shape} does not fill {newshape}")
        newshape = tuple(size // known if n == -1 else n for n in newshape)
    if math.prod(newshape) != size:
        raise ValueError(f"reshape: {x.shape} has {size} elements, {newshape} has {math.prod(newshape)}")
    return TensorSpec(newshape, x.dtype)


def transpose(x: TensorSpec, *, axes: tuple[int, ...] | None = None) -> TensorSpec:
    """The axes in another order, reversed if None."""
    rank = len(x.shape)
    order = tuple(reversed(range(rank))) if axes is None else tuple(normalize_axis(a, rank) for a in axes)
    if sorted(order) != list(range(rank)):
        raise ValueError(f"transpose: axes {axes} are not a permutation of {rank} axes")
    return TensorSpec(tuple(x.shape[a] for a in order), x.dtype)


def broadcast_to(x: TensorSpec, *, shape: tuple[int, ...]) -> TensorSpec:
    """The tensor repeated to a larger shape. Raises ValueError if it does not broadcast to it."""
    if broadcast_shapes(x.shape, tuple(shape)) != tuple(shape):
        raise ValueError(f"broadcast_to: {x.shape} does not broadcast to {tuple(shape)}")
    return TensorSpec(tuple(shape), x.dtype)


def strided_slice(x: TensorSpec, *, start: Any, stop: Any, step: Any) -> TensorSpec:
    """The elements from `start` up to `stop` in steps, along each axis. Raises ValueError for other bounds."""
    sizes = []
    for axis, (n, a, b, s) in enumerate(zip(x.shape, start, stop, step, strict=True)):
        if not (0 <= a <= b <= n and s >= 1):
            raise ValueError(f"strided_slice: {a}:{b}:{s} is not within axis {axis} of size {n}")
        sizes.append(-(-(b - a) // s))
    return TensorSpec(tuple(sizes), x.dtype)


def interior_pad(x: TensorSpec, *, low: Any, high: Any, interior: Any, value: float = 0.0) -> TensorSpec:
    """The tensor with padding before, behind and between the elements of each axis."""
    sizes = []
    for n, a, b, i in zip(x.shape, low, high, interior, strict=True):
        if min(a, b, i) < 0:
            raise ValueError(f"interior_pad: padding is not negative, got low {low}, high {high}, interior {interior}")
        sizes.append(a + n + max(n - 1, 0) * i + b)
    return TensorSpec(tuple(sizes), x.dtype)


def check_joinable(xs: Sequence[Any], axis: Any) -> int:
    """The axis, from 0, along which tensors can be joined."""
    if not xs:
        raise ValueError("concatenate: no tensors given")
    first = tuple(xs[0].shape)
    axis = normalize_axis(axis, len(first))
    for x in xs[1:]:
        shape = tuple(x.shape)
        if len(shape) != len(first) or shape[:axis] != first[:axis] or shape[axis + 1 :] != first[axis + 1 :]:
            raise ValueError(f"concatenate: shapes differ outside axis {axis}: {[tuple(x.shape) for x in xs]}")
    return axis


def check_alike(xs: Sequence[Any], axis: int) -> int:
    """The axis, from 0, that a stack of tensors gets."""
    if not xs:
        raise ValueError("stack: no tensors given")
    if any(tuple(x.shape) != tuple(xs[0].shape) for x in xs[1:]):
        raise ValueError(f"stack: the tensors have one shape, got {[tuple(x.shape) for x in xs]}")
    return normalize_axis(axis, len(xs[0].shape) + 1)


def concatenate(*xs: TensorSpec, axis: int | None = 0) -> TensorSpec:
    """Tensors one behind the other along an axis; flattened if it is None."""
    if axis is None and xs:
        return TensorSpec((sum(math.prod(x.shape) for x in xs),), result_type(*xs))
    axis = check_joinable(xs, axis)
    size = sum(x.shape[axis] for x in xs)
    shape = xs[0].shape
    return TensorSpec((*shape[:axis], size, *shape[axis + 1 :]), result_type(*xs))


def split_edges(name: str, size: int, indices_or_sections: Any, axis: int, *, equal: bool = True) -> list[int]:
    """Where the parts of an axis begin and end: a number of parts, equal or nearly so, or cuts in ascending order."""
    if is_integer(indices_or_sections):
        count = operator.index(indices_or_sections)
        if count < 1:
            raise ValueError(f"{name}: at least one part is needed, got indices_or_sections={count}")
        if equal and size % count:
            raise ValueError(
                f"{name}: size {size} of axis {axis} is not a multiple of {count}; array_split allows unequal parts"
            )
        return [size // count * i + min(i, size % count) for i in range(count + 1)]
    edges = [0, *(int(i) for i in indices_or_sections), size]
    if edges != sorted(edges):
        raise ValueError(
            f"{name}: the cuts {edges[1:-1]} of axis {axis} are not ascending numbers from 0 to its size {size}"
        )
    return edges


def take(x: TensorSpec, indices: Any, *, axis: int | None = None) -> TensorSpec:
    """The slices at `indices` along an axis; of the flat tensor if `axis` is None."""
    if axis is None:
        return TensorSpec(shape_of(indices), x.dtype)
    axis = normalize_axis(axis, len(x.shape))
    return TensorSpec((*x.shape[:axis], *shape_of(indices), *x.shape[axis + 1 :]), x.dtype)


def scatter_add(values: TensorSpec, indices: TensorSpec, *, axis: int, size: int) -> TensorSpec:
    """The cotangent of `take`: slices added up along an axis of `size`."""
    after = values.shape[axis + len(indices.shape) :]
    return TensorSpec((*values.shape[:axis], size, *after), values.dtype)


def scatter_rows(values: TensorSpec, indices: TensorSpec, *, size: int) -> TensorSpec:
    """Rows written into a tensor of `size` rows."""
    return TensorSpec((size, *values.shape[1:]), values.dtype)


def take_along_axis(x: TensorSpec, indices: TensorSpec, *, axis: int | None = None) -> TensorSpec:
    """The elements at `indices` along an axis. Raises ValueError for indices of another rank."""
    if axis is None:
        if len(indices.shape) != 1:
            raise ValueError(f"take_along_axis: with axis=None indices are a vector, got shape {tuple(indices.shape)}")
        return TensorSpec(indices.shape, x.dtype)
    axis = normalize_axis(axis, len(x.shape))
    if len(x.shape) != len(indices.shape):
        raise ValueError(f"take_along_axis: ranks differ, x {x.shape} and indices {indices.shape}")
    others = broadcast_shapes(x.shape[:axis] + x.shape[axis + 1 :], indices.shape[:axis] + indices.shape[axis + 1 :])
    return TensorSpec((*others[:axis], indices.shape[axis], *others[axis:]), x.dtype)


def scatter_add_along_axis(values: TensorSpec, indices: TensorSpec, *, axis: int, size: int) -> TensorSpec:
    """The cotangent of `take_along_axis`."""
    return TensorSpec((*values.shape[:axis], size, *values.shape[axis + 1 :]), values.dtype)


def full(*, shape: Any, fill_value: Any, dtype: str | None = None) -> TensorSpec:
    """A tensor of one value; floatx if `dtype` is None."""
    shape = (shape,) if is_integer(shape) else tuple(shape)
    return TensorSpec(shape, dtype or floatx())


def arange(*, start: Any, stop: Any = None, step: Any = None, dtype: str | None = None) -> TensorSpec:
    """A range of numbers. Raises ValueError for a step of 0."""
    first, last = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    count = max(0, math.ceil((last - first) / step))
    return TensorSpec((count,), dtype or result_type(first, last, step))
