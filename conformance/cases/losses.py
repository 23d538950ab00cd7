"""Losses: a row for each configuration, with what its targets and predictions are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kcompat import losses
from kcompat.conformance.cases import data
from kcompat.conformance.cases.built import BuiltCase, Shapes, interpreter_of, join_id
from kcompat.conformance.cases.data import Data
from kcompat.conformance.cases.questions import Arrays, pulled_back
from kcompat.conformance.targets.target import Target
from kcompat.runtime.active import use
from kcompat.spec import FLOATX, as_dtype, is_float


@dataclass(frozen=True, eq=False, repr=False)
class LossCase(BuiltCase):
    """A loss with its arguments, on targets and predictions of some shapes."""

    arguments: dict[str, Any]
    truth: Data
    prediction: Data
    shapes: Shapes

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        return join_id(self.name, *self.shapes, **self.arguments)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Targets, predictions and weights."""
        rng, shapes = self.generator(), self.shapes
        prediction = self.array(self.prediction(rng, shapes.prediction))
        truth = self.array(self.truth(rng, shapes.truth))
        weight = None if shapes.weight is None else self.array(data.sample_weights(rng, shapes.weight))
        return truth, prediction, weight

    def fed(self) -> list[np.ndarray]:
        return [x for x in self.arrays() if x is not None]


def loss_value(target: Target, case: LossCase) -> Arrays:
    """The weighted, reduced loss."""
    B = interpreter_of(target)
    with use(B), FLOATX.override(case.dtype):
        tensors = [None if x is None else B.engine.asarray(x) for x in case.arrays()]
        return (target.result(getattr(losses, case.name)(**case.arguments)(*tensors)),)


def gradients(target: Target, case: LossCase) -> Arrays:
    """The cotangent of the predictions, and of the targets where they are floats."""
    B = interpreter_of(target)
    with use(B), FLOATX.override(case.dtype):
        loss = getattr(losses, case.name)(**case.arguments)
        tensors = [None if x is None else B.engine.asarray(x) for x in case.arrays()]
        return gradients_of(target, case, loss, *tensors)


def gradients_of(target: Target, case: LossCase, loss: Any, truth: Any, prediction: Any, weight: Any) -> Arrays:
    """As `gradients`, of any library's loss, with tensors of the target."""

    def f(y_pred: Any, *y_true: Any) -> tuple[Any, ...]:
        return (loss(*(y_true or (truth,)), y_pred, weight),)

    are_floats = is_float(as_dtype(truth.dtype))
    return pulled_back(target, case, f, [prediction, truth] if are_floats else [prediction])


PLAIN = (
    Shapes((4, 3), (4, 3)),
    Shapes((4, 3), (4, 3), (4,)),
    Shapes((2, 3, 4), (2, 3, 4), reduction="none"),
)
ALONG_THE_BATCH = (Shapes((4, 3), (4, 3)), Shapes((4, 3), (4, 3), (3,)), PLAIN[-1])
PLAIN_2D, PLAIN_3D = PLAIN[:-1], PLAIN[-1:]
BROADCAST = (
    Shapes((4, 3), (4, 3)),
    Shapes((4,), (4, 1)),
    Shapes((4, 1), (4,)),
    Shapes((4,), (4,)),
    Shapes((4, 3), (4, 3), (4,)),
    Shapes((4, 3), (4, 3), (4, 1)),
    Shapes((2, 3, 4), (2, 3, 4), (2, 1)),
    Shapes((2, 3, 4), (2, 3, 4), (2, 3)),
    Shapes((2, 3, 4), (2, 3, 4), (1, 1)),
    Shapes((2, 3), (2, 3, 1), reduction="none"),
    Shapes((2, 3, 1), (2, 3), reduction="none"),
)
REDUCED = (
    Shapes((4, 3), (4, 3), (4,), "sum_over_batch_size"),
    Shapes((4, 3), (4, 3), (4,), "sum"),
    Shapes((4, 3), (4, 3), (4,), "mean"),
    Shapes((4, 3), (4, 3), (4,), "mean_with_sample_weight"),
    Shapes((4, 3), (4, 3), (4,), "none"),
)
COLUMNS = (Shapes((4,), (4, 1)), Shapes((4, 1), (4, 1), (4,)))
IMAGES = (Shapes((2, 3, 4), (2, 3, 4)), Shapes((2, 3, 4), (2, 3, 4), (2,)))
EMBEDDINGS = (Shapes((6,), (6, 3)), Shapes((6,), (6, 3), (6,)))
EMBEDDINGS_UNREDUCED = (Shapes((6,), (6, 3), None, "none"), Shapes((6,), (6, 3), (6,), "none"))
FIVE_CLASSES = (Shapes((4,), (4, 5)), Shapes((4,), (4, 5), (4,)))
FIVE_CLASSES_UNREDUCED = (Shapes((4,), (4, 5), None, "none"), Shapes((4,), (4, 5), (4,), "none"))
SEQUENCES_OF_FIVE_CLASSES = (
    Shapes((4,), (4, 5)),
    Shapes((4, 1), (4, 5), (4,)),
    Shapes((2, 3), (2, 3, 5), (2, 3)),
    Shapes((2, 3, 1), (2, 3, 5)),
)
THREE_CLASSES = (Shapes((4,), (4, 3)), Shapes((4,), (4, 3), (4,)))
TWO_CLASSES = (Shapes((2, 3), (2, 3, 2)),)
LABEL_SEQUENCES = (Shapes((3, 2), (3, 6, 4)), Shapes((3, 2), (3, 6, 4), (3,)))


@dataclass(frozen=True)
class Row:
    """A loss with its arguments, what its targets and predictions are, and the shapes in which it is asked."""

    name: str
    arguments: dict[str, Any]
    truth: Data
    prediction: Data
    shapes: tuple[Shapes, ...] = PLAIN

    def cases(self) -> Iterator[LossCase]:
        """A case for each of the shapes."""
        for shapes in self.shapes:
            yield LossCase(self.name, {**shapes.arguments(), **self.arguments}, self.truth, self.prediction, shapes)


REGRESSION = (
    Row("MeanSquaredError", {}, data.numbers, data.numbers, BROADCAST + REDUCED),
    Row("MeanAbsoluteError", {}, data.numbers, data.numbers, BROADCAST + REDUCED),
    Row("MeanAbsolutePercentageError", {}, data.positive_numbers, data.positive_numbers),
    Row("MeanSquaredLogarithmicError", {}, data.positive_numbers, data.positive_numbers),
    Row("Huber", {}, data.numbers, data.numbers),
    Row("Huber", {"delta": 0.25}, data.numbers, data.numbers),
    Row("LogCosh", {}, data.numbers, data.numbers),
    Row("CosineSimilarity", {}, data.numbers, data.numbers),
    Row("CosineSimilarity", {"axis": 0}, data.numbers, data.numbers, ALONG_THE_BATCH),
    Row("Poisson", {}, data.positive_numbers, data.positive_numbers),
)
MARGINS = (
    Row("Hinge", {}, data.binary_labels, data.numbers, PLAIN_2D),
    Row("Hinge", {}, data.signs, data.numbers, PLAIN_3D),
    Row("SquaredHinge", {}, data.binary_labels, data.numbers, PLAIN_2D),
    Row("SquaredHinge", {}, data.signs, data.numbers, PLAIN_3D),
    Row("CategoricalHinge", {}, data.one_hot, data.numbers),
    Row("Circle", {}, data.class_indices(4, 1), data.small_numbers, EMBEDDINGS + EMBEDDINGS_UNREDUCED),
    Row("Circle", {"gamma": 16.0, "margin": 0.25}, data.class_indices(4, 1), data.small_numbers, EMBEDDINGS),
    Row("Circle", {"remove_diagonal": False}, data.class_indices(4, 1), data.small_numbers, EMBEDDINGS),
)
PROBABILISTIC = (
    Row("KLDivergence", {}, data.soft_labels, data.probabilities),
    Row("BinaryCrossentropy", {}, data.soft_labels, data.probabilities, PLAIN + COLUMNS),
    Row("BinaryCrossentropy", {"from_logits": True}, data.soft_labels, data.logits),
    Row("BinaryCrossentropy", {"label_smoothing": 0.125}, data.soft_labels, data.probabilities),
    Row("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.25}, data.soft_labels, data.logits),
    Row("BinaryFocalCrossentropy", {}, data.soft_labels, data.probabilities),
    Row("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 1.5}, data.soft_labels, data.logits),
    Row(
        "BinaryFocalCrossentropy",
        {"apply_class_balancing": True, "alpha": 0.375, "label_smoothing": 0.125},
        data.soft_labels,
        data.probabilities,
    ),
    Row("BinaryFocalCrossentropy", {"axis": 0}, data.soft_labels, data.probabilities, ALONG_THE_BATCH),
    Row("CategoricalCrossentropy", {}, data.soft_labels, data.probabilities),
    Row("CategoricalCrossentropy", {"from_logits": True}, data.soft_labels, data.logits),
    Row("CategoricalCrossentropy", {"label_smoothing": 0.125}, data.soft_labels, data.probabilities),
    Row("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.25}, data.soft_labels, data.logits),
    Row("CategoricalFocalCrossentropy", {}, data.soft_labels, data.probabilities),
    Row("CategoricalFocalCrossentropy", {"from_logits": True, "gamma": 1.5}, data.soft_labels, data.logits),
    Row(
        "CategoricalFocalCrossentropy", {"alpha": 0.375, "label_smoothing": 0.25}, data.soft_labels, data.probabilities
    ),
)
IGNORING: dict[str, Any] = {"ignore_class": 1}
IGNORING_LOGITS: dict[str, Any] = {"ignore_class": 1, "from_logits": True}
IGNORING_SUM: dict[str, Any] = {"ignore_class": 1, "reduction": "sum"}
CLASSES = (
    Row(
        "CategoricalGeneralizedCrossEntropy",
        {},
        data.class_indices(5),
        data.inner_probabilities,
        FIVE_CLASSES + FIVE_CLASSES_UNREDUCED,
    ),
    Row(
        "CategoricalGeneralizedCrossEntropy", {"q": 0.25}, data.class_indices(5), data.inner_probabilities, FIVE_CLASSES
    ),
    Row(
        "SparseCategoricalCrossentropy",
        {},
        data.class_indices(5),
        data.inner_probabilities,
        SEQUENCES_OF_FIVE_CLASSES,
    ),
    Row(
        "SparseCategoricalCrossentropy",
        {"from_logits": True},
        data.class_indices(5),
        data.logits,
        SEQUENCES_OF_FIVE_CLASSES,
    ),
    Row("SparseCategoricalCrossentropy", IGNORING, data.class_indices(3), data.inner_probabilities, THREE_CLASSES),
    Row("SparseCategoricalCrossentropy", IGNORING, data.class_indices(2), data.inner_probabilities, TWO_CLASSES),
    Row("SparseCategoricalCrossentropy", IGNORING_LOGITS, data.class_indices(3), data.logits, THREE_CLASSES),
    Row("SparseCategoricalCrossentropy", IGNORING_LOGITS, data.class_indices(2), data.logits, TWO_CLASSES),
    Row("SparseCategoricalCrossentropy", IGNORING_SUM, data.class_indices(3), data.inner_probabilities, THREE_CLASSES),
    Row("SparseCategoricalCrossentropy", IGNORING_SUM, data.class_indices(2), data.inner_probabilities, TWO_CLASSES),
    Row("CTC", {}, data.class_indices(4, 1), data.small_numbers, LABEL_SEQUENCES),
)
OVERLAP = (
    Row("Dice", {}, data.soft_labels, data.probabilities, IMAGES),
    Row("Dice", {"axis": (1, 2)}, data.soft_labels, data.probabilities, IMAGES),
    Row("Tversky", {}, data.soft_labels, data.probabilities, IMAGES),
    Row("Tversky", {"axis": (1, 2)}, data.soft_labels, data.probabilities, IMAGES),
    Row("Tversky", {"alpha": 0.25, "beta": 0.75, "axis": 1}, data.soft_labels, data.probabilities, PLAIN[:1]),
)
ROWS = (*REGRESSION, *MARGINS, *PROBABILISTIC, *CLASSES, *OVERLAP)
ALL = tuple(case for row in ROWS for case in row.cases())
