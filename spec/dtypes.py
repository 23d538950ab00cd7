"""Dtypes by name, and the one promotion rule that holds on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.spec.settings import floatx

BOOL = ("bool",)
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
HALVES = ("float16", "bfloat16")
FLOATS = (*HALVES, "float32", "float64")
DTYPES = BOOL + SIGNED + UNSIGNED + FLOATS

SCALARS = (bool, int, float)
"""Python's numbers: as operands they are weak, taking the dtype of the tensors beside them."""

_ALIASES = {"int": "int32", "long": "int64", "half": "float16", "double": "float64", "bool_": "bool"}

_names: dict[Any, str] = {name: name for name in DTYPES}
"""Names found so far: asking NumPy for a dtype's name takes microseconds."""


def as_dtype(dtype: Any) -> str:
    """The name of a dtype given as a name, a NumPy or framework dtype, or `bool`, `int`, `float`."""
    if dtype is float or (isinstance(dtype, str) and dtype == "float"):
        return floatx()
    name = _names.get(dtype)
    if name is None:
        name = _names[dtype] = _find_name(dtype)
    return name


def name_dtype(dtype: Any, name: str) -> None:
    """Let a dtype that has no name of its own, such as NumPy's long double, go by one of `DTYPES`."""
    _names.setdefault(dtype, name)


def _find_name(dtype: Any) -> str:
    if isinstance(dtype, str):
        name = dtype
    elif dtype is bool or dtype is int:  # by identity: np.dtype("bool") equals bool
        name = dtype.__name__
    elif hasattr(dtype, "name"):
        name = dtype.name  # numpy, jax and tensorflow dtypes
    else:
        name = str(dtype).rpartition(".")[2]  # "torch.float32"
        if name not in DTYPES and isinstance(dtype, type):
            name = np.dtype(dtype).name
    name = _ALIASES.get(name, name)
    if name not in DTYPES:
        raise ValueError(f"unknown dtype {dtype!r}; expected one of {', '.join(DTYPES)}")
    return name


def is_float(dtype: str) -> bool:
    """Whether a dtype, given by its name, is one of floats."""
    return dtype in FLOATS


def promote(left: str, right: str) -> str:
    """The smallest dtype that both convert to; an integer never widens a float."""
    if left == right:
        return left
    if left in FLOATS or right in FLOATS:
        if left not in FLOATS or right not in FLOATS:
            return left if left in FLOATS else right
        if {left, right} == {"float16", "bfloat16"}:
            return "float32"
        return max(left, right, key=FLOATS.index)
    if "bool" in (left, right):
        return right if left == "bool" else left
    if (left in SIGNED) == (right in SIGNED):
        return max(left, right, key=_bits)
    signed, unsigned = (left, right) if left in SIGNED else (right, left)
    if _bits(signed) > _bits(unsigned):
        return signed
    return f"int{2 * _bits(unsigned)}" if unsigned != "uint64" else floatx()


def result_type(*operands: Any) -> str:
    """The dtype of an arithmetic result.

    Operands are tensors, dtype names, or Python scalars; a scalar is weak: it changes
    the kind of the result (bool to int to float), never the width.
    """
    dtypes = [as_dtype(getattr(x, "dtype", x)) for x in operands if not _is_weak(x)]
    if dtypes:
        result = dtypes[0]
        for dtype in dtypes[1:]:
            result = promote(result, dtype)
    else:
        result = "bool"
    for x in filter(_is_weak, operands):
        if isinstance(x, float) and result not in FLOATS:
            result = floatx()
        elif isinstance(x, int) and not isinstance(x, bool) and result == "bool":
            result = "int32"
    return result


def _is_weak(x: Any) -> bool:
    """Whether `x` is a Python scalar; NumPy's float64 is a Python float too, but has a dtype of its own."""
    return isinstance(x, (bool, int, float)) and not hasattr(x, "dtype")


def float_type(*operands: Any) -> str:
    """The dtype of a result that is a float whatever the operands are."""
    result = result_type(*operands)
    return result if result in FLOATS else floatx()


def integer_type(*operands: Any) -> str:
    """The dtype of a result of integers or bools. Raises TypeError for floats."""
    result = result_type(*operands)
    if result in FLOATS:
        given = " and ".join(as_dtype(getattr(x, "dtype", type(x))) for x in operands)
        raise TypeError(f"expected integers or bools, got {given}; cast to one integer dtype first")
    return result


def number_type(*operands: Any) -> str:
    """The dtype of a result of numbers. Raises TypeError if all operands are bools."""
    result = result_type(*operands)
    if result == "bool":
        raise TypeError("expected numbers, got bools alone; cast to an integer dtype, or use logical_xor")
    return result


def shift_type(*operands: Any) -> str:
    """The dtype of a result of integers. Raises TypeError for floats and for bools alone."""
    number_type(*operands)
    return integer_type(*operands)


def nearest_in(dtype: str, x: Any) -> Any:
    """A Python int as the nearest one that an integer dtype holds; any other operand, and of other dtypes, as it is."""
    if type(x) is not int or dtype in FLOATS or dtype == "bool":
        return x
    bits = _bits(dtype)
    low, high = (0, 2**bits - 1) if dtype in UNSIGNED else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return min(max(x, low), high)


def held(*operands: Any) -> list[Any]:
    """The operands; a Python int that the dtype of their result does not hold is the nearest one that it does."""
    dtype = result_type(*operands)
    return [nearest_in(dtype, x) for x in operands]


def _bits(dtype: str) -> int:
    return int(dtype.removeprefix("u").removeprefix("int"))
