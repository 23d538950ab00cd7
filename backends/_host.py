"""What the backends share on the host: aligned memory, bfloat16 as NumPy has it, and random bits by NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kcompat.spec.random import PARITY, ROTATIONS

try:
    import ml_dtypes

    BFLOAT16: np.dtype | None = np.dtype(ml_dtypes.bfloat16)
except ImportError:  # then there is no such array
    BFLOAT16 = None

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector registers. Frameworks read an array that is aligned to it in place."""

CHUNK = 32768
"""Blocks of random words at a time: their words stay in the cache through the twenty rounds."""


def aligned(nbytes: int) -> np.ndarray:
    """Bytes whose address is a multiple of `ALIGNMENT`."""
    raw = np.empty(nbytes + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + nbytes]


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """An aligned array with any content."""
    dtype = np.dtype(dtype)
    return aligned(math.prod(shape) * dtype.itemsize).view(dtype).reshape(shape)


def pad_rows(x: np.ndarray, rows: int) -> np.ndarray:
    """The array `x` if it has `rows` rows, else an aligned array that begins with its rows; the others hold anything.

    A framework that reads the array in place does not touch the other rows, so they cost nothing.
    """
    if len(x) == rows:
        return x
    padded = empty((rows, *x.shape[1:]), x.dtype)
    padded[: len(x)] = x
    return padded


def random_bits(key: Any, *, shape: tuple[int, ...]) -> np.ndarray:
    """The random words that `kcompat.spec.random.random_bits` defines, by uint32, where its body has int32 alone."""
    n = math.prod(shape)
    half = (n + 1) // 2
    k0, k1, counter = (int(word) for word in np.asarray(key).view(np.uint32))
    words = np.empty((2, half), np.uint32)
    for start in range(0, half, CHUNK):
        stop = min(start + CHUNK, half)
        _threefry(k0, k1, counter, start, words[0, start:stop], words[1, start:stop])
    return words.reshape(-1)[:n].view(np.int32).reshape(shape)


def _threefry(k0: int, k1: int, counter: int, start: int, x0: np.ndarray, x1: np.ndarray) -> None:
    """Fill `x0` and `x1` with the words of blocks `start, start + 1, ...`."""
    keys = [np.uint32(k) for k in (k0, k1, k0 ^ k1 ^ PARITY)]
    scratch = np.empty_like(x1)
    x0[:] = np.arange(start, start + len(x0), dtype=np.uint32)
    x0 += keys[0]
    x1[:] = (counter + k1) & 0xFFFFFFFF
    for block in range(5):
        for distance in ROTATIONS[block % 2]:
            x0 += x1
            np.right_shift(x1, np.uint32(32 - distance), out=scratch)
            np.left_shift(x1, np.uint32(distance), out=x1)
            x1 |= scratch
            x1 ^= x0
        x0 += keys[(block + 1) % 3]
        x1 += np.uint32((int(keys[(block + 2) % 3]) + block + 1) & 0xFFFFFFFF)
