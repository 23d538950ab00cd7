"""Places: the seed of a model and a path within it, from which first weights and masks follow.

So a layer's first weights do not depend on the layers around it, nor on what was drawn before.
"""

from __future__ import annotations

import contextlib
import contextvars
import hashlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from kcompat.runtime.registry import load


def host() -> Any:
    """The interpreter that draws initial weights and shuffles: NumPy, whatever backend is active."""
    return load("numpy")


def derive_key(*parts: Any) -> np.ndarray:
    """A Threefry key `(k0, k1, counter 0)` from a seed and the path of what is drawn, by SHA-256."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return np.array([*np.frombuffer(digest[:8], "<i4"), 0], np.int32)


class _Global:
    """The seed of the process, and how many seeds were taken from it."""

    def __init__(self) -> None:
        self.reset(int.from_bytes(os.urandom(4)))

    def reset(self, seed: int) -> None:
        self.seed, self.taken = seed, 0

    def next_seed(self) -> str:
        self.taken += 1
        return f"{self.seed}.{self.taken}"


global_generator = _Global()


Place = tuple[str, str]
"""Where in a model something is: the seed of the model's first weights, and a path."""

_building: contextvars.ContextVar[Place | None] = contextvars.ContextVar("kcompat_building", default=None)


def current_place() -> Place:
    """The place that is being built; outside of any, a new one with a seed from the global generator."""
    return _building.get() or (global_generator.next_seed(), "")


@contextlib.contextmanager
def at(place: Place) -> Iterator[None]:
    """Within the block draws without a seed come from this place."""
    token = _building.set(place)
    try:
        yield
    finally:
        _building.reset(token)


def building(path: str) -> Any:
    """A context in which draws without a seed come from `path` within the current place."""
    seed, outer = current_place()
    return at((seed, f"{outer}/{path}"))


def place_key(stream: str) -> np.ndarray:
    """The key of an unseeded draw: from the place being built, else a new one from the global generator."""
    place = _building.get()
    return derive_key(global_generator.next_seed(), stream) if place is None else derive_key(*place, stream)


def check_seed(seed: Any) -> None:
    """Raise TypeError for what is no seed."""
    if seed is not None and not isinstance(seed, (int, np.integer)):
        raise TypeError(f"a seed is an int or None, got {seed!r}")
