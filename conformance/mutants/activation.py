"""Wrong activations."""

import numpy as np

from kcompat.conformance.mutation import body, honest, value, vjp


@value("sigmoid", "naive: 1 / (1 + exp(-x)) as exp(x) / (1 + exp(x)), which overflows")
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
vjp("tanh", "1 - y", (lambda B, g, y, x: g * (1.0 - y),))
vjp("sigmoid", "y where y * (1 - y) is meant", (lambda B, g, y, x: g * y,))


@value("elu", "exp(x) - 1 for expm1(x)")
def _(x, *, alpha=1.0):
    return np.where(x > 0, x, (np.exp(np.minimum(x, 0)) - 1) * x.dtype.type(alpha))


@body("selu", "the scale left out for positive x")
def _(B, x):
    return B.where(x > 0, x, B.expm1(B.where(x > 0, 0.0, x)) * 1.7580993408473766)


@value("tanh", "computed in half precision")
def _(x):
    return np.tanh(x.astype(np.float16)).astype(x.dtype)


@value("softmax", "without subtracting the maximum")
def _(x, *, axis=-1):
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


@value("softmax", "axis ignored")
def _(x, *, axis=-1):
    return honest("softmax")(x, axis=-1)
