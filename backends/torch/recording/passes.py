"""Rewrites of recorded calls, before they are replayed. They change which tensors are made, never a value."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch

from kcompat.backends.torch.recording.recorder import Call, Value, map_args, values

_BINARY, _UNARY = ("add", "sub", "mul", "div"), ("relu", "neg", "exp", "expm1", "log", "sqrt", "tanh", "sigmoid")
_IN_PLACE = {getattr(torch.ops.aten, n).Tensor: getattr(torch.ops.aten, f"{n}_").Tensor for n in _BINARY}
_IN_PLACE |= {getattr(torch.ops.aten, n).default: getattr(torch.ops.aten, f"{n}_").default for n in _UNARY}
"""Elementwise operators, and the same ones writing to their first operand."""
_SCALINGS = {torch.ops.aten.mul.Tensor, torch.ops.aten.div.Tensor}

_HARMLESS = ("aten::_foreach_", "aten::_fused_", "aten::_to_copy", "aten::copy_", "aten::fill_", "aten::full")
"""Operators on all elements alike that torch does not tag as such."""

_GENERATOR = 0
"""Stands for torch's random generator among the memories that calls read and write; those of tensors count from 1."""


def without_views(calls: list[Call], results: list[Value]) -> tuple[list[Call], list[Value]]:
    """Leave out calls that give their argument as it is, such as `detach`, and those that give constants."""
    written = {x.memory for call in calls for x in call.written}
    replaced: dict[Value, Value] = {}
    kept = []
    for call in calls:
        outputs = list(values(call.results))
        if outputs and all(x.constant is not None and x.memory not in written for x in outputs):
            continue
        source = call.args[0] if call.args else None
        if isinstance(source, Value) and len(outputs) == 1 and not call.written:
            (output,) = outputs
            if (output.memory, output.layout) == (source.memory, source.layout):
                replaced[output] = replaced.get(source, source)
                continue
        kept.append(call)
    return _with_values(kept, replaced), [replaced.get(x, x) for x in results]


def without_copies(
    calls: list[Call], state: list[Value], results: list[Value], writable: set[Value]
) -> tuple[list[Call], list[Value]]:
    """Leave out copies of writable tensors of the state that become their next values, if nothing reads the old ones.

    Optimizers write to copies of the parameters and moments; without these they write to the state.
    """
    last_use = _last_uses(calls)
    needed = Counter(x.memory for x in results)
    views = Counter(x.memory for x in {x for call in calls for x in values(call.results)})
    next_value = dict(zip(state, results, strict=False))
    replaced: dict[Value, Value] = {}
    kept = []
    for i, call in enumerate(calls):
        if call.op is torch.ops.aten.clone.default:
            source: Value = call.args[0]
            copy: Value = call.results[0]
            dies = last_use[source.memory] == i and not needed[source.memory]
            alone = views[copy.memory] == needed[copy.memory] == 1
            becomes = source in writable and next_value.get(source) is copy
            if dies and alone and becomes and source.layout == copy.layout:
                replaced[copy] = source
                continue
        kept.append(call)
    return _with_values(kept, replaced), [replaced.get(x, x) for x in results]


def without_unused(calls: list[Call], results: list[Value]) -> list[Call]:
    """Leave out calls whose results nothing reads, unless they write to a tensor or draw random numbers."""
    needed = set(results)
    kept = []
    for call in reversed(calls):
        if call.written or call.draws or any(x in needed for x in values(call.results)):
            needed.update(values(call.args))
            kept.append(call)
    return kept[::-1]


def in_dying_memory(
    calls: list[Call], inputs: list[Value], results: list[Value], writable: set[Value]
) -> tuple[list[Call], list[Value]]:
    """Write elementwise results over their first operand, if nothing reads it afterwards; leave out products with 1.

    Of the inputs, which begin with the state, only writable ones are written over, each by its own next value.
    """
    last_use = _last_uses(calls)
    needed = Counter(x.memory for x in results)
    fixed = {x.memory for x in inputs}
    next_value = dict(zip(inputs, results, strict=False))
    replaced: dict[Value, Value] = {}
    rewritten = []
    for i, call in enumerate(calls):
        if call.op in _IN_PLACE and isinstance(call.args[0], Value):
            x, others, y = call.args[0], call.args[1:], call.results[0]
            dies = last_use[x.memory] == i and not needed[x.memory] and x.constant is None
            free = x.memory not in fixed or (x in writable and next_value.get(x) is y)
            overlaps = any(other.memory == x.memory for other in values(others))
            if dies and free and not overlaps and x.layout == y.layout and needed[y.memory] == (y in results):
                replaced[y] = replaced.get(x, x)
                if call.op in _SCALINGS and others == (1,):
                    continue
                call = call._replace(op=_IN_PLACE[call.op])
        rewritten.append(call)
    moved = {y.memory: x.memory for y, x in replaced.items()}
    views = {x for call in rewritten for x in values((*call.args, *call.results)) if x.memory in moved}
    replaced |= {x: x.in_memory(moved[x.memory]) for x in views - replaced.keys()}
    return _with_values(rewritten, replaced), [replaced.get(x, x) for x in results]


def with_state_last(calls: list[Call], state: list[Value]) -> tuple[list[Call], list[Call]]:
    """Split the calls, in order, into those before the state is written to, and the others.

    The others are those that write to the state, and what has to stay behind one of these: reads and writes of memory
    that it writes to, writes to memory that it reads.
    """
    fixed = {x.memory for x in state}
    first, last = [], []
    read: set[int] = set()  # by the last calls
    written: set[int] = set()
    for call in calls:
        reads = {x.memory for x in values(call.args)}
        writes = {x.memory for x in call.written}
        if call.draws:
            writes.add(_GENERATOR)
        if writes & (fixed | read | written) or reads & written:
            last.append(call)
            read |= reads
            written |= writes | {x.memory for x in values(call.results)}
        else:
            first.append(call)
    return first, last


def endangered(last: list[Call], state: list[Value]) -> set[Value]:
    """The tensors of the state that the last calls write to before one that may raise."""
    written: set[int] = set()
    before: set[int] = set()
    for call in last:
        written |= {x.memory for x in call.written}
        if _may_raise(call):
            before |= written
    return {x for x in state if x.memory in before}


def _may_raise(call: Call) -> bool:
    """Whether an operator may raise for some values, as lookups and decompositions do."""
    schema = call.op._schema
    is_view = not call.written and any(x.alias_info for x in schema.returns)
    harmless = torch.Tag.pointwise in call.op.tags or torch.Tag.reduction in call.op.tags
    return not (harmless or is_view or schema.name.startswith(_HARMLESS))


def _last_uses(calls: list[Call]) -> dict[int, int]:
    """For each memory, the index of the last call that takes it."""
    return {x.memory: i for i, call in enumerate(calls) for x in values(call.args)}


def _with_values(calls: list[Call], new: dict[Value, Value]) -> list[Call]:
    """The same calls with other Values in place of some."""

    def replace(x: Any) -> Any:
        return new.get(x, x) if isinstance(x, Value) else x

    return [Call(call.op, map_args(replace, call.args), map_args(replace, call.results)) for call in calls]
