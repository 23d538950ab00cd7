"""Bringing targets, predictions and sample weights to one dtype and to shapes that fit each other."""

from __future__ import annotations

import math
from typing import Any

from kcompat import ops
from kcompat.config import floatx
from kcompat.spec import as_dtype, is_float


def to_floats(x: Any) -> Any:
    """`x` as a tensor of floats: integers and bools become floatx, floats keep their dtype."""
    x = ops.convert_to_tensor(x)
    return x if is_float(as_dtype(x.dtype)) else ops.cast(x, floatx())


def align(y_true: Any, y_pred: Any, same_shape: bool = False) -> tuple[Any, Any]:
    """Targets and predictions as floats of the dtype of the predictions, with as many axes.

    A last axis of size 1 that only one of them has is dropped; where the other is a vector, the vector gets such an
    axis instead, so that there is an axis to reduce.

    Raises ValueError if `same_shape` is asked for and the shapes differ.
    """
    y_pred = to_floats(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    shapes = tuple(y_true.shape), tuple(y_pred.shape)
    y_true, y_pred = match_rank(y_true, y_pred)
    if same_shape and tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            f"the targets have shape {shapes[0]} and the predictions {shapes[1]}, expected the same; "
            "for class indices use sparse_categorical_crossentropy"
        )
    return y_true, y_pred


def match_rank(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Two tensors with as many axes as each other, if a last axis of size 1 is all that one has more."""
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if _has_one_more_axis(y_pred, y_true):
        return _drop_last_axis(y_true, y_pred)
    if _has_one_more_axis(y_true, y_pred):
        return _drop_last_axis(y_pred, y_true)[::-1]
    return y_true, y_pred


def _has_one_more_axis(higher: Any, lower: Any) -> bool:
    return len(higher.shape) == len(lower.shape) + 1 and higher.shape[-1] == 1


def _drop_last_axis(lower: Any, higher: Any) -> tuple[Any, Any]:
    if len(lower.shape) == 1:
        return ops.expand_dims(lower, -1), higher
    return lower, ops.squeeze(higher, axis=-1)


def match_weight(sample_weight: Any, values: Any) -> Any:
    """Sample weights with the dtype and the axes of `values`; a single value takes weights of any shape.

    Raises ValueError for weights that belong to other samples, or to more axes, than `values` has.
    """
    weight = ops.cast(ops.convert_to_tensor(sample_weight), values.dtype)
    shapes = tuple(weight.shape), tuple(values.shape)
    if len(weight.shape) == len(values.shape) + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    while len(weight.shape) < len(values.shape):
        weight = ops.expand_dims(weight, -1)
    axes = zip(weight.shape, values.shape, strict=False)
    if shapes[1] and (len(weight.shape) > len(shapes[1]) or any(n not in (1, size) for n, size in axes)):
        raise ValueError(
            f"sample_weight has shape {shapes[0]} and the values that it weighs have shape {shapes[1]}; "
            f"expected one weight for each sample, shape {shapes[1][:1]}, or for each value"
        )
    return weight


def size_of(x: Any) -> int:
    """How many elements a tensor has."""
    return math.prod(x.shape)
