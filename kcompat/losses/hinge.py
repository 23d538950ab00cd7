"""Losses of a margin, as of support vector machines. At the margin the gradient is one half of that beyond it."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.losses.alignment import align
from kcompat.losses.definition import define_loss


def hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0))` over the last axis, for labels -1 and 1; if all are 0 or 1, 0 means -1."""
    y_true, y_pred = _signed(*align(y_true, y_pred))
    return ops.mean(ops.maximum(1.0 - y_true * y_pred, 0.0), axis=-1)


Hinge = define_loss("Hinge", hinge)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0) ** 2)` over the last axis, labels as for `hinge`."""
    y_true, y_pred = _signed(*align(y_true, y_pred))
    return ops.mean(ops.square(ops.maximum(1.0 - y_true * y_pred, 0.0)), axis=-1)


SquaredHinge = define_loss("SquaredHinge", squared_hinge)


def _signed(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    binary = ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0))
    others = ops.sum(ops.where(binary, 0, 1))
    return ops.where(ops.equal(others, 0), y_true * 2.0 - 1.0, y_true), y_pred


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """`max(wrong - right + 1, 0)` over the last axis: the best score of a wrong class and that of the right one."""
    y_true, y_pred = align(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


CategoricalHinge = define_loss("CategoricalHinge", categorical_hinge)
