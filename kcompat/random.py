"""Random draws that are the same on every backend: bits, uniform and integer draws, and masks, bit for bit.

`seed` is an int (the same values at each call), a `SeedGenerator` (new values at each call), or None: the
global generator, which `kcompat.utils.set_random_seed` sets. `set_rng("native")` trades equality across backends
for the speed of each framework's own generator.
"""

from __future__ import annotations

import contextlib
import contextvars
import hashlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from kcompat import ops
from kcompat.active import active
from kcompat.backend import load
from kcompat.spec import as_dtype
from kcompat.variable import Variable, current_scope

THREEFRY, NATIVE = "threefry", "native"
_rng = THREEFRY


def set_rng(rng: str) -> None:
    """Choose the generator of all draws on tensors: "threefry", equal everywhere, or "native", the framework's.

    Initial weights and shuffles, which are drawn on the host, are Threefry's in any case.
    """
    global _rng
    if rng not in (THREEFRY, NATIVE):
        raise ValueError(f"rng is {THREEFRY!r} or {NATIVE!r}, got {rng!r}")
    _rng = rng


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
def building(path: str, place: Place | None = None) -> Iterator[None]:
    """Draws without a seed come from the place in the model: `path` within `place`, or within the current one.

    So a layer's first weights do not depend on the layers around it.
    """
    seed, outer = place or current_place()
    token = _building.set((seed, f"{outer}/{path}"))
    try:
        yield
    finally:
        _building.reset(token)


def place_key(stream: str) -> np.ndarray:
    """The key of an unseeded draw: from the place being built, else a new one from the global generator."""
    place = _building.get()
    return derive_key(global_generator.next_seed(), stream) if place is None else derive_key(*place, stream)


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

    def next(self) -> Any:
        """The key of the next draw; the counter moves on."""
        key = self.state.value
        self.state.assign(ops.add(key, np.array([0, 0, 1], np.int32)))
        return key


def check_seed(seed: Any) -> None:
    """Raise TypeError for what is no seed."""
    if seed is not None and not isinstance(seed, (int, np.integer)):
        raise TypeError(f"a seed is an int or None, got {seed!r}")


def _key(seed: Any) -> Any:
    if isinstance(seed, SeedGenerator):
        return ops.convert_to_tensor(seed.next())
    check_seed(seed)
    if seed is not None:
        return ops.convert_to_tensor(derive_key(seed))
    if current_scope() is not None:
        raise RuntimeError(
            "a draw without a seed within a model's step would be the same at every step once compiled; "
            "make a SeedGenerator an attribute of the layer and pass it as seed"
        )
    return ops.convert_to_tensor(place_key("draw"))


def _draw(op: str, seed: Any, **attrs: Any) -> Any:
    key = _key(seed)
    B = active()
    if attrs.get("dtype") is not None:
        attrs["dtype"] = as_dtype(attrs["dtype"])
    return getattr(B.engine.native_random(B) if _rng == NATIVE else B, op)(key, **attrs)


def _shape(shape: Any) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(int(n) for n in shape)


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Uniform in [minval, maxval)."""
    return _draw("random_uniform", seed, shape=_shape(shape), minval=minval, maxval=maxval, dtype=dtype)


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normally distributed; equal across backends within rounding."""
    return _draw("random_normal", seed, shape=_shape(shape), mean=mean, stddev=stddev, dtype=dtype)


def truncated_normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
    """Normally distributed, within two standard deviations; equal across backends within rounding."""
    return _draw("random_truncated_normal", seed, shape=_shape(shape), mean=mean, stddev=stddev, dtype=dtype)


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Integers in [minval, maxval)."""
    return _draw("random_integers", seed, shape=_shape(shape), minval=minval, maxval=maxval, dtype=dtype)


def bernoulli(shape: Any, p: float = 0.5, seed: Any = None) -> Any:
    """bool, True with probability `p`."""
    return _draw("random_bernoulli", seed, shape=_shape(shape), p=p)


def permutation(n: int, seed: Any = None) -> Any:
    """The integers below `n` in random order, int32."""
    return _draw("random_permutation", seed, n=n)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """The slices of `x` along `axis` in random order."""
    x = ops.convert_to_tensor(x)
    return ops.take(x, permutation(x.shape[axis], seed), axis=axis)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """0 with probability `rate`, else `inputs / (1 - rate)` (Srivastava et al., 2014).

    `noise_shape`, with None for a size of the inputs, says along which axes the choice is one for all (size 1).
    """
    sizes = tuple(inputs.shape)
    if noise_shape is not None:
        sizes = tuple(n if m is None else m for n, m in zip(sizes, noise_shape, strict=True))
    return ops.where(bernoulli(sizes, 1.0 - rate, seed), ops.multiply(inputs, 1.0 / (1.0 - rate)), 0.0)
