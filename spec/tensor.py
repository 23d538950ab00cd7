"""Tensors that are not a framework's own: their operators, and `TensorSpec`, which has no data at all."""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from typing import TYPE_CHECKING, Any, ClassVar


class VariableLike:
    """Base of variables: what stands for a tensor, its `value`, and may be assigned another one."""

    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def value(self) -> Any:
            """The tensor that it holds now."""

        def assign(self, value: Any) -> None:
            """Hold another tensor of the same shape."""


class Operators:
    """Operators and indexing for a tensor class of ours, by way of the primitives.

    A subclass says in `_ops(other)` which interpreter computes them.
    """

    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def shape(self) -> Any:
            """The size of each axis; the tensor class has it."""

    __array_ufunc__ = None  # an ndarray on the left hands over to us

    def _ops(self, other: Any = None) -> Any:
        raise NotImplementedError

    def __neg__(self):
        return self._ops().multiply(self, -1)

    def __abs__(self):
        return self._ops().absolute(self)

    def __eq__(self, other):
        if isinstance(other, VariableLike):  # it unwraps itself, here as in the other operators
            return NotImplemented
        return self._ops(other).equal(self, other)

    def __ne__(self, other):
        if isinstance(other, VariableLike):
            return NotImplemented
        return self._ops().logical_not(self._ops(other).equal(self, other))

    __hash__ = object.__hash__

    def __bool__(self):
        raise TypeError(
            "the truth of a traced tensor is not known while it is differentiated or its shape inferred; "
            "use kcompat.ops.where to choose between values"
        )

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(self.shape[0]))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, key: Any):
        B = self._ops()
        keys = key if isinstance(key, tuple) else (key,)
        if any(hasattr(k, "shape") for k in keys):
            if len(keys) != 1:
                raise TypeError(f"indexing with a tensor takes one index, got {len(keys)}; use kcompat.ops.take")
            return B.take(self, key, axis=0)
        start, stop, step, shape, flips = resolve_index(keys, self.shape)
        x = B.strided_slice(self, start=start, stop=stop, step=step)
        for axis in flips:
            x = B.flip(x, axis=axis)
        return x if tuple(x.shape) == shape else B.reshape(x, newshape=shape)


def _install(symbol: str, op: str, swapped: bool = False) -> None:
    def operator(self, other):
        if isinstance(other, VariableLike):  # it unwraps itself in its own reflected operator
            return NotImplemented
        apply = getattr(self._ops(other), op)
        return apply(other, self) if swapped else apply(self, other)

    operator.__name__ = f"__{symbol}__"
    setattr(Operators, operator.__name__, operator)


ARITHMETIC = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
    "matmul": "matmul",
}
for _symbol, _op in ARITHMETIC.items():
    _install(_symbol, _op)
    _install("r" + _symbol, _op, swapped=True)
for _symbol, _op, _swapped in [
    ("gt", "greater", False),
    ("ge", "greater_equal", False),
    ("lt", "greater", True),
    ("le", "greater_equal", True),
]:
    _install(_symbol, _op, _swapped)


def resolve_index(keys: tuple[Any, ...], shape: tuple[int, ...]):
    """Basic indexing as (start, stop, step, result shape, axes to flip); steps are positive."""
    indexed = sum(k is not None and k is not Ellipsis for k in keys)
    if indexed > len(shape):
        raise IndexError(f"{indexed} indices for a tensor of rank {len(shape)}, shape {shape}")
    where = next((i for i, k in enumerate(keys) if isinstance(k, EllipsisType)), len(keys))
    fill = (slice(None),) * (len(shape) - indexed)
    keys = (*keys[:where], *fill, *(k for k in keys[where:] if k is not Ellipsis))
    start: list[int] = []
    stop: list[int] = []
    step: list[int] = []
    result: list[int] = []
    flips: list[int] = []
    for key in keys:
        if key is None:
            result.append(1)
            continue
        axis = len(start)
        size = shape[axis]
        if isinstance(key, slice):
            first, last, stride = key.indices(size)
            count = len(range(first, last, stride))
            if stride < 0:
                flips.append(axis)
                first, stride = first + (count - 1) * stride, -stride
            start.append(first if count else 0)
            stop.append(first + (count - 1) * stride + 1 if count else 0)
            step.append(stride)
            result.append(count)
        else:
            if not -size <= key < size:
                raise IndexError(f"index {key} is out of range for axis {axis} of size {size}")
            start.append(key % size)
            stop.append(key % size + 1)
            step.append(1)
    return tuple(start), tuple(stop), tuple(step), tuple(result), tuple(flips)


@dataclass(frozen=True, eq=False, slots=True)
class TensorSpec(Operators):
    """Shape and dtype of a tensor, known before anything is computed."""

    interpreter: ClassVar[Any] = None  # set by kcompat.runtime.shapes, whose tensor this is
    shape: tuple[Any, ...]
    dtype: str = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))

    def _ops(self, other: Any = None) -> Any:
        return TensorSpec.interpreter

    def __repr__(self) -> str:
        return f"TensorSpec({self.shape}, {self.dtype!r})"
