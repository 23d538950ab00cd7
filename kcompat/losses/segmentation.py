"""Losses of overlap, for masks of images."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.config import epsilon
from kcompat.losses.alignment import align
from kcompat.losses.definition import define_loss


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """`1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + epsilon)` over `axis` (Milletari et al., 2016)."""
    y_true, y_pred = align(y_true, y_pred)
    common = ops.sum(y_true * y_pred, axis=axis)
    return 1.0 - common * 2.0 / (ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + epsilon())


Dice = define_loss("Dice", dice, order="reduction name axis dtype")


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """`1 - common / (common + alpha * missed + beta * invented + epsilon)` over `axis` (Salehi et al., 2017).

    `common` is `sum(y_true * y_pred)`, `missed` is `sum(y_true * (1 - y_pred))`, `invented`
    `sum((1 - y_true) * y_pred)`.
    """
    y_true, y_pred = align(y_true, y_pred)
    common = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1.0 - y_pred) * y_true, axis=axis)
    invented = ops.sum(y_pred * (1.0 - y_true), axis=axis)
    return 1.0 - common / (common + missed * alpha + invented * beta + epsilon())


Tversky = define_loss("Tversky", tversky, order="alpha beta reduction name axis dtype")
