"""What cases are fed: each function draws an array of some shape from a generator.

All numbers are multiples of a power of two with few digits, which every float dtype holds: a cast adds no error.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Shape = tuple[int, ...]
Data = Callable[[np.random.Generator, Shape], np.ndarray]
Generator = np.random.Generator


def features(rng: Generator, shape: Shape) -> np.ndarray:
    """From -2 to 2, in sixteenths."""
    return rng.integers(-32, 33, shape) / 16


def numbers(rng: Generator, shape: Shape) -> np.ndarray:
    """From -4 to 4, in sixteenths."""
    return rng.integers(-64, 65, shape) / 16


logits = numbers


def small_numbers(rng: Generator, shape: Shape) -> np.ndarray:
    """From -1/2 to 1/2, in eighths."""
    return rng.integers(-4, 5, shape) / 8


def positive_numbers(rng: Generator, shape: Shape) -> np.ndarray:
    """From 1/16 to 4, in sixteenths."""
    return rng.integers(1, 65, shape) / 16


def probabilities(rng: Generator, shape: Shape) -> np.ndarray:
    """From 0 to 1 in sixteenths, both ends with them; they need not sum to 1."""
    return rng.integers(0, 17, shape) / 16


def inner_probabilities(rng: Generator, shape: Shape) -> np.ndarray:
    """From 1/16 to 15/16: Keras on TensorFlow normalizes again what it clips at 0 and 1."""
    return rng.integers(1, 16, shape) / 16


def soft_labels(rng: Generator, shape: Shape) -> np.ndarray:
    """From 0 to 1, in eighths."""
    return rng.integers(0, 9, shape) / 8


def binary_labels(rng: Generator, shape: Shape) -> np.ndarray:
    """0 and 1, as floats."""
    return rng.integers(0, 2, shape) * 1.0


def signs(rng: Generator, shape: Shape) -> np.ndarray:
    """-1 and 1, as floats."""
    return rng.integers(0, 2, shape) * 2.0 - 1.0


def one_hot(rng: Generator, shape: Shape) -> np.ndarray:
    """1 for one class of the last axis, 0 for the others."""
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]


def class_indices(classes: int, first: int = 0) -> Data:
    """The integers from `first` to `classes` - 1."""
    return lambda rng, shape: rng.integers(first, classes, shape)


def sample_weights(rng: Generator, shape: Shape) -> np.ndarray:
    """From 0 to 2, in quarters."""
    return rng.integers(0, 9, shape) / 4


def weights(rng: Generator, shape: Shape) -> np.ndarray:
    """A layer's, from -1 to 1, in thirty-seconds."""
    return rng.integers(-32, 33, shape) / 32
