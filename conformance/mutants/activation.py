"""Mutants of `kcompat.spec.activation`."""

import numpy as np

from kcompat.conformance.mutants.mutation import body, edited, honest, value, vjp


@value("sigmoid", "naive: exp(x) / (1 + exp(x)), which overflows")
def _(x):
    return np.exp(x) / (1 + np.exp(x))


@value("sigmoid", "through tanh: (1 + tanh(x / 2)) / 2 loses the left tail")
def _(x):
    return (1 + np.tanh(x / 2)) / 2


@value("softplus", "naive: log(1 + exp(x))")
def _(x):
    return np.log(1 + np.exp(x))


@value("gelu", "tanh approximation where the exact one is asked for")
def _(x, *, approximate=True):
    return honest("gelu")(x, approximate=True)


@value("gelu", "approximate ignored: always exact")
def _(x, *, approximate=True):
    return honest("gelu")(x, approximate=False)


@value("leaky_relu", "another library's slope: 0.01")
def _(x, *, negative_slope=0.2):
    return np.where(x > 0, x, x * x.dtype.type(0.01))


vjp(
    "leaky_relu", "gradient 1 at 0", (lambda B, g, y, x, *, negative_slope=0.2: B.where(x >= 0, g, g * negative_slope),)
)
vjp("relu", "gradient 1 at 0", (lambda B, g, y, x: B.where(x >= 0, g, 0.0),))
vjp("relu", "cotangent squared", (lambda B, g, y, x: B.where(x > 0, g * g, 0.0),))
vjp("sigmoid", "y where y * (1 - y) is meant", (lambda B, g, y, x: g * y,))


@value("elu", "exp(x) - 1 for expm1(x)")
def _(x, *, alpha=1.0):
    return np.where(x > 0, x, (np.exp(np.minimum(x, 0)) - 1) * x.dtype.type(alpha))


@body("selu", "the scale left out for positive x")
def _(B, x):
    return B.where(x > 0, x, B.expm1(B.where(x > 0, 0.0, x)) * 1.7580993408473766)


edited("relu", "NaN becomes 0", "B.where(x <= 0, 0, x)", "0.0")
edited("relu6", "held at 6.5", "6.0, B.relu", "6.5, B.relu")
edited("celu", "alpha outside alone: that is elu", "B.where(x > 0, 0.0, x) / alpha", "B.where(x > 0, 0.0, x)")
edited("selu", "scale to five digits", "SELU_SCALE", "1.05070")
edited("selu", "alpha and scale exchanged", "alpha=SELU_ALPHA) * SELU_SCALE", "alpha=SELU_SCALE) * SELU_ALPHA")
edited("log_sigmoid", "naive: log(sigmoid(x))", "-B.softplus(-x)", "B.log(B.sigmoid(x))")
edited("squareplus", "b squared, as a width", "b = float(b)", "b = float(b * b)")
edited("silu", "beta 1.702: that is the fast gelu", "B.sigmoid(x)", "B.sigmoid(x * 1.702)")
edited("mish", "without tanh", "B.tanh(B.softplus(x))", "B.softplus(x)")
edited("softsign", "1 - |x|", "+ 1.0", "- 1.0")
edited(
    "hard_sigmoid", "the older one: clip(0.2 x + 0.5)", "B.relu6(x + 3.0) * (1 / 6)", "B.clip(x * 0.2 + 0.5, 0.0, 1.0)"
)
edited("hard_silu", "sixth to four digits", "B.hard_sigmoid(x)", "B.relu6(x + 3.0) * 0.1667")
edited("gelu", "tanh's constant to four digits", "0.044715", "0.0447")
edited("gelu", "sqrt(2 / pi) to five digits", "1.5957691216057308", "1.59577")
edited("gelu", "erf without the division by sqrt(2)", "x * -0.7071067811865476", "-x")
edited(
    "gelu", "1 + erf(x) cancels on the left", "B.erfc(x * -0.7071067811865476)", "(B.erf(x * 0.7071067811865476) + 1.0)"
)
vjp("softplus", "sigmoid of -x", (lambda B, g, y, x: g * B.sigmoid(-x),))
vjp("sigmoid", "computed from the wrong end: cotangent left out", (lambda B, g, y, x: y * (1.0 - y),))
