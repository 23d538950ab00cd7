"""Smooth activations and those made of straight lines. Each is composed, so each works on any backend.

Where a formula has a case for each sign, it is written with `where` and never with `absolute`: derivatives of
every order are then right at 0 too.
"""

import functools

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Kink, Refusal, alias, composed, smooth

inf, nan = float("inf"), float("nan")
activation = functools.partial(composed, floating=True)
FAR = (-30.0, 30.0, -1e-6, 1e-6)
"""Inputs where a naive formula loses its digits."""


@composed(
    kinks=[Kink((0.0,), (0.0,), (0.0, 1.0))],
    specials={inf: inf, -inf: 0.0, nan: nan},
    samples=samples.unary(extremes=FAR),
    vjp=lambda B, g, y, x: B.where(x > 0, g, 0.0),
)
def relu(B, x):
    """`max(x, 0)`; the gradient at 0 is 0."""
    return B.where(x > 0, x, B.where(x <= 0, 0, x))  # the inner choice lets NaN through


@activation(
    kinks=[Kink((0.0,), (0.0,), (0.0, 1.0)), Kink((6.0,), (0.0,), (0.0, 1.0))],
    specials={inf: 6.0, -inf: 0.0, nan: nan},
    samples=samples.unary(low=-3.0, high=9.0),
)
def relu6(B, x):
    """`min(max(x, 0), 6)`; the gradient at 0 and at 6 is 0."""
    return B.where(x >= 6, 6.0, B.relu(x))


@activation(
    kinks=[Kink((0.0,), (0.2,), (0.2, 1.0))],
    specials={inf: inf, -inf: -inf, nan: nan},
    samples=samples.unary(extremes=FAR, negative_slope=[0.2, 0.3]),
)
def leaky_relu(B, x, *, negative_slope=0.2):
    """`x` where positive, else `negative_slope * x`; the gradient at 0 is `negative_slope`."""
    return B.where(x > 0, x, x * negative_slope)


@activation(
    kinks=[Kink((0.0,), (1.0,), (1.0, 1.0))],
    specials={inf: inf, -inf: -1.0, nan: nan},
    samples=samples.unary(extremes=FAR, alpha=[1.0, 0.5]),
)
def elu(B, x, *, alpha=1.0):
    """`x` where positive, else `alpha * (exp(x) - 1)` (Clevert et al., 2016); the gradient at 0 is `alpha`."""
    below = B.expm1(B.where(x > 0, 0.0, x))
    return B.where(x > 0, x, below if alpha == 1.0 else below * alpha)


@activation(
    kinks=[Kink((0.0,), (1.0,), (1.0, 1.0))],
    specials={inf: inf, -inf: -1.0, nan: nan},
    samples=samples.unary(extremes=(-1e30, 1e30, *FAR), alpha=[1.0, 0.5]),
    refusals=(Refusal((np.ones(3),), attrs={"alpha": 0.0}),),
)
def celu(B, x, *, alpha=1.0):
    """`x` where positive, else `alpha * (exp(x / alpha) - 1)` (Barron, 2017); the gradient at 0 is 1.

    Raises ValueError for an `alpha` of 0.
    """
    if alpha == 0:
        raise ValueError("celu: alpha divides x, so it is not 0, got 0; for max(x, 0) use relu")
    return B.where(x > 0, x, B.expm1(B.where(x > 0, 0.0, x) / alpha) * alpha)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


@activation(
    kinks=[Kink((0.0,), (SELU_SCALE * SELU_ALPHA,), (SELU_SCALE, SELU_SCALE * SELU_ALPHA))],
    specials={inf: inf, nan: nan},
    samples=samples.unary(extremes=FAR),
)
def selu(B, x):
    """`scale * elu(x, alpha)` with the fixed point's constants (Klambauer et al., 2017)."""
    return B.elu(x, alpha=SELU_ALPHA) * SELU_SCALE


def _one_sided(B, x):
    return 1.0 / (B.exp(-x) + 1.0)


@activation(
    kinks=smooth,
    specials={inf: 1.0, -inf: 0.0, nan: nan, 0.0: 0.5},
    samples=samples.unary(extremes=(-80.0, *FAR)),
    vjp=lambda B, g, y, x: g * y * (1.0 - y),
    alternatives=(_one_sided,),
)
def sigmoid(B, x):
    """`1 / (1 + exp(-x))`, without overflow."""
    z = B.exp(B.where(x >= 0, -x, x))
    return B.where(x >= 0, 1.0, z) / (z + 1.0)


@activation(
    kinks=smooth,
    specials={inf: inf, -inf: 0.0, nan: nan},
    samples=samples.unary(extremes=(-80.0, 1e4, *FAR)),
    vjp=lambda B, g, y, x: g * B.sigmoid(x),
)
def softplus(B, x):
    """`log(1 + exp(x))`, without overflow."""
    return B.where(x >= 0, x, 0.0) + B.log1p(B.exp(B.where(x >= 0, -x, x)))


@activation(
    kinks=smooth,
    specials={inf: 0.0, -inf: -inf, nan: nan},
    samples=samples.unary(extremes=(-1e4, 80.0, *FAR)),
)
def log_sigmoid(B, x):
    """`log(sigmoid(x))`, as `-softplus(-x)`, without overflow."""
    return -B.softplus(-x)


@activation(
    kinks=smooth,
    specials={inf: inf, -inf: 0.0, nan: nan, 0.0: 1.0},
    samples=samples.unary(extremes=(-1e30, 1e30, -1e4, *FAR), b=[4, 0.25]),
    refusals=(Refusal((np.ones(3),), attrs={"b": -1.0}),),
)
def squareplus(B, x, *, b=4):
    """`(x + sqrt(x * x + b)) / 2` (Barron, 2021); `b`, not negative, says how wide the bend is.

    Where x is negative it is computed as `b / 2 / (sqrt(x * x + b) - x)`, which does not cancel.
    """
    if b < 0:
        raise ValueError(f"squareplus: b is not negative, got {b}")
    if b == 0:
        return B.relu(x)
    b = float(b)
    unit = B.stop_gradient(B.where(B.absolute(x) > 1.0, B.absolute(x), 1.0))
    unit = B.where(B.isfinite(unit), unit, 1.0)  # the root does not depend on it, x * x does not overflow
    z = x / unit
    root = B.sqrt(z * z + b / unit / unit) * unit
    above = x > 0
    return B.where(above, (x + root) * 0.5, b * 0.5 / B.where(above, 1.0, root - x))


@activation(kinks=smooth, specials={inf: inf, nan: nan}, samples=samples.unary(extremes=FAR))
def silu(B, x):
    """`x * sigmoid(x)`, also called swish (Hendrycks & Gimpel, 2016)."""
    return x * B.sigmoid(x)


swish = alias("swish", silu)


@activation(kinks=smooth, specials={inf: inf, nan: nan, 0.0: 0.0}, samples=samples.unary(extremes=(-80.0, 1e4, *FAR)))
def mish(B, x):
    """`x * tanh(softplus(x))` (Misra, 2019)."""
    return x * B.tanh(B.softplus(x))


@activation(kinks=smooth, specials={nan: nan, 0.0: 0.0}, samples=samples.unary(extremes=FAR))
def softsign(B, x):
    """`x / (1 + |x|)`."""
    return x / (B.absolute(x) + 1.0)


@activation(
    kinks=[Kink((-3.0,), (0.0,), (0.0, 1 / 6)), Kink((3.0,), (0.0,), (0.0, 1 / 6))],
    specials={inf: 1.0, -inf: 0.0, nan: nan},
    samples=samples.unary(low=-4.0, high=4.0),
)
def hard_sigmoid(B, x):
    """`relu6(x + 3) / 6`."""
    return B.relu6(x + 3.0) * (1 / 6)


@activation(
    kinks=[Kink((-3.0,), (0.0,), (-0.5, 0.0)), Kink((3.0,), (1.0,), (1.0, 1.5))],
    specials={inf: inf, -inf: 0.0, nan: nan},
    samples=samples.unary(low=-4.0, high=4.0, extremes=(-1e30, 1e30, -1e-6, 1e-6)),
)
def hard_silu(B, x):
    """`x * hard_sigmoid(x)` (Howard et al., 2019), 0 at -inf; the gradient at -3 is 0, at 3 it is 1."""
    return B.where(x <= -3.0, 0.0, x) * B.hard_sigmoid(x)


hard_swish = alias("hard_swish", hard_silu)


@activation(
    kinks=[Kink((1.0,), (1.0,), (0.0, 1.0)), Kink((-1.0,), (1.0,), (0.0, 1.0))],
    specials={inf: 1.0, -inf: -1.0, nan: nan},
    samples=samples.unary(),
)
def hard_tanh(B, x):
    """`x` held within [-1, 1]; the gradient at the bounds is 1."""
    return B.clip(x, -1.0, 1.0)


@composed(kinks=smooth, specials={inf: inf, -inf: -inf, nan: nan}, samples=samples.unary())
def linear(B, x):
    """`x` itself."""
    return x


@activation(
    kinks=smooth,
    specials={inf: inf, nan: nan},
    samples=samples.unary(extremes=(-5.0, *FAR), approximate=[True, False]),
)
def gelu(B, x, *, approximate=True):
    """`x * P(X <= x)` for a standard normal X (Hendrycks & Gimpel, 2016), or its approximation by tanh."""
    z = x * (x * x * 0.044715 + 1.0) * 1.5957691216057308  # 2 sqrt(2 / pi), as sigmoid(2 z) is (1 + tanh(z)) / 2
    return x * (B.sigmoid(z) if approximate else B.erfc(x * -0.7071067811865476) * 0.5)
