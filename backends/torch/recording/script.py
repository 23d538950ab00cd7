"""The calls of a step as a function of torch's interpreter, which does them again and again without Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from kcompat.backends.torch.dtypes import SCALARS
from kcompat.backends.torch.recording.record import Call, Value, values

_FORMATS = {torch.contiguous_format: 0, torch.preserve_format: 1, torch.channels_last: 2, torch.channels_last_3d: 3}
_TENSOR, _WHOLE, _TENSORS = torch.TensorType.get(), torch.IntType.get(), torch.ListType(torch.TensorType.get())


def looped(
    calls: Sequence[Call],
    carried: Sequence[Value],
    kept: Sequence[Value],
    batch: Sequence[Value],
    results: Sequence[Value],
) -> Any:
    """A function that does the calls again and again.

    It takes how often, the number of the first batch, the first values of `carried`, those of `kept`, and for each of
    `batch` all values, stacked.
    The first results are the next values of `carried`. It gives the last of these, and a list for each other result;
    all are contiguous, each in memory of its own. What is the same each time is computed once.
    """
    graph = _Graph()
    count = len(carried)
    once, calls = split(calls, kept)
    times, start = graph.input(_WHOLE), graph.input(_WHOLE)
    first = [graph.input() for _ in carried]
    graph.nodes.update({x: graph.input() for x in kept})
    stacked = [graph.input() for _ in batch]
    lists = [graph.insert("prim::ListConstruct", [], [_TENSORS])[0] for _ in results[count:]]
    for call in once:
        graph.call(call)
    body, step, last = graph.loop(times, first, carried)
    (number,) = graph.insert("aten::add", [start, step], [_WHOLE])
    for x, all_ in zip(batch, stacked, strict=True):
        (graph.nodes[x],) = graph.insert("aten::select", [all_, graph.node(0), number], [_TENSOR])
    for call in calls:
        graph.call(call)
    shared = (*carried, *kept, *batch, *(x for call in once for x in values(call.results)))
    new = [graph.node(x) for x in graph.apart(results, {x.memory for x in shared})]
    for all_, x in zip(lists, new[count:], strict=True):
        graph.insert("aten::append", [all_, x], [_TENSORS])
    for x in (graph.node(True), *new[:count]):
        body.registerOutput(x)
    return graph.function([*last, *lists])


def split(calls: Sequence[Call], kept: Sequence[Value]) -> tuple[list[Call], list[Call]]:
    """The calls whose results depend on nothing but values that are kept as they are, and the others."""
    written = {x.memory for call in calls for x in call.written}
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
    """A graph under construction, and the nodes that its Values are."""

    def __init__(self) -> None:
        self.graph: Any = torch._C.Graph()  # torch's stubs know half of it
        self.nodes: dict[Value, Any] = {}

    def input(self, kind: Any = _TENSOR) -> Any:
        """One more argument of the function."""
        made = self.graph.addInput()
        made.setType(kind)
        return made

    def insert(self, name: str, args: Sequence[Any], kinds: Sequence[Any]) -> list[Any]:
        """The results, of these types, of an operator on nodes."""
        made = self.graph.insertNode(self.graph.create(name, args, len(kinds)))
        outputs = list(made.outputs())
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
        given = zip(call.args, schema.arguments, strict=True)
        args = [self.node(as_tensor(x, call.args[0]) if a.type is _TENSOR else x, a.type) for x, a in given]
        outputs = self.insert(schema.name, args, [x.type for x in schema.returns])
        for x, output in zip(call.results, outputs, strict=True):
            if isinstance(x, list):
                parts = self.insert("prim::ListUnpack", [output], [_TENSOR] * len(x))
                self.nodes.update((part, n) for part, n in zip(x, parts, strict=True) if part not in self.nodes)
            elif x is not None:
                self.nodes.setdefault(x, output)

    def loop(self, times: Any, first: Sequence[Any], carried: Sequence[Value]) -> tuple[Any, Any, list[Any]]:
        """A loop, in which all that follows is: its body, the number of the round, the last values of `carried`."""
        made = self.graph.insertNode(self.graph.create("prim::Loop", [times, self.node(True), *first], len(first)))
        body = made.addBlock()
        step = body.addInputToBlock()
        step.setType(_WHOLE)
        self.nodes.update({x: body.addInputToBlock() for x in carried})
        self.graph.setInsertPoint(body)
        return body, step, list(made.outputs())

    def apart(self, results: Sequence[Value], outside: set[int]) -> list[Value]:
        """The same tensors, copied where they are not contiguous, or share memory with others or with `outside`."""
        seen, found = set(outside), []
        for x in results:
            if x.memory in seen or x.constant is not None or not x.contiguous:
                copy = Value(torch.empty(0), 0)
                self.call(Call(torch.ops.aten.clone.default, (x, torch.contiguous_format), (copy,)))
                x = copy
            else:
                seen.add(x.memory)
            found.append(x)
        return found

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
