"""A train step, compiled into a program that owns the state it works on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.interpreter import Interpreter
from kcompat.runtime.tree import Tree


class State(NamedTuple):
    """Everything that a step reads and writes: flat dicts from a path to a tensor."""

    params: dict[str, Any]
    buffers: dict[str, Any]  # weights that no gradient changes, such as moving averages
    slots: dict[str, Any]  # the optimizer's own: iteration, learning rate, moments
    metrics: dict[str, Any]
    rng: dict[str, Any]  # keys and counters of the seed generators

    @classmethod
    def empty(cls) -> State:
        """Without any tensors."""
        return cls({}, {}, {}, {}, {})


Batch: TypeAlias = Tree
"""What a step takes beside the state: inputs, targets, weights of the samples."""

Logs: TypeAlias = Tree
"""What a step tells of itself: the loss and the metrics."""

Entry: TypeAlias = tuple[str, str]
"""An entry of a state: its part and its path."""

Step: TypeAlias = Callable[[State, Batch], tuple[State, Logs]]


class Holder:
    """The one place where the state of a set of programs is."""

    def __init__(self, state: State):
        self.lock = threading.RLock()
        """Held while the state changes or is copied, so that another thread sees it between two steps."""
        self.state = state


class Program:
    """`step(state, batch) -> (state, logs)` over a state of its own.

    The old state is dead after each step, so an engine may reuse its memory. Programs made by `with_step`
    share the state. This base class runs the step as it is; engines with a compiler subclass it.
    """

    traces = 0  # how often a compiler traced the step
    steps_at_once = 1
    """How many steps to hand to `run_many` together: more than 1 where one call of many steps costs less than many."""

    steps_to_settle = 1
    """After how many steps on one layout it runs as it will for all others."""

    obstacle: str | None = None
    """Why the batch that was run last had no compiled program; None if it had one, or if the engine has no compiler."""

    def __init__(self, B: Interpreter, step: Step, state: State | Holder):
        self.B = B
        self.step = step
        self.holder = state if isinstance(state, Holder) else self._hold(state)

    def _hold(self, state: State) -> Holder:
        return Holder(tree.map_leaves(self.B.engine.asarray, state))

    def run(self, batch: Batch) -> Logs:
        """Do one step and give its logs. The arrays in `batch` may be read until the logs are."""
        with use(self.B):
            self.holder.state, logs = self.step(self.holder.state, batch)
        return logs

    def run_many(self, batches: Batch) -> Logs:
        """Do one step for each slice of `batches` along the first axis of its tensors, and give the logs of the last.

        Any number of steps will do, but compilers like it to be `steps_at_once`.
        """
        leaves, rebuild = tree.flatten(batches)
        logs = None
        for slices in zip(*leaves, strict=True):
            logs = self.run(rebuild(list(slices)))
        return logs

    def run_each(self, batches: Batch) -> Logs:
        """Like `run_many`, but give the logs of all steps, stacked along a new first axis: tensors or NumPy arrays."""
        leaves, rebuild = tree.flatten(batches)
        return self._stacked([self.run(rebuild(list(slices))) for slices in zip(*leaves, strict=True)])

    def _stacked(self, logs: list[Logs]) -> Logs:
        return tree.map_leaves(lambda *xs: np.stack([self.B.engine.to_numpy(x) for x in xs]), *logs)

    def state(self) -> State:
        """A copy of the state, as NumPy arrays: the next step does not change it."""
        return tree.map_leaves(lambda x: self.B.engine.to_numpy(x).copy(), self.holder.state)

    def replace(self, **parts: dict[str, Any]) -> None:
        """Put other values (arrays or tensors) in place of entries of the state's parts, such as `slots={...}`."""
        state = self.holder.state
        for part, values in parts.items():
            old = getattr(state, part)
            converted = {path: self.B.engine.asarray(x, self.B.dtype(old[path])) for path, x in values.items()}
            state = state._replace(**{part: {**old, **converted}})
        self.holder.state = state

    def take_over(self, other: Program, entries: Mapping[Entry, Entry]) -> None:
        """Make the values of entries of another program's state those of entries of this one, which it is keyed by.

        Both programs are of one backend, and the other needs these values no more. Here they are copied, without going
        through the host; an engine whose programs look their tensors up at each step exchanges them instead.
        """
        state = other.holder.state
        parts: dict[str, dict[str, Any]] = {}
        for (part, path), (other_part, other_path) in entries.items():
            parts.setdefault(part, {})[path] = getattr(state, other_part)[other_path]
        self.replace(**parts)

    def with_step(self, step: Step) -> Program:
        """Another step over the same state."""
        return type(self)(self.B, step, self.holder)
