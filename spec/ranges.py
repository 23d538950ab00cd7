"""Evenly spaced numbers, and powers of a vector."""

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.dtypes import float_type, is_float
from kcompat.spec.rules import broadcast_shapes, normalize_axis, shape_of

inf, nan = float("inf"), float("nan")


def _ends(name, start, stop, num, axis):
    """The shape of both ends together, and where the new axis goes."""
    if num < 0:
        raise ValueError(f"{name}: num is not negative, got {num}")
    shape = broadcast_shapes(shape_of(start), shape_of(stop))
    return shape, normalize_axis(axis, len(shape) + 1)


def _at(B, x, shape, axis):
    """An end, with a new axis of size 1."""
    if not shape_of(x):
        return x
    wide = (1,) * (len(shape) - len(x.shape)) + tuple(x.shape)
    return B.reshape(x, newshape=(*wide[:axis], 1, *wide[axis:]))


def _steps(B, num, shape, axis, dtype):
    """0, 1, ..., num - 1 along the new axis."""
    wide = dtype if dtype in ("float32", "float64") else "float32"  # which counts further than 16 bits do
    return B.reshape(
        B.arange(start=num, dtype=wide), newshape=tuple(num if i == axis else 1 for i in range(len(shape) + 1))
    )


def _result(B, y, num, shape, axis, dtype):
    """As `dtype`, and of the full shape, also where both ends are scalars."""
    full = (*shape[:axis], num, *shape[axis:])
    return B.cast(y if tuple(y.shape) == full else B.broadcast_to(y, shape=full), dtype=dtype)


def _intervals(rng):
    yield Sample((rng.normal(size=(3,)), rng.normal(size=(3,))), {"num": 5})
    yield Sample((rng.normal(size=(2, 1)), rng.normal(size=(3,))), {"num": 4, "axis": -1, "endpoint": False})
    yield Sample((rng.normal(size=(2,)), 1.5), {"num": 3, "axis": 1})
    yield Sample((np.array([0.1, 1e30, -3e38, 1e-30]), np.array([0.1, -1e30, 3e38, 3e-30])), {"num": 6})
    yield Sample((rng.normal(size=()), rng.normal(size=())))
    yield Sample((np.array([1, -7], "int32"), np.array(9, "int32")), {"num": 1})
    yield Sample((-0.5, rng.normal(size=(2,))), {"num": 0, "dtype": "float32"})


def _linear(rng):
    yield from _intervals(rng)
    yield Sample((rng.normal(size=(3,)), rng.normal(size=(3,))), {"num": 5, "retstep": True})
    yield Sample((np.array([0, -3], "int32"), np.array([10, 4], "int32")), {"num": 11, "dtype": "int32"})


@composed(
    kinks=smooth,
    specials=[
        Special(([nan, 3.0], [1.0, 3.0]), [[nan, 3.0]] * 3, {"num": 3}),
        Special((np.array(0, "int32"), np.array(10, "int32")), [0, 3, 6, 10], {"num": 4, "dtype": "int32"}),
        Special(([0.1], [0.7]), [[0.1]], {"num": 1}),
    ],
    samples=_linear,
    refusals=(
        Refusal((np.zeros(2), np.zeros(2)), attrs={"num": -1}),
        Refusal((np.zeros(2), np.zeros(2)), attrs={"axis": 2}),
        Refusal((np.zeros(2), np.zeros(3))),
    ),
)
def linspace(B, start, stop, *, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` numbers from `start` to `stop`, evenly spaced; both ends are exact.

    Args:
        start, stop: tensors or numbers; they broadcast.
        num: how many.
        endpoint: whether `stop` is the last, or would come next.
        retstep: whether to give a pair: the numbers, and the step between them (NaN if there is none).
        dtype: of the result, otherwise a float; integers are rounded towards -inf.
        axis: where the numbers go in the result's shape.
    """
    shape, axis = _ends("linspace", start, stop, num, axis)
    floats = float_type(start, stop)
    dtype = dtype or floats
    steps = num - 1 if endpoint else num
    first, last = _at(B, start, shape, axis), _at(B, stop, shape, axis)
    i = _steps(B, num, shape, axis, floats)
    if is_float(dtype):
        part = B.divide(i, float(max(steps, 1)))
        y = B.add(B.multiply(first, B.subtract(1.0, part)), B.multiply(last, part))
    else:  # exact where the number is whole
        whole = B.add(B.multiply(first, B.subtract(float(max(steps, 1)), i)), B.multiply(last, i))
        y = B.floor(B.divide(whole, float(max(steps, 1))))
    y = _result(B, y, num, shape, axis, dtype)
    if not retstep:
        return y
    return y, B.cast(B.divide(B.subtract(stop, start), float(steps) if steps > 0 else nan), dtype=floats)


def _float_dtype(name, dtype, start, stop):
    if dtype is not None and not is_float(dtype):
        raise ValueError(
            f"{name}: the numbers are floats, got dtype {dtype!r}; round them and cast: "
            "a power is not exact enough to drop its fraction"
        )
    return dtype or float_type(start, stop)


def _logarithmic(rng):
    yield from _intervals_of_exponents(rng)
    yield Sample((rng.normal(size=(3,)), rng.normal(size=(3,))), {"num": 5, "base": 2})


def _intervals_of_exponents(rng):
    for sample in list(_intervals(rng)):
        if not any(np.any(np.abs(x) > 30) for x in sample.args):
            yield sample


@composed(
    kinks=smooth,
    specials=[Special(([0.0], [nan]), [[nan]] * 2, {"num": 2})],
    samples=_logarithmic,
    refusals=(
        Refusal((np.zeros(2), np.zeros(2)), attrs={"num": -1}),
        Refusal((np.zeros(2), np.zeros(2)), attrs={"dtype": "int32"}),
    ),
)
def logspace(B, start, stop, *, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """`base ** linspace(start, stop)`: `num` floats whose logarithms are evenly spaced.

    `base` is a number; the other arguments are those of `linspace`. Raises ValueError for an integer dtype.
    """
    dtype = _float_dtype("logspace", dtype, start, stop)
    exponents = B.linspace(start, stop, num=num, endpoint=endpoint, axis=axis)
    return B.cast(B.power(float(base), exponents), dtype=dtype)


def _geometric(rng):
    yield Sample((rng.uniform(0.5, 2.0, (3,)), rng.uniform(3.0, 9.0, (3,))), {"num": 5})
    yield Sample((rng.uniform(-2.0, -0.5, (2, 1)), -rng.uniform(3.0, 9.0, (3,))), {"num": 4, "axis": -1})
    yield Sample((rng.uniform(0.5, 2.0, (2,)), 1.5), {"num": 3, "axis": 1, "endpoint": False})
    yield Sample((np.array([1e-30, 1e30, 3.0]), np.array([1e30, 1e-30, 3.0])), {"num": 4})
    yield Sample((1.0, rng.uniform(3.0, 9.0, ())))
    yield Sample((np.array([1, 2], "int32"), np.array(9, "int32")), {"num": 1, "dtype": "float32"})
    yield Sample((rng.uniform(0.5, 2.0, (2,)), 1.5), {"num": 0})


def _root(B, x, order, steps, shape):
    """`|x| ** (order / steps)`: the exponent's rounding error, times log(x), would be most of the result's."""
    size, exponent = B.absolute(x), np.reshape(order / steps, tuple(shape))
    if B.dtype(x) == "float64":
        return B.power(size, B.constant(exponent))
    held = exponent.astype("float32")
    rest = (exponent - held).astype("float32")
    return B.multiply(B.power(size, B.constant(held)), B.exp(B.multiply(B.constant(rest), B.log(size))))


@composed(
    kinks=smooth,
    specials=[
        Special(([1.0, -1.0, 0.0, nan], [-2.0, 2.0, 1.0, 1.0]), [[nan] * 4] * 3, {"num": 3}),
        Special(([0.1], [0.7]), [[0.1], [0.7]], {"num": 2}),
    ],
    samples=_geometric,
    refusals=(
        Refusal((np.ones(2), np.ones(2)), attrs={"num": -1}),
        Refusal((np.ones(2), np.ones(2)), attrs={"dtype": "int32"}),
    ),
)
def geomspace(B, start, stop, *, num=50, endpoint=True, dtype=None, axis=0):
    """`num` floats from `start` to `stop`, each the same multiple of the one before; both ends are exact.

    NaN where the ends are zero or differ in sign. The other arguments are those of `linspace`. Raises ValueError
    for an integer dtype.
    """
    dtype = _float_dtype("geomspace", dtype, start, stop)
    floats = float_type(start, stop)
    shape, axis = _ends("geomspace", start, stop, num, axis)
    first, last = (
        B.multiply(_at(B, x, shape, axis), B.full(shape=(), fill_value=1, dtype=floats)) for x in (start, stop)
    )
    i, steps = _steps(B, num, shape, axis, floats), max(num - 1 if endpoint else num, 1)
    sign = B.sign(first)
    below, above = (
        _root(B, x, order, steps, i.shape) for x, order in ((first, steps - np.arange(num)), (last, np.arange(num)))
    )
    y = B.where(B.equal(i, 0.0), first, B.multiply(B.multiply(sign, below), above))
    y = B.where(B.equal(i, float(steps)), last, y)
    y = B.where(B.greater(B.multiply(sign, B.sign(last)), 0.0), y, nan)
    return _result(B, y, num, shape, axis, dtype)


@composed(
    kinks=smooth,
    specials=[Special(([0.0, inf, nan],), [[0.0, 0.0, 1.0], [inf, inf, 1.0], [nan, nan, 1.0]])],
    samples=lambda rng: [
        Sample((rng.normal(size=(4,)),)),
        Sample((rng.normal(size=(3,)),), {"N": 6}),
        Sample((rng.normal(size=(3,)),), {"N": 5, "increasing": True}),
        Sample((np.array([-2, 0, 3], "int32"),), {"N": 4}),
        Sample((np.array([1e9, -1e-9, 0.0]),), {"N": 5}),
        Sample((rng.normal(size=(2,)),), {"N": 0}),
        Sample((rng.normal(size=(2,)),), {"N": 1}),
        Sample((rng.normal(size=(0,)),), {"N": 2}),
    ],
    refusals=(Refusal((np.zeros((2, 2)),)), Refusal((np.zeros(2),), attrs={"N": -1})),
)
def vander(B, x, *, N=None, increasing=False):  # noqa: N803  (Keras's name)
    """The Vandermonde matrix: row i holds the powers of `x[i]`, from N - 1 down to 0, or up if `increasing`.

    N is the size of `x` unless given. Raises ValueError if `x` is not a vector.
    """
    if len(x.shape) != 1:
        raise ValueError(f"vander: x is a vector, got shape {tuple(x.shape)}")
    count = x.shape[0] if N is None else N
    if count < 0:
        raise ValueError(f"vander: N is not negative, got {N}")
    column = B.reshape(x, newshape=(-1, 1))
    powers, power = B.full(shape=(x.shape[0], min(count, 1)), fill_value=1, dtype=B.dtype(x)), column
    while powers.shape[1] < count:  # the powers known times the next one, twice as many each time
        more = min(powers.shape[1], count - powers.shape[1])
        known = B.strided_slice(powers, start=(0, 0), stop=(x.shape[0], more), step=(1, 1))
        powers = B.concatenate(powers, B.multiply(known, power), axis=1)
        power = B.multiply(power, power) if powers.shape[1] < count else power
    return powers if increasing else B.flip(powers, axis=1)
