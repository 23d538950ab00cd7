"""Losses of sequences of labels."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.losses.alignment import to_floats
from kcompat.losses.definition import define_loss
from kcompat.losses.targets import Labels


def ctc(y_true: Any, y_pred: Any) -> Any:
    """The loss of `ops.ctc_loss`: labels `(batch, labels)`, padded with 0, of logits `(batch, time, classes)`."""
    y_true, y_pred = ops.cast(ops.convert_to_tensor(y_true), "int32"), to_floats(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ValueError(
            "ctc: targets are (batch, labels) and logits (batch, time, classes), "
            f"got shapes {tuple(y_true.shape)} and {tuple(y_pred.shape)}"
        )
    labels = ops.cast(ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1), "int32")
    return ops.ctc_loss(y_true, y_pred, labels, ops.zeros_like(labels) + y_pred.shape[1], mask_index=0)


CTC = define_loss("CTC", ctc, targets=Labels())
