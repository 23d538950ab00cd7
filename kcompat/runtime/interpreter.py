"""An interpreter gives the ops of the spec a meaning over one kind of tensor."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from kcompat.spec import OPS

NATIVE, COMPOSED, MISSING = "native", "composed", "missing"


class Interpreter:
    """The ops as attributes, `B.matmul(x, y)`: the backend's own, else the spec's body, else an error on call.

    `support` says which of the three each op is. `engine` does what is not an op: conversion,
    differentiation, compilation, scan.
    """

    def __init__(self, name: str, native: Mapping[str, Callable[..., Any]], engine: Any):
        unknown = sorted(native.keys() - OPS.keys())
        if unknown:
            raise TypeError(
                f"backend {name!r} defines {', '.join(unknown)}, which the spec does not know; "
                "check the spelling, or start the name of a helper with an underscore"
            )
        self.name = name
        self.engine = engine
        self.native = native
        self.level = 0  # tapes count how many of them are stacked
        self.support: dict[str, str] = {}
        for op in OPS.values():
            if op.name in native:
                how, call = NATIVE, native[op.name]
            elif op.body is not None:
                how, call = COMPOSED, functools.partial(op.body, self)
            else:
                how, call = MISSING, functools.partial(_missing, name, op.name)
            self.support[op.name] = how
            setattr(self, op.name, engine.prepared(op.name, how, call))
        self.admit = engine.admit
        self.tensor_types: set[type] = engine.tensor_types
        self.tensor_type: type | None = engine.tensor_type
        self.dtype: Callable[[Any], str] = engine.dtype
        self.constant: Callable[..., Any] = engine.asarray
        self.scan = functools.partial(engine.scan, self)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name!r} is neither an op of the spec nor an attribute of the interpreter {self.name!r}")

    def __repr__(self) -> str:
        counts = {how: list(self.support.values()).count(how) for how in (NATIVE, COMPOSED, MISSING)}
        return f"<{self.name}: {', '.join(f'{n} {how}' for how, n in counts.items())}>"


def _missing(backend: str, op: str, *args: Any, **attrs: Any) -> Any:
    raise NotImplementedError(
        f"backend {backend!r} does not implement the primitive {op!r}; add a function {op!r} to its ops module"
    )
