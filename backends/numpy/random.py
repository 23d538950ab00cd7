"""Threefry in uint32, which NumPy has; the spec's body does the same in int32."""

import math

import numpy as np

from kcompat.spec.random import PARITY, ROTATIONS

CHUNK = 32768
"""Blocks at a time: their words stay in the cache through the twenty rounds."""


def random_bits(key, *, shape):
    """See `kcompat.spec.random.random_bits`."""
    n = math.prod(shape)
    half = (n + 1) // 2
    k0, k1, counter = (int(word) for word in np.asarray(key).view(np.uint32))
    words = np.empty((2, half), np.uint32)
    for start in range(0, half, CHUNK):
        stop = min(start + CHUNK, half)
        _threefry(k0, k1, counter, start, words[0, start:stop], words[1, start:stop])
    return words.reshape(-1)[:n].view(np.int32).reshape(shape)


def _threefry(k0, k1, counter, start, x0, x1):
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
