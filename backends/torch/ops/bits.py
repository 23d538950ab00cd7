"""Bits, and the remainders and quotients of integers (bits, rounding)."""

import torch

from kcompat.backends.torch.dtypes import TORCH, in_dtype
from kcompat.backends.torch.interpreter import interpreter
from kcompat.spec import is_float
from kcompat.spec import rules as _rules
from kcompat.spec.bits import nextafter_by_bits


def _of_integers(f, dtype, *xs):
    """`f` of integers of a dtype: in int64 where torch has no kernel for smaller or unsigned ones."""
    wide = "int64" if dtype.startswith("u") or dtype == "int8" else dtype
    return f(*in_dtype(wide, *xs)).to(TORCH[dtype])


def fmod(x1, x2):
    dtype = _rules.remainder(x1, x2).dtype
    return torch.fmod(*in_dtype(dtype, x1, x2)) if is_float(dtype) else _of_integers(torch.fmod, dtype, x1, x2)


def integer_quotient(x1, x2):
    return _of_integers(torch.floor_divide, _rules.of_integers(x1, x2).dtype, x1, x2)


def _gcd(x1, x2):
    """Torch's own is negative for the smallest integer."""
    return torch.abs(torch.gcd(x1, x2))


def gcd(x1, x2):
    return _of_integers(_gcd, _rules.of_integers(x1, x2).dtype, x1, x2)


def nextafter(x1, x2):
    """By the spec's bits: torch has no `nextafter` of halves."""
    return nextafter_by_bits(interpreter(), x1, x2)


def view(x, *, dtype=None):
    return x.detach().contiguous().view(TORCH[_rules.view(x, dtype=dtype).dtype])
