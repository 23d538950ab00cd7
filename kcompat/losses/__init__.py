"""Losses: how far a prediction is from the truth.

A loss function gives one value a sample: it reduces the last axis, or `axis`, and never the batch. A loss object
weights and reduces those values. Each stands in a file by its family; `definition` has the line that declares one.
"""

from __future__ import annotations

from typing import Any

from kcompat.losses.definition import to_loss
from kcompat.losses.hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from kcompat.losses.loss import Loss, LossFunctionWrapper
from kcompat.losses.metric_learning import Circle, circle
from kcompat.losses.probabilistic import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from kcompat.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from kcompat.losses.segmentation import Dice, Tversky, dice, tversky
from kcompat.losses.sequence import CTC, ctc
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import get as _get
from kcompat.registration import serialize as _serialize

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "deserialize",
    "dice",
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
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]


def get(identifier: Any) -> Any:
    """A loss object from a name, config, class, object, or function of `(y_true, y_pred)`; None stays None.

    A function of this module, or its name, gives an object of its class.
    """
    return to_loss(_get("loss", identifier))


def deserialize(name: Any, custom_objects: Any = None) -> Any:
    """What a config or name means: a loss object or a loss function."""
    return _deserialize(name, custom_objects, "loss")


def serialize(loss: Any) -> Any:
    """The config of a loss object or of a loss function: plain data."""
    return _serialize(loss)
