"""Copies, real parts, saturating casts, and what stands in for NaN."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import Kink, Sample, Special, alias, composed, smooth
from kcompat.spec.dtypes import UNSIGNED, as_dtype, is_float, result_type
from kcompat.spec.trigonometry import PI

inf, nan = float("inf"), float("nan")
LARGEST = {
    "float16": 65504.0,
    "bfloat16": 3.3895313892515355e38,
    "float32": 3.4028234663852886e38,
    "float64": 1.7976931348623157e308,
}
"""The largest finite number of each float dtype."""


def _any_kind(rng):
    """Floats, integers, bool; rank 0, and no elements."""
    yield from samples.unary()(rng)
    yield Sample((np.array([3, -7, 0], "int32"),))
    yield Sample((np.array([True, False]),))


@composed(kinks=smooth, specials={nan: nan, inf: inf}, samples=_any_kind, vjp=lambda B, g, y, x: g)
def copy(B, x):
    """`x` in memory of its own, where tensors can be written to."""
    return x


def _arrays(rng):
    yield from _any_kind(rng)
    yield Sample((rng.uniform(-5.0, 5.0, (2, 3)),), {"dtype": "int32"})
    yield Sample((np.array([3, -7, 0], "int32"),), {"dtype": "float32"})


@composed(kinks=smooth, specials={nan: nan, inf: inf}, samples=_arrays)
def array(B, x, *, dtype=None):
    """A tensor of the numbers in `x`, an array, nested lists or a tensor, copied; in `dtype` if it is given."""
    return B.copy(x) if dtype is None or dtype == result_type(x) else B.cast(x, dtype=dtype)


@composed(kinks=smooth, specials={nan: nan}, samples=_any_kind, vjp=lambda B, g, y, x: g)
def real(B, x):
    """The real part: `x`, as complex tensors are not supported."""
    return x


@composed(kinks=smooth, specials={nan: 0.0}, samples=_any_kind, vjp=())
def imag(B, x):
    """The imaginary part: zeros, as complex tensors are not supported."""
    return B.zeros_like(x)


@composed(kinks=smooth, specials={nan: nan}, samples=_any_kind, vjp=lambda B, g, y, x: g)
def conjugate(B, x):
    """The complex conjugate: `x`, as complex tensors are not supported."""
    return x


conj = alias("conj", conjugate)


@composed(kinks=smooth, specials={nan: True, inf: True}, samples=_any_kind, vjp=())
def isreal(B, x):
    """Whether `x` has no imaginary part, elementwise: true, as complex tensors are not supported."""
    return B.ones_like(x, dtype="bool")


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special((x,), y) for x, y in [(1.0, 0.0), (-1.0, PI), (0.0, 0.0), (-0.0, PI), (-inf, PI), (nan, nan)]],
    samples=samples.unary(extremes=(0.0, 1e-30, -1e-30, 1e30, -1e30)),
    vjp=(),
)
def angle(B, x):
    """The angle of a real number in the complex plane: pi where its sign is negative, else 0. No gradient."""
    return B.arctan2(0.0, x)


def _unusual(rng):
    yield Sample((rng.normal(size=(2, 3)),))
    yield Sample((np.array([nan, 1.0, -2.0]),), {"nan": 0.5}, differentiable=False)
    yield Sample((np.array([nan, inf, 3.0, -inf]),), {"posinf": 1e3, "neginf": -2e3}, differentiable=False)
    yield Sample((np.array([3, -7], "int32"),), {"nan": 1.0})
    yield Sample((np.array([True, False]),))
    yield Sample((np.zeros((0, 2)),))


@composed(
    kinks=[
        Kink((nan,), (0.0,), (0.0, 0.0)),
        Kink((inf,), (0.0,), (0.0, 0.0), {"posinf": 7.0}),
        Kink((-inf,), (0.0,), (0.0, 0.0), {"neginf": 7.0}),
    ],
    specials=[
        Special((nan,), 0.0),
        Special((inf,), LARGEST["float32"], dtype="float32"),
        Special((-inf,), -LARGEST["float32"], dtype="float32"),
        Special((inf,), 7.0, {"posinf": 7.0}),
    ],
    samples=_unusual,
)
def nan_to_num(B, x, *, nan=0.0, posinf=None, neginf=None):
    """`x` with numbers in place of NaN and infinities, which have no gradient.

    Args:
        x: a tensor; of integers and bool nothing is replaced.
        nan: what replaces NaN.
        posinf: what replaces infinity; by default the largest finite number of the dtype.
        neginf: what replaces negative infinity; by default minus that.
    """
    dtype = result_type(x)
    if not is_float(dtype):
        return x
    x = B.where(B.isnan(x), float(nan), x)
    high = B.full(shape=(), fill_value=LARGEST[dtype] if posinf is None else float(posinf), dtype=dtype)
    low = B.full(shape=(), fill_value=-LARGEST[dtype] if neginf is None else float(neginf), dtype=dtype)
    return B.where(B.isposinf(x), high, B.where(B.isneginf(x), low, x))


def _saturating(rng):
    x = rng.uniform(-300.0, 300.0, (3, 4))
    yield Sample((x,), {"dtype": "int8"})
    yield Sample((x,), {"dtype": "uint8"})
    yield Sample(
        (np.array([inf, -inf, 1e30, -1e30, 2147483520.0, -2147483648.0, -0.9]),),
        {"dtype": "int32"},
        differentiable=False,
    )
    yield Sample((np.array([-(2**31), -1, 0, 255, 256, 2**31 - 1], "int32"),), {"dtype": "uint8"})
    yield Sample((np.array([-128, -1, 127], "int8"),), {"dtype": "uint16"})
    yield Sample((np.array([0, 200], "uint8"),), {"dtype": "int32"})
    yield Sample((np.array([0, 2, -1], "int32"),), {"dtype": "bool"})
    yield Sample((np.zeros((0, 2)),), {"dtype": "int32"})


@composed(
    kinks=smooth,
    specials=[
        Special((inf,), LARGEST["float16"], {"dtype": "float16"}, "float32"),
        Special((-1e30,), -LARGEST["float16"], {"dtype": "float16"}, "float32"),
        Special((nan,), nan, {"dtype": "float16"}),
        Special((1e30,), 2**31 - 1, {"dtype": "int32"}),
    ],
    samples=_saturating,
)
def saturate_cast(B, x, *, dtype):
    """`x` in another dtype; what that does not hold becomes its largest or smallest finite number.

    Fractions are truncated towards zero; as a bool, what is above 0 is True. NaN stays NaN in floats and is unspecified
    in integers.
    """
    source, dtype = result_type(x), as_dtype(dtype)
    low, high = _limits(dtype)
    lowest, highest = _limits(source)
    if dtype == "bool":  # from 0 to 1
        return B.greater(x, 0) if source != "bool" else x
    if low <= lowest and highest <= high and (is_float(dtype) or not is_float(source)):
        return B.cast(x, dtype=dtype)
    if is_float(dtype):
        return B.cast(B.clip(x, low, high), dtype=dtype)
    if not is_float(source):
        low, high = max(low, lowest), min(high, highest)
    above, below = B.greater_equal(x, type(highest)(high)), B.less_equal(x, type(lowest)(low))
    within = B.cast(B.where(B.logical_or(above, below), 0, x), dtype=dtype)
    return B.where(above, high, B.where(below, low, within))


def _limits(dtype):
    """The smallest and the largest finite number of a dtype."""
    if is_float(dtype):
        return -LARGEST[dtype], LARGEST[dtype]
    bits = 1 if dtype == "bool" else rules.item_bits(dtype)
    return (0, 2**bits - 1) if dtype in (*UNSIGNED, "bool") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
