"""The spec's dtype names and torch's dtypes, and the spec's promotion where torch's differs."""

import numpy as np
import torch

from kcompat.spec import DTYPES, float_type, floatx, result_type

TORCH = {name: getattr(torch, name) for name in DTYPES}
NAMES = {dtype: name for name, dtype in TORCH.items()}
SCALARS = frozenset((bool, int, float))
_WITHOUT_KERNELS = frozenset(("bool", "uint16", "uint32", "uint64"))
WIDE_UNSIGNED = frozenset((torch.uint16, torch.uint32, torch.uint64))
"""Integers that torch can add and multiply, but neither compare nor reduce."""


def readable(x):
    """Whether it is an array whose memory torch can use as it is."""
    return type(x) is np.ndarray and x.flags.carray and x.dtype.isnative and x.dtype.kind in "biuf"


def as_float(x):
    """A float tensor as it is, any other in floatx."""
    return x if x.is_floating_point() else x.to(TORCH[floatx()])


def with_kernels(x):
    """A tensor as it is, or in int64 if torch lacks functions of its dtype."""
    return x.to(torch.int64) if x.dtype is torch.bool or x.dtype in WIDE_UNSIGNED else x


def in_dtype(dtype, *xs):
    """Numbers and tensors as tensors of one dtype, on the device of the first tensor."""
    device = next((x.device for x in xs if isinstance(x, torch.Tensor)), None)
    return [torch.as_tensor(x, dtype=TORCH[dtype], device=device) for x in xs]


def as_is(x1, x2):
    """Whether torch's promotion of two operands is the spec's.

    It is where the dtypes are equal, and where a scalar leaves the tensor's alone. Elsewhere torch
    would let a tensor of rank 0 count for less, and make bool and an int an int64.
    """
    if type(x1) in SCALARS:
        x1, x2 = x2, x1
    kind = type(x2)
    if kind in SCALARS:
        return x1.is_floating_point() or kind is bool or (kind is int and x1.dtype is not torch.bool)
    return x1.dtype is x2.dtype


def cast_all(dtype, xs):
    """The tensors among `xs` as `dtype`; scalars stay."""
    return [x.to(TORCH[dtype]) if isinstance(x, torch.Tensor) else x for x in xs]


def promoted(*xs):
    """Operands with one dtype, by the spec's rule."""
    return cast_all(result_type(*xs), xs)


def of_tensor(f):
    """`f` with the parameter that the spec names."""

    def call(x):
        return f(x)

    return call


def of_float(f):
    """`f` of floats: an integer tensor becomes floatx."""

    def call(x):
        return f(as_float(x))

    return call


def of_two(f, type_of=result_type):
    """`f` of two operands, with `type_of` for the spec's dtype of the result, or its TypeError.

    torch has no kernels for wide unsigned integers, nor for some functions of bools: these go by way of int64, whose
    arithmetic is the same modulo 2 ** 64.
    """

    def call(x1, x2):
        try:
            return f(x1, x2) if as_is(x1, x2) else f(*promoted(x1, x2))
        except RuntimeError:
            dtype = type_of(x1, x2)
            if dtype not in _WITHOUT_KERNELS:
                raise
            return f(*cast_all("int64", promoted(x1, x2))).to(TORCH[dtype])

    return call


def ordered_alike(f):
    """A function that asks for the order of two tensors alone, also of unsigned integers that torch cannot compare."""

    def call(x1, x2):
        if x1.dtype is torch.uint64:  # as an int64 it has the same order once the highest bit is flipped
            x1, x2 = (x.view(torch.int64) ^ torch.iinfo(torch.int64).min for x in (x1, x2))
        elif x1.dtype in WIDE_UNSIGNED:
            x1, x2 = x1.to(torch.int64), x2.to(torch.int64)
        return f(x1, x2)

    return call


def floats(*xs):
    """Operands with one float dtype, by the spec's rule."""
    return cast_all(float_type(*xs), xs)


def as_tensors(x1, x2):
    """Both operands as tensors, for the functions of torch that take no scalar."""
    if type(x1) in SCALARS:
        return torch.full((), x1, dtype=x2.dtype, device=x2.device), x2
    if type(x2) in SCALARS:
        return x1, torch.full((), x2, dtype=x1.dtype, device=x1.device)
    return x1, x2
