"""The ops over nodes of a graph: running a function once on them tells what it computes, and computes nothing.

What depends on no node is computed at once, by the interpreter below. Gradients are traced by putting the tape of
`kcompat.runtime.tape` over this interpreter. What needs the value of a node, such as a branch, raises `NotTraceable`.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Collection, Iterator
from typing import Any

from kcompat.runtime import shapes
from kcompat.runtime.engine import EngineOver
from kcompat.runtime.interpreter import Interpreter, Recorder
from kcompat.runtime.protocols import Function, ScanStep, Tensors
from kcompat.runtime.tape import Var
from kcompat.spec import OPS, Op, Operators, TensorSpec, as_dtype

LIMIT = 20_000
"""How many calls a graph may have: a loop that is unrolled for longer is not worth it."""

NO_VALUES = "a node of a graph has no values; use kcompat.ops with it"


class NotTraceable(TypeError):  # noqa: N818  (the function is no error: it runs as it is)
    """A function cannot be a graph: it asks for the value of a node, or makes more calls than a graph may have."""


class Call:
    """One application of an op to nodes, tensors of the interpreter below, and Python numbers."""

    __slots__ = ("args", "attrs", "op", "results", "single")

    def __init__(self, op: str, args: tuple[Any, ...], attrs: dict[str, Any]):
        self.op, self.args, self.attrs = op, args, attrs
        self.results: tuple[Node, ...] = ()
        self.single = True
        """Whether the op gives a tensor, not a tuple of them."""

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.results))} = {self.op}({', '.join(map(repr, self.args))}, {self.attrs})"


class Node(Operators):
    """A tensor of a graph: its shape and dtype, and the call that gives it (None for an input)."""

    __slots__ = ("call", "graph", "spec")

    def __init__(self, graph: Graph, spec: TensorSpec, call: Call | None = None):
        self.graph, self.spec, self.call = graph, spec, call

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self.spec.shape

    @property
    def dtype(self) -> str:
        """The name of the dtype."""
        return self.spec.dtype

    def _ops(self, other: Any = None) -> Any:
        return other.tape if type(other) is Var else self.graph

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if any(hasattr(k, "dtype") and as_dtype(k.dtype) == "bool" for k in keys):
            raise NotTraceable("which elements a mask chooses is not known in a graph; use kcompat.ops.where")
        return super().__getitem__(key)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NotTraceable(NO_VALUES)

    def __bool__(self) -> bool:
        raise NotTraceable("the truth of a node is not known in a graph; use kcompat.ops.where or cond")

    def _refuse_number(self) -> Any:
        raise NotTraceable("a node of a graph is no number; use kcompat.ops with it")

    __float__ = __int__ = __index__ = __complex__ = _refuse_number

    def __repr__(self) -> str:
        return f"Node({self.shape}, {self.dtype!r})"


class Trace:
    """The calls of one graph, in order, each different from the others."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.results: dict[Any, Any] = {}
        """What each call gave, by its op, arguments and attributes."""


_trace: contextvars.ContextVar[Trace] = contextvars.ContextVar("kcompat_trace")


@contextlib.contextmanager
def tracing() -> Iterator[Trace]:
    """Within the block calls on nodes are noted in the trace that it gives."""
    trace = Trace()
    token = _trace.set(trace)
    try:
        yield trace
    finally:
        _trace.reset(token)


class Graph(Recorder):
    """The interpreter whose tensors are nodes, over one that computes.

    Composed ops are expanded by their bodies, except those in `kept`.
    """

    tensor_type = Node

    def __init__(self, base: Interpreter, kept: Collection[str]):
        self.base = base
        table = {op.name: self._recorder(op) for op in OPS.values() if op.primitive or op.name in kept}
        super().__init__(f"graph({base.name})", table, GraphEngine(self, base.engine))

    def has_recorded(self, x: Any) -> bool:
        return type(x) is Node

    def value(self, x: Any) -> Any:
        if type(x) is Node:
            raise NotTraceable(NO_VALUES)
        return x

    def _recorder(self, op: Op) -> Function:
        name, compute, infer = op.name, getattr(self.base, op.name), getattr(shapes.interpreter, op.name)

        def call(*args: Any, **attrs: Any) -> Any:
            for x in args:
                if type(x) is Node:
                    return self.record(name, args, attrs, infer)
            return compute(*args, **attrs)

        return call

    def input(self, shape: tuple[int, ...], dtype: str) -> Node:
        """A node that nothing computes."""
        return Node(self, TensorSpec(shape, dtype))

    def record(self, op: str, args: tuple[Any, ...], attrs: dict[str, Any], infer: Function) -> Any:
        """The result of a call: that of an earlier one that was the same, or new nodes."""
        trace = _trace.get()
        key = (op, *[id(x) if hasattr(x, "dtype") else repr(x) for x in args], repr(attrs) if attrs else "")
        earlier = trace.results.get(key)
        if earlier is not None:
            return earlier
        if len(trace.calls) == LIMIT:
            raise NotTraceable(f"a graph of more than {LIMIT} calls; scan keeps a loop short")
        specs = infer(*map(spec_of, args), **attrs)
        call = Call(op, args, attrs)
        result: Any
        if isinstance(specs, TensorSpec):
            result = Node(self, specs, call)
            call.results = (result,)
        else:
            result = call.results = tuple(Node(self, spec, call) for spec in specs)
            call.single = False
        trace.calls.append(call)
        trace.results[key] = result
        return result

    def record_scan(
        self, f: ScanStep, init: Tensors, xs: Tensors, consts: Tensors, reverse: bool
    ) -> tuple[Tensors, Tensors]:
        """One call, whatever its length."""
        n, m = len(init), len(xs)

        def infer(*specs: Any, **attrs: Any) -> tuple[TensorSpec, ...]:
            del attrs
            carry, ys = shapes.interpreter.scan(f, specs[:n], specs[n : n + m], specs[n + m :])
            return (*carry, *ys)

        attrs = {"f": f, "counts": (n, m), "reverse": reverse}
        results = self.record("scan", (*init, *xs, *consts), attrs, infer)
        return results[:n], results[n:]


def spec_of(x: Any) -> Any:
    """The shape and dtype of a node or tensor; numbers, None and tuples of such as they are."""
    if type(x) is Node:
        return x.spec
    if isinstance(x, tuple):
        return tuple(map(spec_of, x))
    return TensorSpec(tuple(x.shape), as_dtype(x.dtype)) if hasattr(x, "dtype") else x


class GraphEngine(EngineOver):
    """The engine of a graph."""

    def native_random(self, B: Interpreter) -> Interpreter:
        """Refuse: the framework's own generator wants the values of a key."""
        raise NotTraceable("the framework's own generator is no op, and a graph has ops alone")
