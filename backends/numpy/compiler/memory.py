"""The memory of compiled programs: aligned storage that is used again once nothing reads its content."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kcompat.backends._host import aligned
from kcompat.runtime.program import State


class Storage:
    """Bytes, and the index of the last call that reads their content."""

    __slots__ = ("data", "last", "size")

    def __init__(self, data: np.ndarray, last: int):
        self.data, self.last, self.size = data, last, data.nbytes

    def array(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        """An array at the beginning of the storage."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        return self.data[:size].view(dtype).reshape(shape)

    def is_all_of(self, x: np.ndarray) -> bool:
        """Whether an array of this storage begins with it and takes more than half of it."""
        return x.flags.c_contiguous and x.ctypes.data == self.data.ctypes.data and 2 * x.nbytes > self.size


class Static:
    """An array that stays the same from run to run, and the storage that it is in; None for memory of the state."""

    __slots__ = ("array", "storage")

    def __init__(self, array: np.ndarray, storage: Storage | None = None):
        self.array, self.storage = array, storage


class Pool:
    """Storage that is free."""

    def __init__(self) -> None:
        self._free: list[Storage] = []
        self.allocated = 0

    def take(self, nbytes: int, last: int) -> Storage:
        """Take the smallest free storage of at least `nbytes` and less than twice as many, else new storage."""
        fitting = [s for s in self._free if nbytes <= s.size < 2 * nbytes]
        if fitting:
            storage = min(fitting, key=lambda s: s.size)
            self._free.remove(storage)
            storage.last = last
            return storage
        self.allocated += nbytes
        return Storage(aligned(nbytes), last)

    def give(self, storage: Storage) -> None:
        """Make storage free."""
        self._free.append(storage)


def own(state: State) -> State:
    """Copy a state so that the tensors of one part and dtype lie one after the other in memory.

    An optimizer can then treat all parameters as one vector.
    """
    return State(*map(_lay_out, state))


def _lay_out(part: dict[str, Any]) -> dict[str, np.ndarray]:
    arrays = {path: np.asarray(x) for path, x in part.items()}
    copies: dict[str, np.ndarray] = {}
    for dtype in {x.dtype for x in arrays.values()}:
        group = {path: x for path, x in arrays.items() if x.dtype == dtype}
        vector = aligned(sum(x.nbytes for x in group.values())).view(dtype)
        end = 0
        for path, x in group.items():
            copies[path] = vector[end : end + x.size].reshape(x.shape)
            np.copyto(copies[path], x)
            end += x.size
    return {path: copies[path] for path in arrays}


def as_vector(arrays: list[np.ndarray]) -> np.ndarray | None:
    """One vector over arrays that lie one after the other in memory; None if they do not."""
    first = arrays[0]
    end = first.ctypes.data
    for x in arrays:
        if x.ctypes.data != end or x.dtype != first.dtype or not x.flags.c_contiguous:
            return None
        end += x.nbytes
    base = first
    while isinstance(base.base, np.ndarray):
        base = base.base
    start = (first.ctypes.data - base.ctypes.data) // base.itemsize
    vector = base[start : start + (end - first.ctypes.data) // base.itemsize].view(first.dtype)
    return vector if vector.ctypes.data == first.ctypes.data else None


def differs(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether two arrays of one shape and dtype are not the same elements of memory."""
    return x.ctypes.data != y.ctypes.data or x.strides != y.strides
