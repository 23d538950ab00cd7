"""Metrics: a row for each configuration, with what its targets and predictions are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kcompat import metrics
from kcompat.conformance.cases import data
from kcompat.conformance.cases.built import BuiltCase, Shapes, interpreter_of, join_id
from kcompat.conformance.cases.data import Data
from kcompat.conformance.cases.questions import Arrays
from kcompat.conformance.targets.target import Target
from kcompat.runtime.active import use
from kcompat.spec import FLOATX
from kcompat.variables.scope import bind

BATCHES = 2


@dataclass(frozen=True, eq=False, repr=False)
class MetricCase(BuiltCase):
    """A metric with its arguments, on `BATCHES` batches; one without targets takes values alone."""

    arguments: dict[str, Any]
    truth: Data | None
    prediction: Data
    shapes: Shapes

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        return join_id(self.name, *self.shapes, **self.arguments)

    def batches(self) -> Iterator[tuple[list[np.ndarray], np.ndarray | None]]:
        """What `update_state` takes by position in each batch, and the weights."""
        rng, shapes = self.generator(), self.shapes
        for _ in range(BATCHES):
            arrays = [self.array(self.prediction(rng, shapes.prediction))]
            if self.truth is not None:
                arrays.insert(0, self.array(self.truth(rng, shapes.truth)))
            weight = None if shapes.weight is None else self.array(data.sample_weights(rng, shapes.weight))
            yield arrays, weight

    def fed(self) -> list[np.ndarray]:
        return [x for arrays, weight in self.batches() for x in (*arrays, weight) if x is not None]


def metric_values(target: Target, case: MetricCase) -> Arrays:
    """The metric's value after each batch."""
    B = interpreter_of(target)
    values = []
    with use(B), FLOATX.override(case.dtype), bind({}):
        metric = getattr(metrics, case.name)(**case.arguments)
        for arrays, weight in case.batches():
            tensors = map(B.engine.asarray, arrays)
            metric.update_state(*tensors, sample_weight=None if weight is None else B.engine.asarray(weight))
            values.append(target.result(metric.result()))
    return tuple(values)


PLAIN = (Shapes((4, 3), (4, 3)), Shapes((4, 3), (4, 3), (4,)))
CLASSES = (Shapes((6,), (6, 3)), Shapes((6,), (6, 3), (6,)))


@dataclass(frozen=True)
class Row:
    """A metric with its arguments, what its targets and predictions are, and the shapes in which it is asked."""

    name: str
    arguments: dict[str, Any]
    truth: Data | None
    prediction: Data
    shapes: tuple[Shapes, ...] = PLAIN

    def cases(self) -> Iterator[MetricCase]:
        """A case for each of the shapes."""
        for shapes in self.shapes:
            yield MetricCase(self.name, self.arguments, self.truth, self.prediction, shapes)


ROWS = (
    Row("Mean", {}, None, data.numbers),
    Row("Sum", {}, None, data.numbers),
    Row("Accuracy", {}, data.class_indices(3), data.class_indices(3)),
    Row("BinaryAccuracy", {}, data.binary_labels, data.probabilities),
    Row("BinaryAccuracy", {"threshold": 0.25}, data.binary_labels, data.probabilities),
    Row("CategoricalAccuracy", {}, data.one_hot, data.probabilities),
    Row("SparseCategoricalAccuracy", {}, data.class_indices(3), data.probabilities, CLASSES),
    Row("MeanSquaredError", {}, data.numbers, data.numbers),
    Row("MeanAbsoluteError", {}, data.numbers, data.numbers),
    Row("MeanAbsolutePercentageError", {}, data.positive_numbers, data.positive_numbers),
    Row("MeanSquaredLogarithmicError", {}, data.positive_numbers, data.positive_numbers),
    Row("LogCoshError", {}, data.numbers, data.numbers),
    Row("Poisson", {}, data.positive_numbers, data.positive_numbers),
    Row("KLDivergence", {}, data.soft_labels, data.probabilities),
    Row("Hinge", {}, data.signs, data.numbers),
    Row("SquaredHinge", {}, data.signs, data.numbers),
    Row("CategoricalHinge", {}, data.one_hot, data.numbers),
    Row("BinaryCrossentropy", {}, data.soft_labels, data.probabilities),
    Row("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.25}, data.soft_labels, data.logits),
    Row("CategoricalCrossentropy", {}, data.soft_labels, data.probabilities),
    Row("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.25}, data.soft_labels, data.logits),
    Row("SparseCategoricalCrossentropy", {}, data.class_indices(3), data.inner_probabilities, CLASSES),
    Row("SparseCategoricalCrossentropy", {"from_logits": True}, data.class_indices(3), data.logits, CLASSES),
)
ALL = tuple(case for row in ROWS for case in row.cases())
