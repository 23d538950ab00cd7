"""The primitives on torch tensors, and the composed ops that torch has a faster form of.

The derivatives are torch's: its values at kinks are the spec's for all that is here but `power`. Of the ops that
are not here, `hard_sigmoid` has no second derivative in torch, `var` loses digits in its first, and
`batch_norm` folds the mean into the offset.
"""

import torch
from torch.nn import functional

from kcompat.backends.torch.convolution import convolution, convolution_input_grad, convolution_kernel_grad
from kcompat.backends.torch.dtypes import (
    SCALARS,
    TORCH,
    WIDE_UNSIGNED,
    as_is,
    as_tensors,
    floats,
    of_two,
    ordered_alike,
    promoted,
)
from kcompat.backends.torch.elementwise import (
    arctan,
    arctan2,
    cbrt,
    copy,
    cosh,
    exp2,
    fmod,
    gcd,
    integer_quotient,
    log2,
    log10,
    nextafter,
    sinh,
    tan,
    view,
)
from kcompat.backends.torch.indexing import scatter_add, scatter_add_along_axis, take, take_along_axis
from kcompat.backends.torch.linalg import (
    cholesky,
    det,
    eigh,
    linear_solve,
    lu,
    pinv,
    qr,
    slogdet,
    svd,
    triangular_solve,
)
from kcompat.backends.torch.nn import log_softmax, softmax, sparse_categorical_crossentropy
from kcompat.backends.torch.pooling import average_pool, max_pool
from kcompat.backends.torch.random import random_bits
from kcompat.backends.torch.recurrent import gru_sequence, lstm, lstm_sequence, rnn_sequence
from kcompat.backends.torch.reduction import (
    all,  # noqa: A004
    any,  # noqa: A004
    argmax,
    argmin,
    cumprod,
    cumsum,
    logsumexp,
    max,  # noqa: A004
    mean,
    min,  # noqa: A004
    prod,
    searchsorted,
    sum,  # noqa: A004
)
from kcompat.backends.torch.scatter import scatter_max, scatter_multiply
from kcompat.backends.torch.structure import (
    broadcast_to,
    concatenate,
    flip,
    interior_pad,
    reshape,
    split,
    stack,
    strided_slice,
    transpose,
)
from kcompat.backends.torch.update import adam_update, momentum_update, rmsprop_update, sgd_update
from kcompat.spec import floatx, result_type
from kcompat.spec import rules as _rules
from kcompat.spec.dtypes import integer_type, number_type, shift_type
from kcompat.spec.rules import normalize_axis

__all__ = ["adam_update", "average_pool", "convolution", "convolution_input_grad", "convolution_kernel_grad"]
__all__ += [
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
__all__ += ["log_softmax", "softmax", "sparse_categorical_crossentropy"]
__all__ += ["gru_sequence", "lstm", "lstm_sequence", "rnn_sequence"]
__all__ += ["max_pool", "momentum_update", "sgd_update"]
__all__ += ["all", "any", "argmax", "argmin", "cumprod", "cumsum", "logsumexp"]
__all__ += ["max", "mean", "min", "prod", "random_bits", "rmsprop_update", "searchsorted", "sum"]
__all__ += ["scatter_add", "scatter_add_along_axis", "scatter_max", "scatter_multiply", "take", "take_along_axis"]
__all__ += ["broadcast_to", "concatenate", "flip", "interior_pad", "reshape", "split", "stack", "strided_slice"]
__all__ += ["transpose"]
__all__ += ["cholesky", "det", "eigh", "linear_solve", "lu", "pinv", "qr", "slogdet", "svd", "triangular_solve"]

# Arithmetic of two


def _of_tensors(f):
    """`f` takes no scalar."""

    def call(x1, x2):
        return f(*as_tensors(*((x1, x2) if as_is(x1, x2) else promoted(x1, x2))))

    return call


add, subtract, multiply = of_two(torch.add), of_two(torch.sub, number_type), of_two(torch.mul)


def _choice(f, first_wins):
    def call(x1, x2):
        if x1.dtype in WIDE_UNSIGNED:
            return torch.where(first_wins(x1, x2), x1.to(torch.int64), x2.to(torch.int64)).to(x1.dtype)
        return f(x1, x2)

    return _of_tensors(call)


def _logical(f):
    """`f` of bools: torch compares unsigned integers with nothing but 0."""
    return lambda x1, x2: f(*(x if x.dtype is torch.bool else x != 0 for x in as_tensors(x1, x2)))


maximum = _choice(torch.maximum, ordered_alike(torch.gt))
minimum = _choice(torch.minimum, ordered_alike(torch.lt))
logical_and, logical_or = map(_logical, (torch.logical_and, torch.logical_or))


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
    return torch.clamp(*(torch.as_tensor(t, dtype=dtype) for t in (x, x_min, x_max)))


# Comparison, choice, bits


def _comparison(f, swapped):
    """`f`, which wants its tensor first; `swapped` is the same comparison of the operands in the other order."""

    def call(x1, x2):
        if type(x1) in SCALARS:
            return swapped(x2, x1)
        if type(x2) not in SCALARS and x1.dtype is not x2.dtype:
            x1, x2 = promoted(x1, x2)
        if x1.dtype in WIDE_UNSIGNED:
            return in_order(*as_tensors(x1, x2))
        return f(x1, x2)

    in_order = ordered_alike(f)
    return call


equal, not_equal = _comparison(torch.eq, torch.eq), _comparison(torch.ne, torch.ne)
greater, less = _comparison(torch.gt, torch.lt), _comparison(torch.lt, torch.gt)
greater_equal, less_equal = _comparison(torch.ge, torch.le), _comparison(torch.le, torch.ge)


def where(condition, x1, x2):
    if type(condition) in SCALARS:
        condition = torch.tensor(bool(condition))
    elif condition.dtype is not torch.bool:
        condition = condition.to(torch.bool)
    if type(x1) in SCALARS and type(x2) in SCALARS:
        x1 = torch.full((), x1, dtype=TORCH[result_type(x1, x2)], device=condition.device)
    elif not as_is(x1, x2):
        x1, x2 = promoted(x1, x2)
    return torch.where(condition, x1, x2)


bitwise_and, bitwise_or = of_two(torch.bitwise_and, integer_type), of_two(torch.bitwise_or, integer_type)
bitwise_xor = of_two(torch.bitwise_xor, integer_type)
left_shift, right_shift = of_two(torch.bitwise_left_shift, shift_type), of_two(torch.bitwise_right_shift, shift_type)

# Functions of one


def _of_one(f):
    def call(x):
        return f(x)

    return call


def _as_float(x):
    return x if x.is_floating_point() else x.to(TORCH[floatx()])


def _floating(f):
    """A function whose result is a float, and floatx for integers."""

    def call(x):
        return f(_as_float(x))

    return call


exp, expm1, log, log1p, sqrt = map(_floating, (torch.exp, torch.expm1, torch.log, torch.log1p, torch.sqrt))
sin, cos, tanh, floor = map(_floating, (torch.sin, torch.cos, torch.tanh, torch.floor))
erf, erfc, erfinv = map(_floating, (torch.erf, torch.erfc, torch.erfinv))
rsqrt, reciprocal, sigmoid = map(_floating, (torch.rsqrt, torch.reciprocal, torch.sigmoid))
relu = torch.relu
relu6, silu, selu = map(_floating, (functional.relu6, functional.silu, functional.selu))
negative, square = _of_one(torch.neg), _of_one(torch.square)
isnan, isfinite, logical_not = map(_of_one, (torch.isnan, torch.isfinite, torch.logical_not))


def absolute(x):
    return torch.abs(x) if x.dtype.is_signed else x


def sign(x):
    x = x.detach()
    return torch.where(torch.isnan(x), x, torch.sign(x))  # torch's sign of NaN is 0


def leaky_relu(x, *, negative_slope=0.2):
    return functional.leaky_relu(_as_float(x), negative_slope)


def elu(x, *, alpha=1.0):
    return functional.elu(_as_float(x), alpha)


def softplus(x):
    return functional.softplus(_as_float(x), threshold=40.0)  # torch's 20 is too early for float64


# New tensors, dtypes


def full(*, shape, fill_value, dtype=None):
    dtype = dtype or floatx()
    return torch.full((shape,) if isinstance(shape, int) else tuple(shape), fill_value, dtype=TORCH[dtype])


def zeros_like(x, *, dtype=None):
    return torch.zeros(x.shape, dtype=TORCH[dtype] if dtype else x.dtype, device=x.device)


def ones_like(x, *, dtype=None):
    return torch.ones(x.shape, dtype=TORCH[dtype] if dtype else x.dtype, device=x.device)


def arange(*, start, stop=None, step=None, dtype=None):
    first, last = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    return torch.arange(first, last, step, dtype=TORCH[dtype or result_type(first, last, step)])


def cast(x, *, dtype):
    return x.to(TORCH[dtype])


def stop_gradient(variable):
    return variable.detach()


# Order, matrix products


def argsort(x, *, axis=-1):
    return torch.argsort(x, dim=normalize_axis(axis, x.ndim), stable=True).to(torch.int32)


def sort(x, *, axis=-1):
    return torch.sort(x, dim=normalize_axis(axis, x.ndim), stable=True).values


def matmul(x1, x2):
    if x1.dtype is not x2.dtype:
        x1, x2 = promoted(x1, x2)
    if x1.dtype is torch.bool:  # has no product in torch
        return torch.matmul(x1.to(torch.int32), x2.to(torch.int32)).to(torch.bool)
    return torch.matmul(x1, x2)
