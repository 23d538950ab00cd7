"""A train step that runs by itself once or twice, and from then on as a recording of what it called.

The recording holds for batches of one layout. As under a compiler, what Python decides is decided when it is made.
A step that looks at values, or whose shapes depend on them, stays in Python, with the same result.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch

from kcompat.backends.torch.dtypes import readable
from kcompat.backends.torch.recording.record import Recorder, Value
from kcompat.backends.torch.recording.replay import Replay
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.program import Holder, Program, State
from kcompat.spec import SCALARS


class Cells(Holder):
    """The state as a list of contiguous tensors, in the order of `layout`.

    `layout` has for each its part of the state, path, shape and dtype; it is one object as long as it is equal.
    """

    def __init__(self, state: State):
        self.layout: tuple[Any, ...] = ()
        self.positions: dict[tuple[str, str], int] = {}
        self.tensors: list[torch.Tensor] = []
        self._foreign: set[int] = set()  # positions of tensors that others may hold, too
        self.state = state

    @property
    def state(self) -> State:
        """The tensors by part and path."""
        parts: dict[str, dict[str, torch.Tensor]] = {part: {} for part in State._fields}
        for (part, path, *_), x in zip(self.layout, self.tensors, strict=True):
            parts[part][path] = x
        return State(**parts)

    @state.setter
    def state(self, state: State) -> None:
        tensors = [_plain(x) for values in state for x in values.values()]
        paths = [(part, path) for part, values in zip(state._fields, state, strict=True) for path in values]
        layout = tuple((*path, x.shape, x.dtype) for path, x in zip(paths, tensors, strict=True))
        if layout != self.layout:
            self.layout, self.tensors = layout, []
            self.positions = {path: i for i, path in enumerate(paths)}
        known = set(map(id, self.tensors))
        self._foreign = {i for i, x in enumerate(tensors) if i in self._foreign or id(x) not in known}
        self.tensors = tensors

    def put(self, new: dict[int, torch.Tensor]) -> None:
        """Tensors in memory of their own, contiguous, by position."""
        layout = list(self.layout)
        for i, x in new.items():
            self.tensors[i] = x
            layout[i] = (*layout[i][:2], x.shape, x.dtype)
        self._foreign.difference_update(new)
        if tuple(layout) != self.layout:
            self.layout = tuple(layout)

    def own(self, positions: set[int]) -> None:
        """Copy what others may hold, at these positions, so that it can be written to."""
        if not self._foreign.isdisjoint(positions):
            for i in self._foreign & positions:
                self.tensors[i] = self.tensors[i].clone()
            self._foreign -= positions


class _Recorded:
    """What a step called, as a program."""

    def __init__(self, recorder: Recorder, state: list[Value], outputs: list[Value], logs: tree.Rebuild):
        self._parts = recorder.calls, recorder.inputs, state
        self.replay = Replay(*self._parts, outputs)
        self.logs = logs

    @functools.cached_property
    def silent(self) -> Replay:
        """The same without logs, and what only they need."""
        return Replay(*self._parts, [])


class TorchProgram(Program):
    """Runs the step eagerly for the first batch of a layout, records it with the second, and replays that."""

    steps_at_once = 16
    holder: Cells

    def __init__(self, B: Any, step: Callable[..., Any], state: State | Holder):
        self.device = torch.get_default_device()
        self._recorded: dict[Any, _Recorded | None] = {}  # None: by Python
        self._seen: set[Any] = set()
        self._layout: Any = None
        super().__init__(B, step, state)

    def _hold(self, state: State) -> Cells:
        return Cells(tree.map_leaves(self._copied, state))

    def _copied(self, x: Any, dtype: str | None = None) -> torch.Tensor:
        """A tensor of the state, in memory of its own."""
        made = _plain(self.B.engine.asarray(x, dtype))
        return made.clone() if isinstance(x, torch.Tensor) else made

    def run(self, batch: Any) -> Any:
        """Do one step and give its logs, without waiting for them on a GPU."""
        leaves: list[Any] = []
        structure = _structure(batch, leaves)
        tensors = [self._borrow(x).unsqueeze(0) for x in leaves]
        logs, recorded = self._begun(structure, tensors, batch, 1)
        return logs[-1] if recorded is None else self._last(recorded, tensors, 1)

    def run_many(self, batches: Any) -> Any:
        """See `Program.run_many`."""
        leaves: list[Any] = []
        structure = _structure(batches, leaves)
        tensors = [self._borrow(x) for x in leaves]
        count = len(tensors[0])
        logs, recorded = self._begun(structure, tensors, batches, count)
        if recorded is None:
            return logs[-1]
        if len(logs) < count - 1:
            self._replay(recorded.silent, tensors, len(logs), count - 1)
        return self._last(recorded, tensors, count)

    def run_each(self, batches: Any) -> Any:
        """See `Program.run_each`."""
        leaves: list[Any] = []
        structure = _structure(batches, leaves)
        tensors = [self._borrow(x) for x in leaves]
        count = len(tensors[0])
        logs, recorded = self._begun(structure, tensors, batches, count)
        if recorded is not None:
            outputs = self._replay(recorded.replay, tensors, len(logs), count)
            if not logs:
                return recorded.logs(list(map(torch.stack, outputs)))
            logs += [recorded.logs(list(xs)) for xs in zip(*outputs, strict=True)]
        return tree.map_leaves(lambda *xs: torch.stack([self.B.engine.asarray(x) for x in xs]), *logs)

    def _borrow(self, x: Any) -> torch.Tensor:
        """The tensor of an entry of the batch; it shares the array's memory if it can."""
        if readable(x):
            x = torch.from_numpy(x)
            return x if self.device.type == "cpu" else x.to(self.device)
        return self.B.engine.asarray(x).detach()

    def _begun(
        self, structure: Any, batches: Sequence[torch.Tensor], like: Any, count: int
    ) -> tuple[list[Any], _Recorded | None]:
        """The steps on stacked batches that Python has to run; `like` is a tree of their structure.

        Gives the logs of these, and the recording for the rest, None if there is no rest.
        """
        key = (structure, *[(x.shape[1:], x.dtype, x.stride()[1:]) for x in batches])
        logs: list[Any] = []
        while len(logs) < count:
            if self._layout is not self.holder.layout:
                self._layout = self.holder.layout
                self._recorded.clear()
            recorded = self._recorded.get(key)
            if recorded is not None:
                return logs, recorded
            tensors = [x[len(logs)] for x in batches]
            batch = tree.flatten(like)[1](tensors)
            if key in self._recorded or key not in self._seen:
                self._seen.add(key)
                logs.append(self._by_python(batch, tensors))
            else:
                logs.append(self._record(key, batch, tensors))
        return logs, None

    def _replay(self, replay: Replay, batches: Sequence[torch.Tensor], start: int, stop: int) -> list[Any]:
        self.holder.own(replay.updated)
        return replay(self.holder.tensors, batches, start, stop)

    def _last(self, recorded: _Recorded, batches: Sequence[torch.Tensor], count: int) -> Any:
        """The logs of a step on the last of so many batches."""
        return recorded.logs([x for (x,) in self._replay(recorded.replay, batches, count - 1, count)])

    def _by_python(self, batch: Any, tensors: Sequence[torch.Tensor]) -> Any:
        with torch.no_grad(), use(self.B):
            state, logs = self.step(self.holder.state, batch)
        self._keep(state, tensors)
        return logs

    def _keep(self, state: State, batch: Sequence[torch.Tensor]) -> None:
        """Make it the state; none of it is the batch, whose memory is the caller's."""
        borrowed = {x.untyped_storage()._cdata for x in batch}
        asarray = self.B.engine.asarray

        def kept(x: Any) -> torch.Tensor:
            x = asarray(x)
            return x.clone() if x.untyped_storage()._cdata in borrowed else x

        self.holder.state = tree.map_leaves(kept, state)

    def _record(self, key: Any, batch: Any, tensors: Sequence[torch.Tensor]) -> Any:
        """Run the step by Python, and keep what it does if that can be done again without."""
        layout = self.holder.layout
        recorder = Recorder([*self.holder.tensors, *tensors])
        with torch.no_grad(), use(self.B), recorder:
            state, logs = self.step(self.holder.state, batch)
        outputs, rebuild = tree.flatten(logs)
        new = [getattr(state, part).get(path) for part, path, *_ in layout]
        self._keep(state, tensors)
        self._recorded[key] = None
        if self.holder.layout is layout and all(isinstance(x, (torch.Tensor, *SCALARS)) for x in (*new, *outputs)):
            values = [recorder.value(self.B.engine.asarray(x)) for x in (*new, *outputs)]
            if recorder.obstacle is None:
                self._recorded[key] = _Recorded(recorder, values[: len(new)], values[len(new) :], rebuild)
                self.traces += 1
        return logs

    def replace(self, **parts: dict[str, Any]) -> None:
        """See `Program.replace`; tensors are copied."""
        held, new = self.holder, {}
        for part, values in parts.items():
            for path, x in values.items():
                i = held.positions[part, path]
                new[i] = self._copied(x, self.B.engine.dtype(held.tensors[i]))
        held.put(new)


def _plain(x: torch.Tensor) -> torch.Tensor:
    """The same values, contiguous and without a gradient; the same object if they are."""
    return (x.detach() if x.requires_grad else x).contiguous()


def _structure(batch: Any, leaves: list[Any]) -> Any:
    """What a tree is without its leaves, which are appended to a list."""
    if batch is None:
        return None
    if isinstance(batch, (tuple, list)):
        return (type(batch), *[_structure(x, leaves) for x in batch])
    if isinstance(batch, dict):
        return (dict, *batch, *[_structure(x, leaves) for x in batch.values()])
    leaves.append(batch)
    return True
