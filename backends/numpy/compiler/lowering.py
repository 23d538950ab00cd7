"""How single ops are written into a program: as views, as ufuncs on given memory, as products.

A lowering takes the emitter and a call, and says whether it wrote the call. Where it does not fit, such as operands
of several dtypes, the op itself is called. Results are those of the ops.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.emission import Emitter, Static
from kcompat.backends.numpy.compiler.memory import differs
from kcompat.backends.numpy.reduction import BLOCK, is_row_sum, ones
from kcompat.runtime.graph import Call, Node
from kcompat.spec import SCALARS
from kcompat.spec.rules import normalize_axes

Lowering = Callable[[Emitter, Call], bool]
FLOATS = frozenset({"float16", "float32", "float64"})
SINGLE = frozenset({"float32", "float64"})
"""Floats that are added up in their own precision."""
INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
NUMBERS = FLOATS | INTEGERS
ALL = NUMBERS | {"bool"}


def _operands(call: Call, allowed: frozenset[str]) -> list[Any] | None:
    """The operands, Python's numbers as arrays of the one dtype that the others have; None if there are several."""
    dtypes = {str(x.dtype) for x in call.args if hasattr(x, "dtype")}
    (dtype,) = dtypes if len(dtypes) == 1 else (None,)
    if dtype not in allowed:
        return None
    found = []
    for x in call.args:
        if type(x) in SCALARS:
            if dtype in INTEGERS and (type(x) is not int or not _fits(x, dtype)):
                return None
            if dtype == "bool":
                return None
            x = np.asarray(x, dtype)
        found.append(x)
    return found


def _fits(x: int, dtype: str) -> bool:
    limits = np.iinfo(dtype)
    return bool(limits.min <= x <= limits.max)


def _in_place(ufunc: Any, allowed: frozenset[str], symbol: str | None = None) -> Lowering:
    """A ufunc whose result has the shape and dtype that NumPy gives it; `symbol` is its operator on numbers."""

    def lower(e: Emitter, call: Call) -> bool:
        (y,) = call.results
        operands = _operands(call, allowed)
        if operands is None:
            return False
        if y.shape:
            out = e.output(y, call.args if y.dtype != "bool" else ())
            e.apply(ufunc, operands, out)
            return True
        numbers = [e.number(x) for x in operands]
        e.variable(y, f" {symbol} ".join(numbers) if symbol else f"{e.name(ufunc)}({', '.join(numbers)})")
        return True

    return lower


def _view(function: Callable[..., Any], method: Callable[..., str]) -> Lowering:
    def lower(e: Emitter, call: Call) -> bool:
        (x,), (y,) = call.args, call.results
        if x.shape == y.shape and function is not _transpose:
            e.places[y] = e.places[x]
        elif isinstance(x, Node):
            e.view(y, x, lambda a: function(a, **call.attrs), method(y, **call.attrs))
        return True

    return lower


def _transpose(a: Any, axes: Any = None) -> Any:
    return a.transpose(axes)


def _strided_slice(a: Any, start: Any, stop: Any, step: Any) -> Any:
    return a[tuple(map(slice, start, stop, step))]


def _slices(y: Node, start: Any, stop: Any, step: Any) -> str:
    return f"[{', '.join(f'{a}:{b}:{s}' for a, b, s in zip(start, stop, step, strict=True))}]"


def _broadcast_to(e: Emitter, call: Call) -> bool:
    (x,), (y,) = call.args, call.results
    if isinstance(e.places[x], Static) or x.shape == y.shape:
        return broadcast_static(e, call)
    return False


broadcast_static = _view(lambda a, shape: np.broadcast_to(a, shape), lambda y, shape: "")


def _same(e: Emitter, call: Call) -> bool:
    e.places[call.results[0]] = e.places[call.args[0]]
    return True


def _cast(e: Emitter, call: Call) -> bool:
    (x,), (y,) = call.args, call.results
    if x.dtype == y.dtype:
        return _same(e, call)
    if y.shape:
        out = e.output(y)
        e.lines.append(f'{e.name(np.copyto)}({e.name(out)}, {e.expression(x)}, "unsafe")')
        return True
    if y.dtype not in FLOATS:
        return False
    e.variable(y, f"{e.name(np.dtype(y.dtype).type)}({e.number(x)})")
    return True


def _where(e: Emitter, call: Call) -> bool:
    """A choice by arithmetic on the bits, exact for any values: several times as fast as `np.where`."""
    condition, x1, x2 = call.args
    (y,) = call.results
    choices = Call("where", (x1, x2), {})
    operands = _operands(choices, ALL)
    if operands is None or str(getattr(condition, "dtype", None)) != "bool" or y.dtype not in ALL:
        return False
    if not y.shape:
        chosen, other = map(e.number, operands)
        e.variable(y, f"{chosen} if {e.number(condition)} else {other}")
        return True
    if not condition.shape:
        return False
    bits = np.dtype(f"i{np.dtype(y.dtype).itemsize}")
    mask = _bits(e, condition, np.dtype("i1"))
    zeros = [_is_zero(x) for x in operands]
    first, second = (_bits(e, x, bits) for x in operands)
    out = e.name(e.output(y, (x1,) if zeros[1] or _apart(e, x1, (condition, x2)) else ()).view(bits))
    multiply, xor = e.name(np.multiply), e.name(np.bitwise_xor)
    if zeros[1]:
        e.lines.append(f"{multiply}({first}, {mask}, {out})")
        return True
    if zeros[0]:
        e.lines.append(f"{multiply}({second}, {mask}, {out})")
    else:
        e.lines.append(f"{xor}({first}, {second}, {out})")
        e.lines.append(f"{multiply}({out}, {mask}, {out})")
    e.lines.append(f"{xor}({out}, {second}, {out})")
    return True


def _apart(e: Emitter, x: Any, others: tuple[Any, ...]) -> bool:
    """Whether `x` shares its storage with none of the others."""
    storages = [getattr(e.places.get(o), "storage", None) for o in (x, *others) if type(o) is Node]
    return type(x) is Node and storages[0] not in storages[1:]


def _bits(e: Emitter, x: Any, dtype: np.dtype) -> str:
    """An operand seen as integers of its size."""
    place = e.places[x] if type(x) is Node else x
    if isinstance(place, str):
        return f"{place}.view({e.name(dtype)})"
    return e.name((place.array if isinstance(place, Static) else place).view(dtype))


def _is_zero(x: Any) -> bool:
    """Whether all bits of a constant are zero; they are not in -0.0."""
    return not isinstance(x, Node) and x.ndim == 0 and not any(x.tobytes())


def _total(e: Emitter, call: Call) -> bool:
    """See `sum` of `kcompat.backends.numpy.reduction`, whose cases these are."""
    (x,), (y,) = call.args, call.results
    axis, keepdims = call.attrs.get("axis"), call.attrs.get("keepdims", False)
    if x.dtype not in SINGLE or 0 in x.shape:
        return False
    if not x.shape:
        return _same(e, call)
    place = e.places[x]
    axes = normalize_axes(axis if not isinstance(axis, list) else tuple(axis), len(x.shape))
    if not y.shape:
        e.variable(y, f"{e.name(np.add.reduce)}({e.expression(x)}, {None if axis is None else axes})")
        return True
    if not isinstance(place, Static) or not place.array.flags.c_contiguous or not axes:
        return False
    if axes[-1] - axes[0] != len(axes) - 1:
        return False
    before, after = x.shape[: axes[0]], x.shape[axes[-1] + 1 :]
    count = math.prod(x.shape[i] for i in axes)
    if not after:
        out = e.output(y)
        if is_row_sum(x.shape, axes):
            e.do(np.matmul, place.array.reshape(-1, count), ones(count, np.dtype(x.dtype)), out.reshape(-1))
        else:
            e.do(np.add.reduce, place.array, axes, None, out, keepdims)
        return True
    out = e.output(y).reshape(math.prod(before), math.prod(after))
    _sum_of_rows(e, place.array.reshape(math.prod(before), count, math.prod(after)), out)
    return True


def _sum_of_rows(e: Emitter, x: np.ndarray, out: np.ndarray) -> None:
    """See `kcompat.backends.numpy.reduction`."""
    batch, count, width = x.shape
    if count <= BLOCK:
        _product_with_ones(e, count, x, out)
        return
    whole = count - count % BLOCK
    parts = e.scratch((batch, whole // BLOCK, width), x.dtype)
    blocks = x[:, :whole].reshape(batch, -1, BLOCK, width)
    e.do(np.matmul, ones(BLOCK, x.dtype), blocks[0] if batch == 1 else blocks, parts[0] if batch == 1 else parts)
    _sum_of_rows(e, parts, out)
    if whole < count:
        rest = e.scratch((batch, width), x.dtype)
        _product_with_ones(e, count - whole, x[:, whole:], rest)
        e.do(np.add, out, rest, out)


def _product_with_ones(e: Emitter, count: int, x: np.ndarray, out: np.ndarray) -> None:
    single = len(x) == 1  # fewer axes, less to do for NumPy
    e.do(np.matmul, ones(count, x.dtype), x[0] if single else x, out[0] if single else out)


FEW = 64
"""Along so few elements NumPy's reductions spend their time between rows."""


def _extreme(ufunc: Any) -> Lowering:
    def lower(e: Emitter, call: Call) -> bool:
        (x,), (y,) = call.args, call.results
        axis, keepdims = call.attrs.get("axis"), call.attrs.get("keepdims", False)
        if x.dtype not in NUMBERS or not y.shape:
            return False
        place = e.places[x]
        axes = normalize_axes(tuple(axis) if isinstance(axis, list) else axis, len(x.shape))
        along_last = axes == (len(x.shape) - 1,) and 1 < x.shape[-1] <= FEW and 0 not in x.shape
        out = e.output(y)
        if along_last and isinstance(place, Static) and place.array.flags.c_contiguous:
            rows = place.array.reshape(-1, x.shape[-1])
            columns = e.scratch(rows.T.shape, x.dtype)
            e.do(np.copyto, columns, rows.T)
            e.do(ufunc.reduce, columns, 0, None, out.reshape(-1))
        else:
            e.do(ufunc.reduce, x, axes, None, out, keepdims)
        return True

    return lower


def _index_of(method: str) -> Lowering:
    def lower(e: Emitter, call: Call) -> bool:
        (x,), (y,) = call.args, call.results
        axis, keepdims = call.attrs.get("axis"), call.attrs.get("keepdims", False)
        if not y.shape or axis is None or x.dtype not in NUMBERS:
            return False
        out = e.output(y)
        wide = e.scratch(y.shape, np.intp)
        keywords = ", keepdims=True" if keepdims else ""
        e.lines.append(f"{e.expression(x)}.{method}({axis}, {e.name(wide)}{keywords})")
        e.lines.append(f'{e.name(np.copyto)}({e.name(out)}, {e.name(wide)}, "unsafe")')
        return True

    return lower


def _matmul(e: Emitter, call: Call) -> bool:
    x1, x2 = call.args
    (y,) = call.results
    if {str(x1.dtype), str(x2.dtype)} != {y.dtype} or y.dtype not in SINGLE or not y.shape:
        return False
    out = e.output(y)
    place = e.places[x1] if type(x1) is Node else None
    if len(x1.shape) > 2 and len(x2.shape) == 2 and isinstance(place, Static) and place.array.flags.c_contiguous:
        e.do(np.matmul, place.array.reshape(-1, x1.shape[-1]), x2, out.reshape(-1, x2.shape[-1]))
    else:
        e.do(np.matmul, x1, x2, out)
    return True


def _concatenate(e: Emitter, call: Call) -> bool:
    (y,) = call.results
    if any(str(x.dtype) != y.dtype for x in call.args):
        return False
    parts = ", ".join(map(e.expression, call.args))
    out = e.output(y)
    axis = call.attrs.get("axis", 0)
    e.lines.append(f"{e.name(np.concatenate)}(({parts},), {axis}, {e.name(out)})")
    return True


def _join(e: Emitter, call: Call) -> bool:
    """Several tensors as one vector: see `kcompat.backends.numpy.compiler.flattening`."""
    place = call.attrs["place"]
    for x, part in zip(call.args, call.attrs["parts"], strict=True):
        found = e.places[x] if type(x) is Node else x
        if not isinstance(found, Static) or differs(found.array, part):
            e.do(np.copyto, part, x)
    (y,) = call.results
    if place.storage is not None:
        place.storage.last = e.last[y]
    e._settle(y, place)
    return True


def _part(e: Emitter, call: Call) -> bool:
    """One tensor of such a vector."""
    (x,), (y,) = call.args, call.results
    start, stop = call.attrs["start"], call.attrs["start"] + call.attrs["count"]
    e.view(y, x, lambda a: a[start:stop].reshape(y.shape), f"[{start}:{stop}].reshape({y.shape})")
    return True


def _relu(e: Emitter, call: Call) -> bool:
    """`np.maximum(x, 0)`, in place where x is not needed any more."""
    maximum = Call("maximum", (*call.args, 0), {})
    maximum.results = call.results
    return LOWERINGS["maximum"](e, maximum)


def _sigmoid(e: Emitter, call: Call) -> bool:
    """`where(x >= 0, 1, t) / (1 + t)` with `t = exp(-|x|)`: as t is at most 1, the choice is a maximum."""
    (x,), (y,) = call.args, call.results
    if y.dtype not in SINGLE or not y.shape:
        return False
    zero, one = np.zeros((), y.dtype), np.ones((), y.dtype)
    out = e.output(y, call.args)
    positive, dividend = e.scratch(y.shape, bool), e.scratch(y.shape, y.dtype)
    e.do(np.greater_equal, x, zero, positive)
    e.do(np.absolute, x, out)
    e.do(np.negative, out, out)
    e.do(np.exp, out, out)
    e.lines.append(f"{e.name(np.maximum)}({e.name(out)}, {e.name(positive)}, out={e.name(dividend)})")
    e.do(np.add, out, one, out)
    e.do(np.divide, dividend, out, out)
    return True


LOWERINGS: dict[str, Lowering] = {
    "add": _in_place(np.add, NUMBERS, "+"),
    "subtract": _in_place(np.subtract, NUMBERS, "-"),
    "multiply": _in_place(np.multiply, NUMBERS, "*"),
    "divide": _in_place(np.divide, FLOATS, "/"),
    "maximum": _in_place(np.maximum, NUMBERS),
    "minimum": _in_place(np.minimum, NUMBERS),
    "equal": _in_place(np.equal, ALL, "=="),
    "not_equal": _in_place(np.not_equal, ALL, "!="),
    "greater": _in_place(np.greater, ALL, ">"),
    "greater_equal": _in_place(np.greater_equal, ALL, ">="),
    "less": _in_place(np.less, ALL, "<"),
    "less_equal": _in_place(np.less_equal, ALL, "<="),
    "logical_and": _in_place(np.logical_and, frozenset({"bool"})),
    "logical_or": _in_place(np.logical_or, frozenset({"bool"})),
    "logical_not": _in_place(np.logical_not, frozenset({"bool"})),
    "isnan": _in_place(np.isnan, FLOATS),
    "isfinite": _in_place(np.isfinite, FLOATS),
    "bitwise_and": _in_place(np.bitwise_and, INTEGERS),
    "bitwise_or": _in_place(np.bitwise_or, INTEGERS),
    "bitwise_xor": _in_place(np.bitwise_xor, INTEGERS),
    "right_shift": _in_place(np.right_shift, INTEGERS),
    "left_shift": _in_place(np.left_shift, INTEGERS),
    "negative": _in_place(np.negative, NUMBERS),
    "square": _in_place(np.square, NUMBERS),
    "absolute": _in_place(np.absolute, NUMBERS),
    "exp": _in_place(np.exp, FLOATS),
    "expm1": _in_place(np.expm1, FLOATS),
    "log": _in_place(np.log, FLOATS),
    "log1p": _in_place(np.log1p, FLOATS),
    "sqrt": _in_place(np.sqrt, FLOATS),
    "sin": _in_place(np.sin, FLOATS),
    "cos": _in_place(np.cos, FLOATS),
    "tanh": _in_place(np.tanh, FLOATS),
    "floor": _in_place(np.floor, FLOATS),
    "reshape": _view(lambda a, newshape: a.reshape(newshape), lambda y, newshape: f".reshape({y.shape})"),
    "transpose": _view(_transpose, lambda y, axes=None: f".transpose({axes})"),
    "strided_slice": _view(_strided_slice, _slices),
    "broadcast_to": _broadcast_to,
    "stop_gradient": _same,
    "cast": _cast,
    "relu": _relu,
    "sigmoid": _sigmoid,
    "where": _where,
    "sum": _total,
    "max": _extreme(np.maximum),
    "min": _extreme(np.minimum),
    "argmax": _index_of("argmax"),
    "argmin": _index_of("argmin"),
    "matmul": _matmul,
    "concatenate": _concatenate,
    "join": _join,
    "part": _part,
}
