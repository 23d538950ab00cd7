"""Ops as the spec composes them of other ops of this backend: for what a native op leaves to the spec."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from kcompat.runtime.interpreter import COMPOSED, Interpreter
from kcompat.runtime.registry import native_ops
from kcompat.spec import OPS


@functools.cache
def interpreter() -> Interpreter:
    """The interpreter of this backend, as its own ops may use it."""
    from kcompat.backends.numpy import engine, ops  # which need this module

    return Interpreter("numpy", native_ops(ops), engine)


@functools.cache
def composed(name: str) -> Callable[..., Any]:
    """The op of this name by its body in the spec."""
    B = interpreter()
    return B.engine.prepare(name, COMPOSED, functools.partial(OPS[name].body, B))
