"""TensorFlow's own forward with the spec's gradient."""

import functools

import tensorflow as tf

from kcompat.backends.tensorflow.interpreter import interpreter, run_body
from kcompat.spec import OPS, Joint


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
    """Give a function, which may be private, the VJP that the spec declares for the op of its name."""
    rules = OPS[f.__name__.removeprefix("_")].vjp

    def pull(B, g, y, *tensors, **attrs):
        if isinstance(rules, Joint):
            return rules.rule(B, g, y, *tensors, **attrs)[: len(tensors)]
        return tuple(None if rule is None else rule(B, g, y, *tensors, **attrs) for rule in rules)

    return with_gradient(pull)(f)


def by_body(name):
    """The spec's body of a composed op, with the spec's gradient in place of that of the body."""
    op = OPS[name]

    def f(*tensors, **attrs):
        return run_body(name, *tensors, **attrs)

    f.__name__, f.__doc__ = name, op.doc
    vars(f)["__signature__"] = op.signature
    return declared(f)
