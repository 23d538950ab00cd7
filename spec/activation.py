"""Activations. Each is composed, so each works on a backend that has never heard of it."""

import functools

from kcompat.spec import _samples as samples
from kcompat.spec._op import Kink, Special, composed, smooth

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
    z = B.exp(-B.absolute(x))
    return B.where(x >= 0, 1.0, z) / (z + 1.0)


@activation(
    kinks=smooth,
    specials={inf: inf, -inf: 0.0, nan: nan},
    samples=samples.unary(extremes=(-80.0, 1e4, *FAR)),
    vjp=lambda B, g, y, x: g * B.sigmoid(x),
)
def softplus(B, x):
    """`log(1 + exp(x))`, without overflow."""
    return B.relu(x) + B.log1p(B.exp(-B.absolute(x)))


@activation(kinks=smooth, specials={inf: inf, nan: nan}, samples=samples.unary(extremes=FAR))
def silu(B, x):
    """`x * sigmoid(x)`, also called swish (Hendrycks & Gimpel, 2016)."""
    return x * B.sigmoid(x)


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
    specials=[Special(([0.0, -inf],), [1.0, 0.0]), Special(([nan, 0.0],), [nan, nan])],
    samples=samples.along_axis(),
    vjp=lambda B, g, y, x, *, axis=-1: y * (g - B.sum(g * y, axis=axis, keepdims=True)),
)
def softmax(B, x, *, axis=-1):
    """`exp(x) / sum(exp(x))` along `axis`, without overflow."""
    z = B.exp(x - B.stop_gradient(B.max(x, axis=axis, keepdims=True)))
    return z / B.sum(z, axis=axis, keepdims=True)


@activation(
    kinks=smooth,
    specials=[Special(([0.0, -inf],), [0.0, -inf]), Special(([nan, 0.0],), [nan, nan])],
    samples=samples.along_axis(),
    vjp=lambda B, g, y, x, *, axis=-1: g - B.exp(y) * B.sum(g, axis=axis, keepdims=True),
)
def log_softmax(B, x, *, axis=-1):
    """`log(softmax(x))` along `axis`, exact where softmax is tiny."""
    z = x - B.stop_gradient(B.max(x, axis=axis, keepdims=True))
    return z - B.log(B.sum(B.exp(z), axis=axis, keepdims=True))


@activation(kinks=smooth, specials={inf: inf, nan: nan}, samples=samples.unary(extremes=FAR, approximate=[True, False]))
def gelu(B, x, *, approximate=True):
    """`x * P(X <= x)` for a standard normal X (Hendrycks & Gimpel, 2016), or its approximation by tanh."""
    z = x * (x * x * 0.044715 + 1.0) * 1.5957691216057308  # 2 sqrt(2 / pi), as sigmoid(2 z) is (1 + tanh(z)) / 2
    return x * (B.sigmoid(z) if approximate else B.erfc(x * -0.7071067811865476) * 0.5)
