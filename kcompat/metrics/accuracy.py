"""Metrics of how often predictions are right."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.config import floatx
from kcompat.losses.alignment import align, match_rank
from kcompat.metrics.definition import define_metric


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where `y_true` equals `y_pred`, elementwise."""
    return ops.cast(ops.equal(*match_rank(y_true, y_pred)), floatx())


Accuracy = define_metric("Accuracy", accuracy)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where `y_true` equals whether `y_pred` is above the threshold, elementwise."""
    y_true, y_pred = align(y_true, y_pred)
    return ops.cast(ops.equal(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype)), floatx())


BinaryAccuracy = define_metric("BinaryAccuracy", binary_accuracy)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest of `y_true` is where the largest of `y_pred` is, along the last axis."""
    return ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), floatx())


CategoricalAccuracy = define_metric("CategoricalAccuracy", categorical_accuracy)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the class index `y_true` is that of the largest of `y_pred`, along the last axis."""
    best = ops.argmax(y_pred, axis=-1)
    y_true = ops.cast(ops.convert_to_tensor(y_true), "int32")
    if len(y_true.shape) == len(best.shape) + 1 and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    return ops.cast(ops.equal(y_true, best), floatx())


SparseCategoricalAccuracy = define_metric("SparseCategoricalAccuracy", sparse_categorical_accuracy)
