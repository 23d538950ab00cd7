"""Variables: named values that a model keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat import ops
from kcompat.runtime.engine import default_dtype
from kcompat.runtime.registry import current
from kcompat.spec import VariableLike, as_dtype, floatx
from kcompat.spec.tensor import ARITHMETIC
from kcompat.variables.scope import current_scope

PARTS = ("params", "buffers", "slots", "metrics", "rng")


class Variable(VariableLike):
    """A named value that a model keeps: a weight, a statistic, a counter.

    Args:
        initializer: the first value (array, number, tensor), or a function of `(shape, dtype)`.
        shape: needed if `initializer` is a function.
        dtype: floatx unless given or had by the value.
        trainable: whether the optimizer changes it.
        name: the last part of its path.
        part: which part of `State` it belongs to; follows from `trainable` unless given.
    """

    __array_ufunc__ = None  # an ndarray on the left hands over to us

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        name: str = "variable",
        part: str | None = None,
    ):
        if callable(initializer):
            if shape is None:
                raise ValueError(f"variable {name!r}: an initializer needs a shape, got shape=None")
            value = initializer(tuple(shape), as_dtype(dtype or floatx()))
        else:
            value = initializer
        if dtype is None and not hasattr(value, "dtype"):
            dtype = default_dtype(np.asarray(value))
        self._value: Any = to_host(value, dtype)
        """The value as an array; None while a program has a newer one."""
        if shape is not None and self._value.shape != tuple(shape):
            raise ValueError(f"variable {name!r}: the value has shape {self._value.shape}, expected {tuple(shape)}")
        self.shape: tuple[int, ...] = self._value.shape
        self.dtype = as_dtype(self._value.dtype)
        self.trainable = trainable
        self.name = self.path = name
        self.frozen = False  # set by the model: a layer that is not trainable holds it
        self._part = part
        self.store: Any = None  # the model's, once it is compiled: its program may hold a newer value

    @property
    def part(self) -> str:
        """The part of `State` that holds it."""
        return self._part or ("params" if self.trainable and not self.frozen else "buffers")

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def value(self) -> Any:
        """The value as a tensor of the active backend."""
        scope = current_scope()
        bound = scope.get(self) if scope is not None else None
        return ops.convert_to_tensor(self.numpy()) if bound is None else bound

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array; within a step it has none, and TypeError is raised."""
        scope = current_scope()
        if scope is not None and scope.get(self) is not None:
            raise TypeError(f"variable {self.path!r} is a tensor within a step, not an array; use kcompat.ops with it")
        if self.store is not None:
            self.store.pull()
        return self._value

    def assign(self, value: Any) -> None:
        """Replace the value by one of the same shape.

        While a step runs, the new value becomes part of the new state; a trainable variable then changes
        only through the optimizer, and assigning to it raises RuntimeError.
        """
        scope = current_scope()
        value = value.value if isinstance(value, Variable) else value
        if scope is None:
            value = to_host(value, self.dtype)
        else:
            if self.trainable and self in scope.values:
                raise RuntimeError(
                    f"variable {self.path!r} is trainable: within a step only the optimizer changes it; "
                    "create it with trainable=False to assign to it"
                )
            value = ops.convert_to_tensor(value, self.dtype)
        if tuple(value.shape) != self.shape:
            raise ValueError(
                f"variable {self.path!r} has shape {self.shape}, got a value of shape {tuple(value.shape)}"
            )
        if scope is None:
            if self.store is not None:
                self.store.changed(self)
            self._value = value
        else:
            scope.writes[self] = value

    def assign_add(self, value: Any) -> None:
        """Add to the value."""
        self.assign(ops.add(self, value))

    def assign_sub(self, value: Any) -> None:
        """Subtract from the value."""
        self.assign(ops.subtract(self, value))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype, copy=copy if copy else None)

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __neg__(self) -> Any:
        return ops.negative(self)

    def __abs__(self) -> Any:
        return ops.absolute(self)

    def __repr__(self) -> str:
        return f"<Variable {self.path} shape={self.shape} dtype={self.dtype} trainable={self.trainable}>"


def to_host(value: Any, dtype: Any = None) -> np.ndarray:
    """A NumPy array of one's own, from an array, a number or a tensor of the active backend."""
    if not isinstance(value, (np.ndarray, np.generic, int, float, bool, list, tuple)):
        value = current().engine.to_numpy(value)
    return np.array(value, None if dtype is None else as_dtype(dtype))


def _install(symbol: str, op: str, reflected: bool = True) -> None:
    apply = getattr(ops, op)
    setattr(Variable, f"__{symbol}__", lambda self, other: apply(self, other))
    if reflected:
        setattr(Variable, f"__r{symbol}__", lambda self, other: apply(other, self))


for _symbol, _op in ARITHMETIC.items():
    _install(_symbol, _op)
for _symbol, _op in {"gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal"}.items():
    _install(_symbol, _op, reflected=False)
