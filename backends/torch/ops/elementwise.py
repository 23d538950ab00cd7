"""Functions of real numbers (elementwise, special, trigonometry)."""

import torch

from kcompat.backends.torch.declared import by_body, declared
from kcompat.backends.torch.dtypes import in_dtype, of_float
from kcompat.spec import float_type

exp, expm1, log, log1p, sqrt = map(of_float, (torch.exp, torch.expm1, torch.log, torch.log1p, torch.sqrt))
exp2, log2, log10, rsqrt = map(of_float, (torch.exp2, torch.log2, torch.log10, torch.rsqrt))
sin, cos, tan, tanh = map(of_float, (torch.sin, torch.cos, torch.tan, torch.tanh))
erf, erfc, erfinv = map(of_float, (torch.erf, torch.erfc, torch.erfinv))
arctan, floor = of_float(torch.arctan), of_float(torch.floor)

# The bodies' second derivatives lose digits, and torch.cosh overflows where the cosine does not yet.
cbrt, cosh, sinh = map(by_body, ("cbrt", "cosh", "sinh"))

_arctan2 = declared(torch.arctan2)  # torch's gradient is 0 where x1 ** 2 + x2 ** 2 overflows or vanishes


def arctan2(x1, x2):
    return _arctan2(*in_dtype(float_type(x1, x2), x1, x2))
