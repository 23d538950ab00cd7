"""Training runs: the same data, first weights and batches for every target.

Each ends where rounding still explains the loss: while the envelope's spread is under a thousandth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import kcompat
from kcompat import losses
from kcompat.conformance.cases.built import BuiltCase, interpreter_of
from kcompat.conformance.cases.data import Shape
from kcompat.conformance.cases.questions import Arrays
from kcompat.conformance.targets.target import Target
from kcompat.spec import FLOATX

SAMPLES, BATCH = 48, 16


@dataclass(frozen=True, eq=False, repr=False)
class TrainingCase(BuiltCase):
    """A model, an optimizer and a number of steps.

    Model and optimizer are made with the library that they are given: this one, or Keras.
    """

    model: Callable[[Any], Any]
    optimizer: Callable[[Any], Any]
    steps: int
    random: bool = False  # draws dropout masks

    def __repr__(self) -> str:
        return f"training {self.id}, {self.steps} steps"

    def fed(self) -> list[np.ndarray]:
        model = first_model(self)
        batches = [x for batch in self.batches(model.input_shape[1:]) for x in batch[:2]]
        return [*batches, *map(np.asarray, model.get_weights())]

    def batches(self, shape: Shape) -> Iterator[tuple[np.ndarray, np.ndarray, None]]:
        """Inputs and class labels: multiples of 1/8, which every dtype holds."""
        rng = np.random.default_rng(7)
        x = (rng.integers(-16, 17, (SAMPLES, *shape)) / 8).astype("float32")
        y = (x.reshape(SAMPLES, -1) @ rng.integers(-2, 3, (int(np.prod(shape)), 3))).argmax(1).astype("int32")
        for step in range(self.steps):
            at = slice(step * BATCH % SAMPLES, step * BATCH % SAMPLES + BATCH)
            yield x[at], y[at], None


def trajectory(target: Target, case: TrainingCase) -> Arrays:
    """The running mean of the loss after each step, then the last weights."""
    B = interpreter_of(target)
    with FLOATX.override(case.dtype):
        model = first_model(case)
        program = B.engine.compile(B, model.train_step, model.programs.store.state())
        history = [program.run(batch)["loss"] for batch in case.batches(model.input_shape[1:])]
        return (target.result(B.stack(*history, axis=0)), *target.trained(program))


def first_model(case: TrainingCase) -> Any:
    """The model with its first weights, compiled."""
    kcompat.utils.set_random_seed(11)
    with kcompat.use_backend("numpy"):
        model = case.model(kcompat)
        model.compile(case.optimizer(kcompat.optimizers), losses.SparseCategoricalCrossentropy(from_logits=True))
        _ = model.programs.store  # draws the weights, while NumPy is active
    return model


def _sequential(shape: Shape, stack: Callable[[Any], list[Any]]) -> Callable[[Any], Any]:
    """A model that tells three classes apart: the layers that `stack` makes of the library's, then a dense one."""
    return lambda library: library.Sequential([library.Input(shape), *stack(library.layers), library.layers.Dense(3)])


def _mlp(activation: str) -> Callable[[Any], Any]:
    return _sequential(
        (6,),
        lambda layers: [
            layers.Dense(8, use_bias=False),
            layers.BatchNormalization(),
            layers.Activation(activation),
            layers.Dropout(0.2),
            layers.Dense(8, activation),
        ],
    )


_cnn = _sequential(
    (6, 6, 1),
    lambda layers: [
        layers.Conv2D(3, 3, use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("silu"),
        layers.AveragePooling2D((2, 2)),
        layers.Flatten(),
    ],
)
_lstm = _sequential((5, 3), lambda layers: [layers.LSTM(4)])
_gru = _sequential((5, 3), lambda layers: [layers.GRU(4)])

HELD = {"beta_1": 0.875, "beta_2": 0.9990234375}
"""Decays that float32 holds: Keras rounds them to it."""

ALL = (
    TrainingCase("mlp-tanh-sgd", _mlp("tanh"), lambda by: by.SGD(0.1), 12, random=True),
    TrainingCase("mlp-tanh-momentum", _mlp("tanh"), lambda by: by.SGD(0.05, momentum=0.875), 20, random=True),
    TrainingCase("mlp-tanh-nesterov", _mlp("tanh"), lambda by: by.SGD(0.05, momentum=0.875, nesterov=True), 20, True),
    TrainingCase("mlp-tanh-adam", _mlp("tanh"), lambda by: by.Adam(0.01, **HELD), 20, random=True),
    TrainingCase("mlp-tanh-rmsprop", _mlp("tanh"), lambda by: by.RMSprop(0.01), 20, random=True),
    TrainingCase("mlp-relu-sgd", _mlp("relu"), lambda by: by.SGD(0.1), 12, random=True),
    TrainingCase("cnn-adam", _cnn, lambda by: by.Adam(0.01, **HELD), 8),
    TrainingCase("lstm-adam", _lstm, lambda by: by.Adam(0.01, **HELD), 6),
    TrainingCase("gru-sgd", _gru, lambda by: by.SGD(0.1), 6),
)
