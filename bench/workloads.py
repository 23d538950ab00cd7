"""The models that are timed: data, from which kcompat, Keras and a loop written by hand build the same network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np


class Layer(NamedTuple):
    """A layer by the name and the arguments that kcompat and Keras share."""

    name: str
    arguments: dict[str, Any] = {}  # noqa: RUF012  (never written to)


@dataclass(frozen=True)
class Workload:
    """A classifier with its input and its step: Adam, sparse cross-entropy from logits, accuracy.

    `family` says which loop written by hand trains it; with none there is only Keras to compare with.
    """

    name: str
    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    batch: int
    steps: int
    family: str = ""
    classes: int = 10

    @property
    def samples(self) -> int:
        """How many samples an epoch has."""
        return self.batch * self.steps

    def at(self, batch: int = 0, steps: int = 0) -> Workload:
        """The same model at another batch size, or with another number of steps an epoch; 0 leaves it."""
        steps = steps or (max(2, self.steps * self.batch // max(batch, self.batch)) if batch else self.steps)
        return replace(self, batch=batch or self.batch, steps=steps)

    def data(self, samples: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Inputs of few degrees of freedom, and labels that depend on them by chance, the same each time.

        No model can learn such labels by heart: once it could, gradients would vanish into subnormal numbers, which
        some libraries flush to zero and others compute with at a tenth of the speed.
        """
        rng = np.random.default_rng(0)
        n = samples or self.samples
        latent = rng.standard_normal((n, LATENT), dtype="float32")
        mixing = rng.standard_normal((LATENT, int(np.prod(self.input_shape))), dtype="float32") / np.float32(
            LATENT**0.5
        )
        score = latent @ rng.standard_normal((LATENT, self.classes), dtype="float32")
        y = (score + 4 * rng.gumbel(size=score.shape)).argmax(1).astype("int32")
        return (latent @ mixing).reshape(n, *self.input_shape), y

    def weights(self) -> list[np.ndarray]:
        """Initial weights of the dense, convolutional and LSTM layers, in the order of `get_weights`."""
        rng, weights, shape = np.random.default_rng(1), [], self.input_shape
        for layer in self.layers:
            of_layer, shape = _weights(rng, layer, shape)
            weights += of_layer
        return weights


def _weights(
    rng: np.random.Generator, layer: Layer, shape: tuple[int, ...]
) -> tuple[list[np.ndarray], tuple[int, ...]]:
    """Glorot's uniform kernels, zero biases, and the shape that follows."""

    def kernel(*size: int) -> np.ndarray:
        field = int(np.prod(size[:-2]))
        limit = np.sqrt(6 / (field * (size[-2] + size[-1])))
        return rng.uniform(-limit, limit, size).astype("float32")

    units = layer.arguments.get("units") or layer.arguments.get("filters", 0)
    if layer.name == "Dense":
        return [kernel(shape[-1], units), np.zeros(units, "float32")], (*shape[:-1], units)
    if layer.name == "Conv2D":
        k = layer.arguments["kernel_size"]
        return [kernel(k, k, shape[-1], units), np.zeros(units, "float32")], (shape[0] - k + 1, shape[1] - k + 1, units)
    if layer.name == "LSTM":
        bias = np.zeros(4 * units, "float32")
        bias[units : 2 * units] = 1  # the forget gate is open at first (Jozefowicz et al., 2015)
        return [kernel(shape[-1], 4 * units), kernel(units, 4 * units), bias], (units,)
    if layer.name == "MaxPooling2D":
        return [], (shape[0] // 2, shape[1] // 2, shape[2])
    if layer.name == "Flatten":
        return [], (int(np.prod(shape)),)
    raise LookupError(f"no loop is written by hand for a layer {layer.name}")


def dense(units: int, activation: str | None = None) -> Layer:
    """A dense layer."""
    return Layer("Dense", {"units": units, "activation": activation})


def conv(filters: int, size: int, **arguments: Any) -> Layer:
    """A convolution."""
    return Layer("Conv2D", {"filters": filters, "kernel_size": size, **arguments})


def perceptron(name: str, features: int, units: tuple[int, ...], batch: int, steps: int) -> Workload:
    """Dense layers with relu, then one with the logits."""
    hidden = tuple(dense(n, "relu") for n in units)
    return Workload(name, (features,), (*hidden, dense(10)), batch, steps, "mlp")


LATENT = 16
"""The degrees of freedom of the inputs."""
POOL, FLATTEN = Layer("MaxPooling2D", {"pool_size": 2}), Layer("Flatten")
RELU = Layer("Activation", {"activation": "relu"})
IMAGE = (28, 28, 1)

REFERENCE = (
    perceptron("mlp", 784, (64,), 32, 200),
    Workload(
        "cnn",
        IMAGE,
        (
            *(conv(32, 3, activation="relu"), POOL, conv(64, 3, activation="relu"), POOL),
            *(FLATTEN, dense(128, "relu"), dense(10)),
        ),
        64,
        20,
        "cnn",
    ),
    Workload("lstm", (32, 16), (Layer("LSTM", {"units": 64}), dense(10)), 64, 50, "lstm"),
)
"""The workloads that the backends are tuned for."""

UNTUNED = (
    perceptron("deep", 64, (64,) * 16, 32, 100),
    perceptron("wide", 784, (2048,), 64, 20),
    Workload(
        "gru",
        (32, 16),
        (Layer("GRU", {"units": 48, "return_sequences": True}), Layer("GRU", {"units": 48}), dense(10)),
        64,
        30,
    ),
    Workload(
        "strided",
        (24, 24, 3),
        (
            *(conv(16, 3, strides=2, padding="same", use_bias=False), Layer("BatchNormalization"), RELU),
            *(conv(32, 3, padding="same", use_bias=False), Layer("BatchNormalization"), RELU),
            *(Layer("GlobalAveragePooling2D"), dense(10)),
        ),
        32,
        30,
    ),
    Workload(
        "windows",
        IMAGE,
        (
            *(conv(16, 5, activation="relu"), Layer("MaxPooling2D", {"pool_size": 3, "strides": 2})),
            *(conv(24, 1, activation="relu"), conv(24, 2, activation="relu")),
            *(Layer("AveragePooling2D", {"pool_size": 2}), FLATTEN, dense(10)),
        ),
        32,
        30,
    ),
)
"""Workloads that nobody tuned anything for."""

BIG = perceptron("big", 784, (7000, 7000, 7000), 128, 20)
"""A hundred million parameters, more than a gigabyte with gradients and moments: for a GPU."""

DEPTHS = (2, 4, 8, 16)
DEEPER = tuple(perceptron(f"depth{n}", 128, (128,) * n, 64, 50) for n in DEPTHS)
"""How the cost of a step grows with the number of layers."""

WORKLOADS = {workload.name: workload for workload in (*REFERENCE, *UNTUNED, BIG, *DEEPER)}


def find(name: str) -> Workload:
    """A workload by name, or `name@batch`; raises LookupError with the names there are."""
    name, _, batch = name.partition("@")
    if name not in WORKLOADS:
        raise LookupError(f"--workload {name}: there are {', '.join(WORKLOADS)}, each also as NAME@BATCH")
    if batch and not (batch.isdecimal() and int(batch)):
        raise LookupError(f"--workload {name}@{batch}: a batch is a positive integer, as in {name}@1")
    workload = WORKLOADS[name].at(int(batch or 0))
    return replace(workload, name=f"{name}@{batch}") if batch else workload
