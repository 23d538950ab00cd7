"""Neural-network functions that torch has as one kernel."""

import torch
from torch.nn import functional

from kcompat.backends.torch.dtypes import TORCH
from kcompat.runtime.registry import load
from kcompat.spec import OPS, floatx
from kcompat.spec.rules import normalize_axes

__all__ = ["log_softmax", "softmax", "sparse_categorical_crossentropy"]


def _along(name, native):
    """The kernel of torch works along one axis; the spec's body works over several."""

    def call(x, *, axis=-1):
        x = x if x.is_floating_point() else x.to(TORCH[floatx()])
        axes = normalize_axes(axis, x.ndim)
        return native(x, dim=axes[0]) if len(axes) == 1 else OPS[name].body(load("torch"), x, axis=axis)

    return call


softmax, log_softmax = _along("softmax", torch.softmax), _along("log_softmax", torch.log_softmax)


def sparse_categorical_crossentropy(target, output, *, from_logits=False, axis=-1):
    """See `kcompat.spec.loss.sparse_categorical_crossentropy`."""
    rows = output.ndim == 2 and axis in (-1, 1) and target.shape == output.shape[:1]
    if rows and from_logits and output.is_floating_point():
        return functional.nll_loss(torch.log_softmax(output, -1), target.to(torch.int64), reduction="none")
    body = OPS["sparse_categorical_crossentropy"].body
    return body(load("torch"), target, output, from_logits=from_logits, axis=axis)
