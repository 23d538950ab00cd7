"""Losses of numbers: errors of a prediction, absolute, squared, relative or of a direction.

At an absolute error of 0 the gradient is 0.
"""

from __future__ import annotations

import math
from typing import Any

from kcompat import ops
from kcompat.config import epsilon
from kcompat.losses.alignment import align
from kcompat.losses.definition import define_loss


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """`mean((y_true - y_pred) ** 2)` over the last axis."""
    y_true, y_pred = align(y_true, y_pred)
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


MeanSquaredError = define_loss("MeanSquaredError", mean_squared_error, "mse", "MSE")


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """`mean(|y_true - y_pred|)` over the last axis."""
    y_true, y_pred = align(y_true, y_pred)
    return ops.mean(ops.absolute(ops.subtract(y_true, y_pred)), axis=-1)


MeanAbsoluteError = define_loss("MeanAbsoluteError", mean_absolute_error, "mae", "MAE")


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """`100 * mean(|y_true - y_pred| / max(|y_true|, epsilon))` over the last axis."""
    y_true, y_pred = align(y_true, y_pred)
    size = ops.maximum(ops.absolute(y_true), epsilon())
    return ops.mean(ops.absolute(ops.subtract(y_true, y_pred) / size), axis=-1) * 100.0


MeanAbsolutePercentageError = define_loss("MeanAbsolutePercentageError", mean_absolute_percentage_error, "mape", "MAPE")


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """`mean((log(y_true + 1) - log(y_pred + 1)) ** 2)` over the last axis; both are held at epsilon from below."""
    y_true, y_pred = (ops.log1p(ops.maximum(y, epsilon())) for y in align(y_true, y_pred))
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


MeanSquaredLogarithmicError = define_loss("MeanSquaredLogarithmicError", mean_squared_logarithmic_error, "msle", "MSLE")


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """The mean over the last axis of `e ** 2 / 2` up to `|e| = delta`, of `delta * |e| - delta ** 2 / 2` beyond.

    `e` is `y_true - y_pred` (Huber, 1964).
    """
    y_true, y_pred = align(y_true, y_pred)
    error = ops.absolute(ops.subtract(y_pred, y_true))
    near = ops.minimum(error, delta)
    return ops.mean(near * (error - near * 0.5), axis=-1)


Huber = define_loss("Huber", huber, name="huber_loss")


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """`mean(log(cosh(y_pred - y_true)))` over the last axis.

    Computed as `log1p(expm1(e) ** 2 / exp(e) / 2)` up to 1, which is exact near 0, and beyond as
    `|e| + log1p(exp(-2 |e|)) - log(2)`, which does not overflow.
    """
    y_true, y_pred = align(y_true, y_pred)
    error = ops.subtract(y_pred, y_true)
    size = ops.absolute(error)
    is_near = ops.less(size, 1.0)
    near, far = ops.where(is_near, error, 0.0), ops.where(is_near, 1.0, size)
    near = ops.log1p(ops.square(ops.expm1(near)) * ops.exp(-near) * 0.5)
    far = far + (ops.log1p(ops.exp(far * -2.0)) - math.log(2.0))
    return ops.mean(ops.where(is_near, near, far), axis=-1)


LogCosh = define_loss("LogCosh", log_cosh)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Minus the cosine of the angle between the two along `axis`; 0, with a finite gradient, for a vector of zeros."""
    y_true, y_pred = align(y_true, y_pred)
    return -ops.sum(ops.multiply(ops.normalize(y_true, axis=axis), ops.normalize(y_pred, axis=axis)), axis=axis)


CosineSimilarity = define_loss("CosineSimilarity", cosine_similarity)
