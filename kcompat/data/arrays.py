"""Training data: checked, converted and cut into batches on the host."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.data.class_weights import ClassWeights, multiplied
from kcompat.random.places import derive_key, host
from kcompat.runtime.program import Program
from kcompat.runtime.registry import current
from kcompat.spec import floatx

Batch = tuple[Any, ...]
"""`(x, y, sample_weight)`; absent parts are None."""

GROUP_BYTES = 1 << 22
"""The most data that is gathered for several steps at once, so that it stays in the processor's cache."""


def group_size(program: Program, nbytes: int) -> int:
    """How many batches of so many bytes to hand to a program at once."""
    return min(program.steps_at_once, GROUP_BYTES // max(1, nbytes))


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` from `x` or from a tuple of one to three of them; what is absent is None."""
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"data is x, (x, y) or (x, y, sample_weight); got {len(data)} parts")
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def positive_integer(name: str, value: Any) -> int:
    """`value` as an int of at least 1. Raises ValueError for another."""
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or value != int(value) or value < 1:
        raise ValueError(f"{name} is a positive integer, got {value!r}")
    return int(value)


def to_array(name: str, value: Any) -> np.ndarray:
    """Data as a NumPy array of numbers, in a dtype that every backend has."""
    if current().engine.is_tensor(value):
        value = current().engine.to_numpy(value)
    if isinstance(value, (str, bytes, dict, set)) or (hasattr(value, "__iter__") and not hasattr(value, "__len__")):
        raise TypeError(f"{name} is an array or nested lists of numbers, got {type(value).__name__}")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is not a regular array: its rows differ in length") from error
    if array.dtype.kind not in "biuf":
        example = array.ravel()[0] if array.size else None
        raise TypeError(f"{name} holds numbers, got NumPy dtype {array.dtype} (such as {example!r}); encode it first")
    if array.ndim == 0:
        raise ValueError(f"{name} has an axis of samples, got a single number {array!r}")
    if array.dtype.kind == "f":
        return array.astype(floatx(), copy=False)
    if array.dtype.itemsize == 8:
        limit = np.iinfo(np.int32)
        if array.size and not limit.min <= array.min() <= array.max() <= limit.max:
            raise ValueError(f"{name} holds integers within 32 bits, got {array.min()} to {array.max()}")
        return array.astype(np.int32)
    return array


class Arrays:
    """The samples of `x`, with targets and weights, in batches.

    Args:
        x: the inputs, an array or nested lists.
        y: the targets, or None.
        sample_weight: one finite number a sample, or for each value that the loss has of it; or None.
        class_weight: weights of the classes in `y`, or None; they multiply the sample weights.
        batch_size: samples a batch.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: ClassWeights | None = None,
        batch_size: int | None = None,
    ):
        self.x = to_array("x", x)
        self.y = None if y is None else to_array("y", y)
        self.sample_weight = (
            None if sample_weight is None else to_array("sample_weight", sample_weight).astype(floatx())
        )
        self.size = len(self.x)
        if self.size == 0:
            raise ValueError(f"x holds no samples, its shape is {self.x.shape}")
        for name, part in (("y", self.y), ("sample_weight", self.sample_weight)):
            if part is not None and len(part) != self.size:
                raise ValueError(f"x has {self.size} samples and {name} has {len(part)}; they have as many")
        if self.sample_weight is not None and not np.isfinite(self.sample_weight).all():
            wrong = self.sample_weight[~np.isfinite(self.sample_weight)]
            raise ValueError(
                f"sample_weight holds finite numbers, got {wrong[0]} in {wrong.size} of {self.sample_weight.size} "
                "values; 0 leaves a sample out"
            )
        self.batch_size = 32 if batch_size is None else positive_integer("batch_size", batch_size)
        if class_weight is not None:
            self.sample_weight = multiplied(class_weight.of(self.y), self.sample_weight)

    @property
    def steps(self) -> int:
        """How many batches there are."""
        return -(-self.size // self.batch_size)

    def batches(self, shuffle_key: np.ndarray | None = None) -> Iterator[Batch]:
        """The batches `(x, y, sample_weight)` in order, or in the order that a key gives."""
        return (batch for _, batch in self.groups(lambda size: 1, shuffle_key))

    def groups(
        self, at_once: Callable[[int], int], shuffle_key: np.ndarray | None = None
    ) -> Iterator[tuple[int, Batch]]:
        """The batches in groups: how many there are, and all of them, stacked along a new first axis if several.

        `at_once` is given the bytes of a batch and says how many of them the next group may have. A last, shorter
        batch stays alone.
        """
        order = None if shuffle_key is None else host().random_permutation(shuffle_key, n=self.size).astype(np.intp)
        parts = (self.x, self.y, self.sample_weight)
        size = self.batch_size * sum(part[:1].nbytes for part in parts if part is not None)
        start = 0
        while start < self.size:
            count = max(1, min(at_once(size), (self.size - start) // self.batch_size))
            stop = min(start + count * self.batch_size, self.size)
            yield count, tuple(_rows(part, order, start, stop, count) for part in parts)  # held by the caller alone
            start = stop

    def sample(self) -> Arrays:
        """Data to measure a step on."""
        return self

    def first(self, steps: int) -> Arrays:
        """The samples of the first `steps` batches."""
        return self._part(slice(steps * self.batch_size))

    def split(self, fraction: float) -> tuple[Arrays, Arrays]:
        """All but the last `fraction` of the samples, and that fraction."""
        if not isinstance(fraction, (int, float, np.number)) or not 0 < fraction < 1:
            raise ValueError(f"validation_split is between 0 and 1, got {fraction!r}")
        cut = self.size - int(self.size * fraction)
        if not 0 < cut < self.size:
            raise ValueError(f"validation_split={fraction} of {self.size} samples leaves one part empty")
        return self._part(slice(None, cut)), self._part(slice(cut, None))

    def _part(self, chosen: slice) -> Arrays:
        y, weight = (None if p is None else p[chosen] for p in (self.y, self.sample_weight))
        return Arrays(self.x[chosen], y, weight, batch_size=self.batch_size)


def _rows(part: np.ndarray | None, order: np.ndarray | None, start: int, stop: int, count: int) -> np.ndarray | None:
    """The rows from `start` to `stop` of a part that there is; in batches along a new first axis if several."""
    if part is None:
        return None
    rows = part[start:stop] if order is None else part.take(order[start:stop], axis=0)
    return rows if count == 1 else rows.reshape(count, len(rows) // count, *part.shape[1:])


def shuffle_key(seed: Any, epoch: int) -> np.ndarray:
    """The key of one epoch's shuffle: the same for the same seed, whatever was drawn before."""
    key = derive_key(seed, "shuffle")
    key[2] = epoch
    return key
