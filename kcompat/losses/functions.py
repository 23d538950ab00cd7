"""Loss functions: one value a sample. They reduce the last axis, or `axis`, and never the batch.

Where a formula has a kink, its gradient is that of the ops: at the margin of a hinge one half of it, of an
absolute error of 0 it is 0.
"""

from __future__ import annotations

import math
from typing import Any

from kcompat import ops
from kcompat.losses.loss import paired

EPSILON = 1e-7
"""Keeps logarithms and quotients finite: `keras.config.epsilon()` unless changed."""


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """`mean((y_true - y_pred) ** 2)` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """`mean(|y_true - y_pred|)` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.mean(ops.absolute(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """`100 * mean(|y_true - y_pred| / max(|y_true|, 1e-7))` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    size = ops.maximum(ops.absolute(y_true), EPSILON)
    return ops.mean(ops.absolute(ops.subtract(y_true, y_pred) / size), axis=-1) * 100.0


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """`mean((log(y_true + 1) - log(y_pred + 1)) ** 2)` over the last axis; both are held at 1e-7 from below."""
    y_true, y_pred = (ops.log1p(ops.maximum(y, EPSILON)) for y in paired(y_true, y_pred))
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """The mean over the last axis of `e ** 2 / 2` up to `|e| = delta`, of `delta * |e| - delta ** 2 / 2` beyond.

    `e` is `y_true - y_pred` (Huber, 1964).
    """
    y_true, y_pred = paired(y_true, y_pred)
    error = ops.absolute(ops.subtract(y_pred, y_true))
    near = ops.minimum(error, delta)
    return ops.mean(near * (error - near * 0.5), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """`mean(log(cosh(y_pred - y_true)))` over the last axis.

    Computed as `log1p(expm1(e) ** 2 / exp(e) / 2)` up to 1, which is exact near 0, and beyond as
    `|e| + log1p(exp(-2 |e|)) - log(2)`, which does not overflow.
    """
    y_true, y_pred = paired(y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    size = ops.absolute(error)
    is_near = ops.less(size, 1.0)
    near, far = ops.where(is_near, error, 0.0), ops.where(is_near, 1.0, size)
    near = ops.log1p(ops.square(ops.expm1(near)) * ops.exp(-near) * 0.5)
    far = far + (ops.log1p(ops.exp(far * -2.0)) - math.log(2.0))
    return ops.mean(ops.where(is_near, near, far), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between the two along `axis`; 0, with a finite gradient, for a vector of zeros."""
    y_true, y_pred = paired(y_true, y_pred)
    return -ops.sum(ops.multiply(ops.normalize(y_true, axis=axis), ops.normalize(y_pred, axis=axis)), axis=axis)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """`sum(y_true * log(y_true / y_pred))` over the last axis, both held within [1e-7, 1] (Kullback & Leibler)."""
    y_true, y_pred = (ops.clip(y, EPSILON, 1.0) for y in paired(y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """`mean(y_pred - y_true * log(y_pred + 1e-7))` over the last axis, for counts."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + EPSILON), axis=-1)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0))` over the last axis, for labels -1 and 1; if all are 0 or 1, 0 means -1."""
    y_true, y_pred = _signed(*paired(y_true, y_pred))
    return ops.mean(ops.maximum(1.0 - y_true * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """`mean(max(1 - y_true * y_pred, 0) ** 2)` over the last axis, labels as for `hinge`."""
    y_true, y_pred = _signed(*paired(y_true, y_pred))
    return ops.mean(ops.square(ops.maximum(1.0 - y_true * y_pred, 0.0)), axis=-1)


def _signed(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    binary = ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0))
    others = ops.sum(ops.where(binary, 0, 1))
    return ops.where(ops.equal(others, 0), y_true * 2.0 - 1.0, y_true), y_pred


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """`max(wrong - right + 1, 0)` over the last axis: the best score of a wrong class and that of the right one."""
    y_true, y_pred = paired(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """The mean over `axis` of `-y_true * log(y_pred) - (1 - y_true) * log(1 - y_pred)`.

    `from_logits`: `y_pred` is what a sigmoid would be applied to. `label_smoothing` moves 0 and 1 that far
    towards one half, in total.
    """
    y_true, y_pred = paired(y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


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
    y_true, y_pred = paired(y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2)
    y_pred = ops.sigmoid(y_pred) if from_logits else y_pred
    miss = y_true * (1.0 - y_pred) + (1.0 - y_true) * y_pred
    loss = ops.power(miss, gamma) * ops.binary_crossentropy(y_true, y_pred)
    if apply_class_balancing:
        loss = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * loss
    return ops.mean(loss, axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """`-sum(y_true * log(y_pred))` over `axis`, for one-hot or soft targets."""
    y_true, y_pred = paired(y_true, y_pred, same_shape=True)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[axis])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


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
    y_true, y_pred = paired(y_true, y_pred, same_shape=True)
    y_true = _smoothed(y_true, label_smoothing, y_true.shape[axis])
    y_pred = ops.softmax(y_pred, axis=axis) if from_logits else y_pred
    share = ops.clip(y_pred / ops.sum(y_pred, axis=axis, keepdims=True), EPSILON, 1.0 - EPSILON)
    return ops.sum(ops.power(1.0 - share, gamma) * alpha * (-y_true * ops.log(share)), axis=axis)


def _smoothed(y_true: Any, label_smoothing: float, classes: int) -> Any:
    return y_true * (1.0 - label_smoothing) + label_smoothing / classes if label_smoothing else y_true


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """`-log(y_pred[y_true])` along `axis`, for class indices; 0 where the index is `ignore_class`."""
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    y_pred = ops.convert_to_tensor(y_pred)
    counts = is_counted(y_true, y_pred, ignore_class, axis)
    y_true = ops.where(counts, _indices(y_true, y_pred, axis), 0)
    y_pred = ops.where(ops.expand_dims(counts, axis), y_pred, 1.0)
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    return ops.where(counts, values, 0.0)


def is_counted(y_true: Any, y_pred: Any, ignore_class: int, axis: int = -1) -> Any:
    """Which targets are another class than `ignore_class`."""
    return ops.not_equal(_indices(y_true, y_pred, axis), ignore_class)


def _indices(y_true: Any, y_pred: Any, axis: int) -> Any:
    """Class indices without the axis of size 1 that they may have in the place of the classes."""
    y_true = ops.cast(ops.convert_to_tensor(y_true), "int32")
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis=axis)
    return y_true


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """`(1 - p ** q) / q` of the probability p of the class `y_true` (Zhang & Sabuncu, 2018).

    For 0 < q < 1. Where p is 0 the gradient is 0: the formula's is infinite.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    index = ops.expand_dims(_indices(y_true, y_pred, -1), -1)
    p = ops.squeeze(ops.take_along_axis(y_pred, index, axis=-1), axis=-1)
    impossible = ops.equal(p, 0.0)
    loss = ops.expm1(ops.log(ops.where(impossible, 1.0, p)) * q) * (-1.0 / q)
    return ops.where(impossible, 1.0 / q, loss)


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """`1 - 2 * sum(y_true * y_pred) / (sum(y_true) + sum(y_pred) + 1e-7)` over `axis` (Milletari et al., 2016)."""
    y_true, y_pred = paired(y_true, y_pred)
    common = ops.sum(y_true * y_pred, axis=axis)
    return 1.0 - common * 2.0 / (ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + EPSILON)


def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Any:
    """`1 - common / (common + alpha * missed + beta * invented + 1e-7)` over `axis` (Salehi et al., 2017).

    `common` is `sum(y_true * y_pred)`, `missed` is `sum(y_true * (1 - y_pred))`, `invented`
    `sum((1 - y_true) * y_pred)`.
    """
    y_true, y_pred = paired(y_true, y_pred)
    common = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1.0 - y_pred) * y_true, axis=axis)
    invented = ops.sum(y_pred * (1.0 - y_true), axis=axis)
    return 1.0 - common / (common + missed * alpha + invented * beta + EPSILON)


NO_PAIR = -6e4
"""The logit of what is no pair: beside any other its weight is 0, in float16 too."""


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
    y_pred = ops.convert_to_tensor(y_pred)
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


def ctc(y_true: Any, y_pred: Any) -> Any:
    """The loss of `ops.ctc_loss`: labels `(batch, labels)`, padded with 0, of logits `(batch, time, classes)`."""
    y_true, y_pred = ops.cast(ops.convert_to_tensor(y_true), "int32"), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ValueError(
            "ctc: targets are (batch, labels) and logits (batch, time, classes), "
            f"got shapes {tuple(y_true.shape)} and {tuple(y_pred.shape)}"
        )
    labels = ops.cast(ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1), "int32")
    return ops.ctc_loss(y_true, y_pred, labels, ops.zeros_like(labels) + y_pred.shape[1], mask_index=0)
