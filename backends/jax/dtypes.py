"""Operands in the spec's dtypes, and 64 bits where JAX computes in 32.

What 64 bits take part in runs in a context where JAX has them.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kcompat.runtime import tree
from kcompat.spec import SCALARS, float_type, floatx

_NAMES = ("int64", "uint64", "float64", "uint32")  # uint32 and a signed integer give int64
WIDE = frozenset({*_NAMES, *map(np.dtype, _NAMES)})
_SINGLE = np.dtype(np.float32)
_scope: Any = jax.enable_x64


def is_wide(*trees: Any) -> bool:
    """Whether a tensor in one of the trees takes 64 bits, or a float would by default."""
    if floatx() in WIDE:
        return True
    return any(getattr(x, "dtype", None) in WIDE for x in tree.flatten(trees)[0])


def scope(wide: bool) -> Any:
    """A context in which JAX has 64 bits, if they are asked for."""
    return _scope(True) if wide else contextlib.nullcontext()


def in_64_bits(call: Callable[..., Any]) -> Callable[..., Any]:
    """An op that has 64 bits where a tensor, its `dtype`, or floatx says so; else it runs as it is."""
    config: Any = jax.config

    @functools.wraps(call)
    def run(*args: Any, **attrs: Any) -> Any:
        for x in args:
            if getattr(x, "dtype", None) in WIDE:
                break
        else:
            if attrs.get("dtype") not in WIDE and floatx() not in WIDE:
                return call(*args, **attrs)
        if config.jax_enable_x64:
            return call(*args, **attrs)
        with _scope(True):
            return call(*args, **attrs)

    return run


def in_dtype(dtype: str, *xs: Any) -> list[Any]:
    """Operands in the dtype that the spec gives their result; JAX's own rules differ with 64 bits and floatx.

    A Python scalar stays: JAX gives it the dtype of the tensor beside it, as the spec does.
    """
    if all(isinstance(x, SCALARS) for x in xs):
        return [jnp.asarray(x, dtype) for x in xs]
    return [x if isinstance(x, SCALARS) or x.dtype == dtype else x.astype(dtype) for x in xs]


def as_tensors(dtype: str, *xs: Any) -> list[jax.Array]:
    """Numbers and tensors as tensors of one dtype."""
    return [jnp.asarray(x, dtype) for x in xs]


def of_float(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` of floats: an integer tensor becomes floatx."""

    def call(x: Any) -> Any:
        if getattr(x, "dtype", None) is _SINGLE:  # as a rule, and asked fast
            return f(x)
        return f(*in_dtype(float_type(x), x))

    return call
