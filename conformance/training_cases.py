"""Small training runs: the same data, first weights and batches for every target.

Each ends where rounding still explains the loss: while the envelope's spread is under a thousandth of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import kcompat
from kcompat import layers, losses, optimizers
from kcompat.conformance.layer_cases import in_floatx
from kcompat.conformance.target import Unsupported

SAMPLES, BATCH = 48, 16


@dataclass(frozen=True, eq=False)
class TrainingCase:
    """A model, an optimizer and a number of steps."""

    id: str
    model: Callable[[], Any]
    optimizer: Callable[[], Any]
    steps: int
    dtype: str = "float32"

    def __repr__(self) -> str:
        return f"training {self.id}, {self.steps} steps"

    def in_dtype(self, dtype: str) -> TrainingCase:
        """The same run in another float dtype."""
        return replace(self, dtype=dtype)

    def batches(self, shape: tuple[int, ...]) -> Iterator[tuple[np.ndarray, np.ndarray, None]]:
        """Inputs and class labels: multiples of 1/8, which every dtype holds."""
        rng = np.random.default_rng(7)
        x = (rng.integers(-16, 17, (SAMPLES, *shape)) / 8).astype("float32")
        y = (x.reshape(SAMPLES, -1) @ rng.integers(-2, 3, (int(np.prod(shape)), 3))).argmax(1).astype("int32")
        for step in range(self.steps):
            at = slice(step * BATCH % SAMPLES, step * BATCH % SAMPLES + BATCH)
            yield x[at], y[at], None


def trajectory(target: Any, case: TrainingCase) -> tuple[Any, ...]:
    """The running mean of the loss after each step, then the last weights."""
    B = target.interpreter
    if B is None:
        raise Unsupported(f"{target.name} has no interpreter to train on")
    with in_floatx(case.dtype):
        model = first(case)
        program = B.engine.compile(B, model.train_step, model._store.state())
        history = [program.run(batch)["loss"] for batch in case.batches(model.input_shape[1:])]
        return (target.result(B.stack(*history, axis=0)), *target.trained(program))


trajectory.by_envelope = True  # type: ignore[attr-defined]  # a running bound says nothing after a few steps


def first(case: TrainingCase) -> Any:
    """The model with its first weights, compiled."""
    kcompat.utils.set_random_seed(11)
    with kcompat.use_backend("numpy"):
        model = case.model()
        model.compile(case.optimizer(), losses.SparseCategoricalCrossentropy(from_logits=True))
        _ = model._store
    return model


def _sequential(shape: tuple[int, ...], *stack: Any) -> Any:
    return kcompat.Sequential([kcompat.Input(shape), *(make() for make in stack), layers.Dense(3)])


def _mlp(activation: str) -> Callable[[], Any]:
    return functools.partial(
        _sequential,
        (6,),
        lambda: layers.Dense(8, use_bias=False),
        layers.BatchNormalization,
        lambda: layers.Activation(activation),
        lambda: layers.Dropout(0.2),
        lambda: layers.Dense(8, activation),
    )


_cnn = functools.partial(
    _sequential,
    (6, 6, 1),
    lambda: layers.Conv2D(3, 3, use_bias=False),
    layers.BatchNormalization,
    lambda: layers.Activation("silu"),
    layers.AveragePooling2D,
    layers.Flatten,
)
_lstm = functools.partial(_sequential, (5, 3), lambda: layers.LSTM(4))
_gru = functools.partial(_sequential, (5, 3), lambda: layers.GRU(4))

ALL = (
    TrainingCase("mlp-tanh-sgd", _mlp("tanh"), lambda: optimizers.SGD(0.1), 12),
    TrainingCase("mlp-tanh-momentum", _mlp("tanh"), lambda: optimizers.SGD(0.05, momentum=0.9), 20),
    TrainingCase("mlp-tanh-nesterov", _mlp("tanh"), lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True), 20),
    TrainingCase("mlp-tanh-adam", _mlp("tanh"), lambda: optimizers.Adam(0.01), 20),
    TrainingCase("mlp-tanh-rmsprop", _mlp("tanh"), lambda: optimizers.RMSprop(0.01), 20),
    TrainingCase("mlp-relu-sgd", _mlp("relu"), lambda: optimizers.SGD(0.1), 12),
    TrainingCase("cnn-adam", _cnn, lambda: optimizers.Adam(0.01), 8),
    TrainingCase("lstm-adam", _lstm, lambda: optimizers.Adam(0.01), 6),
    TrainingCase("gru-sgd", _gru, lambda: optimizers.SGD(0.1), 6),
)
