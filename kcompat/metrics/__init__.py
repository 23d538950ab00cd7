"""Metrics: values accumulated over what a model has seen since the last reset.

Each stands in a file by its family; `definition` has the line that declares one that is the mean of a function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from kcompat.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from kcompat.metrics.definition import to_metric
from kcompat.metrics.hinge import CategoricalHinge, Hinge, SquaredHinge
from kcompat.metrics.metric import Metric
from kcompat.metrics.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
)
from kcompat.metrics.reduction import Mean, MeanMetricWrapper, Sum
from kcompat.metrics.regression import (
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from kcompat.registration import KINDS, by_name, registered_object
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import get as _get
from kcompat.registration import serialize as _serialize

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "Poisson",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Sum",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]

Shape = tuple[int | None, ...]
BY_SHAPE: dict[str, tuple[Callable[..., Any], ...]] = {
    **dict.fromkeys(("accuracy", "acc"), (binary_accuracy, categorical_accuracy, sparse_categorical_accuracy)),
    **dict.fromkeys(
        ("crossentropy", "ce"), (binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy)
    ),
}
"""Names that mean another metric for binary, one-hot and integer targets, in this order."""


def get(identifier: Any) -> Any:
    """A metric from a name, config, class, object, or function of `(y_true, y_pred)`; None stays None."""
    return to_metric(_get("metric", identifier))


def resolve(identifier: Any, y_shape: Shape, output_shape: Shape) -> Metric:
    """The metric that `identifier` means for targets and predictions of these shapes.

    As in Keras, "accuracy" and "crossentropy" are binary, categorical or sparse, as it fits; and a metric that is
    given by name is called so in the logs: "acc", "mse".
    """
    if not isinstance(identifier, str):
        return get(identifier)
    if identifier.lower() in BY_SHAPE:
        binary, categorical, sparse = BY_SHAPE[identifier.lower()]
        return to_metric(_choose(y_shape, output_shape, binary, categorical, sparse), identifier)
    names = {**dict.fromkeys(BY_SHAPE), **KINDS["metric"].names}
    part = registered_object(identifier) or by_name("metric", identifier, names)
    return part(name=identifier) if isinstance(part, type) else to_metric(part, identifier)


def _choose(y_shape: Shape, output_shape: Shape, binary: Any, categorical: Any, sparse: Any) -> Any:
    if output_shape[-1] == 1:
        return binary
    return sparse if len(y_shape) < len(output_shape) or y_shape[-1] == 1 else categorical


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A metric from its config or name."""
    return _deserialize(config, custom_objects, "metric")


def serialize(metric: Any) -> Any:
    """The config of a metric: plain data."""
    return _serialize(metric)
