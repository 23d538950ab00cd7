"""Losses of embeddings, which are to be near each other for equal labels."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.losses.alignment import to_floats
from kcompat.losses.definition import define_loss
from kcompat.losses.targets import Labels

NO_PAIR = -6e4
"""The logit of two embeddings that are no pair: beside any other logit its weight is 0, in float16 too."""


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """The circle loss of embeddings `(batch, size)` of length 1 with integer labels (Sun et al., 2020).

    Each is compared with `ref_embeddings` of `ref_labels`, which are those of the batch themselves if not given;
    `remove_diagonal`: not with itself. A loss object leaves those out that have no loss.
    """
    y_pred = to_floats(y_pred)
    others = y_pred if ref_embeddings is None else ops.cast(ops.convert_to_tensor(ref_embeddings), y_pred.dtype)
    labels = ops.reshape(ops.cast(ops.convert_to_tensor(y_true), "int32"), (-1, 1))
    other_labels = labels if ref_labels is None else ops.cast(ops.convert_to_tensor(ref_labels), "int32")
    alike = ops.equal(labels, ops.reshape(other_labels, (1, -1)))
    apart = ops.logical_not(alike)
    if remove_diagonal:
        rows, columns = (ops.arange(n) for n in alike.shape)
        alike = ops.logical_and(alike, ops.not_equal(ops.expand_dims(rows, 1), ops.expand_dims(columns, 0)))
    distance = ops.maximum(1.0 - ops.matmul(y_pred, ops.transpose(others)), 0.0)
    near = (distance + margin) * (distance - margin) * gamma
    far = ops.maximum(1.0 + margin - distance, 0.0) * (1.0 - margin - distance) * gamma
    near, far = (ops.logsumexp(ops.where(pairs, x, NO_PAIR), axis=1) for pairs, x in ((alike, near), (apart, far)))
    return ops.softplus(near + far)


def _mask_without_loss(loss: Any, y_true: Any, y_pred: Any, values: Any) -> Any:
    """The samples that have a loss: those that are compared with another of their label."""
    del loss, y_true, y_pred
    return ops.greater(values, 0.0)


Circle = define_loss(
    "Circle",
    circle,
    targets=Labels(),
    mask=_mask_without_loss,
    order="gamma margin remove_diagonal reduction name dtype",
)
