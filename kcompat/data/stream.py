"""Training data that comes batch by batch, and is never held whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kcompat.data.arrays import Arrays, Batch, positive_integer, unpack_x_y_sample_weight
from kcompat.data.class_weights import ClassWeights
from kcompat.runtime.registry import current

_HELD = (str, bytes, list, tuple, dict, set, frozenset, range)


def is_stream(x: Any) -> bool:
    """Whether `x` gives batches, one after the other: an iterable, or a sequence of them, that is not an array."""
    if isinstance(x, _HELD) or hasattr(x, "__array__") or current().engine.is_tensor(x):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def open_data(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: ClassWeights | None = None,
    batch_size: int | None = None,
    steps: int | None = None,
    check: Callable[..., None] | None = None,
) -> Arrays | Stream:
    """What `fit`, `evaluate` and `predict` take, as `Arrays` or as a `Stream`: see these; `steps` batches of it."""
    check_steps(steps)
    if not is_stream(x):
        arrays = Arrays(x, y, sample_weight, class_weight, batch_size)
        return arrays if steps is None else arrays.first(steps)
    for name, value in (("y", y), ("sample_weight", sample_weight), ("batch_size", batch_size)):
        if value is not None:
            raise ValueError(f"x gives whole batches, (x, y, sample_weight); {name} is given by them, so leave it out")
    return Stream(x, class_weight, steps, check)


def check_steps(steps: Any) -> None:
    """Raise ValueError unless `steps` is a number of batches, or None."""
    if steps is not None:
        positive_integer("the number of steps", steps)


class Stream:
    """Batches from an iterable, read as they are needed.

    Args:
        source: gives a batch `(x, y, sample_weight)`, `(x, y)` or `x` at a time. A generator, or another iterator, is
            read on from epoch to epoch; what can be iterated again, or has a length and indices, is read anew in each.
        class_weight: see `Arrays`.
        steps: batches an epoch; None: all.
        check: is given `x`, `y` and `sample_weight` of each batch, and raises if they do not fit.
    """

    def __init__(
        self,
        source: Any,
        class_weight: ClassWeights | None = None,
        steps: int | None = None,
        check: Callable[..., None] | None = None,
    ):
        self.source, self.class_weight, self.check = source, class_weight, check
        self.steps = len(source) if steps is None and hasattr(source, "__len__") else steps
        self._once = hasattr(source, "__next__")
        self._ahead = self._read()
        first = next(self._ahead, None)
        if first is None:
            raise ValueError(f"x gives no batch: {source!r} is empty")
        self.x, self.y, self.sample_weight = first
        self._ahead = itertools.chain([first], self._ahead)
        self._begun = False

    def _read(self) -> Iterator[Batch]:
        source = self.source
        for batch in source if hasattr(source, "__iter__") else map(source.__getitem__, range(len(source))):
            x, y, weight = unpack_x_y_sample_weight(batch)
            arrays = Arrays(x, y, weight, self.class_weight, batch_size=2**31)
            parts = (arrays.x, arrays.y, arrays.sample_weight)
            yield tuple(None if part is None else part.copy() for part in parts)  # the source may fill its own again

    def sample(self) -> Arrays:
        """Data like that of the first batch, to measure a step on."""
        parts = (self.x, self.y, self.sample_weight)
        x, y, weight = (None if part is None else np.concatenate([part] * 64) for part in parts)
        return Arrays(x, y, weight, batch_size=len(self.x))

    def batches(self) -> Iterator[Batch]:
        """The batches of an epoch. Raises ValueError if there are fewer than `steps`."""
        if self._begun and not self._once:
            self._ahead = self._read()
        self._begun = True
        count = 0
        for batch in itertools.islice(self._ahead, self.steps):
            if self.check is not None:
                self.check(*batch)
            yield batch
            count += 1
        if count < (self.steps or 1):
            raise ValueError(
                f"the data ended after {count} batches of an epoch, {self.steps or 'some'} were expected; "
                "give an iterable that can be read again (a generator is read once), or fewer steps or epochs"
            )

    def groups(self, at_once: Callable[[int], int], shuffle_key: Any = None) -> Iterator[tuple[int, Batch]]:
        """See `Arrays.groups`; the order is that of the source, which may shuffle as it likes."""
        del shuffle_key
        waiting: list[Batch] = []
        for batch in self.batches():
            if waiting and _layout(batch) != _layout(waiting[0]):
                yield _stacked(waiting)
            waiting.append(batch)
            if len(waiting) >= at_once(sum(part.nbytes for part in batch if part is not None)):
                yield _stacked(waiting)
        if waiting:
            yield _stacked(waiting)


def _layout(batch: Batch) -> Any:
    return [None if part is None else (part.shape, part.dtype) for part in batch]


def _stacked(waiting: list[Batch]) -> tuple[int, Batch]:
    """How many batches there are, and all of them, which wait no longer."""
    batches = waiting.copy()
    waiting.clear()
    if len(batches) == 1:
        return 1, batches[0]
    return len(batches), tuple(None if parts[0] is None else np.stack(parts) for parts in zip(*batches, strict=True))
