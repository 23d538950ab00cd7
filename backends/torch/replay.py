"""A recorded step as a program of torch's interpreter: no Python between the operators, no autograd, nothing unused.

The passes below change which tensors are made, never a value: the program gives bit for bit what the step gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch._C import Graph

from kcompat.backends.torch.dtypes import SCALARS
from kcompat.backends.torch.record import Call, Value, translated, values

_FORMATS = {torch.contiguous_format: 0, torch.preserve_format: 1, torch.channels_last: 2, torch.channels_last_3d: 3}
_AUTOGRAD = torch._C.DispatchKeySet(torch._C.DispatchKey.ADInplaceOrView)
for _name in ("AutogradCPU", "AutogradCUDA", "AutogradOther"):
    _AUTOGRAD = _AUTOGRAD.add(getattr(torch._C.DispatchKey, _name))
_BINARY, _UNARY = ("add", "sub", "mul", "div"), ("relu", "neg", "exp", "expm1", "log", "sqrt", "tanh", "sigmoid")
_IN_PLACE = {getattr(torch.ops.aten, n).Tensor: getattr(torch.ops.aten, f"{n}_").Tensor for n in _BINARY}
_IN_PLACE |= {getattr(torch.ops.aten, n).default: getattr(torch.ops.aten, f"{n}_").default for n in _UNARY}
"""Elementwise operators, and the same ones writing to their first operand."""


class Replay:
    """The calls of a step, to be run with other values.

    Args:
        calls: in order.
        inputs: the tensors of the state, then those of the batch.
        state: the new state, as many tensors as the old one has.
        outputs: what the step gives besides.

    A run writes to the tensors at the positions `updated` in the state, and gives new ones for those at `changed`.
    What it gives shares memory with nothing.
    """

    def __init__(self, calls: list[Call], inputs: list[Value], state: list[Value], outputs: list[Value]):
        count = len(state)
        calls, results = without_views(calls, [*state, *outputs])
        calls, in_place = without_copies(calls, inputs[:count], results)
        calls, results = in_dying_memory(without_unused(calls, in_place), inputs, in_place)
        self.changed = [i for i in range(count) if results[i] is not inputs[i]]
        given = [*(results[i] for i in self.changed), *results[count:]]
        used = {x for call in calls for x in values(call.args)} | set(given)
        written = {x.memory for call in calls for x in call.written}
        taken = [i for i, x in enumerate(inputs) if x in used]
        self._of_state, self._of_batch = [i for i in taken if i < count], [i - count for i in taken if i >= count]
        self.updated = {i for i in range(count) if inputs[i].memory in written}
        self._function = compiled(calls, [inputs[i] for i in taken], given, {x.memory for x in inputs})

    def __call__(self, state: list[torch.Tensor], batches: Iterable[Sequence[torch.Tensor]]) -> list[Any]:
        """Run it on one batch after the other, bringing `state` up to date; gives the outputs of each."""
        outputs: list[Any] = []
        function, changed = self._function, self.changed
        of_state, of_batch, count = self._of_state, self._of_batch, len(changed)
        grad = torch.is_grad_enabled()
        with torch._C._ExcludeDispatchKeyGuard(_AUTOGRAD):
            optimizes = torch._C._get_graph_executor_optimize(False)  # it would fuse operators, and round differently
            torch._C._set_grad_enabled(True)  # else oneDNN keeps nothing for the gradient
            try:
                for batch in batches:
                    results = function(*[state[i] for i in of_state], *[batch[i] for i in of_batch])
                    for i, x in zip(changed, results, strict=False):
                        state[i] = x
                    outputs.append(list(results[count:]))
            finally:
                torch._C._set_grad_enabled(grad)
                torch._C._set_graph_executor_optimize(optimizes)
        return outputs


def _replaced(calls: list[Call], new: dict[Value, Value]) -> list[Call]:
    return [
        Call(
            call.op,
            *(translated(lambda x: new.get(x, x) if isinstance(x, Value) else x, part) for part in call[1:]),
        )
        for call in calls
    ]


def without_views(calls: list[Call], results: list[Value]) -> tuple[list[Call], list[Value]]:
    """Without calls that give their argument as it is, such as `detach`, and those that give constants."""
    written = {x.memory for call in calls for x in call.written}
    same: dict[Value, Value] = {}
    kept = []
    for call in calls:
        given = list(values(call.results))
        if given and all(x.constant is not None and x.memory not in written for x in given):
            continue
        source = call.args[0] if call.args else None
        if isinstance(source, Value) and len(given) == 1 and not call.written:
            (result,) = given
            if (result.memory, result.layout) == (source.memory, source.layout):
                same[result] = same.get(source, source)
                continue
        kept.append(call)
    return _replaced(kept, same), [same.get(x, x) for x in results]


def without_copies(calls: list[Call], old: list[Value], results: list[Value]) -> tuple[list[Call], list[Value]]:
    """A copy of a tensor of the state that becomes its new value is the old tensor, if nobody needs that any more.

    So optimizers, which write to copies, update the state in place.
    """
    last_use = {x.memory: i for i, call in enumerate(calls) for x in values(call.args)}
    needed = Counter(x.memory for x in results)
    views = Counter(x.memory for x in {x for call in calls for x in values(call.results)})
    becomes = dict(zip(old, results, strict=False))
    same: dict[Value, Value] = {}
    kept = []
    for i, call in enumerate(calls):
        if call.op is torch.ops.aten.clone.default:
            source: Value = call.args[0]
            copy: Value = call.results[0]
            dead = last_use[source.memory] == i and not needed[source.memory]
            alone = views[copy.memory] == needed[copy.memory] == 1
            if dead and alone and becomes.get(source) is copy and source.layout == copy.layout:
                same[copy] = source
                continue
        kept.append(call)
    return _replaced(kept, same), [same.get(x, x) for x in results]


def without_unused(calls: list[Call], results: list[Value]) -> list[Call]:
    """Without calls whose results nobody needs; those that write, or draw random numbers, stay."""
    needed = set(results)
    kept = []
    for call in reversed(calls):
        if call.written or call.draws or any(x in needed for x in values(call.results)):
            needed.update(values(call.args))
            kept.append(call)
    return kept[::-1]


def in_dying_memory(calls: list[Call], inputs: list[Value], results: list[Value]) -> tuple[list[Call], list[Value]]:
    """An elementwise result is written over the first operand, if nobody needs that any more."""
    last_use = {x.memory: i for i, call in enumerate(calls) for x in values(call.args)}
    needed = Counter(x.memory for x in results)
    fixed = {x.memory for x in inputs}
    same: dict[Value, Value] = {}
    changed = []
    for i, call in enumerate(calls):
        if call.op in _IN_PLACE and isinstance(call.args[0], Value):
            x, others, y = call.args[0], call.args[1:], call.results[0]
            dead = last_use[x.memory] == i and not needed[x.memory] and x.memory not in fixed and x.constant is None
            overlap = any(other.memory == x.memory for other in values(others))
            if dead and not overlap and x.layout == y.layout and needed[y.memory] == (y in results):
                same[y] = same.get(x, x)
                call = call._replace(op=_IN_PLACE[call.op])
        changed.append(call)
    return _replaced(changed, same), [same.get(x, x) for x in results]


def as_tensor(x: Any, other: Any) -> Any:
    """A number as a tensor of rank 0 in the dtype of the other operand, where torch would make one at each call."""
    if type(x) in SCALARS and isinstance(other, Value):
        dtype = other.layout[0]
        whole = type(x) is int and abs(x) < 2**31 and dtype in (torch.int32, torch.int64)
        if whole or dtype in (torch.float32, torch.float64):
            return Value(constant := torch.tensor(x, dtype=dtype, device="cpu"), 0, constant)
    return x


def compiled(calls: list[Call], inputs: list[Value], results: list[Value], outside: set[int]) -> Any:
    """A function from `inputs` to `results`, contiguous, each in memory of its own, which is not `outside`."""
    graph: Any = Graph()  # torch's stubs know half of it
    tensor = torch.TensorType.get()
    nodes = {x: graph.addInput(f"input_{i}") for i, x in enumerate(inputs)}

    def node(x: Any, kind: Any) -> Any:
        if isinstance(kind, torch.OptionalType) and x is not None:
            kind = kind.getElementType()
        if isinstance(x, Value):
            if x not in nodes:
                nodes[x] = graph.insertConstant(x.constant)
            return nodes[x]
        if isinstance(x, list) and (not x or any(values(x))):
            return inserted("prim::ListConstruct", [node(e, kind.getElementType()) for e in x], [kind])[0]
        if isinstance(kind, torch.FloatType) and x is not None:
            x = float(x)
        return graph.insertConstant(_FORMATS.get(x, x) if isinstance(x, torch.memory_format) else x)

    def inserted(name: str, args: list[Any], kinds: list[Any]) -> list[Any]:
        made = graph.insertNode(graph.create(name, args, len(kinds)))
        outputs = list(made.outputs())
        for output, kind in zip(outputs, kinds, strict=True):
            output.setType(kind)
        return outputs

    def insert(call: Call) -> None:
        schema = call.op._schema
        given = zip(call.args, schema.arguments, strict=True)
        args = [node(as_tensor(x, call.args[0]) if spec.type is tensor else x, spec.type) for x, spec in given]
        outputs = inserted(schema.name, args, [spec.type for spec in schema.returns])
        for x, output in zip(call.results, outputs, strict=True):
            if isinstance(x, list):
                parts = inserted("prim::ListUnpack", [output], [tensor] * len(x))
                nodes.update((part, n) for part, n in zip(x, parts, strict=True) if part not in nodes)
            elif x is not None:
                nodes.setdefault(x, output)

    for call in calls:
        insert(call)
    seen = set(outside)
    for x in results:
        if x.memory in seen or x.constant is not None or not x.contiguous:
            copy = Value(torch.empty(0), 0)
            insert(Call(torch.ops.aten.clone.default, (x, torch.contiguous_format), (copy,)))
            x = copy
        else:
            seen.add(x.memory)
        graph.registerOutput(node(x, None))
    graph.makeMultiOutputIntoTuple()
    return torch._C._create_function_from_graph("step", graph)
