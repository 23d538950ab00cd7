"""Metrics: running means over what a model has seen since the last reset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat import losses, ops
from kcompat.losses.loss import match_weight, paired, size_of
from kcompat.registration import by_name
from kcompat.spec import as_dtype, floatx
from kcompat.variables import Variable


class Metric:
    """A value accumulated over batches.

    Subclasses define `update_state` and `result`, and make variables in `__init__`.
    """

    def __init__(self, name: str | None = None, dtype: Any = None):
        self.name = name or type(self).__name__.lower()
        self.dtype = as_dtype(dtype or floatx())
        self.initial: dict[Variable, np.ndarray] = {}

    def add_variable(self, shape: tuple[int, ...], initializer: float = 0.0, name: str = "variable") -> Variable:
        """A variable that `reset_state` sets back to `initializer`."""
        initial = np.full(shape, initializer, self.dtype)
        variable = Variable(initial, trainable=False, name=f"{self.name}/{name}", part="metrics")
        self.initial[variable] = initial
        return variable

    @property
    def variables(self) -> list[Variable]:
        """What the metric accumulates in."""
        return list(self.initial)

    def reset_state(self) -> None:
        """Forget what was seen."""
        for variable, initial in self.initial.items():
            variable.assign(initial)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in."""
        raise NotImplementedError

    def result(self) -> Any:
        """The value so far, a scalar."""
        raise NotImplementedError

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in a batch, and give the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()


class Mean(Metric):
    """The weighted mean of values; 0 before the first."""

    def __init__(self, name: str = "mean", dtype: Any = None):
        super().__init__(name, dtype)
        self.total = self.add_variable((), name="total")
        self.count = self.add_variable((), name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Take values in, with a weight for each or one for all."""
        values = ops.convert_to_tensor(values, self.dtype)
        if sample_weight is None or isinstance(sample_weight, float):
            weight = 1.0 if sample_weight is None else sample_weight
            count: Any = size_of(values) * weight
            total = ops.sum(values) * weight
        else:
            weight = match_weight(sample_weight, values)
            weight = ops.multiply(weight, ops.ones_like(values))
            total, count = ops.sum(ops.multiply(values, weight)), ops.sum(weight)
        self.total.assign(ops.add(self.total, total))
        self.count.assign(ops.add(self.count, count))

    def result(self) -> Any:
        """See `Metric.result`."""
        count = self.count.value
        return ops.divide(self.total, ops.where(ops.equal(count, 0.0), 1.0, count))  # without samples, the total is 0


class MeanMetricWrapper(Mean):
    """The mean of a function of `(y_true, y_pred)` that gives one value a sample."""

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(name or str(getattr(fn, "__name__", "metric")), dtype)
        self.fn, self.kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """See `Metric.update_state`."""
        super().update_state(self.fn(y_true, y_pred, **self.kwargs), sample_weight)


def accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where `y_true` equals `y_pred`, elementwise."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.cast(ops.equal(y_true, y_pred), floatx())


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """1 where `y_true` equals whether `y_pred` is above the threshold, elementwise."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.cast(ops.equal(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype)), floatx())


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the largest of `y_true` is where the largest of `y_pred` is, along the last axis."""
    return ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), floatx())


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 where the class index `y_true` is that of the largest of `y_pred`, along the last axis."""
    best = ops.argmax(y_pred, axis=-1)
    y_true = ops.cast(ops.convert_to_tensor(y_true), "int32")
    if len(y_true.shape) == len(best.shape) + 1 and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    return ops.cast(ops.equal(y_true, best), floatx())


def _wrapper(fn: Callable[..., Any], doc: str) -> type[MeanMetricWrapper]:
    def __init__(self: Any, name: str = fn.__name__, dtype: Any = None, **kwargs: Any) -> None:  # noqa: N807
        MeanMetricWrapper.__init__(self, fn, name, dtype, **kwargs)

    class_name = "".join(word.capitalize() for word in fn.__name__.split("_"))
    return type(class_name, (MeanMetricWrapper,), {"__init__": __init__, "__doc__": doc, "__module__": __name__})


Accuracy = _wrapper(accuracy, "How often prediction and truth are equal.")
BinaryAccuracy = _wrapper(binary_accuracy, "How often a prediction is on the right side of `threshold`.")
CategoricalAccuracy = _wrapper(categorical_accuracy, "How often the most likely class is right, for one-hot truth.")
SparseCategoricalAccuracy = _wrapper(
    sparse_categorical_accuracy, "How often the most likely class is right, for indices."
)
MeanSquaredError = _wrapper(losses.mean_squared_error, "The mean squared error.")
MeanAbsoluteError = _wrapper(losses.mean_absolute_error, "The mean absolute error.")
BinaryCrossentropy = _wrapper(losses.binary_crossentropy, "The mean binary cross-entropy.")
CategoricalCrossentropy = _wrapper(losses.categorical_crossentropy, "The mean categorical cross-entropy.")
SparseCategoricalCrossentropy = _wrapper(
    losses.sparse_categorical_crossentropy, "The mean categorical cross-entropy, for indices."
)

ACCURACY = ("accuracy", "acc")
FUNCTIONS: dict[str, Callable[..., Any]] = losses.FUNCTIONS | {
    fn.__name__: fn for fn in (binary_accuracy, categorical_accuracy, sparse_categorical_accuracy)
}
CLASSES = {
    cls.__name__: cls
    for cls in (Mean, Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, MeanSquaredError,
                MeanAbsoluteError, BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)
}  # fmt: skip


def get(identifier: Any, y_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> Metric:
    """A metric from a name, a class, an object or a function.

    "accuracy" is resolved as Keras does, from the shapes of targets and predictions: binary, categorical or sparse.
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if isinstance(identifier, str) and identifier.lower() in ACCURACY:
        return MeanMetricWrapper(accuracy_for(y_shape, output_shape), identifier)
    if callable(identifier):
        return MeanMetricWrapper(identifier)
    found = by_name("metric", identifier, {**dict.fromkeys(ACCURACY), **FUNCTIONS, **CLASSES})
    return found() if isinstance(found, type) else MeanMetricWrapper(found, identifier)


def accuracy_for(y_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...]) -> Callable[..., Any]:
    """The accuracy that fits targets and predictions of these shapes."""
    if output_shape[-1] == 1:
        return binary_accuracy
    if len(y_shape) < len(output_shape) or y_shape[-1] == 1:
        return sparse_categorical_accuracy
    return categorical_accuracy
