"""A tensor class and what the engine must know of it."""

from typing import Any

import numpy as np

from kcompat.runtime.engine import Engine, default_dtype
from kcompat.runtime.registry import load
from kcompat.spec import Operators


class Box(Operators):
    """A tensor: an array in a box. `Operators` makes `x + y` and `x[0]` out of the primitives."""

    def __init__(self, array: np.ndarray):
        self.array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self.array.shape

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self.array.dtype.name

    def _ops(self, other: Any = None) -> Any:
        """The interpreter of `self + other`; a tensor that is traced brings its own."""
        return other._ops() if isinstance(other, Operators) and not isinstance(other, Box) else load("toy")

    def __repr__(self) -> str:
        return f"Box({self.array!r})"


class ToyEngine(Engine):
    """Conversion to and from NumPy; differentiation, scan and programs are inherited."""

    name, package = "toy", "kcompat-toy"

    def asarray(self, x: Any, dtype: str | None = None) -> Box:
        array = x.array if isinstance(x, Box) else np.asarray(x)
        if dtype is None and not hasattr(x, "dtype"):
            dtype = default_dtype(array)
        return Box(array.astype(dtype or array.dtype))

    def to_numpy(self, x: Box) -> np.ndarray:
        return x.array

    def is_tensor(self, x: Any) -> bool:
        return isinstance(x, Box)

    def dtype(self, x: Box) -> str:
        return x.dtype


engine = ToyEngine()
