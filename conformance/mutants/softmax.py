"""Mutants of `kcompat.spec.softmax`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp


@value("softmax", "without subtracting the maximum")
def _(x, *, axis=-1):
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


@value("softmax", "axis ignored")
def _(x, *, axis=-1):
    return honest("softmax")(x, axis=-1)


edited(
    "softmax",
    "1e-7 added to the sum",
    "B.sum(z, axis=axis, keepdims=True)",
    "(B.sum(z, axis=axis, keepdims=True) + 1e-7)",
)
vjp("softmax", "without the sum over the axis", (lambda B, g, y, x, *, axis=-1: y * (1.0 - y) * g,))
vjp(
    "softmax",
    "the sum over all axes",
    (lambda B, g, y, x, *, axis=-1: y * (g - B.sum(g * y)),),
)
edited(
    "log_softmax",
    "log(softmax(x))",
    "z - B.log(B.sum(B.exp(z), axis=axis, keepdims=True))",
    "B.log(B.softmax(x, axis=axis))",
)
edited("log_softmax", "1e-7 inside the logarithm", "B.log(B.sum(", "B.log(1e-7 + B.sum(")
vjp("log_softmax", "y for exp(y)", (lambda B, g, y, x, *, axis=-1: g - y * B.sum(g, axis=axis, keepdims=True),))
edited(
    "sparsemax",
    "the support of one more",
    "B.where(within, ranked, 0.0)",
    "B.where(B.greater(ranked, -1.0), ranked, 0.0)",
)
edited("sparsemax", "the rank from 0", "B.arange(start=1, stop=count[axis] + 1)", "B.arange(start=0, stop=count[axis])")
edited("glu", "halves exchanged", "a * B.sigmoid(b)", "b * B.sigmoid(a)")
edited("glu", "tanh for the gate", "B.sigmoid(b)", "B.tanh(b)")
