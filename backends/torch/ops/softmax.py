"""Softmax and the loss of its logits (softmax, loss)."""

import torch
from torch.nn import functional

from kcompat.backends.torch.dtypes import as_float
from kcompat.backends.torch.interpreter import run_body
from kcompat.spec.rules import normalize_axes


def _along(name, f):
    """`f`, whose kernel works along one axis; the spec's body works over several."""

    def call(x, *, axis=-1):
        x = as_float(x)
        axes = normalize_axes(axis, x.ndim)
        return f(x, dim=axes[0]) if len(axes) == 1 else run_body(name, x, axis=axis)

    return call


def _log_softmax(x, *, dim):
    """Torch's own adds up float16 in float16, where more than 65504 equal elements overflow."""
    return torch.log_softmax(x, dim, torch.float32).half() if x.dtype is torch.half else torch.log_softmax(x, dim)


softmax, log_softmax = _along("softmax", torch.softmax), _along("log_softmax", _log_softmax)


def sparse_categorical_crossentropy(target, output, *, from_logits=False, axis=-1):
    rows = output.ndim == 2 and axis in (-1, 1) and target.shape == output.shape[:1]
    if rows and from_logits and output.is_floating_point():
        return functional.nll_loss(torch.log_softmax(output, -1), target.to(torch.int64), reduction="none")
    return run_body("sparse_categorical_crossentropy", target, output, from_logits=from_logits, axis=axis)
