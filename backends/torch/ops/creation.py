"""New tensors, dtypes and copies (creation, conversion)."""

import numpy as np
import torch

from kcompat.backends.torch.dtypes import TORCH
from kcompat.spec import floatx, result_type


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
    dtype = dtype or result_type(first, last, step)
    first, last, step = (x.item() if isinstance(x, np.ndarray | np.generic) else x for x in (first, last, step))
    return torch.arange(first, last, step, dtype=TORCH[dtype])


def cast(x, *, dtype):
    return x.to(TORCH[dtype])


def stop_gradient(variable):
    return variable.detach()


def copy(x):
    return x.clone()
