"""Layers: a row for each configuration. A new layer is judged once it has a row here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kcompat import layers
from kcompat.conformance.cases import data
from kcompat.conformance.cases.built import BuiltCase, interpreter_of, join_id
from kcompat.conformance.cases.data import Data, Shape
from kcompat.conformance.cases.questions import Arrays, pulled_back, replaced
from kcompat.conformance.targets.target import Target
from kcompat.runtime.active import use
from kcompat.spec import FLOATX, as_dtype, is_float
from kcompat.variables.scope import bind


@dataclass(frozen=True, eq=False, repr=False)
class LayerCase(BuiltCase):
    """A layer with its arguments, the shape of its inputs, and what they are.

    A layer that takes several inputs has a list of shapes. Weights named in `positive` are so: variances.
    """

    shape: Shape | list[Shape]
    arguments: dict[str, Any] = field(default_factory=dict)
    training: bool = False
    inputs: Data = data.features
    positive: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The name of the case in reports."""
        shapes = self.shape if isinstance(self.shape, list) else [self.shape]
        name = join_id(self.name, *shapes, **self.arguments).replace(" ", "")
        return f"{name}-training" if self.training else name

    def arrays(self) -> list[np.ndarray]:
        """The inputs."""
        rng = self.generator()
        shapes = self.shape if isinstance(self.shape, list) else [self.shape]
        return [self.array(self.inputs(rng, shape)) for shape in shapes]

    def fed(self) -> list[np.ndarray]:
        return [*self.arrays(), *map(np.asarray, self.layer().get_weights())]

    def layer(self) -> Any:
        """The layer, built, with random weights."""
        layer = getattr(layers, self.name)(**self.arguments)
        layer.build(self.shape)
        rng = self.generator()
        weights = [data.weights(rng, w.shape) for w in layer.weights]
        layer.set_weights(
            [abs(w) + 0.5 if v.name in self.positive else w for v, w in zip(layer.weights, weights, strict=True)]
        )
        return layer


def forward(target: Target, case: LayerCase) -> Arrays:
    """The outputs of the layer; while training also the weights that it changes itself."""
    B = interpreter_of(target)
    with use(B), FLOATX.override(case.dtype):
        layer = case.layer()
        inputs = [B.engine.asarray(x) for x in case.arrays()]
        with bind({}) as scope:
            y = layer(inputs if isinstance(case.shape, list) else inputs[0], training=case.training)
        outputs = y if isinstance(y, (tuple, list)) else (y,)
        updated = [scope.writes.get(w, w.value) for w in layer.weights if case.training and not w.trainable]
        return tuple(map(target.result, (*outputs, *updated)))


def gradients(target: Target, case: LayerCase) -> Arrays:
    """The cotangents of the float inputs, then of the trainable weights."""
    B = interpreter_of(target)
    with use(B), FLOATX.override(case.dtype):
        layer = case.layer()
        weights = layer.trainable_weights

        def call(x: Any, values: Sequence[Any]) -> Any:
            with bind(dict(zip(weights, values, strict=True))):
                return layer(x, training=case.training)

        inputs = [B.engine.asarray(x) for x in case.arrays()]
        return gradients_of(target, case, call, inputs, [w.value for w in weights])


def gradients_of(target: Target, case: LayerCase, call: Any, inputs: list[Any], weights: list[Any]) -> Arrays:
    """As `gradients`, of any library's layer: `call(inputs, weights)`, with tensors of the target."""
    floats = [i for i, x in enumerate(inputs) if is_float(as_dtype(x.dtype))]

    def f(*tensors: Any) -> tuple[Any, ...]:
        given = replaced(inputs, floats, tensors[: len(floats)])
        y = call(given if isinstance(case.shape, list) else given[0], tensors[len(floats) :])
        return tuple(y) if isinstance(y, (tuple, list)) else (y,)

    return pulled_back(target, case, f, [*(inputs[i] for i in floats), *weights])


VARIANCE = ("moving_variance",)

DENSE = (
    LayerCase("Dense", (4, 6), {"units": 3}),
    LayerCase("Dense", (4, 6), {"units": 3, "activation": "softmax", "use_bias": False}),
    LayerCase("Dense", (2, 3, 4, 5), {"units": 2, "activation": "elu"}),
    LayerCase("Embedding", (3, 4), {"input_dim": 7, "output_dim": 5}, inputs=data.class_indices(7)),
)
ACTIVATIONS = (
    LayerCase("Activation", (3, 9), {"activation": "relu"}),
    LayerCase("Activation", (3, 9), {"activation": "sigmoid"}),
    LayerCase("Activation", (3, 9), {"activation": "tanh"}),
    LayerCase("Activation", (3, 9), {"activation": "softmax"}),
    LayerCase("Activation", (3, 9), {"activation": "silu"}),
    LayerCase("Activation", (3, 9), {"activation": "elu"}),
    LayerCase("Activation", (3, 9), {"activation": "softplus"}),
    LayerCase("Activation", (3, 9), {"activation": "leaky_relu"}),
    LayerCase("Activation", (3, 9), {"activation": "selu"}),
    LayerCase("Activation", (3, 9), {"activation": "exponential"}),
)
CONVOLUTIONS = (
    LayerCase("Conv2D", (2, 7, 6, 4), {"filters": 3, "kernel_size": 3}),
    LayerCase("Conv2D", (2, 7, 6, 4), {"filters": 3, "kernel_size": 2, "padding": "same", "use_bias": False}),
    LayerCase(
        "Conv2D",
        (2, 7, 6, 4),
        {"filters": 3, "kernel_size": (3, 2), "strides": 2, "padding": "same", "activation": "relu"},
    ),
    LayerCase("Conv2D", (2, 7, 6, 4), {"filters": 3, "kernel_size": 3, "strides": (2, 1)}),
    LayerCase("Conv2D", (2, 7, 6, 4), {"filters": 3, "kernel_size": 2, "dilation_rate": 2, "padding": "same"}),
    LayerCase("Conv2D", (2, 7, 6, 4), {"filters": 4, "kernel_size": 3, "groups": 2, "activation": "tanh"}),
    LayerCase(
        "Conv2D", (2, 7, 6, 4), {"filters": 4, "kernel_size": 3, "data_format": "channels_first", "padding": "same"}
    ),
)
POOLINGS = (
    LayerCase("MaxPooling2D", (2, 6, 7, 3), {"pool_size": 2}),
    LayerCase("MaxPooling2D", (2, 6, 7, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
    LayerCase("MaxPooling2D", (2, 6, 7, 3), {"pool_size": (2, 3), "strides": 1}),
    LayerCase("MaxPooling2D", (2, 3, 6, 7), {"pool_size": 2, "data_format": "channels_first"}),
    LayerCase("AveragePooling2D", (2, 6, 7, 3), {"pool_size": 2}),
    LayerCase("AveragePooling2D", (2, 6, 7, 3), {"pool_size": 3, "strides": 2, "padding": "same"}),
    LayerCase("AveragePooling2D", (2, 6, 7, 3), {"pool_size": (2, 3), "strides": 1}),
    LayerCase("AveragePooling2D", (2, 3, 6, 7), {"pool_size": 2, "data_format": "channels_first"}),
    LayerCase("GlobalAveragePooling2D", (2, 3, 4, 5)),
    LayerCase("GlobalAveragePooling2D", (2, 3, 4, 5), {"keepdims": True, "data_format": "channels_first"}),
)
NORMALIZATIONS = (
    LayerCase("BatchNormalization", (8, 5), {}, positive=VARIANCE),
    LayerCase("BatchNormalization", (3, 4, 5, 2), {"momentum": 0.5, "epsilon": 1e-5}, positive=VARIANCE),
    LayerCase("BatchNormalization", (3, 2, 4, 5), {"axis": 1, "scale": False}, positive=VARIANCE),
    LayerCase("BatchNormalization", (8, 5), {"center": False, "scale": False}, positive=VARIANCE),
    LayerCase("BatchNormalization", (8, 5), {}, training=True, positive=VARIANCE),
    LayerCase("BatchNormalization", (3, 4, 5, 2), {"momentum": 0.5, "epsilon": 1e-5}, training=True, positive=VARIANCE),
    LayerCase("BatchNormalization", (3, 2, 4, 5), {"axis": 1, "scale": False}, training=True, positive=VARIANCE),
    LayerCase("BatchNormalization", (8, 5), {"center": False, "scale": False}, training=True, positive=VARIANCE),
    LayerCase("BatchNormalization", (8, 5), {"trainable": False}, training=True, positive=VARIANCE),
    LayerCase("LayerNormalization", (3, 4, 5)),
    LayerCase("LayerNormalization", (3, 4, 5), {"axis": (1, 2), "epsilon": 1e-5, "center": False}),
    LayerCase("LayerNormalization", (3, 4, 5), {"axis": 1, "scale": False}),
)
BACKWARDS: dict[str, Any] = {"return_sequences": True, "return_state": True, "go_backwards": True}
RECURRENT = (
    LayerCase("SimpleRNN", (2, 5, 3), {"units": 4}),
    LayerCase("SimpleRNN", (2, 5, 3), {"units": 4, "return_sequences": True}),
    LayerCase("SimpleRNN", (2, 5, 3), {"units": 4, "return_state": True}),
    LayerCase("SimpleRNN", (2, 5, 3), {"units": 4, **BACKWARDS}),
    LayerCase("SimpleRNN", (2, 5, 3), {"units": 4, "go_backwards": True, "use_bias": False}),
    LayerCase("SimpleRNN", (2, 5, 3), {"units": 4, "activation": "relu"}),
    LayerCase("LSTM", (2, 5, 3), {"units": 4}),
    LayerCase("LSTM", (2, 5, 3), {"units": 4, "return_sequences": True}),
    LayerCase("LSTM", (2, 5, 3), {"units": 4, "return_state": True}),
    LayerCase("LSTM", (2, 5, 3), {"units": 4, **BACKWARDS}),
    LayerCase("LSTM", (2, 5, 3), {"units": 4, "go_backwards": True, "use_bias": False}),
    LayerCase("LSTM", (2, 5, 3), {"units": 4, "activation": "relu"}),
    LayerCase("LSTM", (2, 5, 3), {"units": 2, "recurrent_activation": "hard_sigmoid"}),
    LayerCase("GRU", (2, 5, 3), {"units": 4}),
    LayerCase("GRU", (2, 5, 3), {"units": 4, "return_sequences": True}),
    LayerCase("GRU", (2, 5, 3), {"units": 4, "return_state": True}),
    LayerCase("GRU", (2, 5, 3), {"units": 4, **BACKWARDS}),
    LayerCase("GRU", (2, 5, 3), {"units": 4, "go_backwards": True, "use_bias": False}),
    LayerCase("GRU", (2, 5, 3), {"units": 4, "activation": "relu"}),
    LayerCase("GRU", (2, 5, 3), {"units": 4, "reset_after": False}),
    LayerCase("GRU", (2, 5, 3), {"units": 2, "reset_after": False, "return_sequences": True, "go_backwards": True}),
)
RESHAPING = (
    LayerCase("Flatten", (2, 3, 4, 5)),
    LayerCase("Flatten", (2, 3, 4, 5), {"data_format": "channels_first"}),
    LayerCase("Reshape", (2, 6, 4), {"target_shape": (3, -1, 2)}),
    LayerCase("Dropout", (3, 4), {"rate": 0.5}),
)
ALL = (*DENSE, *ACTIVATIONS, *CONVOLUTIONS, *POOLINGS, *NORMALIZATIONS, *RECURRENT, *RESHAPING)
