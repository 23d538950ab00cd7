"""Metrics that are one number of many values: a sum, a mean, the mean of a function of targets and predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat import ops
from kcompat.losses.alignment import match_weight, size_of
from kcompat.metrics.metric import Metric
from kcompat.registration import register
from kcompat.spec import as_dtype, is_float


@register("metric")
class Sum(Metric):
    """The weighted sum of values."""

    def __init__(self, name: str = "sum", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take values in, with a weight for each or one for all."""
        values = ops.convert_to_tensor(values, self.dtype)
        if sample_weight is not None:
            values = ops.multiply(values, match_weight(sample_weight, values))
        self.total.assign(ops.add(self.total, ops.sum(values)))

    def result(self) -> Any:
        return self.total.value


@register("metric")
class Mean(Metric):
    """The weighted mean of values; 0 before the first."""

    def __init__(self, name: str = "mean", dtype: Any = None):
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take values in, with a weight for each or one for all."""
        values = ops.convert_to_tensor(values, self.dtype)
        if sample_weight is None or isinstance(sample_weight, float):  # a number costs a step nothing
            weight = 1.0 if sample_weight is None else sample_weight
            count: Any = size_of(values) * weight
            total = ops.sum(values) * weight
        else:
            weight = ops.multiply(match_weight(sample_weight, values), ops.ones_like(values))
            total, count = ops.sum(ops.multiply(values, weight)), ops.sum(weight)
        self.total.assign(ops.add(self.total, total))
        self.count.assign(ops.add(self.count, count))

    def result(self) -> Any:
        count = self.count.value
        return ops.divide(self.total, ops.where(ops.equal(count, 0.0), 1.0, count))  # without samples, the total is 0


@register("metric")
class MeanMetricWrapper(Mean):
    """The mean of a function of `(y_true, y_pred, **kwargs)` that gives one value a sample."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name or str(getattr(fn, "__name__", "metric")), dtype)
        self.fn, self.kwargs = fn, kwargs

    def mask(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        """Which of the values count, as a bool tensor; None: all of them."""
        del y_true, y_pred, values
        return None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take in the values of a batch, with a weight for each sample or one for all."""
        y_true, y_pred = (self._in_own_dtype(y) for y in (y_true, y_pred))
        values = ops.convert_to_tensor(self.fn(y_true, y_pred, **self.kwargs), self.dtype)
        mask = self.mask(y_true, y_pred, values)
        if mask is not None:
            counted = ops.cast(mask, values.dtype)
            weight = 1.0 if sample_weight is None else match_weight(sample_weight, values)
            sample_weight = ops.multiply(counted, weight)
        super().update_state(values, sample_weight)

    def _in_own_dtype(self, y: Any) -> Any:
        """Floats in the dtype of the metric: squares overflow in float16. Integers may be class indices, and stay."""
        y = ops.convert_to_tensor(y)
        return ops.cast(y, self.dtype) if is_float(as_dtype(y.dtype)) else y
