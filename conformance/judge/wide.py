"""The base of the interpreters that judge: the spec's bodies over NumPy's primitives, in wider arithmetic.

A tensor knows the dtype that it stands for. A subclass says what becomes of a primitive's result: the oracle keeps it
and bounds its error, the envelope moves it.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.backends.numpy.composed import interpreter as numpy_interpreter
from kcompat.backends.numpy.engine import NumPyEngine
from kcompat.conformance.targets.precision import MANTISSA_BITS, PROFILES, Profile, largest, round_to
from kcompat.runtime.engine import Engine
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.program import Program
from kcompat.spec import FLOATX, OPS, Op, Operators, as_dtype, float_type, is_float, name_dtype

NO_BOUND = np.zeros(())
name_dtype(np.dtype(np.longdouble), "float64")  # what stands for it, where the platform has it


class Wide(Operators):
    """A tensor of `owner` that stands for one of `dtype`; its floats are wider.

    `bound` is how far an honest result may be from `value`. That of an integer or bool is 0 where it is certain, else
    infinite.
    """

    __slots__ = ("bound", "dtype", "owner", "value")

    def __init__(self, value: Any, dtype: str, owner: WideInterpreter, bound: Any = NO_BOUND):
        self.value, self.dtype, self.owner, self.bound = value, dtype, owner, bound

    def _ops(self, other: Any = None) -> Any:
        """The interpreter of an operator: a tape that the other operand belongs to, else the tensor's owner."""
        return other._ops() if isinstance(other, Operators) and type(other) is not Wide else self.owner

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return tuple(np.shape(self.value))


class WideEngine(NumPyEngine):
    """NumPy's engine, over `Wide`."""

    owner: WideInterpreter

    def asarray(self, x: Any, dtype: str | None = None) -> Any:
        if type(x) is Wide:
            return x if dtype in (None, x.dtype) else self.owner.cast(x, dtype=dtype)
        array = x if isinstance(x, (np.ndarray, np.generic)) else super().asarray(x)
        dtype = dtype or as_dtype(array.dtype)
        if not is_float(dtype):
            return Wide(np.asarray(array, dtype), dtype, self.owner)
        constant = self.owner.constant_in(np.asarray(array, self.owner.profile.wide), dtype)
        return constant if type(constant) is Wide else Wide(constant, dtype, self.owner)

    def to_numpy(self, x: Any) -> np.ndarray:
        """The values, wide."""
        return np.asarray(x.value)

    def is_tensor(self, x: Any) -> bool:
        """See `Engine.is_tensor`."""
        return type(x) is Wide

    def dtype(self, x: Any) -> str:
        """The dtype that a tensor stands for."""
        return x.dtype if type(x) is Wide else super().dtype(x)

    def compile(self, B: Any, step: Callable[..., Any], state: Any) -> Program:
        """A program that runs the step as it is."""
        return Program(B, step, state)


class Application:
    """A primitive with its operands and a result `y` of `dtype`; of several results, `output` is the number of `y`."""

    __slots__ = ("args", "attrs", "by", "dtype", "op", "output", "values", "y")

    def __init__(self, by: WideInterpreter, op: Op, args: tuple[Any, ...], attrs: dict[str, Any]):
        self.by, self.op, self.args, self.attrs = by, op, args, attrs
        self.values = [x.value if type(x) is Wide else x for x in args]
        """The operands without their bounds."""
        self.y: Any = None
        self.dtype = ""
        self.output: int | None = None

    def result(self, y: Any, dtype: str, output: int | None = None) -> Application:
        """The application, with one of its results."""
        self.y, self.dtype, self.output = y, dtype, output
        return self

    @property
    def bounds(self) -> list[Any]:
        """How far each operand may be off."""
        return [np.broadcast_to(x.bound, x.shape) if type(x) is Wide else NO_BOUND for x in self.args]

    @property
    def tensors(self) -> list[Wide]:
        """The operands that are tensors."""
        return [x for x in self.args if type(x) is Wide]

    @property
    def kind(self) -> str:
        """The error class."""
        return self.op.error.kind if self.op.error else ""

    def at(self, values: list[Any], **attrs: Any) -> Any:
        """The result for other operands and attributes."""
        y = self.by.compute(self.op, values, {**self.attrs, **attrs} if attrs else self.attrs)
        return y if self.output is None else y[self.output]


class WideInterpreter(Interpreter):
    """Base of the oracle and the envelope.

    With `alternative` 0 an op runs by its body; with 1 by the first of the alternative formulas that it declares, if it
    declares any.
    """

    def __init__(self, name: str, alternative: int = 0):
        self.profile: Profile = PROFILES["fp32"]
        self.overflowed = self.used_alternative = False
        self.alternative = alternative
        table = {op.name: self._primitive(op) for op in OPS.values() if op.primitive}
        table |= {op.name: self._formula(op) for op in OPS.values() if len(op.alternatives) >= alternative > 0}
        engine = WideEngine()
        engine.owner = self
        engine.tensor_types = {*Engine().tensor_types, Wide}
        super().__init__(name, table, engine)

    @contextlib.contextmanager
    def under(self, profile: Profile) -> Iterator[None]:
        """Within the block the interpreter works for a profile."""
        self.profile, self.overflowed, self.used_alternative = profile, False, False
        yield

    def finish(self, application: Application) -> Wide:
        """What becomes of one result of a primitive."""
        raise NotImplementedError

    def _formula(self, op: Op) -> Callable[..., Any]:
        def call(*args: Any, **attrs: Any) -> Any:
            self.used_alternative = True
            return op.alternatives[self.alternative - 1](self, *args, **attrs)

        return call

    def _primitive(self, op: Op) -> Callable[..., Any]:
        def call(*args: Any, **attrs: Any) -> Any:
            spec = op.rule(*args, **attrs)
            application = Application(self, op, self._rounded_scalars(args), attrs)
            y = self.compute(op, application.values, attrs)
            if not isinstance(y, tuple):
                return self.finish(application.result(y, spec.dtype))
            parts = enumerate(zip(y, spec, strict=True))
            return tuple(self.finish(application.result(part, s.dtype, i)) for i, (part, s) in parts)

        return call

    def _rounded_scalars(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """A Python number takes the dtype of the tensors that it meets."""
        for x in args:
            if type(x) is float:
                break
        else:
            return args
        dtype = float_type(*(x for x in args if type(x) is Wide and x.dtype != "bool"))
        return tuple(self.constant_in(x, dtype) if type(x) is float else x for x in args)

    def constant_in(self, x: Any, dtype: str) -> Any:
        """A number or array that stands in a formula, in a dtype.

        In half precision it may be rounded or not: within an op, libraries compute in float32.
        """
        if MANTISSA_BITS[dtype] >= MANTISSA_BITS["float32"]:
            return _round_scalar(x, dtype) if type(x) is float else round_to(x, dtype)
        rounded = round_to(x, dtype)
        with np.errstate(invalid="ignore"):
            return self.roughly(x, np.where((rounded == x) | np.isnan(x), 0.0, np.abs(rounded - x)), dtype)

    def roughly(self, x: Any, error: Any, dtype: str) -> Any:
        """A value that may be off by so much."""
        raise NotImplementedError

    def compute(self, op: Op, values: list[Any], attrs: dict[str, Any]) -> Any:
        """NumPy's primitive on wide values; float results are limited to what the dtype holds by `limited`."""
        wide = np.dtype(self.profile.wide)
        if "dtype" in attrs and attrs["dtype"] is not None and is_float(attrs["dtype"]):
            attrs = {**attrs, "dtype": "float64"}
        with FLOATX.override("float64"):  # a wide float stands for one of any dtype, so none is the default
            return _in_float64(op, values, attrs) if wide == np.float64 else _in_long_double(op, values, attrs)

    def limited(self, y: Any, dtype: str) -> Any:
        """The result, infinite where it would overflow in the dtype."""
        too_large = np.abs(y) > largest(dtype)
        if not too_large.any():
            return y
        self.overflowed |= bool(np.any(too_large & np.isfinite(y)))
        return np.where(too_large, np.copysign(np.inf, y), y)


@functools.cache
def _round_scalar(x: float, dtype: str) -> float:
    return float(round_to(x, dtype))


def _in_float64(op: Op, values: list[Any], attrs: dict[str, Any]) -> Any:
    return numpy_interpreter().native[op.name](*values, **attrs)


def _in_long_double(op: Op, values: list[Any], attrs: dict[str, Any]) -> Any:
    """In the platform's widest floats: by mpmath what NumPy lacks, in float64 what NumPy has in no wider dtype."""
    if op.name in _BY_MPMATH:
        return _by_mpmath(op.name, values)
    try:
        y = _in_float64(op, values, attrs)
    except TypeError:
        y = _in_float64(op, [_narrow(x) for x in values], attrs)
    return tuple(map(_widened, y)) if isinstance(y, tuple) else _widened(y)


def _narrow(x: Any) -> Any:
    return x.astype(np.float64) if isinstance(x, (np.ndarray, np.generic)) and x.dtype == np.longdouble else x


def _widened(y: Any) -> Any:
    return np.asarray(y, np.longdouble) if np.asarray(y).dtype.kind == "f" else y


_BY_MPMATH = {"erf": "erf", "erfc": "erfc", "erfinv": "erfinv"}


def _by_mpmath(name: str, values: list[Any]) -> Any:
    import mpmath  # needed for the fp64 profile only

    function = getattr(mpmath, _BY_MPMATH[name])

    def one(x: Any) -> Any:
        high = float(x)
        low = float(x - np.longdouble(high)) if np.isfinite(high) else 0.0
        with mpmath.workprec(120):
            if name == "erfinv" and abs(high) >= 1:
                return np.longdouble(np.inf * np.sign(high) if abs(high) == 1 else np.nan)
            y = function(mpmath.mpf(high) + mpmath.mpf(low))
            first = float(y)
            return np.longdouble(first) + np.longdouble(float(y - mpmath.mpf(first)) if np.isfinite(first) else 0.0)

    return np.vectorize(one, otypes=[np.longdouble])(values[0])
