"""Seeds that give other values at each draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat import ops
from kcompat.random.places import check_seed, derive_key, place_key
from kcompat.variables import Variable


class SeedGenerator:
    """A seed that gives other values at each draw. As an attribute of a layer it is part of the model's state.

    Args:
        seed: an int; None takes one from the layer's place in the model, or from the global generator.
        name: the name of its state variable.
    """

    def __init__(self, seed: int | None = None, name: str | None = None):
        check_seed(seed)
        self.seed = seed
        self.name = name or "seed_generator"
        self._state: Variable | None = None

    @property
    def state(self) -> Variable:
        """The key `(k0, k1, counter)`, int32."""
        if self._state is None:
            key = place_key(self.name) if self.seed is None else derive_key(self.seed)
            self._state = Variable(key, trainable=False, name=self.name, part="rng")
        return self._state

    @property
    def has_state(self) -> bool:
        """Whether the key was drawn."""
        return self._state is not None

    def next(self) -> Any:
        """The key of the next draw; the counter moves on."""
        key = self.state.value
        self.state.assign(ops.add(key, np.array([0, 0, 1], np.int32)))
        return key
