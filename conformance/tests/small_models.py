"""Small data and models that the tests of training share."""

from __future__ import annotations

from typing import Any

import numpy as np

import kcompat
from kcompat import layers

RNG = np.random.default_rng(0)
X = (RNG.integers(-16, 17, (40, 4)) / 8).astype("float32")
Y = (X @ np.array([[1.0], [-0.5], [0.25], [2.0]], "float32") + 0.5).astype("float32")
LABELS = (Y[:, 0] > 0).astype("int32")
U = 2.0**-24


def regression(*, optimizer: Any = "sgd", loss: Any = "mse", **arguments: Any) -> kcompat.Sequential:
    """A linear model of `X` and `Y`."""
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(1)])
    model.compile(optimizer, loss, **arguments)
    return model


def classifier(**arguments: Any) -> kcompat.Sequential:
    """A model of `X` and `LABELS` with a hidden layer."""
    model = kcompat.Sequential([kcompat.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(2)])
    loss = kcompat.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"], **arguments)
    return model


def frozen_rate(**arguments: Any) -> kcompat.Sequential:
    """A model that training leaves as it is."""
    return regression(optimizer=kcompat.optimizers.SGD(0.0), **arguments)


def squared_errors(model: Any, x: Any = X, y: Any = Y) -> np.ndarray:
    """The squared error of each sample."""
    return ((model.predict(x, verbose=0).astype("float64") - y) ** 2)[:, 0]


def close(actual: Any, expected: Any, roundings: int = 64) -> None:
    """Equal up to so many roundings of float32, relative: sums of at most 40 terms, a handful of operations each."""
    np.testing.assert_allclose(actual, expected, rtol=roundings * U, atol=0)
