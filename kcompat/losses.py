"""Losses: how far a prediction is from the truth.

A loss function gives one value a sample: it reduces the last axis, not the batch. A loss object weights and
reduces those values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat import ops
from kcompat.lookup import by_name

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """`mean((y_true - y_pred) ** 2)` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.mean(ops.square(ops.subtract(y_true, y_pred)), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """`mean(|y_true - y_pred|)` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.mean(ops.absolute(ops.subtract(y_true, y_pred)), axis=-1)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """The mean over `axis` of `-y_true * log(y_pred) - (1 - y_true) * log(1 - y_pred)`.

    `from_logits`: `y_pred` is what a sigmoid would be applied to. `label_smoothing` moves 0 and 1 that far
    towards one half, in total.
    """
    y_true, y_pred = paired(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """`-sum(y_true * log(y_pred))` over `axis`, for one-hot or soft targets."""
    y_true, y_pred = paired(y_true, y_pred, same_shape=True)
    if label_smoothing:
        classes = y_true.shape[axis]
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / classes
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: Any = None, axis: int = -1
) -> Any:
    """`-log(y_pred[y_true])` along `axis`, for class indices."""
    if ignore_class is not None:
        raise NotImplementedError(f"ignore_class is not supported yet, got {ignore_class!r}; leave it None")
    return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


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

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, reduced as `reduction` says."""
        values = self.call(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
        if self.reduction in ("none", None):
            return values if sample_weight is None else ops.multiply(values, match_weight(sample_weight, values))
        if sample_weight is None:
            return ops.sum(values) if self.reduction == "sum" else ops.mean(values)
        weight = match_weight(sample_weight, values)
        total = ops.sum(ops.multiply(values, weight))
        if self.reduction == "sum":
            return total
        if self.reduction == "mean_with_sample_weight":
            weights = ops.sum(ops.multiply(weight, ops.ones_like(values)))
            return ops.where(ops.equal(weights, 0.0), 0.0, total / ops.where(ops.equal(weights, 0.0), 1.0, weights))
        return total / float(max(1, size_of(values)))


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


class MeanSquaredError(LossFunctionWrapper):
    """See `mean_squared_error`."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_squared_error"):
        super().__init__(mean_squared_error, reduction, name)


class MeanAbsoluteError(LossFunctionWrapper):
    """See `mean_absolute_error`."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "mean_absolute_error"):
        super().__init__(mean_absolute_error, reduction, name)


class BinaryCrossentropy(LossFunctionWrapper):
    """See `binary_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
    ):
        kwargs = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(binary_crossentropy, reduction, name, **kwargs)


class CategoricalCrossentropy(LossFunctionWrapper):
    """See `categorical_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
    ):
        kwargs = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, reduction, name, **kwargs)


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """See `sparse_categorical_crossentropy`."""

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: Any = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
    ):
        kwargs = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, reduction, name, **kwargs)
        if ignore_class is not None:
            raise NotImplementedError(f"ignore_class is not supported yet, got {ignore_class!r}; leave it None")


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "mean_squared_error": mean_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "binary_crossentropy": binary_crossentropy,
    "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
}
FUNCTIONS |= {"mse": mean_squared_error, "mae": mean_absolute_error, "bce": binary_crossentropy}
FUNCTIONS |= {"MSE": mean_squared_error, "MAE": mean_absolute_error}
CLASSES = {
    cls.__name__: cls
    for cls in (
        MeanSquaredError,
        MeanAbsoluteError,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
    )
}


def get(identifier: Any) -> Any:
    """A function `(y_true, y_pred, sample_weight=None)` giving a scalar, from a name, class, object or function."""
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        return LossFunctionWrapper(identifier)
    found = by_name("loss", identifier, {**FUNCTIONS, **CLASSES})
    return found() if isinstance(found, type) else LossFunctionWrapper(found)
