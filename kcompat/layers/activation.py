"""Activation functions as layers."""

from __future__ import annotations

from typing import Any

from kcompat import activations
from kcompat.layers.layer import Layer
from kcompat.registration import register


@register("layer")
class Activation(Layer):
    """An activation function as a layer."""

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)
