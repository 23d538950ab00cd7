"""The reference: every op by its body, in float64, with each result moved as rounding might move it.

Honest implementations of an op round at other places, so the effect of moving every intermediate result by
a few roundings says how far apart two of them can be: the tolerance is measured, not chosen. Moved by
nothing, the same interpreter gives the expected value, and the tape over it gives derivatives.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.backends.numpy import ops as numpy_ops
from kcompat.backends.numpy.engine import NumPyEngine
from kcompat.engine import Engine
from kcompat.interpreter import Interpreter
from kcompat.spec import OPS, Op, Operators, floatx, set_floatx

MANTISSA_BITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
SMALLEST_EXPONENT = {"float16": -14, "bfloat16": -126, "float32": -126, "float64": -1022}


def unit_roundoff(dtype: str) -> float:
    """The largest relative error of rounding to a dtype."""
    return 2.0 ** -MANTISSA_BITS[dtype]


def smallest_normal(dtype: str) -> float:
    """Below it a dtype has fewer digits, and some processors have zero."""
    return 2.0 ** SMALLEST_EXPONENT[dtype]


def rounded(x: float, dtype: str) -> float:
    """A number as a dtype holds it."""
    if not math.isfinite(x):
        return x
    digits, exponent = math.frexp(x)
    return math.ldexp(round(math.ldexp(digits, MANTISSA_BITS[dtype])), exponent - MANTISSA_BITS[dtype])


class Wide(Operators):
    """A float64 tensor of `owner`, whose operators are the owner's ops: ndarrays' own would round unseen."""

    __slots__ = ("owner", "value")

    def __init__(self, value: Any, owner: Reference):
        self.value, self.owner = value, owner

    def _ops(self, other: Any = None) -> Any:
        """A tape records what one of its own tensors takes part in."""
        return other._ops() if isinstance(other, Operators) and type(other) is not Wide else self.owner

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return tuple(np.shape(self.value))

    @property
    def dtype(self) -> Any:
        """NumPy's dtype."""
        return self.value.dtype


class WideEngine(NumPyEngine):
    """NumPy's engine, over `Wide`."""

    owner: Reference

    def asarray(self, x: Any, dtype: str | None = None) -> Any:
        """See `Engine.asarray`."""
        return Wide(super().asarray(x.value if type(x) is Wide else x, dtype), self.owner)

    def to_numpy(self, x: Any) -> np.ndarray:
        """See `Engine.to_numpy`."""
        return np.asarray(x.value)

    def is_tensor(self, x: Any) -> bool:
        """See `Engine.is_tensor`."""
        return type(x) is Wide


class Reference(Interpreter):
    """NumPy's primitives in float64 under the spec's bodies; `moved` makes it add rounding noise."""

    def __init__(self, *, alternatives: bool = False):
        self.amplitude, self.dtype_name, self.rng = 0.0, "float32", np.random.default_rng(0)
        self.used_alternative = False
        table = {op.name: self._moving(op) for op in OPS.values() if op.primitive}
        if alternatives:
            table |= {op.name: self._alternative(op) for op in OPS.values() if op.alternatives}
        engine = WideEngine()
        engine.owner = self
        engine.tensor_types = {*Engine().tensor_types, Wide}
        super().__init__("reference", table, engine)

    @contextlib.contextmanager
    def moved(self, dtype: str, amplitude: float, seed: int) -> Iterator[None]:
        """Move each result by up to `amplitude` times the rounding error it has in `dtype`."""
        default = floatx()
        self.amplitude, self.dtype_name, self.rng = amplitude, dtype, np.random.default_rng(seed)
        set_floatx("float64")
        try:
            yield
        finally:
            set_floatx(default)

    def _alternative(self, op: Op) -> Callable[..., Any]:
        def call(*args: Any, **attrs: Any) -> Any:
            self.used_alternative = True
            return op.alternatives[0](self, *args, **attrs)

        return call

    def _moving(self, op: Op) -> Callable[..., Any]:
        compute = getattr(numpy_ops, op.name)
        error = _LOCAL_ERROR.get(op.error.kind if op.error else "")

        def call(*args: Any, **attrs: Any) -> Any:
            if attrs.get("dtype") == self.dtype_name:
                attrs["dtype"] = "float64"
            args = tuple(map(self._operand, args))
            if self.amplitude and op.error and op.error.kind == "backward":
                args = tuple(self._moved_input(x, op.error.k) for x in args)
            y = compute(*args, **attrs)
            if isinstance(y, tuple):
                return tuple(Wide(part, self) for part in y)
            if error is not None and y.dtype.kind == "f":
                y = self._limited(y)
                if self.amplitude:
                    y = self._shaken(y, error(self, op, y, args, attrs))
            return Wide(y, self)

        return call

    def _operand(self, x: Any) -> Any:
        """The value of a tensor; a Python number takes the dtype of the tensors that it meets."""
        if type(x) is Wide:
            return x.value
        return rounded(x, self.dtype_name) if type(x) is float else x

    def _moved_input(self, x: Any, k: float) -> Any:
        """A matrix that a stable algorithm may as well have been given."""
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f" or not x.size:
            return x
        size = k * unit_roundoff(self.dtype_name) * np.max(np.abs(x), axis=(-2, -1), keepdims=True)
        return x + self.amplitude * size * self.rng.uniform(-1.0, 1.0, x.shape)

    def _limited(self, y: Any) -> Any:
        """Overflow where the dtype would."""
        largest = (2.0 - 2.0 * unit_roundoff(self.dtype_name)) * 2.0 ** (1 - SMALLEST_EXPONENT[self.dtype_name])
        return np.where(np.abs(y) > largest, np.copysign(np.inf, y), y)

    def _shaken(self, y: Any, error: Any) -> Any:
        """Results near the smallest normal number may also be flushed to zero; infinity stays."""
        size = np.abs(y)
        error = np.where(size < 4 * smallest_normal(self.dtype_name), size, error * unit_roundoff(self.dtype_name))
        error = np.where(np.isfinite(y), error, 0.0)
        return np.where(error > 0, y + self.amplitude * error * self.rng.uniform(-1.0, 1.0, np.shape(y)), y)

    def representable(self, y: Any) -> Any:
        """Whether rounding to the dtype changes nothing; such a result of one operation has no error."""
        if self.dtype_name == "float64":
            return np.zeros(np.shape(y), bool)
        digits, _ = np.frexp(y)
        scaled = np.ldexp(digits, MANTISSA_BITS[self.dtype_name])
        return scaled == np.rint(scaled)


def _arithmetic(R: Reference, op: Op, y: Any, args: Any, attrs: Any) -> Any:
    del op, args, attrs
    return np.where(R.representable(y), 0.0, np.abs(y))


def _unary(R: Reference, op: Op, y: Any, args: Any, attrs: Any) -> Any:
    k = op.error.k if op.error else 1.0
    return _arithmetic(R, op, y, args, attrs) if k == 1 else k * np.abs(y)


def _grid(x: Any) -> float:
    """The largest power of two of which all elements are multiples."""
    digits, exponent = np.frexp(x[x != 0])
    whole = np.ldexp(digits, 53).astype(np.int64)
    return np.min(np.ldexp((whole & -whole).astype(float), exponent - 53), initial=np.inf)


def _added(R: Reference, op: Op, y: Any, args: Any, attrs: Any) -> Any:
    """A sum of n terms: pairwise or blocked summation is what honest libraries do."""
    sizes = getattr(numpy_ops, op.name)(np.abs(args[0]), *args[1:], **attrs)
    terms = np.size(args[0]) / max(np.size(y), 1)
    return _unless_exact(R, sizes, _grid(np.asarray(args[0])), max(1.0, math.log2(max(terms, 1)) / 2))


def _cumulated(R: Reference, op: Op, y: Any, args: Any, attrs: Any) -> Any:
    """Each partial sum of up to n terms, added in any order."""
    del y
    sizes = getattr(numpy_ops, op.name)(np.abs(args[0]), **attrs)
    n = args[0].shape[attrs["axis"]] if attrs.get("axis") is not None else np.size(args[0])
    return _unless_exact(R, sizes, _grid(np.asarray(args[0])), math.sqrt(max(n, 1)))


def _matmul(R: Reference, op: Op, y: Any, args: Any, attrs: Any) -> Any:
    del op, y, attrs
    return _unless_exact(R, np.matmul(np.abs(args[0]), np.abs(args[1])), _grid(args[0]) * _grid(args[1]), 2.0)


def _unless_exact(R: Reference, sizes: Any, grid: float, factor: float) -> Any:
    """Multiples of a grid are added without rounding, in any order, while the dtype holds their sum."""
    return np.where(sizes <= grid / unit_roundoff(R.dtype_name), 0.0, factor * sizes)


_LOCAL_ERROR: dict[str, Callable[..., Any]] = {
    "arithmetic": _arithmetic,
    "cast": _arithmetic,
    "unary": _unary,
    "sum": _added,
    "scatter": _added,
    "cumsum": _cumulated,
    "matmul": _matmul,
}


@functools.cache
def references() -> tuple[Reference, Reference]:
    """The reference by the bodies, and the one by the first alternative where an op declares any."""
    return Reference(), Reference(alternatives=True)
