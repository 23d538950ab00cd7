"""Losses and optimizers in several configurations, and the questions that can be asked of them on any interpreter."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kcompat import losses, optimizers
from kcompat.conformance.cases.layers import running_on
from kcompat.conformance.cases.questions import Arrays
from kcompat.losses.loss import REDUCTIONS
from kcompat.runtime.active import use
from kcompat.spec import FLOATX
from kcompat.variables import Variable
from kcompat.variables.scope import bind

STEPS = 6
OF_PROBABILITIES = ("KLDivergence", "Dice", "Tversky")
AWAY_FROM_ZERO = ("MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "Poisson")


@dataclass(frozen=True, eq=False)
class LossCase:
    """A loss with its arguments, and the shapes of targets, predictions and weights."""

    name: str
    truth: tuple[int, ...]
    prediction: tuple[int, ...]
    weight: tuple[int, ...] | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"

    @property
    def subject(self) -> str:
        """What the case is about."""
        return self.name

    def in_dtype(self, dtype: str) -> LossCase:
        """The same case in another float dtype."""
        return replace(self, dtype=dtype)

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        shapes = ["x".join(map(str, s)) for s in (self.truth, self.prediction, self.weight) if s is not None]
        return "-".join([self.name, *shapes, *(f"{k}={v}" for k, v in self.arguments.items())])

    def __repr__(self) -> str:
        return self.id

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Targets that the loss takes, predictions (with some at 0 and 1 where they are probabilities), weights."""
        rng = np.random.default_rng(zlib.crc32(self.id.encode()))
        prediction = rng.integers(-64, 65, self.prediction) / 16
        truth: np.ndarray = rng.integers(-64, 65, self.truth) / 16
        if "ross" in self.name or self.name in OF_PROBABILITIES:  # a crossentropy
            if not self.arguments.get("from_logits"):
                prediction = rng.integers(0, 17, self.prediction) / 16
            truth = rng.integers(0, 9, self.truth) / 8
        if self.name in AWAY_FROM_ZERO:
            prediction, truth = np.abs(prediction) + 1 / 16, np.abs(truth) + 1 / 16
        if self.name.startswith("Sparse") or self.name == "CategoricalGeneralizedCrossEntropy":
            if not self.arguments.get("from_logits"):
                prediction = np.clip(prediction, 1 / 16, 15 / 16)  # Keras on TensorFlow normalises what it clips again
            truth = rng.integers(0, self.prediction[-1], self.truth)
        if self.name in ("Circle", "CTC"):
            truth = rng.integers(1, 4, self.truth)
            prediction = rng.integers(-4, 5, self.prediction) / 8
        if self.name.endswith("Hinge"):
            truth = rng.integers(0, 2, self.truth) * 1.0
            truth = truth * 2.0 - 1.0 if len(self.prediction) == 3 else truth
        weight = None if self.weight is None else (rng.integers(0, 9, self.weight) / 4).astype("float32")
        return truth.astype("int32" if truth.dtype.kind == "i" else "float32"), prediction.astype("float32"), weight


def loss_value(target: Any, case: LossCase) -> Arrays:
    """The weighted, reduced loss."""
    B = running_on(target)
    with use(B), FLOATX.override(case.dtype) as floatx:
        arrays = [x if x is None or x.dtype.kind == "i" else x.astype(floatx) for x in case.arrays()]
        tensors = [None if x is None else B.engine.asarray(x) for x in arrays]
        return (target.result(getattr(losses, case.name)(**case.arguments)(*tensors)),)


OTHERS: dict[str, list[dict[str, Any]]] = {
    "MeanAbsolutePercentageError": [{}],
    "MeanSquaredLogarithmicError": [{}],
    "Huber": [{}, {"delta": 0.25}],
    "LogCosh": [{}],
    "CosineSimilarity": [{}, {"axis": 0}],
    "KLDivergence": [{}],
    "Poisson": [{}],
    "Hinge": [{}],
    "SquaredHinge": [{}],
    "CategoricalHinge": [{}],
    "BinaryFocalCrossentropy": [
        {},
        {"from_logits": True, "gamma": 1.5},
        {"apply_class_balancing": True, "alpha": 0.375, "label_smoothing": 0.125},
        {"axis": 0},
    ],
    "CategoricalFocalCrossentropy": [
        {},
        {"from_logits": True, "gamma": 1.5},
        {"alpha": 0.375, "label_smoothing": 0.25},
    ],
}


def _losses() -> list[LossCase]:
    found = []
    arguments: dict[str, Any]
    for name in ("MeanSquaredError", "MeanAbsoluteError"):
        found += [
            LossCase(name, *shapes) for shapes in (((4, 3), (4, 3)), ((4,), (4, 1)), ((4, 1), (4,)), ((4,), (4,)))
        ]
        found += [LossCase(name, (4, 3), (4, 3), weight) for weight in ((4,), (4, 1))]
        found += [LossCase(name, (2, 3, 4), (2, 3, 4), weight) for weight in ((2, 1), (2, 3), (1, 1))]
        found += [LossCase(name, (4, 3), (4, 3), (4,), {"reduction": r}) for r in REDUCTIONS if r]
        found += [
            LossCase(name, truth, prediction, arguments={"reduction": "none"})
            for truth, prediction in (((2, 3), (2, 3, 1)), ((2, 3, 1), (2, 3)))
        ]
    for name in ("BinaryCrossentropy", "CategoricalCrossentropy"):
        for arguments in (
            {},
            {"from_logits": True},
            {"label_smoothing": 0.125},
            {"from_logits": True, "label_smoothing": 0.25},
        ):
            found += [LossCase(name, (4, 3), (4, 3), weight, arguments) for weight in (None, (4,))]
            found.append(LossCase(name, (2, 3, 4), (2, 3, 4), None, {"reduction": "none", **arguments}))
    for name, choices in OTHERS.items():
        for arguments in choices:
            some = (3,) if arguments.get("axis") == 0 else (4,)
            found += [LossCase(name, (4, 3), (4, 3), weight, arguments) for weight in (None, some)]
            found.append(LossCase(name, (2, 3, 4), (2, 3, 4), None, {"reduction": "none", **arguments}))
    for arguments in ({}, {"axis": (1, 2)}):
        for name in ("Dice", "Tversky"):
            found += [LossCase(name, (2, 3, 4), (2, 3, 4), weight, arguments) for weight in (None, (2,))]
    found.append(LossCase("Tversky", (4, 3), (4, 3), None, {"alpha": 0.25, "beta": 0.75, "axis": 1}))
    for arguments in ({}, {"gamma": 16.0, "margin": 0.25}, {"remove_diagonal": False}, {"reduction": "none"}):
        found += [LossCase("Circle", (6,), (6, 3), weight, arguments) for weight in (None, (6,))]
    for arguments in ({}, {"q": 0.25}, {"reduction": "none"}):
        found += [
            LossCase("CategoricalGeneralizedCrossEntropy", (4,), (4, 5), weight, arguments) for weight in (None, (4,))
        ]
    found += [LossCase("CTC", (3, 2), (3, 6, 4), weight) for weight in (None, (3,))]
    found += [LossCase("BinaryCrossentropy", (4,), (4, 1)), LossCase("BinaryCrossentropy", (4, 1), (4, 1), (4,))]
    for arguments in ({}, {"from_logits": True}):
        for truth, prediction, weight in (
            ((4,), (4, 5), None),
            ((4, 1), (4, 5), (4,)),
            ((2, 3), (2, 3, 5), (2, 3)),
            ((2, 3, 1), (2, 3, 5), None),
        ):
            found.append(LossCase("SparseCategoricalCrossentropy", truth, prediction, weight, arguments))
    for arguments in (
        {"ignore_class": 1},
        {"ignore_class": 1, "from_logits": True},
        {"ignore_class": 1, "reduction": "sum"},
    ):
        found += [LossCase("SparseCategoricalCrossentropy", (4,), (4, 3), weight, arguments) for weight in (None, (4,))]
        found.append(LossCase("SparseCategoricalCrossentropy", (2, 3), (2, 3, 2), None, arguments))
    return found


@dataclass(frozen=True, eq=False)
class OptimizerCase:
    """An optimizer with its arguments, for `STEPS` steps."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"

    @property
    def subject(self) -> str:
        """What the case is about."""
        return self.name

    def in_dtype(self, dtype: str) -> OptimizerCase:
        """The same case in another float dtype."""
        return replace(self, dtype=dtype)

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        return "-".join([self.name, *(f"{k}={v}" for k, v in self.arguments.items())])

    def __repr__(self) -> str:
        return self.id

    @staticmethod
    def parameters() -> list[np.ndarray]:
        """Two first parameters, a matrix and a vector."""
        rng = np.random.default_rng(1)
        return [(rng.integers(-32, 33, shape) / 32).astype("float32") for shape in ((3, 2), (5,))]

    @staticmethod
    def gradients(step: int) -> list[np.ndarray]:
        """Large, ordinary, small, and zero."""
        rng = np.random.default_rng(step)
        scale = rng.choice([64.0, 1.0, 2.0**-12, 0.0], (11,), p=[0.1, 0.7, 0.1, 0.1])
        flat = (rng.integers(-32, 33, 11) / 16 * scale).astype("float32")
        return [flat[:6].reshape(3, 2), flat[6:]]


def optimizer_steps(target: Any, case: OptimizerCase) -> Arrays:
    """The parameters after each step."""
    B = running_on(target)
    found = []
    with use(B), FLOATX.override(case.dtype) as floatx, bind({}):
        optimizer = getattr(optimizers, case.name)(**case.arguments)
        variables = [Variable(p.astype(floatx), name=f"p{i}") for i, p in enumerate(case.parameters())]
        for step in range(STEPS):
            optimizer.apply([B.engine.asarray(g.astype(floatx)) for g in case.gradients(step)], variables)
            found += [target.result(v.value) for v in variables]
    return tuple(found)


LOSSES = tuple(_losses())
OPTIMIZERS = (  # decays that float32 holds: Keras rounds them to it
    OptimizerCase("SGD"),
    OptimizerCase("SGD", {"learning_rate": 0.3, "momentum": 0.875}),
    OptimizerCase("SGD", {"learning_rate": 0.3, "momentum": 0.875, "nesterov": True}),
    OptimizerCase("Adam", {"beta_1": 0.875, "beta_2": 0.9990234375}),
    OptimizerCase("Adam", {"learning_rate": 0.1, "beta_1": 0.75, "beta_2": 0.9375, "epsilon": 1e-3}),
    OptimizerCase("RMSprop"),
    OptimizerCase("RMSprop", {"learning_rate": 0.1, "rho": 0.5, "epsilon": 1e-3}),
)
