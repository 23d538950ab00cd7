"""Comparison, logic, choice and bits."""

import torch

from kcompat.backends.torch.dtypes import (
    SCALARS,
    TORCH,
    WIDE_UNSIGNED,
    as_is,
    as_tensors,
    of_tensor,
    of_two,
    ordered_alike,
    promoted,
)
from kcompat.spec import result_type
from kcompat.spec.dtypes import integer_type, shift_type


def _logical(f):
    """`f` of bools: torch compares unsigned integers with nothing but 0."""

    def call(x1, x2):
        return f(*(x if x.dtype is torch.bool else x != 0 for x in as_tensors(x1, x2)))

    return call


logical_and, logical_or = map(_logical, (torch.logical_and, torch.logical_or))
logical_not = of_tensor(torch.logical_not)


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
