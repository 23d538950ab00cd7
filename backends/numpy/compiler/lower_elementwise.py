"""Lowerings of elementwise ops: ufuncs on given memory, Python's operators on numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.emitter import Emitter
from kcompat.backends.numpy.compiler.lower_structure import stop_gradient
from kcompat.backends.numpy.compiler.memory import Static
from kcompat.runtime.graph import Call, Node
from kcompat.spec import SCALARS

FLOATS = frozenset({"float16", "float32", "float64"})
SINGLE = frozenset({"float32", "float64"})
"""Floats that are added up in their own precision."""
INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
NUMBERS = FLOATS | INTEGERS
BOOL = frozenset({"bool"})
ALL = NUMBERS | BOOL


def ufunc(function: np.ufunc, dtypes: frozenset[str], symbol: str | None = None) -> Callable[[Emitter, Call], bool]:
    """The lowering of an op that is a ufunc on operands of one of `dtypes`, whose result NumPy gives the same dtype.

    `symbol` is its operator on numbers.
    """

    def lower(emitter: Emitter, call: Call) -> bool:
        (y,) = call.results
        operands = _of_one_dtype(call.args, dtypes)
        if operands is None:
            return False
        if y.shape:
            out = emitter.output(y, call.args if y.dtype != "bool" else ())
            emitter.apply(function, operands, out)
            return True
        numbers = [emitter.number(x) for x in operands]
        emitter.variable(y, f" {symbol} ".join(numbers) if symbol else _apply(emitter.name(function), numbers))
        return True

    return lower


def _apply(name: str, arguments: list[str]) -> str:
    return f"{name}({', '.join(arguments)})"


def _of_one_dtype(operands: tuple[Any, ...], allowed: frozenset[str]) -> list[Any] | None:
    """The operands, Python's numbers as arrays of the one dtype that the others have; None if they have several."""
    dtypes = {str(x.dtype) for x in operands if hasattr(x, "dtype")}
    (dtype,) = dtypes if len(dtypes) == 1 else (None,)
    if dtype not in allowed:
        return None
    converted = []
    for x in operands:
        if type(x) in SCALARS:
            if dtype == "bool" or (dtype in INTEGERS and (type(x) is not int or not _fits(x, dtype))):
                return None
            x = np.asarray(x, dtype)
        converted.append(x)
    return converted


def _fits(x: int, dtype: str) -> bool:
    limits = np.iinfo(dtype)
    return bool(limits.min <= x <= limits.max)


def cast(emitter: Emitter, call: Call) -> bool:
    """A copy into given memory; numbers by NumPy's scalar types, which round floats as arrays are rounded."""
    (x,), (y,) = call.args, call.results
    if x.dtype == y.dtype:
        return stop_gradient(emitter, call)
    if y.shape:
        out = emitter.output(y)
        emitter.write(f'{emitter.name(np.copyto)}({emitter.name(out)}, {emitter.expression(x)}, "unsafe")')
        return True
    if y.dtype not in FLOATS:
        return False
    emitter.variable(y, f"{emitter.name(np.dtype(y.dtype).type)}({emitter.number(x)})")
    return True


_maximum = ufunc(np.maximum, NUMBERS)


def relu(emitter: Emitter, call: Call) -> bool:
    """`np.maximum(x, 0)`, in place where x is not needed any more."""
    maximum = Call("maximum", (*call.args, 0), {})
    maximum.results = call.results
    return _maximum(emitter, maximum)


def sigmoid(emitter: Emitter, call: Call) -> bool:
    """`where(x >= 0, 1, t) / (1 + t)` with `t = exp(-|x|)`: as t is at most 1, the choice is a maximum."""
    (x,), (y,) = call.args, call.results
    if y.dtype not in SINGLE or not y.shape:
        return False
    zero, one = np.zeros((), y.dtype), np.ones((), y.dtype)
    out = emitter.output(y, call.args)
    positive, dividend = emitter.scratch(y.shape, bool), emitter.scratch(y.shape, y.dtype)
    emitter.do(np.greater_equal, x, zero, positive)
    emitter.do(np.absolute, x, out)
    emitter.do(np.negative, out, out)
    emitter.do(np.exp, out, out)
    emitter.write(
        f"{emitter.name(np.maximum)}({emitter.name(out)}, {emitter.name(positive)}, out={emitter.name(dividend)})"
    )
    emitter.do(np.add, out, one, out)
    emitter.do(np.divide, dividend, out, out)
    return True


def where(emitter: Emitter, call: Call) -> bool:
    """A choice by arithmetic on the bits, exact for any values: several times as fast as `np.where`."""
    condition, x1, x2 = call.args
    (y,) = call.results
    operands = _of_one_dtype((x1, x2), ALL)
    if operands is None or str(getattr(condition, "dtype", None)) != "bool" or y.dtype not in ALL:
        return False
    if not y.shape:
        chosen, other = map(emitter.number, operands)
        emitter.variable(y, f"{chosen} if {emitter.number(condition)} else {other}")
        return True
    if not condition.shape:
        return False
    bits = np.dtype(f"i{np.dtype(y.dtype).itemsize}")
    mask = _bits(emitter, condition, np.dtype("i1"))
    zeros = [_is_zero(x) for x in operands]
    first, second = (_bits(emitter, x, bits) for x in operands)
    over = (x1,) if zeros[1] or _apart(emitter, x1, (condition, x2)) else ()
    out = emitter.name(emitter.output(y, over).view(bits))
    multiply, xor = emitter.name(np.multiply), emitter.name(np.bitwise_xor)
    if zeros[1]:
        emitter.write(f"{multiply}({first}, {mask}, {out})")
        return True
    if zeros[0]:
        emitter.write(f"{multiply}({second}, {mask}, {out})")
    else:
        emitter.write(f"{xor}({first}, {second}, {out})")
        emitter.write(f"{multiply}({out}, {mask}, {out})")
    emitter.write(f"{xor}({out}, {second}, {out})")
    return True


def _apart(emitter: Emitter, x: Any, others: tuple[Any, ...]) -> bool:
    """Whether `x` is a node that shares its storage with none of the others."""
    if type(x) is not Node:
        return False
    storage = getattr(emitter.places[x], "storage", None)
    return not any(storage is getattr(emitter.places[y], "storage", None) for y in others if type(y) is Node)


def _bits(emitter: Emitter, x: Any, dtype: np.dtype) -> str:
    """Code for an operand seen as integers of its size."""
    place = emitter.places[x] if type(x) is Node else x
    if isinstance(place, str):
        return f"{place}.view({emitter.name(dtype)})"
    return emitter.name((place.array if isinstance(place, Static) else place).view(dtype))


def _is_zero(x: Any) -> bool:
    """Whether all bits of a constant are zero; they are not in -0.0."""
    return not isinstance(x, Node) and x.ndim == 0 and not any(x.tobytes())
