"""Arithmetic."""

import torch

from kcompat.backends.torch.dtypes import (
    SCALARS,
    TORCH,
    WIDE_UNSIGNED,
    as_is,
    as_tensors,
    floats,
    of_float,
    of_tensor,
    of_two,
    ordered_alike,
    promoted,
)
from kcompat.spec import result_type
from kcompat.spec import rules as _rules
from kcompat.spec.dtypes import held, number_type

add, subtract, multiply = of_two(torch.add), of_two(torch.sub, number_type), of_two(torch.mul)
negative, square = of_tensor(torch.neg), of_tensor(torch.square)
isnan, isfinite = of_tensor(torch.isnan), of_tensor(torch.isfinite)
reciprocal = of_float(torch.reciprocal)


def _choice(f, first_wins):
    def call(x1, x2):
        if type(x1) is int or type(x2) is int:
            x1, x2 = held(x1, x2)
        x1, x2 = as_tensors(*((x1, x2) if as_is(x1, x2) else promoted(x1, x2)))
        if x1.dtype in WIDE_UNSIGNED:
            return torch.where(first_wins(x1, x2), x1.to(torch.int64), x2.to(torch.int64)).to(x1.dtype)
        return f(x1, x2)

    return call


maximum = _choice(torch.maximum, ordered_alike(torch.gt))
minimum = _choice(torch.minimum, ordered_alike(torch.lt))


def divide(x1, x2):
    if not (as_is(x1, x2) and (x2 if type(x1) in SCALARS else x1).is_floating_point()):
        x1, x2 = floats(x1, x2)
    return torch.div(x1, x2)


_pow = of_two(torch.pow)


def power(x1, x2):
    if type(x2) is int and x2 < 0:
        _rules.power(x1, x2)  # which refuses integers
    if not as_is(x1, x2):
        x1, x2 = promoted(x1, x2)
    if type(x2) in SCALARS or not x2.requires_grad:
        return _pow(x1, x2)
    # The exponent has no gradient where the base is not positive, and torch's is NaN there.
    if type(x1) in SCALARS:
        return torch.pow(x1, x2 if x1 > 0 else x2.detach())
    positive = x1 > 0
    varying = torch.pow(torch.where(positive, x1, 1.0), x2)
    return torch.where(positive, varying, torch.pow(torch.where(positive, 1.0, x1), x2.detach()))


def clip(x, x_min, x_max):
    if type(x_min) in SCALARS and type(x_max) in SCALARS and x.is_floating_point():
        return torch.clamp(x, x_min, x_max)
    dtype = TORCH[result_type(x, x_min, x_max)]
    return torch.clamp(*(torch.as_tensor(t, dtype=dtype) for t in held(x, x_min, x_max)))


def absolute(x):
    return torch.abs(x) if x.dtype.is_signed else x


def sign(x):
    x = x.detach()
    return torch.where(torch.isnan(x), x, torch.sign(x))  # torch's sign of NaN is 0
