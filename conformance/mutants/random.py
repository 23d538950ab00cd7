"""Mutants of `kcompat.spec.random`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value


def _paired(bits, key, shape):
    n = int(np.prod(shape))
    words = bits(key, shape=(2, (n + 1) // 2))
    return words.T.reshape(-1)[:n].reshape(shape)


edited(
    "threefry2x32",
    "one rotation is off",
    "for distance in ROTATIONS[block % 2]",
    "for distance in ((13, 15, 26, 7), (17, 29, 16, 24))[block % 2]",
)
edited("threefry2x32", "rotations of the other half", "ROTATIONS[block % 2]", "ROTATIONS[1 - block % 2]")
edited("threefry2x32", "sixteen rounds", "range(5)", "range(4)")
edited("threefry2x32", "another parity", "PARITY)", "0x1BD11BDB)")
edited("threefry2x32", "the round is not added", " + (block + 1)", "")
edited(
    "threefry2x32",
    "the shift keeps the sign",
    "low = B.bitwise_and(B.right_shift(x1, 32 - distance), (1 << distance) - 1)",
    "low = B.right_shift(x1, 32 - distance)",
)
edited("threefry2x32", "keys exchanged", "keys = (k0, k1,", "keys = (k1, k0,")
value("random_bits", "the counter ignored")(
    lambda key, *, shape: honest("random_bits")(key * np.array([1, 1, 0], key.dtype), shape=shape)
)
value("random_bits", "the second word of the key ignored")(
    lambda key, *, shape: honest("random_bits")(key * np.array([1, 0, 1], key.dtype), shape=shape)
)
value("random_bits", "the key ignored")(lambda key, *, shape: honest("random_bits")(key * 0, shape=shape))
value("random_bits", "words of a block side by side")(lambda key, *, shape: _paired(honest("random_bits"), key, shape))
value("random_bits", "key and counter exchanged")(
    lambda key, *, shape: honest("random_bits")(key[[2, 1, 0]], shape=shape)
)
edited(
    "random_uniform",
    "23 bits",
    "_unit(B, B.random_bits(key, shape=shape))",
    "B.floor(_unit(B, B.random_bits(key, shape=shape)) * 2.0**23) * 2.0**-23",
)
edited("random_uniform", "1 included: divided by 2 ** 24 - 1", "* 2.0**-24", "/ (2.0**24 - 1.0)")
edited("random_uniform", "in steps of 2 ** -24 from the middle", "* 2.0**-24", "* 2.0**-24 + 2.0**-25")
edited("random_uniform", "the low bits", "shift_right_logical(B, bits, 8)", "B.bitwise_and(bits, 0xFFFFFF)")
edited("random_uniform", "the signed bits", "shift_right_logical(B, bits, 8)", "B.right_shift(bits, 8)")
edited("random_uniform", "maxval is the length", "factor=maxval - minval", "factor=maxval")
edited("scale_and_shift", "shifted, then scaled", "x * factor + offset", "(x + offset) * factor")
edited("random_normal", "sine for cosine", "B.cos(_unit", "B.sin(_unit")
edited(
    "random_normal",
    "by the inverse distribution",
    "unit = radius * B.cos(_unit(B, angle_bits) * (2.0 * math.pi))",
    "unit = B.erfinv(_unit(B, radius_bits) * 2.0 - 1.0 + 2.0**-24) * math.sqrt(2.0)",
)
edited("random_normal", "the variance for its root", "unit * stddev + mean", "unit * stddev**2 + mean")
edited("random_normal", "pi is 3.1416", "(2.0 * math.pi)", "(2.0 * 3.1416)")
edited(
    "random_normal",
    "both words the same: radius and angle go together",
    "B.log(_unit(B, radius_bits)",
    "B.log(_unit(B, angle_bits)",
)
edited("random_truncated_normal", "clipped, not truncated", "math.erf(math.sqrt(2.0))", "1.0")
edited(
    "random_truncated_normal",
    "at three standard deviations",
    "math.erf(math.sqrt(2.0))",
    "math.erf(3.0 / math.sqrt(2.0))",
)
edited(
    "random_integers",
    "the remainder",
    "B.cast(value + minval, dtype=dtype)",
    "B.cast(B.mod(bits, size) + minval, dtype=dtype)",
)
edited("random_integers", "maxval included", "size = maxval - minval", "size = maxval - minval + 1")
edited(
    "random_integers",
    "through a float of 24 bits",
    "B.cast(value + minval, dtype=dtype)",
    "B.cast(B.floor(_unit(B, bits) * 1.0 * size), dtype=dtype) + minval",
)
edited(
    "random_bernoulli",
    "the complement",
    "B.greater(round(p * 2**24), shift_right_logical(B, B.random_bits(key, shape=shape), 8))",
    "B.greater_equal(shift_right_logical(B, B.random_bits(key, shape=shape), 8), round(p * 2**24))",
)
edited(
    "random_bernoulli",
    "1 - p from the other end",
    "shift_right_logical(B, B.random_bits(key, shape=shape), 8)",
    "(2**24 - 1) - shift_right_logical(B, B.random_bits(key, shape=shape), 8)",
)
edited(
    "random_permutation",
    "the ranks, not the order",
    "B.argsort(B.random_bits(key, shape=(n,)), axis=0)",
    "B.argsort(B.argsort(B.random_bits(key, shape=(n,)), axis=0), axis=0)",
)
edited(
    "random_permutation",
    "by eight bits: ties are common",
    "B.random_bits(key, shape=(n,))",
    "B.bitwise_and(B.random_bits(key, shape=(n,)), 3)",
)
edited(
    "random_permutation",
    "each cut once and put together: not uniform",
    "B.argsort(B.random_bits(key, shape=(n,)), axis=0)",
    'B.roll(B.arange(start=n, dtype="int32"), shift=3)',
)
