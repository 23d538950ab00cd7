"""Variables: named values that a model keeps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from kcompat import ops
from kcompat.runtime.engine import default_dtype
from kcompat.runtime.registry import current
from kcompat.spec import VariableLike, as_dtype, floatx
from kcompat.spec.tensor import ARITHMETIC
from kcompat.variables.scope import current_scope
from kcompat.variables.structure import note_change

if TYPE_CHECKING:
    from kcompat.variables.store import Store


class Variable(VariableLike):
    """A named value that a model keeps: a weight, a statistic, a counter.

    The value lives in one place at a time: here, or in the program of a model that trains it, which has it on lease.
    Reading always gives the newest value, and what is assigned is what the next step works with, whoever takes it.

    Args:
        initializer: the first value (array, number, tensor), or a function of `(shape, dtype)`.
        shape: needed if `initializer` is a function.
        dtype: floatx unless given or had by the value.
        trainable: whether the optimizer changes it.
        name: the last part of its path.
        part: the part of a program's `State` that holds it, for what is no weight: `slots`, `metrics`, `rng`.
    """

    __array_ufunc__ = None  # an ndarray on the left hands over to us
    __hash__ = object.__hash__  # a key for what it is, though == compares values; two variables have two hashes

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
        value = to_host(value, dtype)
        if shape is not None and value.shape != tuple(shape):
            raise ValueError(f"variable {name!r}: the value has shape {value.shape}, expected {tuple(shape)}")
        self.shape: tuple[int, ...] = value.shape
        self.dtype = as_dtype(value.dtype)
        self.name = self.path = name
        self.part = part
        self.regularizer: Any = None
        self.constraint: Any = None
        self._trainable = trainable
        self.host_value: np.ndarray | None = value
        """The value as an array, for the store that has the variable; None while its program has a newer one."""
        self.owner: Store | None = None
        """The store whose program has the value on lease; None while it is here."""

    @property
    def trainable(self) -> bool:
        """Whether the optimizer changes it; it may be changed at any time."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        note_change()

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

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
        while True:
            owner, value = self.owner, self.host_value
            if owner is not None:
                value = owner.read(self)  # None if another store took the variable over just now
            if value is not None:
                return value

    def assign(self, value: Any) -> Any:
        """Replace the value by one of the same shape, and give that as a tensor.

        While a step runs, the new value becomes part of the new state; a trainable variable then changes
        only through the optimizer, and assigning to it raises RuntimeError.
        """
        scope = current_scope()
        if scope is None:
            assign_all([(self, value)])
            return self.value
        value = value.value if isinstance(value, Variable) else value
        if self.trainable and self in scope.values:
            raise RuntimeError(
                f"variable {self.path!r} is trainable: within a step only the optimizer changes it; "
                "create it with trainable=False to assign to it"
            )
        value = ops.convert_to_tensor(value, self.dtype)
        self.check_shape(value.shape)
        scope.writes[self] = value
        return value

    def check_shape(self, shape: Any) -> None:
        """Raise ValueError for another shape than the variable's."""
        if tuple(shape) != self.shape:
            raise ValueError(f"variable {self.path!r} has shape {self.shape}, got a value of shape {tuple(shape)}")

    def put(self, value: np.ndarray) -> None:
        """Make a checked array, which is handed over, the newest value."""
        while True:
            owner = self.owner
            if owner is None:
                self.host_value = value
                return
            if owner.write(self, value):
                return

    def assign_add(self, value: Any) -> Any:
        """Add to the value."""
        return self.assign(ops.add(self, value))

    def assign_sub(self, value: Any) -> Any:
        """Subtract from the value."""
        return self.assign(ops.subtract(self, value))

    def __getstate__(self) -> dict[str, Any]:
        """What copies and files hold: the newest value, and no lease."""
        return {**self.__dict__, "host_value": self.numpy().copy(), "owner": None}

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype, copy=copy if copy else None)

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"variable {self.path!r} is a scalar, it has no length; use variable.size")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self.value[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        raise TypeError(
            f"variable {self.path!r} is neither true nor false; compare it with None by `is`, "
            "its values with kcompat.ops, or use bool(variable.numpy()) of a scalar"
        )

    def __eq__(self, other: Any) -> Any:
        return ops.equal(self, other) if _is_numeric(other) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return ops.not_equal(self, other) if _is_numeric(other) else NotImplemented

    def __pos__(self) -> Any:
        return self.value

    def __invert__(self) -> Any:
        return ops.logical_not(self) if self.dtype == "bool" else ops.bitwise_not(self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return ops.round(self, decimals=ndigits or 0)

    def __neg__(self) -> Any:
        return ops.negative(self)

    def __abs__(self) -> Any:
        return ops.absolute(self)

    def __repr__(self) -> str:
        return f"<Variable {self.path} shape={self.shape} dtype={self.dtype} trainable={self.trainable}>"


def assign_all(pairs: Iterable[tuple[Variable, Any]]) -> None:
    """Assign values to variables, all or none of them: each is converted and checked before the first changes."""
    checked = []
    for variable, value in pairs:
        array = to_host(value.numpy() if isinstance(value, Variable) else value, variable.dtype)
        variable.check_shape(array.shape)
        checked.append((variable, array))
    for variable, array in checked:
        variable.put(array)


def to_host(value: Any, dtype: Any = None) -> np.ndarray:
    """A NumPy array of one's own, from an array, a number or a tensor of the active backend."""
    if not isinstance(value, (np.ndarray, np.generic, int, float, bool, list, tuple)):
        value = current().engine.to_numpy(value)
    return np.array(value, None if dtype is None else as_dtype(dtype))


def _is_numeric(x: Any) -> bool:
    """Whether values can be compared with `x`; None, a name or a layer is merely not the variable."""
    return hasattr(x, "dtype") or isinstance(x, (bool, int, float, list, tuple))


def _install(symbol: str, op: str, reflected: bool = True) -> None:
    apply = getattr(ops, op)
    setattr(Variable, f"__{symbol}__", lambda self, other: apply(self, other))
    if reflected:
        setattr(Variable, f"__r{symbol}__", lambda self, other: apply(other, self))


DIVISION_AND_LOGIC = {
    "floordiv": "floor_divide",
    "mod": "mod",
    "and": "logical_and",
    "or": "logical_or",
    "xor": "logical_xor",
}
for _symbol, _op in (ARITHMETIC | DIVISION_AND_LOGIC).items():
    _install(_symbol, _op)
for _symbol, _op in {"gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal"}.items():
    _install(_symbol, _op, reflected=False)
