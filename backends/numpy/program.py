"""A train step as a flat NumPy program, which writes the new state over the old one."""

from __future__ import annotations

import collections
import contextvars
import functools
import itertools
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat.backends.numpy.compiler.compilation import compiled
from kcompat.backends.numpy.compiler.memory import owned
from kcompat.backends.numpy.denormals import flushed
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.program import Holder, Program, State

KEPT = 32
"""How many programs of one step are kept: each has memory of its own. Batches of further layouts run without one."""


class Buffers(Holder):
    """The state of a set of programs: arrays that stay the same, and what is written into them changes."""

    def __init__(self, state: State):
        super().__init__(state)
        self.lock = threading.RLock()
        """Held by the thread that runs a step: programs work on one memory."""
        self.quiet = contextvars.Context()
        """Where NumPy does not warn. Entering it costs a tenth of entering `np.errstate`."""
        self.quiet.run(np.errstate(all="ignore").__enter__)


class NumPyProgram(Program):
    """Traces the step once for each layout of a batch and runs what was emitted for it.

    Where a step cannot be traced, since it asks for the value of a tensor, it runs as it is. NumPy's warnings are
    off: `fit` itself says where a loss is no longer finite. Numbers below the smallest normal one become 0.
    An error in the middle of a step leaves a state of which some entries are new.
    """

    steps_at_once = 8
    holder: Buffers

    def __init__(self, B: Any, step: Callable[..., Any], state: State | Holder):
        super().__init__(B, step, state)
        self._emitted: dict[Any, tuple[State, Callable[..., Any] | None]] = {}

    def _hold(self, state: State) -> Buffers:
        return Buffers(owned(tree.map_leaves(self.B.engine.asarray, state)))

    def run(self, batch: Any) -> Any:
        """Do one step and give its logs."""
        leaves: list[Any] = []
        layout = _layout(batch, leaves)
        holder = self.holder
        with holder.lock:
            program = self._program(layout, batch, leaves)
            if program is None:
                return holder.quiet.run(flushed, self._run_eagerly, batch)
            return holder.quiet.run(flushed, program, *leaves)

    def run_many(self, batches: Any) -> Any:
        """See `Program.run_many`."""
        return self._run_rows(functools.partial(collections.deque, maxlen=1), batches)[0]

    def run_each(self, batches: Any) -> Any:
        """See `Program.run_each`."""
        return self._stacked(self._run_rows(list, batches))

    def _run_rows(self, collect: Callable[..., Any], batches: Any) -> Any:
        """What `collect` makes of the logs of a step on each slice of `batches`, which come as an iterator."""
        slices, rebuild = tree.flatten(batches)
        leaves: list[Any] = []
        _layout(batches, leaves)
        first: list[Any] = []
        batch = rebuild([x[0] for x in slices])
        layout = _layout(batch, first)
        holder = self.holder
        with holder.lock:
            program = self._program(layout, batch, first)
            if program is None:
                return collect(self.run(rebuild(list(row))) for row in zip(*slices, strict=True))
            return holder.quiet.run(flushed, collect, itertools.starmap(program, zip(*leaves, strict=True)))

    def _program(self, layout: Any, batch: Any, leaves: list[Any]) -> Callable[..., Any] | None:
        """What runs a batch of this layout; None if nothing but the step itself does."""
        state, program = self._emitted.get(layout, (None, None))
        return program if state is self.holder.state else self._emit(layout, batch, leaves)

    def _emit(self, layout: Any, batch: Any, leaves: list[Any]) -> Callable[..., Any] | None:
        program = None
        state = self.holder.state
        self._emitted = {known: made for known, made in self._emitted.items() if made[0] is state}
        arrays = all(isinstance(x, (np.ndarray, np.generic)) for x in leaves)
        if arrays and len(self._emitted) < KEPT:
            self.traces += 1
            try:
                program = self.holder.quiet.run(compiled, self.B, self.step, state, batch)
            except Exception:  # whatever it is, the step as it is gives the right result, or the right error
                program = None
            self._emitted[layout] = state, program
        return program

    def _run_eagerly(self, batch: Any) -> Any:
        with use(self.B):
            state, logs = self.step(self.holder.state, batch)
        logs = tree.map_leaves(lambda x: x.copy() if isinstance(x, np.ndarray) else x, logs)
        self._keep(state)
        return logs

    def _keep(self, state: State) -> None:
        """Write a state into the buffers where it fits, else let it have new ones."""
        old, new = self.holder.state, state._replace(**{k: dict(v) for k, v in state._asdict().items()})
        fits = [list(part) for part in old] == [list(part) for part in new] and all(
            _described(x) == _described(y)
            for before, after in zip(old, new, strict=True)
            for x, y in zip(before.values(), after.values(), strict=True)
        )
        if not fits:
            self.holder.state = owned(tree.map_leaves(self.B.engine.asarray, new))
            return
        pairs = [(x, y) for a, b in zip(old, new, strict=True) for x, y in zip(a.values(), b.values(), strict=True)]
        pairs = [(x, np.array(y)) for x, y in pairs if x is not y]  # copies: one may be another's old value
        for buffer, value in pairs:
            buffer[...] = value

    def replace(self, **parts: dict[str, Any]) -> None:
        """See `Program.replace`."""
        with self.holder.lock:
            state = self.holder.state
            values = {
                part: {
                    path: self.B.engine.asarray(x, self.B.dtype(getattr(state, part)[path])) for path, x in new.items()
                }
                for part, new in parts.items()
            }
            self._keep(state._replace(**{part: {**getattr(state, part), **new} for part, new in values.items()}))

    def state(self) -> State:
        """See `Program.state`."""
        with self.holder.lock:
            return super().state()


def _described(x: Any) -> Any:
    return (np.shape(x), np.asarray(x).dtype)


def _layout(batch: Any, leaves: list[Any]) -> Any:
    """The structure, shapes and dtypes of a batch. Its tensors go to `leaves`.

    They are contiguous, so that a program may look at them in other shapes.
    """
    kind = type(batch)
    if kind is np.ndarray:
        leaves.append(batch if batch.flags.c_contiguous else np.ascontiguousarray(batch))
        return batch.shape, batch.dtype
    if batch is None:
        return None
    if kind is tuple or kind is list:
        return (kind, *[_layout(x, leaves) for x in batch])
    if kind is dict:
        return (dict, *[(key, _layout(x, leaves)) for key, x in batch.items()])
    leaves.append(batch)
    return kind
