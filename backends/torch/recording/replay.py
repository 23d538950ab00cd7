"""A recorded step as a program of torch's interpreter: no Python between the operators, no autograd, nothing unused.

The passes below change which tensors are made, never a value: the program gives bit for bit what the step gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch

from kcompat.backends.torch.recording.record import Call, Value, translated, values
from kcompat.backends.torch.recording.script import looped

_AUTOGRAD = torch._C.DispatchKeySet(torch._C.DispatchKey.ADInplaceOrView)
for _name in ("AutogradCPU", "AutogradCUDA", "AutogradOther"):
    _AUTOGRAD = _AUTOGRAD.add(getattr(torch._C.DispatchKey, _name))
_BINARY, _UNARY = ("add", "sub", "mul", "div"), ("relu", "neg", "exp", "expm1", "log", "sqrt", "tanh", "sigmoid")
_IN_PLACE = {getattr(torch.ops.aten, n).Tensor: getattr(torch.ops.aten, f"{n}_").Tensor for n in _BINARY}
_IN_PLACE |= {getattr(torch.ops.aten, n).default: getattr(torch.ops.aten, f"{n}_").default for n in _UNARY}
"""Elementwise operators, and the same ones writing to their first operand."""
_SCALINGS = {torch.ops.aten.mul.Tensor, torch.ops.aten.div.Tensor}


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
        calls, results = in_dying_memory(without_unused(calls, in_place), inputs, in_place, count)
        self.changed = [i for i in range(count) if results[i] is not inputs[i]]
        given = [*(results[i] for i in self.changed), *results[count:]]
        used = {x for call in calls for x in values(call.args)} | set(given)
        written = {x.memory for call in calls for x in call.written}
        self.updated = {i for i in range(count) if inputs[i].memory in written}
        kept = [i for i in range(count) if i not in self.changed and inputs[i] in used]
        of_batch = [i for i in range(count, len(inputs)) if inputs[i] in used]
        self._of_state, self._of_batch = [*self.changed, *kept], [i - count for i in of_batch]
        carried, held, batch = ([inputs[i] for i in part] for part in (self.changed, kept, of_batch))
        self._function = looped(calls, carried, held, batch, given)

    def __call__(self, state: list[torch.Tensor], batches: Sequence[torch.Tensor], start: int, stop: int) -> list[Any]:
        """Run it on one batch after the other, of stacked ones those in a range, bringing `state` up to date.

        Gives a list for each output: its values after each step.
        """
        grad = torch.is_grad_enabled()
        with torch._C._ExcludeDispatchKeyGuard(_AUTOGRAD):
            optimizes = torch._C._get_graph_executor_optimize(False)  # it would fuse operators, and round differently
            torch._C._set_grad_enabled(True)  # else oneDNN keeps nothing for the gradient
            try:
                given = [state[i] for i in self._of_state], [batches[i] for i in self._of_batch]
                results = self._function(stop - start, start, *given[0], *given[1])
            finally:
                torch._C._set_grad_enabled(grad)
                torch._C._set_graph_executor_optimize(optimizes)
        for i, x in zip(self.changed, results, strict=False):
            state[i] = x
        return list(results[len(self.changed) :])


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


def in_dying_memory(
    calls: list[Call], inputs: list[Value], results: list[Value], count: int
) -> tuple[list[Call], list[Value]]:
    """An elementwise result is written over the first operand, if nobody needs that any more; times one, it is that.

    Of the inputs only those of the state, `count` of them, are written to, with their new values.
    """
    last_use = {x.memory: i for i, call in enumerate(calls) for x in values(call.args)}
    needed = Counter(x.memory for x in results)
    fixed = {x.memory for x in inputs}
    becomes = dict(zip(inputs[:count], results, strict=False))
    same: dict[Value, Value] = {}
    changed = []
    for i, call in enumerate(calls):
        if call.op in _IN_PLACE and isinstance(call.args[0], Value):
            x, others, y = call.args[0], call.args[1:], call.results[0]
            dead = last_use[x.memory] == i and not needed[x.memory] and x.constant is None
            free = x.memory not in fixed or becomes.get(x) is y
            overlap = any(other.memory == x.memory for other in values(others))
            if dead and free and not overlap and x.layout == y.layout and needed[y.memory] == (y in results):
                same[y] = same.get(x, x)
                if call.op in _SCALINGS and others == (1,):
                    continue
                call = call._replace(op=_IN_PLACE[call.op])
        changed.append(call)
    return _replaced(changed, same), [same.get(x, x) for x in results]
