"""The NumPy engine. Gradients are the tape's; a step is compiled into calls of NumPy on memory that stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.backends.numpy.dtypes import through_float32
from kcompat.backends.numpy.program import NumPyProgram
from kcompat.runtime.engine import Engine, check_numbers, default_dtype
from kcompat.runtime.interpreter import COMPOSED, Interpreter
from kcompat.runtime.program import Holder, Program, State, Step
from kcompat.spec import as_dtype


class NumPyEngine(Engine):
    """Tensors are ndarrays, and NumPy's scalars where a result has rank 0."""

    name = package = "numpy"
    tensor_type = np.ndarray

    def __init__(self) -> None:
        super().__init__()
        self.tensor_types |= {np.ndarray, np.float32, np.float64, np.int32, np.int64, np.bool_}

    def prepare(self, name: str, support: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return through_float32(name, call) if support == COMPOSED else call

    def asarray(self, x: Any, dtype: str | None = None) -> np.ndarray:
        if dtype is None and not hasattr(x, "dtype"):
            x = np.asarray(x)
            dtype = default_dtype(x)
        x = np.asarray(x, dtype)
        check_numbers(x)
        return x

    def to_numpy(self, x: Any) -> np.ndarray:
        return np.asarray(x)

    def is_tensor(self, x: Any) -> bool:
        return isinstance(x, (np.ndarray, np.generic))

    def dtype(self, x: Any) -> str:
        return as_dtype(x.dtype if hasattr(x, "dtype") else type(x))

    def compile(self, B: Interpreter, step: Step, state: State | Holder) -> Program:
        return NumPyProgram(B, step, state)


engine = NumPyEngine()
