"""Matrix products."""

import torch

from kcompat.backends.torch.dtypes import promoted


def matmul(x1, x2):
    if x1.dtype is not x2.dtype:
        x1, x2 = promoted(x1, x2)
    if x1.dtype is torch.bool:  # has no product in torch
        return torch.matmul(x1.to(torch.int32), x2.to(torch.int32)).to(torch.bool)
    return torch.matmul(x1, x2)
