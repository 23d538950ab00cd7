"""64 bits in a process whose JAX computes in 32: what they take part in runs in a context where JAX has them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from kcompat.runtime import tree
from kcompat.spec import floatx

_NAMES = ("int64", "uint64", "float64", "uint32")  # uint32 and a signed integer give int64
WIDE = frozenset({*_NAMES, *map(np.dtype, _NAMES)})
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
