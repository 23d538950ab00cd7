"""What a loss object does: weighting and reducing the values of a loss function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat import ops

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss:
    """A weighted, reduced loss.

    Subclasses define `call(y_true, y_pred)`, one value a sample.

    Args:
        name: for the logs.
        reduction: `sum_over_batch_size` or `mean` (the sum of weighted values over their number),
            `mean_with_sample_weight` (over the sum of the weights), `sum`, or `none`.
    """

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size"):
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction is one of {', '.join(map(str, REDUCTIONS))}; got {reduction!r}")
        self.name, self.reduction = name or type(self).__name__, reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} defines no call(self, y_true, y_pred)")

    def mask(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        """Which of the values count, as a bool tensor; None: all of them."""
        del y_true, y_pred, values
        return None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, reduced as `reduction` says; a mean is one over the values that count."""
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        values = self.call(y_true, y_pred)
        weight = None if sample_weight is None else match_weight(sample_weight, values)
        mask = self.mask(y_true, y_pred, values)
        if mask is not None:
            counted = ops.cast(mask, values.dtype)
            if self.reduction in ("sum_over_batch_size", "mean"):
                count = ops.sum(counted)
                counted = counted * (size_of(values) / ops.where(ops.equal(count, 0.0), 1.0, count))
            weight = counted if weight is None else ops.multiply(counted, weight)
        if weight is not None:
            values = ops.multiply(values, weight)
        if self.reduction in ("none", None):
            return values
        total = ops.sum(values)
        if self.reduction == "sum":
            return total
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            weights = ops.sum(ops.multiply(weight, ops.ones_like(values)))
            return ops.where(ops.equal(weights, 0.0), 0.0, total / ops.where(ops.equal(weights, 0.0), 1.0, weights))
        return total / float(max(1, size_of(values)))


class LossFunctionWrapper(Loss):
    """A loss made of a function of `(y_true, y_pred, **kwargs)`."""

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name or getattr(fn, "__name__", "loss"), reduction)
        self.fn, self.kwargs = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """See `Loss.call`."""
        return self.fn(y_true, y_pred, **self.kwargs)


def paired(y_true: Any, y_pred: Any, same_shape: bool = False) -> tuple[Any, Any]:
    """Truth in the dtype of the prediction, both of one rank: a last axis of size 1 that only one has is dropped.

    Where the other is a vector it is added instead, so that there is an axis to reduce.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(ops.convert_to_tensor(y_true), y_pred.dtype)
    truth, prediction = tuple(y_true.shape), tuple(y_pred.shape)
    if len(truth) + 1 == len(prediction) and prediction[-1] == 1:
        y_true, y_pred = _of_lower_rank(y_true, y_pred)
    elif len(prediction) + 1 == len(truth) and truth[-1] == 1:
        y_pred, y_true = _of_lower_rank(y_pred, y_true)
    if same_shape and tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            f"the targets have shape {truth} and the predictions {prediction}, expected the same; "
            "for class indices use sparse_categorical_crossentropy"
        )
    return y_true, y_pred


def _of_lower_rank(lower: Any, higher: Any) -> tuple[Any, Any]:
    if len(lower.shape) == 1:
        return ops.expand_dims(lower, -1), higher
    return lower, ops.squeeze(higher, axis=-1)


def match_weight(sample_weight: Any, values: Any) -> Any:
    """Sample weights with the dtype and the axes of `values`."""
    weight = ops.cast(ops.convert_to_tensor(sample_weight), values.dtype)
    if len(weight.shape) == len(values.shape) + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    while len(weight.shape) < len(values.shape):
        weight = ops.expand_dims(weight, -1)
    return weight


def size_of(x: Any) -> int:
    """How many elements a tensor has."""
    size = 1
    for n in x.shape:
        size *= n
    return size
