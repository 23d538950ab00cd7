"""Losses of predicted probabilities, or of the logits that they follow from."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.config import epsilon
from kcompat.losses.alignment import align, to_floats
from kcompat.losses.definition import define_loss
from kcompat.losses.targets import ClassIndices, Probabilities


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """The mean over `axis` of `-y_true * log(y_pred) - (1 - y_true) * log(1 - y_pred)`.

    `from_logits`: `y_pred` is what a sigmoid would be applied to. `label_smoothing` moves 0 and 1 that far
    towards one half, in total.
    """
    y_true, y_pred = align(y_true, y_pred, same_shape=True)
    y_true = _smoothed(y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


BinaryCrossentropy = define_loss("BinaryCrossentropy", binary_crossentropy, "bce", "BCE", targets=Probabilities())


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Binary cross-entropy times `(1 - p) ** gamma`, p the probability of the truth (Lin et al., 2018).

    `apply_class_balancing` weighs class 1 with `alpha` and class 0 with `1 - alpha`.
    """
    y_true, y_pred = align(y_true, y_pred, same_shape=True)
    y_true = _smoothed(y_true, label_smoothing, 2)
    y_pred = ops.sigmoid(y_pred) if from_logits else y_pred
    miss = y_true * (1.0 - y_pred) + (1.0 - y_true) * y_pred
    loss = ops.power(miss, gamma) * ops.binary_crossentropy(y_true, y_pred)
    if apply_class_balancing:
        loss = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * loss
    return ops.mean(loss, axis=axis)


BinaryFocalCrossentropy = define_loss("BinaryFocalCrossentropy", binary_focal_crossentropy, targets=Probabilities())


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """`-sum(y_true * log(y_pred))` over `axis`, for one-hot or soft targets."""
    y_true, y_pred = align(y_true, y_pred, same_shape=True)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[axis])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


CategoricalCrossentropy = define_loss("CategoricalCrossentropy", categorical_crossentropy)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Categorical cross-entropy, each class times `alpha * (1 - p) ** gamma`, p its probability (Lin et al., 2018)."""
    y_true, y_pred = align(y_true, y_pred, same_shape=True)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[axis])
    y_pred = ops.softmax(y_pred, axis=axis) if from_logits else y_pred
    share = ops.clip(y_pred / ops.sum(y_pred, axis=axis, keepdims=True), epsilon(), 1.0 - epsilon())
    return ops.sum(ops.power(1.0 - share, gamma) * alpha * (-y_true * ops.log(share)), axis=axis)


CategoricalFocalCrossentropy = define_loss("CategoricalFocalCrossentropy", categorical_focal_crossentropy)


def _smoothed(y_true: Any, label_smoothing: float, classes: int) -> Any:
    return y_true * (1.0 - label_smoothing) + label_smoothing / classes if label_smoothing else y_true


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """`-log(y_pred[y_true])` along `axis`, for class indices; 0 where the index is `ignore_class`."""
    y_pred = to_floats(y_pred)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    counts = is_counted(y_true, y_pred, ignore_class, axis)
    y_true = ops.where(counts, _indices(y_true, y_pred, axis), 0)
    y_pred = ops.where(ops.expand_dims(counts, axis), y_pred, 1.0)
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    return ops.where(counts, values, 0.0)


def is_counted(y_true: Any, y_pred: Any, ignore_class: int, axis: int = -1) -> Any:
    """Which targets are another class than `ignore_class`."""
    return ops.not_equal(_indices(y_true, y_pred, axis), ignore_class)


def mask_ignored(part: Any, y_true: Any, y_pred: Any, values: Any) -> Any:
    """The method `mask` of a loss or metric: all targets but those of its `ignore_class`."""
    del values
    ignore_class = part.kwargs.get("ignore_class")
    if ignore_class is None:
        return None
    return is_counted(y_true, ops.convert_to_tensor(y_pred), ignore_class, part.kwargs.get("axis", -1))


def _indices(y_true: Any, y_pred: Any, axis: int) -> Any:
    """Class indices without the axis of size 1 that they may have in the place of the classes."""
    y_true = ops.cast(ops.convert_to_tensor(y_true), "int32")
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    return y_true


SparseCategoricalCrossentropy = define_loss(
    "SparseCategoricalCrossentropy",
    sparse_categorical_crossentropy,
    targets=ClassIndices(),
    mask=mask_ignored,
    order="from_logits ignore_class reduction axis name dtype",
)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """`(1 - p ** q) / q` of the probability p of the class `y_true` (Zhang & Sabuncu, 2018).

    For 0 < q < 1. Where p is 0 the gradient is 0: the formula's is infinite.
    """
    y_pred = to_floats(y_pred)
    index = ops.expand_dims(_indices(y_true, y_pred, -1), -1)
    p = ops.squeeze(ops.take_along_axis(y_pred, index, axis=-1), axis=-1)
    impossible = ops.equal(p, 0.0)
    loss = ops.expm1(ops.log(ops.where(impossible, 1.0, p)) * q) * (-1.0 / q)
    return ops.where(impossible, 1.0 / q, loss)


def _check_q(q: float, **others: Any) -> None:
    del others
    if not 0 < q < 1:
        raise ValueError(f"q is above 0 and below 1, got {q}")


CategoricalGeneralizedCrossEntropy = define_loss(
    "CategoricalGeneralizedCrossEntropy",
    categorical_generalized_cross_entropy,
    targets=ClassIndices(),
    check=_check_q,
    q=0.5,
)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """`sum(y_true * log(y_true / y_pred))` over the last axis, both held within [epsilon, 1] (Kullback & Leibler)."""
    y_true, y_pred = (ops.clip(y, epsilon(), 1.0) for y in align(y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


KLDivergence = define_loss("KLDivergence", kl_divergence, "kld", "KLD")


def poisson(y_true: Any, y_pred: Any) -> Any:
    """`mean(y_pred - y_true * log(y_pred + epsilon))` over the last axis, for counts."""
    y_true, y_pred = align(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + epsilon()), axis=-1)


Poisson = define_loss("Poisson", poisson)
