"""Elementwise functions of torch, in the dtypes of the spec."""

import torch

from kcompat.backends.torch.declared import by_body, declared
from kcompat.backends.torch.dtypes import TORCH
from kcompat.runtime.registry import load
from kcompat.spec import float_type, is_float
from kcompat.spec import rules as rules
from kcompat.spec.bits import nextafter_by_bits

__all__ = [
    "arctan",
    "arctan2",
    "cbrt",
    "copy",
    "cosh",
    "exp2",
    "fmod",
    "gcd",
    "integer_quotient",
    "log2",
    "log10",
    "nextafter",
    "sinh",
    "tan",
    "view",
]


def _in_dtype(dtype, *xs):
    """Operands as tensors of one dtype, on the device of the first."""
    device = next((x.device for x in xs if isinstance(x, torch.Tensor)), None)
    return [torch.as_tensor(x, dtype=TORCH[dtype], device=device) for x in xs]


def _floating(f):
    """A function whose result is a float, floatx for integers."""

    def call(x):
        return f(*_in_dtype(float_type(x), x))

    return call


arctan, tan = _floating(torch.arctan), _floating(torch.tan)  # torch.cosh overflows where cosh does not yet
exp2, log2, log10 = map(_floating, (torch.exp2, torch.log2, torch.log10))
cbrt, cosh, sinh = map(by_body, ("cbrt", "cosh", "sinh"))  # the bodies' second derivatives lose digits


_arctan2 = declared(torch.arctan2)  # torch's gradient is 0 where x1 ** 2 + x2 ** 2 overflows or vanishes


def arctan2(x1, x2):
    """See `kcompat.spec.trigonometry.arctan2`."""
    return _arctan2(*_in_dtype(float_type(x1, x2), x1, x2))


def _of_integers(f, dtype, *xs):
    """In int64 what torch lacks in smaller or unsigned integers."""
    wide = "int64" if dtype.startswith("u") or dtype == "int8" else dtype
    return f(*_in_dtype(wide, *xs)).to(TORCH[dtype])


def fmod(x1, x2):
    """See `kcompat.spec.rounding.fmod`."""
    dtype = rules.remainder(x1, x2).dtype
    return torch.fmod(*_in_dtype(dtype, x1, x2)) if is_float(dtype) else _of_integers(torch.fmod, dtype, x1, x2)


def integer_quotient(x1, x2):
    """See `kcompat.spec.rounding.integer_quotient`."""
    return _of_integers(torch.floor_divide, rules.of_integers(x1, x2).dtype, x1, x2)


def gcd(x1, x2):
    """See `kcompat.spec.bits.gcd`."""
    return _of_integers(torch.gcd, rules.of_integers(x1, x2).dtype, x1, x2)


def nextafter(x1, x2):
    """See `kcompat.spec.bits.nextafter`; torch has none of halves."""
    return nextafter_by_bits(load("torch"), x1, x2)


def view(x, *, dtype=None):
    """See `kcompat.spec.bits.view`."""
    return x.detach().contiguous().view(TORCH[rules.view(x, dtype=dtype).dtype])


def copy(x):
    """`x` in memory of its own."""
    return x.clone()
