"""A train step as a flat NumPy program, which writes the new state over the old one."""

from __future__ import annotations

import collections
import contextvars
import functools
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from kcompat.backends.numpy.blas import on_one_thread
from kcompat.backends.numpy.compiler import UnsupportedStepError, compile_step
from kcompat.backends.numpy.compiler.memory import own
from kcompat.backends.numpy.denormals import without_denormals
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.program import Batch, Holder, Logs, Program, State, Step

KEPT = 32
"""How many programs of one step are kept: each has memory of its own. Batches of further layouts run without one."""


class Buffers(Holder):
    """The state of a set of programs: arrays that stay the same, and what is written into them changes."""

    def __init__(self, state: State):
        super().__init__(state)
        self.quiet = contextvars.Context()
        """Where NumPy does not warn. Entering it costs a tenth of entering `np.errstate`."""
        self.quiet.run(np.errstate(all="ignore").__enter__)


class Compiled(NamedTuple):
    """What became of the step for one layout of a batch."""

    state: State
    """The arrays that the program works on."""
    program: Callable[..., Any] | None
    """A function of the batch's leaves that does the step and gives the logs; None if there cannot be one."""
    obstacle: str | None
    """Why there cannot be one, or why a scan within it is not compiled."""


class NumPyProgram(Program):
    """Traces the step once for each layout of a batch and runs what was emitted for it.

    Where a step cannot be traced, since it asks for the value of a tensor, it runs as it is, and so does a scan within
    a program; `obstacle` then says why. NumPy's warnings are off: `fit` itself says where a loss is no longer finite.
    Numbers below the smallest normal one become 0.

    A step that raises leaves the state as it was before that step: of many steps in one call, as the last whole one
    left it. A step that runs as it is changes the state when all new values are there. A program overwrites the state
    only after the last op that is called as it is or by a plan, which may refuse its operands. What follows are views,
    ufuncs, sums and products, nearly all of them in memory that is there already. Two exceptions can still leave a
    state of which some entries are new: one for want of memory in what follows, such as for copies of logs that are
    large, and one from outside, such as from a signal handler, so keep signals away while a program runs.
    """

    steps_at_once = 8
    holder: Buffers

    def __init__(self, B: Interpreter, step: Step, state: State | Holder):
        super().__init__(B, step, state)
        self._by_layout: dict[Any, Compiled] = {}

    def _hold(self, state: State) -> Buffers:
        return Buffers(own(tree.map_leaves(self.B.engine.asarray, state)))

    def run(self, batch: Batch) -> Logs:
        """Do one step and give its logs."""
        leaves: list[Any] = []
        layout = _layout(batch, leaves)
        holder = self.holder
        with holder.lock:
            compiled = self._find(layout, batch, leaves)
            step = (self._run_eagerly, batch) if compiled.program is None else (compiled.program, *leaves)
            return on_one_thread(holder.quiet.run, without_denormals, *step)

    def run_many(self, batches: Batch) -> Logs:
        return self._run_rows(functools.partial(collections.deque, maxlen=1), batches)[0]

    def run_each(self, batches: Batch) -> Logs:
        return self._stacked(self._run_rows(list, batches))

    def _run_rows(self, collect: Callable[..., Any], batches: Batch) -> Logs:
        """Give `collect` an iterator that does a step on each slice of `batches` and gives its logs."""
        slices, rebuild = tree.flatten(batches)
        leaves: list[Any] = []
        _layout(batches, leaves)
        first: list[Any] = []
        batch = rebuild([x[0] for x in slices])
        layout = _layout(batch, first)
        holder = self.holder
        with holder.lock:
            compiled = self._find(layout, batch, first)
            if compiled.program is None:
                return collect(self.run(rebuild(list(row))) for row in zip(*slices, strict=True))
            steps = itertools.starmap(compiled.program, zip(*leaves, strict=True))
            return on_one_thread(holder.quiet.run, without_denormals, collect, steps)

    def compiled(self) -> list[Compiled]:
        """What became of the step for each layout of a batch so far."""
        return list(self._by_layout.values())

    def _find(self, layout: Any, batch: Batch, leaves: list[Any]) -> Compiled:
        """What became of the step for a batch of this layout."""
        compiled = self._by_layout.get(layout)
        if compiled is None or compiled.state is not self.holder.state:
            compiled = self._compile(layout, batch, leaves)
        self.obstacle = compiled.obstacle
        return compiled

    def _compile(self, layout: Any, batch: Batch, leaves: list[Any]) -> Compiled:
        state = self.holder.state
        self._by_layout = {key: compiled for key, compiled in self._by_layout.items() if compiled.state is state}
        for x in leaves:
            if not isinstance(x, (np.ndarray, np.generic)):
                return Compiled(state, None, f"the batch has a {type(x).__name__}, and a program takes NumPy arrays")
        if len(self._by_layout) >= KEPT:
            return Compiled(
                state,
                None,
                f"{KEPT} layouts of a batch have programs, and each has memory of its own; pad batches to fewer shapes",
            )
        self.traces += 1
        try:
            compiled = Compiled(state, *self.holder.quiet.run(compile_step, self.B, self.step, state, batch))
        except UnsupportedStepError as error:  # the step as it is gives the right result, or the right error
            compiled = Compiled(state, None, str(error))
        self._by_layout[layout] = compiled
        return compiled

    def _run_eagerly(self, batch: Batch) -> Logs:
        with use(self.B):
            state, logs = self.step(self.holder.state, batch)
        logs = tree.map_leaves(lambda x: x.copy() if isinstance(x, np.ndarray) else x, logs)
        self._keep(state)
        return logs

    def _keep(self, state: State) -> None:
        """Write a state into the buffers where it fits, else let it have new ones."""
        old, new = self.holder.state, state._replace(**{k: dict(v) for k, v in state._asdict().items()})
        fits = [list(part) for part in old] == [list(part) for part in new] and all(
            _describe(x) == _describe(y)
            for before, after in zip(old, new, strict=True)
            for x, y in zip(before.values(), after.values(), strict=True)
        )
        if not fits:
            self.holder.state = own(tree.map_leaves(self.B.engine.asarray, new))
            return
        entries = [
            (buffer, value)
            for before, after in zip(old, new, strict=True)
            for buffer, value in zip(before.values(), after.values(), strict=True)
        ]
        _write(entries)

    def replace(self, **parts: dict[str, Any]) -> None:
        with self.holder.lock:
            state = self.holder.state
            values = {
                part: {
                    path: self.B.engine.asarray(x, self.B.dtype(getattr(state, part)[path])) for path, x in new.items()
                }
                for part, new in parts.items()
            }
            entries = [(getattr(state, part)[path], x) for part, new in values.items() for path, x in new.items()]
            if all(_describe(buffer) == _describe(x) for buffer, x in entries):
                _write(entries)
            else:
                self._keep(state._replace(**{part: {**getattr(state, part), **new} for part, new in values.items()}))

    def state(self) -> State:
        with self.holder.lock:
            return super().state()


def _write(entries: list[tuple[np.ndarray, Any]]) -> None:
    """Write values into buffers. They are copied first: one may be another buffer, and from there on nothing fails."""
    for buffer, value in [(buffer, np.array(value)) for buffer, value in entries if buffer is not value]:
        buffer[...] = value


def _describe(x: Any) -> Any:
    return (np.shape(x), np.asarray(x).dtype)


def _layout(batch: Batch, leaves: list[Any]) -> Any:
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
