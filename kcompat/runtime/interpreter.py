"""An interpreter gives the ops of the spec a meaning over one kind of tensor."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kcompat.runtime.protocols import Function, ScanStep, Tensor, Tensors
from kcompat.spec import OPS

if TYPE_CHECKING:  # an interpreter is given its engine, and keeps the recorders that are built over it
    from kcompat.runtime.engine import Engine
    from kcompat.runtime.graph import Graph
    from kcompat.runtime.tape import Tape

NATIVE, COMPOSED, MISSING = "native", "composed", "missing"


class Interpreter:
    """The ops as attributes, `B.matmul(x, y)`: the backend's own, else the spec's body, else an error on call.

    `support` says which of the three each op is. `engine` does what is not an op: conversion,
    differentiation, compilation, scan.
    """

    def __init__(self, name: str, native: Mapping[str, Function], engine: Engine):
        unknown = sorted(native.keys() - OPS.keys())
        if unknown:
            raise TypeError(
                f"backend {name!r} defines {', '.join(unknown)}, which the spec does not know; "
                "check the spelling, or start the name of a helper with an underscore"
            )
        self.name = name
        self.engine = engine
        self.native = native
        self.level = 0
        """How many tapes are stacked up to here."""
        self.tape: Tape | None = None
        """The tape over this interpreter, once there is one: building it takes longer than a small gradient."""
        self.graph: Graph | None = None
        """The graph over this interpreter, kept for the same reason by the backend that compiles with it."""
        self.support: dict[str, str] = {}
        for op in OPS.values():
            if op.name in native:
                support, call = NATIVE, native[op.name]
            elif op.body is not None:
                support, call = COMPOSED, functools.partial(op.body, self)
            else:
                support, call = MISSING, functools.partial(_missing, name, op.name)
            self.support[op.name] = support
            setattr(self, op.name, engine.prepare(op.name, support, call))
        self.admit: Callable[[Any], Any] = engine.admit
        self.tensor_types: set[type] = engine.tensor_types
        self.tensor_type: type | None = engine.tensor_type
        self.dtype: Callable[[Any], str] = engine.dtype
        self.constant: Function = engine.asarray
        self.scan: Callable[..., tuple[Tensors, Tensors]] = functools.partial(engine.scan, self)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name!r} is neither an op of the spec nor an attribute of the interpreter {self.name!r}")

    def __repr__(self) -> str:
        counts = {kind: list(self.support.values()).count(kind) for kind in (NATIVE, COMPOSED, MISSING)}
        return f"<{self.name}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}>"


class Recorder(Interpreter):
    """An interpreter over another one, `base`, whose tensors remember what made them: a tape or a graph."""

    base: Interpreter
    tensor_type: type
    """The class of the tensors that remember."""

    def has_recorded(self, x: Any) -> bool:
        """Whether `x` is a tensor of this recorder."""
        raise NotImplementedError

    def value(self, x: Any) -> Any:
        """The tensor of `base` that a tensor of this recorder stands for; anything else as it is.

        Raises TypeError if it is not computed.
        """
        raise NotImplementedError

    def record_scan(
        self, f: ScanStep, init: Tensors, xs: Tensors, consts: Tensors, reverse: bool
    ) -> tuple[Tensors, Tensors]:
        """The results of a scan, recorded as one application."""
        raise NotImplementedError


def _missing(backend: str, op: str, *args: Tensor, **attrs: Any) -> Any:
    raise NotImplementedError(
        f"backend {backend!r} does not implement the primitive {op!r}; add a function {op!r} to its ops module"
    )
