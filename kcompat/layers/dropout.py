"""Dropout."""

from __future__ import annotations

from typing import Any

from kcompat import ops, random
from kcompat.layers.layer import Layer
from kcompat.registration import register


@register("layer")
class Dropout(Layer):
    """While training, 0 with probability `rate` and the rest divided by `1 - rate`; else the inputs.

    Args:
        rate: in [0, 1].
        noise_shape: the shape of the mask; size 1 makes one choice for the whole axis, None takes the inputs' size.
        seed: an int; by default the mask follows from the layer's place in the model.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(f"rate is a probability, in [0, 1]; got {rate!r}")
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed
        self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            return ops.zeros_like(inputs)
        return random.dropout(inputs, self.rate, self.noise_shape, self.seed_generator)
