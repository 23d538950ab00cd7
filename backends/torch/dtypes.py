"""The spec's dtype names and torch's dtypes, and the spec's promotion where torch's differs."""

import torch

from kcompat.spec import DTYPES, float_type, result_type

TORCH = {name: getattr(torch, name) for name in DTYPES}
NAMES = {dtype: name for name, dtype in TORCH.items()}
SCALARS = frozenset((bool, int, float))


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
