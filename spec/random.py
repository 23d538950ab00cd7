"""Random draws from Threefry-2x32-20: the same key gives the same bits on every backend.

A key is an int32 tensor `(k0, k1, counter)`. Block i of a draw is Threefry (Salmon et al., "Parallel random
numbers: as easy as 1, 2, 3", 2011) of the counter `(i, counter)`; the first words of all blocks come first,
then the second words. Everything is int32 arithmetic that wraps around, since not every framework has uint32.
"""

import functools
import math

import numpy as np

from kcompat.spec._op import Sample, Special, composed, ordinary, smooth
from kcompat.spec.calculus import take_slice
from kcompat.spec.settings import floatx

draw = functools.partial(composed, kinks=smooth, specials=ordinary, vjp=(), public=False)
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA


def signed(word: int) -> int:
    """The int32 with the same bits as an unsigned 32-bit word."""
    return word - (1 << 32) if word >> 31 else word


def _words(rng):
    yield Sample(tuple(rng.integers(-(2**31), 2**31, (5,)).astype("int32") for _ in range(4)))


def _known(key, counter, result):
    """A published vector: one-element int32 tensors instead of words."""
    words = [np.array([signed(w)], "int32") for w in (*key, *counter, *result)]
    return Special(tuple(words[:4]), tuple(words[4:]))


@draw(
    samples=_words,
    specials=[  # kat_vectors of the authors' Random123 library
        _known((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        _known((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        _known((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def threefry2x32(B, k0, k1, x0, x1):
    """Twenty rounds of Threefry on two int32 words, elementwise: a pair of int32 tensors."""
    keys = (k0, k1, B.bitwise_xor(B.bitwise_xor(k0, k1), PARITY))
    x0, x1 = x0 + k0, x1 + k1
    for block in range(5):
        for distance in ROTATIONS[block % 2]:
            x0 = x0 + x1
            low = B.bitwise_and(B.right_shift(x1, 32 - distance), (1 << distance) - 1)
            x1 = B.bitwise_xor(B.bitwise_or(B.left_shift(x1, distance), low), x0)
        x0 = x0 + keys[(block + 1) % 3]
        x1 = x1 + keys[(block + 2) % 3] + (block + 1)
    return x0, x1


def _keys(*, wide=None, **attrs):
    """Keys for tensors of several ranks; with `wide`, one of that dtype."""

    def make(rng):
        for shape in [(7,), (2, 3), (), (0,)]:
            yield Sample((rng.integers(-(2**31), 2**31, (3,)).astype("int32"),), {"shape": shape, **attrs})
        if wide:
            yield Sample((np.array([1, 2, 3], "int32"),), {"shape": (3,), "dtype": wide, **attrs})

    return make


@draw(samples=_keys())
def random_bits(B, key, *, shape):
    """32 random bits an element, as int32."""
    n = math.prod(shape)
    half = (n + 1) // 2
    k0, k1, counter = (take_slice(B, key, 0, i, i + 1) for i in range(3))
    index = B.arange(start=half, dtype="int32")
    first, second = B.threefry2x32(k0, k1, index, index * 0 + counter)
    words = B.concatenate(first, second, axis=0)
    return B.reshape(take_slice(B, words, 0, 0, n), newshape=tuple(shape))


def shift_right_logical(B, x, distance):
    """Shift an int32 right and fill with zeros."""
    return B.bitwise_and(B.right_shift(x, distance), (1 << (32 - distance)) - 1)


def _unit(B, bits):
    """[0, 1) in steps of 2 ** -24, exact in float32."""
    return B.cast(shift_right_logical(B, bits, 8), dtype="float32") * 2.0**-24


_DRAWN = [float.fromhex(x) for x in ("0x1.ea155ap-1", "0x1.578278p-1", "0x1.87b698p-1", "0x1.3238acp-2")]


@draw(
    samples=_keys(wide="float64", minval=-1.0, maxval=2.5),
    specials=[Special((np.array([5, 6, 7], "int32"),), _DRAWN, {"shape": (4,)})],
)
def random_uniform(B, key, *, shape, minval=0.0, maxval=1.0, dtype=None):
    """Uniform in [minval, maxval), from 24 bits an element; rounding may reach `maxval`."""
    unit = _unit(B, B.random_bits(key, shape=shape))
    return B.cast(B.scale_and_shift(unit, factor=maxval - minval, offset=minval), dtype=dtype or floatx())


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=lambda rng: [Sample((rng.normal(size=(3,)),), {"factor": 0.3, "offset": 0.1})],
    public=False,
)
def scale_and_shift(B, x, *, factor, offset):
    """`x * factor + offset` with two roundings: a compiler may not fuse them into one."""
    return x * factor + offset


@draw(samples=_keys(wide="float64", mean=1.0, stddev=2.0))
def random_normal(B, key, *, shape, mean=0.0, stddev=1.0, dtype=None):
    """Normal, by Box & Muller (1958), within 5.8 standard deviations."""
    bits = B.random_bits(key, shape=(2, *shape))
    radius_bits, angle_bits = (B.reshape(part, newshape=tuple(shape)) for part in B.split(bits, indices_or_sections=2))
    radius = B.sqrt(B.log(_unit(B, radius_bits) + 2.0**-24) * -2.0)
    unit = radius * B.cos(_unit(B, angle_bits) * (2.0 * math.pi))
    return B.cast(unit * stddev + mean, dtype=dtype or floatx())


@draw(samples=_keys(wide="float64", mean=1.0, stddev=2.0))
def random_truncated_normal(B, key, *, shape, mean=0.0, stddev=1.0, dtype=None):
    """Normal, within two standard deviations, by the inverse of its distribution."""
    centered = _unit(B, B.random_bits(key, shape=shape)) * 2.0 - (1.0 - 2.0**-24)
    unit = B.erfinv(centered * math.erf(math.sqrt(2.0))) * math.sqrt(2.0)
    return B.cast(B.clip(unit, -2.0, 2.0) * stddev + mean, dtype=dtype or floatx())


def _integers(rng):
    yield from _keys(wide="int64", minval=-3, maxval=1000)(rng)
    yield Sample((np.array([5, 6, 7], "int32"),), {"shape": (9,), "minval": -(2**30), "maxval": 2**30 - 1})


@draw(samples=_integers)
def random_integers(B, key, *, shape, minval, maxval, dtype="int32"):
    """Integers in [minval, maxval): the high word of the 64-bit product of 32 bits and the range (Lemire, 2019)."""
    size = maxval - minval
    if not 0 < size < 2**31:
        raise ValueError(f"randint: maxval - minval is 1 to 2**31 - 1, got minval {minval} and maxval {maxval}")
    bits = B.random_bits(key, shape=shape)
    high, low = shift_right_logical(B, bits, 16), B.bitwise_and(bits, 0xFFFF)
    size_high, size_low = size >> 16, size & 0xFFFF
    inner = high * size_low + shift_right_logical(B, low * size_low, 16)
    outer = low * size_high + B.bitwise_and(inner, 0xFFFF)
    value = high * size_high + shift_right_logical(B, inner, 16) + shift_right_logical(B, outer, 16)
    return B.cast(value + minval, dtype=dtype)


@draw(samples=_keys(p=0.3))
def random_bernoulli(B, key, *, shape, p):
    """bool, True with probability `p`; 24 bits are compared as integers, so no float is involved."""
    return B.greater(round(p * 2**24), shift_right_logical(B, B.random_bits(key, shape=shape), 8))


@draw(samples=lambda rng: [Sample((np.array([1, 2, 3], "int32"),), {"n": n}) for n in (9, 1)])
def random_permutation(B, key, *, n):
    """The integers below `n` in random order, int32: the stable order of n random words."""
    return B.argsort(B.random_bits(key, shape=(n,)), axis=0)
