"""Random draws from Threefry-2x32-20, in Python's integers; Salmon et al. (2011)."""

import math
from typing import Any

import mpmath
import numpy as np

from kcompat.conformance.references import reference

WORD = 2**32
ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]


def _encrypted(k0: int, k1: int, x0: int, x1: int) -> list[int]:
    """A MIX a round, the next subkey before every fourth of them and at the end."""
    keys, x = [k0, k1, 0x1BD11BDA ^ k0 ^ k1], [x0, x1]
    for rounds in range(21):
        if rounds % 4 == 0:
            n = rounds // 4
            x = [(x[0] + keys[n % 3]) % WORD, (x[1] + keys[(n + 1) % 3] + n) % WORD]
        if rounds < 20:
            first, turned = sum(x) % WORD, x[1] << ROTATIONS[rounds % 8]
            x = [first, (turned // WORD + turned % WORD) ^ first]
    return x


def _signed(words: Any, shape: Any) -> Any:
    """Words as int32 of the same bits."""
    return np.array(words, np.uint32).view(np.int32).reshape(shape)


def _words(key: Any, shape: Any) -> list[int]:
    """A word for each element: first words of all blocks, whose numbers are the counter's first word, then second."""
    k0, k1, counter = (int(k) % WORD for k in key)
    count = math.prod(shape)
    blocks = [_encrypted(k0, k1, i, counter) for i in range(-(-count // 2))]
    return [word for words in zip(*blocks, strict=True) for word in words][:count]


def _parts(words: list[int]) -> list[int]:
    """The upper 24 bits of each word, as a number of 2 ** -24."""
    return [word // 2**8 for word in words]


def _single(x: float) -> float:
    """The float32 next to an irrational number: draws are float32 before they become another dtype."""
    return float(np.float32(x))


@reference("threefry2x32")
def threefry2x32(k0: Any, k1: Any, x0: Any, x1: Any) -> Any:
    """The generator of the paper, element by element."""
    words = [_encrypted(*(int(x) % WORD for x in each)) for each in zip(k0, k1, x0, x1, strict=True)]
    return [_signed([w[i] for w in words], k0.shape) for i in range(2)]


@reference("random_bits")
def random_bits(key: Any, *, shape: Any) -> Any:
    """A word an element."""
    return _signed(_words(key, shape), shape)


@reference("random_uniform")
def random_uniform(key: Any, *, shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None) -> Any:
    """24 bits an element, as a share of the interval."""
    del dtype  # the values are those before it rounds them
    return np.reshape([minval + (maxval - minval) * n / 2**24 for n in _parts(_words(key, shape))], shape)


@reference("scale_and_shift")
def scale_and_shift(x: Any, *, factor: float, offset: float) -> Any:
    """NumPy's polynomial."""
    return np.polyval([factor, offset], x)


@reference("random_normal")
def random_normal(key: Any, *, shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None) -> Any:
    """Box and Muller (1958): the first half of twice as many draws is for the radius, and is moved to (0, 1]."""
    del dtype  # the values are those before it rounds them
    parts, turn = _parts(_words(key, (2, *shape))), _single(2 * math.pi)
    radii = [mpmath.sqrt(-2 * mpmath.log(mpmath.mpf(n + 1) / 2**24)) for n in parts[: len(parts) // 2]]
    angles = [turn * mpmath.mpf(n) / 2**24 for n in parts[len(parts) // 2 :]]
    drawn = [mean + stddev * r * mpmath.cos(angle) for r, angle in zip(radii, angles, strict=True)]
    return np.reshape(np.array(drawn, float), shape)


@reference("random_truncated_normal")
def random_truncated_normal(key: Any, *, shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None) -> Any:
    """The normal quantile of the middle of each of 2 ** 24 equal parts of the mass within two standard deviations."""
    del dtype  # the values are those before it rounds them
    mass, root = _single(math.erf(math.sqrt(2))), _single(math.sqrt(2))
    middles = [mpmath.mpf(2 * n + 1) / 2**24 - 1 for n in _parts(_words(key, shape))]
    drawn = [mean + stddev * root * mpmath.erfinv(mass * middle) for middle in middles]
    return np.reshape(np.array(drawn, float), shape)


@reference("random_integers")
def random_integers(key: Any, *, shape: Any, minval: int, maxval: int, dtype: Any = "int32") -> Any:
    """Lemire (2019): the high word of a product."""
    drawn = [minval + word * (maxval - minval) // WORD for word in _words(key, shape)]
    return np.reshape(np.array(drawn, dtype), shape)


@reference("random_bernoulli")
def random_bernoulli(key: Any, *, shape: Any, p: float) -> Any:
    """Whether 24 bits are below as large a part of 2 ** 24 as `p` is of 1."""
    return np.reshape(np.array([n < round(p * 2**24) for n in _parts(_words(key, shape))], bool), shape)


@reference("random_permutation")
def random_permutation(key: Any, *, n: int) -> Any:
    """The order of random words, as int32."""
    words = random_bits(key, shape=(n,)).tolist()
    return np.array(sorted(range(n), key=words.__getitem__))
