"""The interpreter of this backend, for natives that fall back on the spec's bodies and rules."""

import functools

from kcompat.runtime.registry import load
from kcompat.spec import OPS


@functools.cache
def interpreter():
    """The interpreter of this backend, which exists once the natives are loaded."""
    return load("jax")


def run_body(op, *tensors, **attrs):
    """What the spec's body of a composed op gives."""
    return OPS[op].body(interpreter(), *tensors, **attrs)
