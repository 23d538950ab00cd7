"""The calls of a step as a function of TorchScript's interpreter, which does them again and again without Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from kcompat.backends.torch.dtypes import SCALARS
from kcompat.backends.torch.recording.recorder import Call, Value, values

_FORMATS = {torch.contiguous_format: 0, torch.preserve_format: 1, torch.channels_last: 2, torch.channels_last_3d: 3}
_TENSOR, _WHOLE, _TENSORS = torch.TensorType.get(), torch.IntType.get(), torch.ListType(torch.TensorType.get())


def compile_loop(
    first: Sequence[Call],
    last: Sequence[Call],
    kept: Sequence[Value],
    batch: Sequence[Value],
    updates: Sequence[tuple[Value, Value]],
    logs: Sequence[Value],
) -> Any:
    """Compile a function that does the `first` calls, the `last` ones and the updates, once for each batch.

    It takes how many times, the number of the first batch, the tensors `kept`, and for each tensor of `batch` all of
    its values, stacked. An update `(old, new)` copies a tensor into one of those kept.
    It gives a list for each of the `logs`, of contiguous tensors in memory of their own. What is the same each time
    is computed once.
    """
    graph = _Graph()
    once, first = hoist(first, kept, {x.memory for call in last for x in call.written} | {x.memory for x, _ in updates})
    times, start = graph.input(_WHOLE), graph.input(_WHOLE)
    graph.nodes.update({x: graph.input() for x in kept})
    stacks = [graph.input() for _ in batch]
    lists = [graph.insert("prim::ListConstruct", [], [_TENSORS])[0] for _ in logs]
    for call in once:
        graph.call(call)
    body, step = graph.loop(times)
    (number,) = graph.insert("aten::add", [start, step], [_WHOLE])
    for x, stack in zip(batch, stacks, strict=True):
        (graph.nodes[x],) = graph.insert("aten::select", [stack, graph.node(0), number], [_TENSOR])
    for call in (*first, *last):
        graph.call(call)
    shared = {x.memory for x in (*kept, *batch, *(x for call in once for x in values(call.results)))}
    for steps, x in zip(lists, graph.apart(logs, shared), strict=True):
        graph.insert("aten::append", [steps, graph.node(x)], [_TENSORS])
    old = {x.memory for x in kept}
    sources = [graph.copy(new) if new.memory in old else new for _, new in updates]  # one may be another's old value
    for (x, _), source in zip(updates, sources, strict=True):
        graph.call(Call(torch.ops.aten.copy_.default, (x, source, False), (x,)))
    body.registerOutput(graph.node(True))
    return graph.function(lists)


def hoist(calls: Sequence[Call], kept: Sequence[Value], written: set[int]) -> tuple[list[Call], list[Call]]:
    """Split calls into those that give the same at each step, and the others.

    The former depend on nothing but values that are kept as they are; `written` is the memory that is not.
    """
    written = written | {x.memory for call in calls for x in call.written}
    fixed = {x for x in kept if x.memory not in written}
    once, others = [], []
    for call in calls:
        same = all(x in fixed or x.constant is not None for x in values(call.args))
        if same and not call.draws and not any(x.memory in written for x in values((*call.args, *call.results))):
            fixed.update(values(call.results))
            once.append(call)
        else:
            others.append(call)
    return once, others


class _Graph:
    """A graph under construction; `nodes` has what stands for each Value in it."""

    def __init__(self) -> None:
        self.graph: Any = torch._C.Graph()  # torch's stubs know half of it
        self.nodes: dict[Value, Any] = {}

    def input(self, kind: Any = _TENSOR) -> Any:
        """One more argument of the function."""
        argument = self.graph.addInput()
        argument.setType(kind)
        return argument

    def insert(self, name: str, args: Sequence[Any], kinds: Sequence[Any]) -> list[Any]:
        """The results, of these types, of an operator on nodes."""
        node = self.graph.insertNode(self.graph.create(name, args, len(kinds)))
        outputs = list(node.outputs())
        for output, kind in zip(outputs, kinds, strict=True):
            output.setType(kind)
        return outputs

    def node(self, x: Any, kind: Any = None) -> Any:
        """A Value, a list, or something that is the same each time, as an argument of a type."""
        if isinstance(kind, torch.OptionalType) and x is not None:
            kind = kind.getElementType()
        if isinstance(x, Value):
            return self.nodes[x] if x in self.nodes else self.graph.insertConstant(x.constant)
        if isinstance(x, list) and (not x or any(values(x))):
            return self.insert("prim::ListConstruct", [self.node(e, kind.getElementType()) for e in x], [kind])[0]
        if isinstance(kind, torch.FloatType) and x is not None:
            x = float(x)
        return self.graph.insertConstant(_FORMATS.get(x, x) if isinstance(x, torch.memory_format) else x)

    def call(self, call: Call) -> None:
        """Add an operator, and its results to the nodes."""
        schema = call.op._schema
        pairs = zip(call.args, schema.arguments, strict=True)
        args = [self.node(as_tensor(x, call.args[0]) if a.type is _TENSOR else x, a.type) for x, a in pairs]
        outputs = self.insert(schema.name, args, [x.type for x in schema.returns])
        for x, output in zip(call.results, outputs, strict=True):
            if isinstance(x, list):
                parts = self.insert("prim::ListUnpack", [output], [_TENSOR] * len(x))
                self.nodes.update((part, n) for part, n in zip(x, parts, strict=True) if part not in self.nodes)
            elif x is not None:
                self.nodes.setdefault(x, output)

    def loop(self, times: Any) -> tuple[Any, Any]:
        """Begin a loop, in which all that follows is: its body, and the number of the round."""
        loop = self.graph.insertNode(self.graph.create("prim::Loop", [times, self.node(True)], 0))
        body = loop.addBlock()
        step = body.addInputToBlock()
        step.setType(_WHOLE)
        self.graph.setInsertPoint(body)
        return body, step

    def copy(self, x: Value) -> Value:
        """Add a contiguous copy of a tensor."""
        copy = Value(torch.empty(0), 0)
        self.call(Call(torch.ops.aten.clone.default, (x, torch.contiguous_format), (copy,)))
        return copy

    def apart(self, results: Sequence[Value], shared: set[int]) -> list[Value]:
        """The same tensors, copied where they are not contiguous, or their memory is shared or another's, too."""
        taken, separate = set(shared), []
        for x in results:
            own = x.memory not in taken and x.constant is None and x.contiguous
            taken.add(x.memory)
            separate.append(x if own else self.copy(x))
        return separate

    def function(self, outputs: Sequence[Any]) -> Any:
        """The function that gives these nodes as a tuple."""
        for x in outputs:
            self.graph.registerOutput(x)
        self.graph.makeMultiOutputIntoTuple()
        return torch._C._create_function_from_graph("step", self.graph)


def as_tensor(x: Any, other: Any) -> Any:
    """A number as a tensor of rank 0 in the dtype of the other operand, where torch would make one at each call."""
    if type(x) in SCALARS and isinstance(other, Value):
        dtype = other.layout[0]
        whole = type(x) is int and abs(x) < 2**31 and dtype in (torch.int32, torch.int64)
        if whole or dtype in (torch.float32, torch.float64):
            return Value(constant := torch.tensor(x, dtype=dtype, device="cpu"), 0, constant)
    return x
