"""Layers in several configurations, and the questions that can be asked of them on any interpreter."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from kcompat import layers
from kcompat.conformance.adapters.target import Target, Unsupported
from kcompat.conformance.cases.questions import Arrays
from kcompat.runtime.active import use
from kcompat.spec import FLOATX
from kcompat.variables.scope import bind


@dataclass(frozen=True, eq=False)
class LayerCase:
    """A layer, its arguments, and the shape of its inputs."""

    name: str
    shape: tuple[int, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    training: bool = False
    integers: int = 0  # inputs are integers below it
    dtype: str = "float32"

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        said = [f"{k}={v}" for k, v in self.arguments.items()] + ["training"] * self.training
        return "-".join([self.name, "x".join(map(str, self.shape)), *said]).replace(" ", "")

    def __repr__(self) -> str:
        return self.id

    @property
    def subject(self) -> str:
        """What the case is about."""
        return self.name

    def in_dtype(self, dtype: str) -> LayerCase:
        """The same case in another float dtype."""
        return replace(self, dtype=dtype)

    def generator(self) -> np.random.Generator:
        """A generator that the id seeds."""
        return np.random.default_rng(zlib.crc32(self.id.encode()))

    def inputs(self) -> np.ndarray:
        """Integers, or sixteenths, which every dtype holds."""
        rng = self.generator()
        if self.integers:
            return rng.integers(0, self.integers, self.shape, dtype="int32")
        return (rng.integers(-32, 33, self.shape) / 16).astype("float32")

    def layer(self) -> Any:
        """The layer, built, with random weights; no variance is negative."""
        layer = getattr(layers, self.name)(**self.arguments)
        layer.build_for(self.shape)
        rng = self.generator()
        weights = [rng.integers(-32, 33, w.shape) / 32 for w in layer.weights]
        layer.set_weights(
            [abs(w) + 0.5 if v.name == "moving_variance" else w for v, w in zip(layer.weights, weights, strict=True)]
        )
        return layer


def forward(target: Any, case: LayerCase) -> Arrays:
    """What the layer gives; while training also the weights that it changed itself."""
    B = running_on(target)
    with use(B), FLOATX.override(case.dtype):
        layer = case.layer()
        with bind({}) as scope:
            found = layer(B.engine.asarray(case.inputs()), training=case.training)
        outputs = found if isinstance(found, tuple) else (found,)
        changed = [scope.writes.get(w, w.value) for w in layer.weights if case.training and not w.trainable]
        return tuple(map(target.result, (*outputs, *changed)))


def running_on(target: Target) -> Any:
    """The interpreter of a target; raises `Unsupported` if layers of ours cannot be run on it."""
    if target.interpreter is None:
        raise Unsupported(f"{target.name} is no backend of kcompat: no layer of ours runs on it")
    return target.interpreter


def _images(
    *configurations: dict[str, Any], name: str = "Conv2D", shape: tuple[int, ...] = (2, 7, 6, 4)
) -> list[LayerCase]:
    return [LayerCase(name, shape, c) for c in configurations]


CONVOLUTIONS = _images(
    {"filters": 3, "kernel_size": 3},
    {"filters": 3, "kernel_size": 2, "padding": "same", "use_bias": False},
    {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same", "activation": "relu"},
    {"filters": 3, "kernel_size": 3, "strides": (2, 1)},
    {"filters": 3, "kernel_size": 2, "dilation_rate": 2, "padding": "same"},
    {"filters": 4, "kernel_size": 3, "groups": 2, "activation": "tanh"},
    {"filters": 4, "kernel_size": 3, "data_format": "channels_first", "padding": "same"},
)
POOLINGS = [
    LayerCase(name, shape, arguments)
    for name in ("MaxPooling2D", "AveragePooling2D")
    for shape, arguments in (
        ((2, 6, 7, 3), {"pool_size": 2}),
        ((2, 6, 7, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
        ((2, 6, 7, 3), {"pool_size": (2, 3), "strides": 1}),
        ((2, 3, 6, 7), {"pool_size": 2, "data_format": "channels_first"}),
    )
]
NORMALIZATIONS = [
    LayerCase("BatchNormalization", shape, arguments, training)
    for training in (False, True)
    for shape, arguments in (
        ((8, 5), {}),
        ((3, 4, 5, 2), {"momentum": 0.5, "epsilon": 1e-5}),
        ((3, 2, 4, 5), {"axis": 1, "scale": False}),
        ((8, 5), {"center": False, "scale": False}),
    )
]
NORMALIZATIONS += [LayerCase("BatchNormalization", (8, 5), {"trainable": False}, True)]
NO_MORE: list[dict[str, Any]] = []
RECURRENT = [
    LayerCase(name, (2, 5, 3), {"units": 4, **arguments})
    for name, more in (("SimpleRNN", NO_MORE), ("LSTM", NO_MORE), ("GRU", [{"reset_after": False}]))
    for arguments in (
        {},
        {"return_sequences": True},
        {"return_state": True},
        {"return_sequences": True, "return_state": True, "go_backwards": True},
        {"go_backwards": True, "use_bias": False},
        {"activation": "relu"},
        *more,
    )
]
RECURRENT += [
    LayerCase("LSTM", (2, 5, 3), {"units": 2, "recurrent_activation": "hard_sigmoid"}),
    LayerCase("GRU", (2, 5, 3), {"units": 2, "reset_after": False, "return_sequences": True, "go_backwards": True}),
]
OTHERS = [
    LayerCase("Dense", (4, 6), {"units": 3}),
    LayerCase("Dense", (4, 6), {"units": 3, "activation": "softmax", "use_bias": False}),
    LayerCase("Dense", (2, 3, 4, 5), {"units": 2, "activation": "elu"}),
    *(
        LayerCase("Activation", (3, 9), {"activation": name})
        for name in ("relu", "sigmoid", "tanh", "softmax", "silu", "elu")
    ),
    *(
        LayerCase("Activation", (3, 9), {"activation": name})
        for name in ("softplus", "leaky_relu", "selu", "exponential")
    ),
    LayerCase("Embedding", (3, 4), {"input_dim": 7, "output_dim": 5}, integers=7),
    LayerCase("Flatten", (2, 3, 4, 5)),
    LayerCase("Flatten", (2, 3, 4, 5), {"data_format": "channels_first"}),
    LayerCase("Reshape", (2, 6, 4), {"target_shape": (3, -1, 2)}),
    LayerCase("GlobalAveragePooling2D", (2, 3, 4, 5)),
    LayerCase("GlobalAveragePooling2D", (2, 3, 4, 5), {"keepdims": True, "data_format": "channels_first"}),
    LayerCase("Dropout", (3, 4), {"rate": 0.5}),
]
ALL = tuple(CONVOLUTIONS + POOLINGS + NORMALIZATIONS + RECURRENT + OTHERS)
