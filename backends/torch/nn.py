"""Neural-network functions that torch has as one kernel."""

import torch

from kcompat.backend import load
from kcompat.backends.torch.dtypes import TORCH
from kcompat.spec import OPS, floatx
from kcompat.spec._rules import normalize_axes

__all__ = ["log_softmax", "softmax"]


def _along(name, native):
    """The kernel of torch works along one axis; the spec's body works over several."""

    def call(x, *, axis=-1):
        x = x if x.is_floating_point() else x.to(TORCH[floatx()])
        axes = normalize_axes(axis, x.ndim)
        return native(x, dim=axes[0]) if len(axes) == 1 else OPS[name].body(load("torch"), x, axis=axis)

    return call


softmax, log_softmax = _along("softmax", torch.softmax), _along("log_softmax", torch.log_softmax)
