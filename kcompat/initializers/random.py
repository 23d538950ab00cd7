"""First values of weights. They are drawn on the host, so every backend starts from the same bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kcompat.random.places import check_seed, derive_key, host, place_key
from kcompat.registration import by_name
from kcompat.spec import as_dtype, floatx


class Initializer:
    """A function of shape and dtype that gives a NumPy array.

    Without a seed, the values follow from the weight's place in the model; with one, they are the same at each call.
    """

    def __init__(self, seed: int | None = None):
        check_seed(seed)
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """The values, drawn on the host: an array."""
        return np.asarray(self.draw(tuple(shape)), as_dtype(dtype or floatx()))

    def draw(self, shape: tuple[int, ...]) -> Any:
        """The values, of any float dtype."""
        raise NotImplementedError

    def key(self) -> np.ndarray:
        """The Threefry key of the next draw."""
        return place_key("initial") if self.seed is None else derive_key(self.seed)


class Constant(Initializer):
    """One value."""

    def __init__(self, value: float = 0.0):
        super().__init__()
        self.value = value

    def draw(self, shape: tuple[int, ...]) -> Any:
        """See `Initializer.draw`."""
        return np.full(shape, self.value)


class Zeros(Constant):
    """0."""

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """1."""

    def __init__(self) -> None:
        super().__init__(1.0)


class RandomUniform(Initializer):
    """Uniform in [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, shape: tuple[int, ...]) -> Any:
        """See `Initializer.draw`."""
        return host().random_uniform(self.key(), shape=shape, minval=self.minval, maxval=self.maxval, dtype="float32")


class RandomNormal(Initializer):
    """Normally distributed."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def draw(self, shape: tuple[int, ...]) -> Any:
        """See `Initializer.draw`."""
        return host().random_normal(self.key(), shape=shape, mean=self.mean, stddev=self.stddev, dtype="float32")


class TruncatedNormal(RandomNormal):
    """Normally distributed, within two standard deviations."""

    def draw(self, shape: tuple[int, ...]) -> Any:
        """See `Initializer.draw`."""
        attrs = {"mean": self.mean, "stddev": self.stddev, "dtype": "float32"}
        return host().random_truncated_normal(self.key(), shape=shape, **attrs)


class VarianceScaling(Initializer):
    """Variance `scale / n`, where n is the number of inputs (`fan_in`), outputs (`fan_out`) or the mean (`fan_avg`)."""

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ):
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(f"scale is positive, got {scale}")
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self._draw = by_name(
            "distribution",
            distribution,
            {d.__name__.strip("_"): d for d in (_uniform, _truncated_normal, _untruncated_normal)},
        )
        counts = {"fan_in": lambda i, o: i, "fan_out": lambda i, o: o, "fan_avg": lambda i, o: (i + o) / 2}
        self._count = by_name("mode", mode, counts)

    def draw(self, shape: tuple[int, ...]) -> Any:
        """See `Initializer.draw`."""
        variance = self.scale / max(1.0, self._count(*fans(shape)))
        return self._draw(self.key(), shape, variance)


def _uniform(key: Any, shape: tuple[int, ...], variance: float) -> Any:
    limit = math.sqrt(3.0 * variance)
    return host().random_uniform(key, shape=shape, minval=-limit, maxval=limit, dtype="float32")


def _truncated_normal(key: Any, shape: tuple[int, ...], variance: float) -> Any:
    stddev = math.sqrt(variance) / 0.87962566103423978  # the standard deviation of a normal cut at two
    return host().random_truncated_normal(key, shape=shape, stddev=stddev, dtype="float32")


def _untruncated_normal(key: Any, shape: tuple[int, ...], variance: float) -> Any:
    return host().random_normal(key, shape=shape, stddev=math.sqrt(variance), dtype="float32")


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """How many inputs one output has, and how many outputs one input has, in a kernel of this shape."""
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class GlorotUniform(VarianceScaling):
    """Uniform with variance 2 / (inputs + outputs) (Glorot & Bengio, 2010)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """Truncated normal with variance 2 / (inputs + outputs) (Glorot & Bengio, 2010)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


class HeUniform(VarianceScaling):
    """Uniform with variance 2 / inputs (He et al., 2015)."""

    def __init__(self, seed: int | None = None):
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    """Truncated normal with variance 2 / inputs (He et al., 2015)."""

    def __init__(self, seed: int | None = None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


class Orthogonal(Initializer):
    """An orthogonal matrix times `gain` (Saxe et al., 2014); axes before the last are one."""

    def __init__(self, gain: float = 1.0, seed: int | None = None):
        super().__init__(seed)
        self.gain = gain

    def draw(self, shape: tuple[int, ...]) -> Any:
        """See `Initializer.draw`."""
        if len(shape) < 2:
            raise ValueError(f"an orthogonal matrix has two axes or more, got shape {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        flat = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(host().random_normal(self.key(), shape=flat, dtype="float32").astype(np.float64))
        q *= np.sign(np.diag(r))  # makes the distribution uniform
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


_ALL = (
    Constant, Zeros, Ones, RandomUniform, RandomNormal, TruncatedNormal, VarianceScaling,
    GlorotUniform, GlorotNormal, HeUniform, HeNormal, Orthogonal,
)  # fmt: skip
_KNOWN = {cls.__name__: cls for cls in _ALL} | {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "uniform": RandomUniform,
    "random_uniform": RandomUniform,
    "normal": RandomNormal,
    "random_normal": RandomNormal,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "orthogonal": Orthogonal,
}


def get(identifier: Any) -> Any:
    """An initializer from its name, class, or any function of `(shape, dtype)`."""
    if isinstance(identifier, str):
        return by_name("initializer", identifier, _KNOWN)()
    if isinstance(identifier, type):
        return identifier()
    if callable(identifier):
        return identifier
    raise ValueError(f"an initializer is a name or a function of (shape, dtype), got {identifier!r}")
