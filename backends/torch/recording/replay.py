"""A recorded step, run again on other values: no Python between the operators, no autograd, nothing unused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from kcompat.backends.torch.recording import passes
from kcompat.backends.torch.recording.recorder import Call, Value, values
from kcompat.backends.torch.recording.script import compile_loop
from kcompat.runtime import tree

_AUTOGRAD = torch._C.DispatchKeySet(torch._C.DispatchKey.ADInplaceOrView)
for _name in ("AutogradCPU", "AutogradCUDA", "AutogradOther"):
    _AUTOGRAD = _AUTOGRAD.add(getattr(torch._C.DispatchKey, _name))


class Recording(NamedTuple):
    """What a step did: its calls in order, on the tensors of the state, then those of the batch.

    `new_state` has a tensor for each of the old state, `logs` are what the step gives besides.
    """

    calls: list[Call]
    inputs: list[Value]
    new_state: list[Value]
    logs: list[Value]
    rebuild_logs: tree.Rebuild


class Replay:
    """A recording as a function that writes the new state over the old one: bit for bit what the step would give.

    The state is written to last, when everything that may raise is computed. So an operator that raises, such as a
    lookup at an index out of range, leaves the state as the last whole step made it. The writes themselves are
    elementwise and fail only where torch has no memory left for an intermediate result. All this holds for pure
    steps; one that changes a tensor of the state by torch's own methods writes to it when it says so.

    With `logs=False` it leaves out the logs, and what only they need.
    """

    def __init__(self, recording: Recording, logs: bool = True):
        inputs, count = recording.inputs, len(recording.new_state)
        state = inputs[:count]
        outputs = recording.logs if logs else []
        calls, results = passes.without_views(recording.calls, [*recording.new_state, *outputs])
        first, last, results = _order(calls, inputs, state, results)
        updates = [(old, new) for old, new in zip(state, results, strict=False) if new is not old]
        read = {x for call in (*first, *last) for x in values(call.args)} | set(results[count:])
        read |= {x for update in updates for x in update}
        written = {x.memory for call in last for x in call.written} | {x.memory for x, _ in updates}
        self.updated = {i for i, x in enumerate(state) if x.memory in written}
        """The positions in the state of the tensors that a run writes to."""
        self._of_state = [i for i in range(count) if inputs[i] in read]
        self._of_batch = [i - count for i in range(count, len(inputs)) if inputs[i] in read]
        kept, batch = [inputs[i] for i in self._of_state], [inputs[count + i] for i in self._of_batch]
        self._function = compile_loop(first, last, kept, batch, updates, results[count:])

    def __call__(
        self, state: Sequence[torch.Tensor], batches: Sequence[torch.Tensor], start: int, stop: int
    ) -> list[list[torch.Tensor]]:
        """Do a step on each of the stacked batches in a range, bringing `state` up to date.

        Gives a list for each log: its values after each step, in memory that nothing else has.
        """
        grad = torch.is_grad_enabled()
        with torch._C._ExcludeDispatchKeyGuard(_AUTOGRAD):
            optimizes = torch._C._get_graph_executor_optimize(False)  # it would fuse operators, and round differently
            torch._C._set_grad_enabled(True)  # else oneDNN keeps nothing for the gradient
            try:
                kept, stacked = [state[i] for i in self._of_state], [batches[i] for i in self._of_batch]
                return list(self._function(stop - start, start, *kept, *stacked))
            finally:
                torch._C._set_grad_enabled(grad)
                torch._C._set_graph_executor_optimize(optimizes)


def _order(
    calls: list[Call], inputs: list[Value], state: list[Value], results: list[Value]
) -> tuple[list[Call], list[Call], list[Value]]:
    """The calls before the state is written to, the others, and the results: as much in place as is safe.

    A tensor of the state that would be written to before a call that may raise is not written to in place.
    """
    writable = set(state)
    while True:
        rewritten, new = passes.without_copies(calls, state, results, writable)
        rewritten = passes.without_unused(rewritten, new)
        rewritten, new = passes.in_dying_memory(rewritten, inputs, new, writable)
        first, last = passes.with_state_last(rewritten, state)
        endangered = writable & passes.endangered(last, state)
        if not endangered:
            return first, last, new
        writable -= endangered
