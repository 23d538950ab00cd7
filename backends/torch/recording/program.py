"""A train step that runs by itself once or twice, and from then on as a recording of what it called.

The recording holds for batches of one layout. As under a compiler, what Python decides is decided when it is made.
A step that looks at values, or whose shapes depend on them, stays in Python, with the same result.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch

from kcompat.backends.torch.dtypes import readable
from kcompat.backends.torch.recording.recorder import Recorder
from kcompat.backends.torch.recording.replay import Recording, Replay
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.program import Entry, Holder, Program, State
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
        super().__init__(state)

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
        ours = set(map(id, self.tensors))
        self._foreign = {i for i, x in enumerate(tensors) if i in self._foreign or id(x) not in ours}
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

    def exchange(self, other: Cells, pairs: Sequence[tuple[int, int]]) -> None:
        """Exchange tensors of equal shapes and dtypes with another list, given by positions here and there."""
        for i, j in pairs:
            self.tensors[i], other.tensors[j] = other.tensors[j], self.tensors[i]
            here, there = i in self._foreign, j in other._foreign
            (self._foreign.add if there else self._foreign.discard)(i)
            (other._foreign.add if here else other._foreign.discard)(j)

    def own(self, positions: set[int]) -> None:
        """Copy what others may hold, at these positions, so that it can be written to."""
        if not self._foreign.isdisjoint(positions):
            for i in self._foreign & positions:
                self.tensors[i] = self.tensors[i].clone()
            self._foreign -= positions


class _Replays:
    """The replays of a recording, each compiled when it is first asked for."""

    def __init__(self, recording: Recording):
        self._recording = recording
        self.rebuild_logs = recording.rebuild_logs

    @functools.cached_property
    def with_logs(self) -> Replay:
        """Steps whose logs are wanted."""
        return Replay(self._recording)

    @functools.cached_property
    def silent(self) -> Replay:
        """Steps whose logs nobody reads."""
        return Replay(self._recording, logs=False)


class TorchProgram(Program):
    """Runs the step eagerly for the first batch of a layout, records it with the second, and replays that.

    The state is always that after a whole step, whatever operator raises: a step that Python runs gives it a new
    one, and what a replay guarantees is said there.
    """

    steps_at_once = 16
    holder: Cells

    def __init__(self, B: Any, step: Callable[..., Any], state: State | Holder):
        self.device = torch.get_default_device()
        self._outcomes: dict[Any, _Replays | str] = {}
        """What became of the recording of each layout: its replays, or the obstacle that keeps the step in Python."""
        self._warm: set[Any] = set()
        """The layouts whose first batch has run."""
        self._layout: Any = None
        super().__init__(B, step, state)

    def _hold(self, state: State) -> Cells:
        return Cells(tree.map_leaves(self._copied, state))

    def _copied(self, x: Any, dtype: str | None = None) -> torch.Tensor:
        """A tensor of the state, in memory of its own."""
        tensor = _plain(self.B.engine.asarray(x, dtype))
        return tensor.clone() if isinstance(x, torch.Tensor) else tensor

    def run(self, batch: Any) -> Any:
        """Do one step and give its logs, without waiting for them on a GPU."""
        leaves: list[Any] = []
        structure = _structure(batch, leaves)
        tensors = [self._borrow(x).unsqueeze(0) for x in leaves]
        with self.holder.lock:
            logs, replays = self._warm_up(structure, tensors, batch, 1)
            return logs[-1] if replays is None else self._replay_last(replays, tensors, 1)

    def run_many(self, batches: Any) -> Any:
        structure, tensors, count = self._stacked_tensors(batches)
        with self.holder.lock:
            logs, replays = self._warm_up(structure, tensors, batches, count)
            if replays is None:
                return logs[-1]
            if len(logs) < count - 1:
                self._replay(replays.silent, tensors, len(logs), count - 1)
            return self._replay_last(replays, tensors, count)

    def run_each(self, batches: Any) -> Any:
        structure, tensors, count = self._stacked_tensors(batches)
        with self.holder.lock:
            logs, replays = self._warm_up(structure, tensors, batches, count)
            if replays is not None:
                steps = self._replay(replays.with_logs, tensors, len(logs), count)
                if not logs:
                    return replays.rebuild_logs(list(map(torch.stack, steps)))
                logs += [replays.rebuild_logs(list(xs)) for xs in zip(*steps, strict=True)]
        return tree.map_leaves(lambda *xs: torch.stack([self.B.engine.asarray(x) for x in xs]), *logs)

    def _stacked_tensors(self, batches: Any) -> tuple[Any, list[torch.Tensor], int]:
        """What stacked batches are like besides their tensors, the tensors, and their number."""
        leaves: list[Any] = []
        structure = _structure(batches, leaves)
        tensors = [self._borrow(x) for x in leaves]
        return structure, tensors, len(tensors[0])

    def _borrow(self, x: Any) -> torch.Tensor:
        """The tensor of an entry of the batch; it shares the array's memory if it can."""
        if readable(x):
            x = torch.from_numpy(x)
            return x if self.device.type == "cpu" else x.to(self.device)
        return self.B.engine.asarray(x).detach()

    def _warm_up(
        self, structure: Any, batches: Sequence[torch.Tensor], like: Any, count: int
    ) -> tuple[list[Any], _Replays | None]:
        """Do the first steps on stacked batches, which Python has to run; `like` is a tree of their structure.

        Gives the logs of these, and the replays for the other steps, None if there are no others.
        """
        key = (structure, *[(x.shape[1:], x.dtype, x.stride()[1:]) for x in batches])
        logs: list[Any] = []
        while len(logs) < count:
            if self._layout is not self.holder.layout:
                self._layout = self.holder.layout
                self._outcomes.clear()
            outcome = self._outcomes.get(key)
            if isinstance(outcome, _Replays):
                self.obstacle = None
                return logs, outcome
            self.obstacle = outcome
            tensors = [x[len(logs)] for x in batches]
            batch = tree.flatten(like)[1](tensors)
            if outcome is not None or key not in self._warm:
                self._warm.add(key)
                logs.append(self._by_python(batch, tensors))
            else:
                logs.append(self._record(key, batch, tensors))
        return logs, None

    def _replay(
        self, replay: Replay, batches: Sequence[torch.Tensor], start: int, stop: int
    ) -> list[list[torch.Tensor]]:
        self.holder.own(replay.updated)
        return replay(self.holder.tensors, batches, start, stop)

    def _replay_last(self, replays: _Replays, batches: Sequence[torch.Tensor], count: int) -> Any:
        """The logs of a step on the last of so many batches."""
        steps = self._replay(replays.with_logs, batches, count - 1, count)
        return replays.rebuild_logs([x for (x,) in steps])

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
        outputs, rebuild_logs = tree.flatten(logs)
        results = [*(getattr(state, part).get(path) for part, path, *_ in layout), *outputs]
        self._keep(state, tensors)
        if self.holder.layout is not layout:
            recorder.report("the step changes the shape or the dtype of a tensor of the state")
        for x in results:
            if not isinstance(x, (torch.Tensor, *SCALARS)):
                recorder.report(f"the step gives {x!r}, which is no tensor")
        if recorder.obstacle is None:
            values = [recorder.value(self.B.engine.asarray(x)) for x in results]
        self.obstacle = recorder.obstacle
        if self.obstacle is None:
            count = len(layout)
            recording = Recording(recorder.calls, recorder.inputs, values[:count], values[count:], rebuild_logs)
            self._outcomes[key] = _Replays(recording)
            self.traces += 1
        else:
            self._outcomes[key] = self.obstacle
        return logs

    def replace(self, **parts: dict[str, Any]) -> None:
        """Put copies of other values in place of entries of the state's parts."""
        holder, new = self.holder, {}
        with holder.lock:
            for part, values in parts.items():
                for path, x in values.items():
                    i = holder.positions[part, path]
                    new[i] = self._copied(x, self.B.engine.dtype(holder.tensors[i]))
            holder.put(new)

    def take_over(self, other: Program, entries: Mapping[Entry, Entry]) -> None:
        """Exchange tensors with the other program: none is copied, and each has one holder that may write to it."""
        theirs = cast("Cells", other.holder)
        self.holder.exchange(
            theirs, [(self.holder.positions[place], theirs.positions[entry]) for place, entry in entries.items()]
        )

    def state(self) -> State:
        with self.holder.lock:
            return super().state()


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
