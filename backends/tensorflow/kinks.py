"""TensorFlow's own forward with the spec's gradient, where the two disagree."""

import functools
import math

import tensorflow as tf

from kcompat.runtime.registry import load
from kcompat.spec import OPS, Joint
from kcompat.spec.calculus import unbroadcast


@functools.cache
def interpreter():
    """Give the interpreter of this backend, which runs the rules; it exists only after the ops are loaded."""
    return load("tensorflow")


def apart(x):
    """The same tensor, which a graph does not join with what computed it.

    oneDNN's kernels for a product or a convolution followed by relu give 0 for NaN.
    """
    return x if tf.executing_eagerly() or not x.dtype.is_floating else _snapshot(x)


@tf.custom_gradient
def _snapshot(x):
    return tf.raw_ops.Snapshot(input=x), tf.identity


def with_gradient(rule):
    """Give a function of tensors the pullback `rule(B, g, y, *tensors, **attrs)`, a tuple of cotangents.

    The rule is made of differentiable ops, so it has derivatives in turn.
    """

    def decorate(f):
        @functools.wraps(f)
        def call(*tensors, **attrs):
            @tf.custom_gradient
            def apply(*tensors):
                y = f(*tensors, **attrs)
                several = isinstance(y, tuple)
                return y, lambda *g: rule(interpreter(), g if several else g[0], y, *tensors, **attrs)

            return apply(*tensors)

        return call

    return decorate


def declared(f):
    """Give a function the VJP that the spec declares for the op of its name."""
    rules = OPS[f.__name__.rstrip("_")].vjp

    def pull(B, g, y, *tensors, **attrs):
        if isinstance(rules, Joint):
            return rules.rule(B, g, y, *tensors, **attrs)[: len(tensors)]
        return tuple(None if rule is None else rule(B, g, y, *tensors, **attrs) for rule in rules)

    return with_gradient(pull)(f)


def by_body(name):
    """The spec's body of a composed op, with the spec's gradient in place of that of the body."""
    op = OPS[name]

    def f(*tensors, **attrs):
        return op.body(interpreter(), *tensors, **attrs)

    f.__name__, f.__doc__ = name, op.doc
    vars(f)["__signature__"] = op.signature
    return declared(f)


def _shared(first_wins):
    """The pullback of a choice between two: all to the chosen one, half to each at a tie or at NaN."""

    def pull(B, g, y, x1, x2):
        first, second, half = first_wins(x1, x2), first_wins(x2, x1), g * 0.5
        none = tf.zeros((), g.dtype)
        g1 = tf.where(first, g, tf.where(second, none, half))
        g2 = tf.where(second, g, tf.where(first, none, half))
        return unbroadcast(B, g1, x1), unbroadcast(B, g2, x2)

    return pull


maximum = with_gradient(_shared(tf.greater))(lambda x1, x2: tf.maximum(x1, x2))
minimum = with_gradient(_shared(tf.less))(lambda x1, x2: tf.minimum(x1, x2))


def _clip_pull(B, g, y, x, x_min, x_max):
    below = tf.less(x, x_min)
    above = tf.greater(tf.where(below, x_min, x), x_max)
    below = tf.logical_and(below, tf.logical_not(above))
    none = tf.zeros((), g.dtype)
    to_max, to_min = tf.where(above, g, none), tf.where(below, g, none)
    to_x = tf.where(tf.logical_or(above, below), none, g)
    return unbroadcast(B, to_x, x), unbroadcast(B, to_min, x_min), unbroadcast(B, to_max, x_max)


@with_gradient(_clip_pull)
def clip(x, x_min, x_max):
    """`x` within bounds, the upper one last; NaN stays."""
    return tf.minimum(tf.maximum(x, x_min), x_max)


def _elu_pull(B, g, y, x, *, alpha):
    return (tf.raw_ops.EluGrad(gradients=g, outputs=y) if alpha == 1 else tf.where(x > 0, g, g * (y + alpha)),)


@with_gradient(_elu_pull)
def elu(x, *, alpha):
    """TensorFlow's own computes `exp(x) - 1`, which cancels near 0."""
    below = tf.math.expm1(tf.minimum(x, 0))
    return tf.nn.relu(x) + (below if alpha == 1 else below * alpha)


@declared
def softmax(x, *, axis):
    """TensorFlow's own gives 0 beside NaN; a NaN in the row makes the largest element NaN."""
    largest = tf.reduce_max(x, axis, keepdims=True)
    return tf.nn.softmax(x, axis) + (largest - largest)


@declared
def erfinv(x):
    """TensorFlow's own goes by way of `1 + x`, which loses what is small; near 0 the series has three terms."""
    wide = tf.cast(x, tf.float64)
    square = wide * wide
    near = wide * (math.sqrt(math.pi) / 2) * (1 + square * (math.pi / 12 + square * (7 * math.pi**2 / 480)))
    return tf.cast(tf.where(tf.abs(wide) < 1e-3, near, tf.math.erfinv(wide)), x.dtype)


@declared
def power(x1, x2):
    """TensorFlow's own gradient is NaN at `0 ** 0`."""
    return tf.pow(x1, x2)


@with_gradient(lambda B, g, y, x: (g,))
def rounded(x):
    """`x`, safe from fusion: without this XLA makes a fused multiply-add, with one rounding, of `a * b + c`.

    A product with 1 or -1 is exact, so it does not matter that this one is fused.
    """
    return tf.abs(x) * tf.sign(x)
