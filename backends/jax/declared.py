"""JAX's own forward with the spec's gradient."""

import functools

import jax
from jax.custom_derivatives import SymbolicZero, custom_vjp_primal_tree_values

from kcompat.backends.jax.interpreter import interpreter, run_body
from kcompat.spec import OPS, Joint


def declared(f):
    """Give a function the VJP that the spec declares for the op of its name; it is made of differentiable ops."""
    rules = OPS[f.__name__].vjp

    @functools.wraps(f)
    def call(*tensors, **attrs):
        def forward(*tensors):
            if sparse:
                tensors = custom_vjp_primal_tree_values(tensors)
            y = apply(*tensors)  # not f: what is differentiated again goes by the rules again
            return y, (y, tensors)

        def backward(saved, g):
            y, tensors = saved
            B = interpreter()
            if isinstance(rules, Joint):
                g = tuple(None if isinstance(part, SymbolicZero) else part for part in g) if sparse else g
                return rules.rule(B, g, y, *tensors, **attrs)[: len(tensors)]
            return tuple(rule(B, g, y, *tensors, **attrs) for rule in rules)

        sparse = isinstance(rules, Joint) and rules.sparse
        apply = jax.custom_vjp(functools.partial(f, **attrs))
        apply.defvjp(forward, backward, symbolic_zeros=sparse)
        return apply(*tensors)

    return call


def by_body(name):
    """The spec's body of a composed op, with the spec's gradient in place of that of the body."""
    op = OPS[name]

    def f(*tensors, **attrs):
        return run_body(name, *tensors, **attrs)

    f.__name__, f.__doc__ = name, op.doc
    vars(f)["__signature__"] = op.signature
    return declared(f)
