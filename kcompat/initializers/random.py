"""First values that are drawn.

Without a seed they follow from the weight's place in the model; with one they are the same at each call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.initializers.initializer import Initializer
from kcompat.initializers.initializer import get as get
from kcompat.random.places import check_seed, derive_key, host, place_key
from kcompat.registration import by_name, register

Axes = tuple[int, ...]


class RandomInitializer(Initializer):
    """An initializer with a seed."""

    def __init__(self, seed: int | None = None):
        check_seed(seed)
        self.seed = seed

    def key(self) -> np.ndarray:
        """The Threefry key of the next draw."""
        return place_key("initial") if self.seed is None else derive_key(self.seed)


@register("initializer", "uniform")
class RandomUniform(RandomInitializer):
    """Uniform in [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, shape: tuple[int, ...]) -> Any:
        return host().random_uniform(self.key(), shape=shape, minval=self.minval, maxval=self.maxval, dtype="float32")


@register("initializer", "normal")
class RandomNormal(RandomInitializer):
    """Normally distributed."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def draw(self, shape: tuple[int, ...]) -> Any:
        return host().random_normal(self.key(), shape=shape, mean=self.mean, stddev=self.stddev, dtype="float32")


@register("initializer")
class TruncatedNormal(RandomInitializer):
    """Normally distributed, within two standard deviations of the mean."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def draw(self, shape: tuple[int, ...]) -> Any:
        attrs = {"mean": self.mean, "stddev": self.stddev, "dtype": "float32"}
        return host().random_truncated_normal(self.key(), shape=shape, **attrs)


FANS: dict[str, Callable[[int, int], float]] = {
    "fan_in": lambda inputs, outputs: inputs,
    "fan_out": lambda inputs, outputs: outputs,
    "fan_avg": lambda inputs, outputs: (inputs + outputs) / 2,
}


@register("initializer")
class VarianceScaling(RandomInitializer):
    """Variance `scale / n`, so that a layer keeps the variance of what goes through it.

    Args:
        scale: a positive number.
        mode: n is the number of inputs of an output (`fan_in`), of outputs of an input (`fan_out`), or the mean of both
            (`fan_avg`).
        distribution: `truncated_normal`, `untruncated_normal` or `uniform`.
        seed: an int, or None.
        input_axes, output_axes: the axes of a weight that count as inputs and outputs, both or neither. If None, the
            last two axes are inputs and outputs, and the axes before them those of a convolution's window.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Axes | None = None,
        output_axes: Axes | None = None,
    ):
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(f"scale is positive, got {scale}")
        if (input_axes is None) != (output_axes is None):
            raise ValueError(
                f"input_axes and output_axes are given together; got input_axes={input_axes} and "
                f"output_axes={output_axes}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes
        by_name("mode", mode, FANS)
        by_name("distribution", distribution, DISTRIBUTIONS)

    def draw(self, shape: tuple[int, ...]) -> Any:
        fans = count_fans(shape, self.input_axes, self.output_axes)
        variance = self.scale / max(1.0, FANS[self.mode](*fans))
        return DISTRIBUTIONS[self.distribution](self.key(), shape, variance)


def _draw_uniform(key: Any, shape: tuple[int, ...], variance: float) -> Any:
    limit = math.sqrt(3.0 * variance)
    return host().random_uniform(key, shape=shape, minval=-limit, maxval=limit, dtype="float32")


def _draw_truncated_normal(key: Any, shape: tuple[int, ...], variance: float) -> Any:
    stddev = math.sqrt(variance) / 0.87962566103423978  # the standard deviation of a normal cut at two
    return host().random_truncated_normal(key, shape=shape, stddev=stddev, dtype="float32")


def _draw_untruncated_normal(key: Any, shape: tuple[int, ...], variance: float) -> Any:
    return host().random_normal(key, shape=shape, stddev=math.sqrt(variance), dtype="float32")


DISTRIBUTIONS = {
    "uniform": _draw_uniform,
    "truncated_normal": _draw_truncated_normal,
    "untruncated_normal": _draw_untruncated_normal,
}


def count_fans(
    shape: tuple[int, ...], input_axes: Axes | None = None, output_axes: Axes | None = None
) -> tuple[int, int]:
    """How many inputs one output has, and how many outputs one input has, in a kernel of this shape."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


@register("initializer")
class GlorotUniform(VarianceScaling):
    """Uniform with variance 2 / (inputs + outputs) (Glorot & Bengio, 2010)."""

    def __init__(self, seed: int | None = None, input_axes: Axes | None = None, output_axes: Axes | None = None):
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


@register("initializer")
class GlorotNormal(VarianceScaling):
    """Truncated normal with variance 2 / (inputs + outputs) (Glorot & Bengio, 2010)."""

    def __init__(self, seed: int | None = None, input_axes: Axes | None = None, output_axes: Axes | None = None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, input_axes, output_axes)


@register("initializer")
class HeUniform(VarianceScaling):
    """Uniform with variance 2 / inputs (He et al., 2015)."""

    def __init__(self, seed: int | None = None, input_axes: Axes | None = None, output_axes: Axes | None = None):
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)


@register("initializer")
class HeNormal(VarianceScaling):
    """Truncated normal with variance 2 / inputs (He et al., 2015)."""

    def __init__(self, seed: int | None = None, input_axes: Axes | None = None, output_axes: Axes | None = None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


@register("initializer")
class LecunUniform(VarianceScaling):
    """Uniform with variance 1 / inputs (LeCun et al., 1998)."""

    def __init__(self, seed: int | None = None, input_axes: Axes | None = None, output_axes: Axes | None = None):
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


@register("initializer")
class LecunNormal(VarianceScaling):
    """Truncated normal with variance 1 / inputs (LeCun et al., 1998)."""

    def __init__(self, seed: int | None = None, input_axes: Axes | None = None, output_axes: Axes | None = None):
        super().__init__(1.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


@register("initializer", "OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """An orthogonal matrix times `gain` (Saxe et al., 2014); the axes before the last are its rows."""

    def __init__(self, gain: float = 1.0, seed: int | None = None):
        super().__init__(seed)
        self.gain = gain

    def draw(self, shape: tuple[int, ...]) -> Any:
        if len(shape) < 2:
            raise ValueError(f"an orthogonal matrix has two axes or more, got shape {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        flat = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(host().random_normal(self.key(), shape=flat, dtype="float32").astype(np.float64))
        q *= np.sign(np.diag(r))  # makes the distribution uniform
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
