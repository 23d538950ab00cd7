"""First values that are not drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat.initializers.initializer import Initializer
from kcompat.registration import register


@register("initializer")
class Constant(Initializer):
    """One value for all, or an array that is broadcast."""

    def __init__(self, value: Any = 0.0):
        self.value = value

    def draw(self, shape: tuple[int, ...]) -> Any:
        return np.full(shape, self.value)


@register("initializer", "zero")
class Zeros(Initializer):
    """0."""

    def __init__(self) -> None:
        pass

    def draw(self, shape: tuple[int, ...]) -> Any:
        return np.zeros(shape)


@register("initializer", "one")
class Ones(Initializer):
    """1."""

    def __init__(self) -> None:
        pass

    def draw(self, shape: tuple[int, ...]) -> Any:
        return np.ones(shape)


@register("initializer", "IdentityInitializer")
class Identity(Initializer):
    """A matrix with `gain` on its diagonal and 0 elsewhere. Raises ValueError for a shape without two axes."""

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def draw(self, shape: tuple[int, ...]) -> Any:
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices, which have two axes; got shape {shape}")
        return self.gain * np.eye(*shape)
