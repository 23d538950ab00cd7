"""New tensors, dtype conversion, and the gradient's stop."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import CAST, EXACT, STRUCTURE, Refusal, Sample, Special, composed, ordinary, primitive, smooth
from kcompat.spec.dtypes import SCALARS
from kcompat.spec.rules import broadcast_shapes
from kcompat.spec.settings import floatx


def _filled(rng):
    yield Sample((), {"shape": (2, 3), "fill_value": 1.5})
    yield Sample((), {"shape": (), "fill_value": 7, "dtype": "int32"})
    yield Sample((), {"shape": (0, 2), "fill_value": True, "dtype": "bool"})
    yield Sample((), {"shape": 3, "fill_value": -7})
    yield Sample((), {"shape": (2,), "fill_value": 3, "dtype": "float32"})


@primitive(rule=rules.full, vjp=None, error=EXACT, kinks=smooth, specials=ordinary, samples=_filled)
def full(*, shape, fill_value, dtype=None):
    """A tensor of one number; the dtype is floatx unless given."""


def _ranges(rng):
    yield Sample((), {"start": 5})
    yield Sample((), {"start": 2, "stop": 9, "step": 3})
    yield Sample((), {"start": 4, "stop": 0, "step": -1})
    yield Sample((), {"start": 0, "stop": 3, "dtype": "float32"})


@primitive(rule=rules.arange, vjp=None, error=EXACT, kinks=smooth, specials=ordinary, samples=_ranges)
def arange(*, start, stop=None, step=None, dtype=None):
    """`start, start + step, ...` before `stop`, of rank 1; with one argument, from 0 to it."""


def _castable(rng):
    yield Sample((np.array([-2.7, -0.9, 0.0, 0.9, 2.7]),), {"dtype": "int32"}, differentiable=False)
    yield Sample((np.array([-1, 0, 7], "int32"),), {"dtype": "float32"})
    yield Sample((np.array([True, False]),), {"dtype": "float32"})
    yield Sample((np.array([0.0, -1.5, 2.0]),), {"dtype": "bool"}, differentiable=False)
    yield Sample((rng.normal(size=(2, 3)),), {"dtype": "float32"})


@primitive(
    rule=rules.cast,
    vjp=lambda B, g, y, x, *, dtype: B.cast(g, dtype=B.dtype(x)),
    error=CAST,
    kinks=smooth,
    specials=ordinary,
    samples=_castable,
)
def cast(x, *, dtype):
    """The same values as another dtype. A float becomes an integer by dropping its fraction.

    NaN, infinity and values out of an integer's range are unspecified.
    """


@primitive(rule=rules.same, vjp=None, error=STRUCTURE, kinks=smooth, specials=ordinary, samples=samples.unary())
def stop_gradient(variable):
    """The same tensor, as a constant to differentiation."""


def _shapes(rng):
    yield Sample((), {"shape": (2, 3)})
    yield Sample((), {"shape": (), "dtype": "int32"})
    yield Sample((), {"shape": (0,), "dtype": "bool"})


@composed(kinks=smooth, specials=ordinary, samples=_shapes, vjp=())
def zeros(B, *, shape, dtype=None):
    """A tensor of zeros."""
    return B.full(shape=shape, fill_value=0, dtype=dtype or floatx())


@composed(kinks=smooth, specials=ordinary, samples=_shapes, vjp=())
def ones(B, *, shape, dtype=None):
    """A tensor of ones."""
    return B.full(shape=shape, fill_value=1, dtype=dtype or floatx())


_likes = samples.shapes(((2, 3), {}), ((2, 3), {"dtype": "int32"}), ((), {}), ((0, 2), {}))


@composed(kinks=smooth, specials=[Special((float("nan"),), 0.0)], samples=_likes, vjp=())
def zeros_like(B, x, *, dtype=None):
    """Zeros of the shape, and unless given the dtype, of `x`."""
    return B.full(shape=tuple(x.shape), fill_value=0, dtype=dtype or B.dtype(x))


@composed(kinks=smooth, specials=[Special((float("nan"),), 1.0)], samples=_likes, vjp=())
def ones_like(B, x, *, dtype=None):
    """Ones of the shape, and unless given the dtype, of `x`."""
    return B.full(shape=tuple(x.shape), fill_value=1, dtype=dtype or B.dtype(x))


@composed(kinks=smooth, specials=ordinary, samples=_shapes, vjp=())
def empty(B, *, shape, dtype=None):
    """A tensor whose elements do not matter; they are zeros."""
    return B.zeros(shape=shape, dtype=dtype)


@composed(kinks=smooth, specials=[Special((float("nan"),), 0.0)], samples=_likes, vjp=())
def empty_like(B, x, *, dtype=None):
    """A tensor of the shape, and unless given the dtype, of `x`, whose elements do not matter; they are zeros."""
    return B.zeros_like(x, dtype=dtype)


def _fillings(rng):
    x = rng.normal(size=(2, 3))
    yield Sample((x, 2.5))
    yield Sample((x, rng.normal(size=(3,))))
    yield Sample((x, 7), {"dtype": "int32"})
    yield Sample((x, rng.normal(size=())))
    yield Sample((x[:0], rng.normal(size=(1, 3))))
    yield Sample((np.zeros(2, "int32"), True))
    yield Sample((np.zeros(2, "int32"), np.array([1.5, -2.5])), {"dtype": "float32"})


@composed(
    kinks=smooth,
    specials=[Special(([1.0, 2.0], [float("nan")]), [float("nan")] * 2)],
    samples=_fillings,
    refusals=(Refusal((np.zeros((2, 3)), np.zeros(2))),),
)
def full_like(B, x, fill_value, *, dtype=None):
    """`fill_value`, a number or a tensor that broadcasts, in the shape and unless given the dtype of `x`."""
    shape, dtype = tuple(x.shape), dtype or B.dtype(x)
    if isinstance(fill_value, SCALARS):
        return B.full(shape=shape, fill_value=fill_value, dtype=dtype)
    if broadcast_shapes(shape, tuple(fill_value.shape)) != shape:
        raise ValueError(f"full_like: fill_value of shape {tuple(fill_value.shape)} does not broadcast to {shape}")
    return B.broadcast_to(B.cast(fill_value, dtype=dtype), shape=shape)
