"""Small helpers that users of Keras know."""

from __future__ import annotations

import random as python_random
from typing import Any

import numpy as np

from kcompat.data.arrays import unpack_x_y_sample_weight as unpack_x_y_sample_weight
from kcompat.random.places import check_seed, global_generator
from kcompat.runtime.registry import loaded


def set_random_seed(seed: int) -> None:
    """Make what follows repeatable: initial weights, shuffles, masks, draws, and Python's and NumPy's own generators.

    Frameworks that are loaded get the seed, too, for `rng="native"`.
    """
    check_seed(seed)
    if seed is None or not 0 <= seed < 2**32:
        raise ValueError(f"a random seed is an int in [0, 2**32), got {seed!r}")
    python_random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (the legacy generator is what users of it expect to be set)
    global_generator.reset(int(seed))
    for interpreter in loaded.values():
        interpreter.engine.seed(int(seed))


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Class indices as one-hot rows, float32; `num_classes` is the largest index + 1 if None."""
    labels = np.asarray(x)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"to_categorical takes integers, got dtype {labels.dtype}")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = int(labels.max()) + 1 if num_classes is None else num_classes
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"labels are in [0, {classes}), got {labels.min()} to {labels.max()}")
    return np.eye(classes, dtype="float32")[labels]
