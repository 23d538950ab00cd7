"""A train step as one XLA program, which writes the new state over the old one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from kcompat.backends._host import pad_rows
from kcompat.backends.jax.dtypes import WIDE, is_wide, scope
from kcompat.backends.jax.loop import Step
from kcompat.backends.jax.memory import private_copy
from kcompat.backends.jax.platform import on_cpu
from kcompat.backends.jax.trees import ordered
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.program import Entry, Holder, Program, State
from kcompat.spec import floatx

STEPS = 16
"""How many steps one call does at most; the time between two programs is small against these."""

LOOP_BYTES = {True: 1 << 22, False: 1 << 19}
"""The most memory for the batches of one call, or for its logs: for steps that change the state, and for others.

These can be computed one beside the other, so that a loop gains less than it costs to bring more together.
"""


class Leaves(Holder):
    """The tensors of the state in one list, which costs JAX less than dicts, in the order of parts and paths."""

    @property
    def state(self) -> State:
        """The state as a tree."""
        return self.rebuild(self.tensors)

    @state.setter
    def state(self, state: State) -> None:
        self.tensors, self.rebuild = tree.flatten(state)
        self.places = [(part, path) for part, values in state._asdict().items() for path in values]
        self.is_wide = is_wide(self.tensors)


class TracedStep:
    """A step traced for batches of one layout, and its programs, each compiled when it is first called."""

    def __init__(self, step: Step, capacity: int | None, counts: bool, rebuild_logs: tree.Rebuild, wide: bool):
        self.changed, self.kept = step.changed, step.kept
        self.capacity = capacity
        """How many batches the programs take; None: one, without an axis for them."""
        self.counts = counts
        """Whether these programs take the number of steps to do, too."""
        self.rebuild_logs = rebuild_logs
        programs = (step.once(), step.repeated() if counts else step.unasked(), step.each())
        self.once, self.repeated, self.each = map(_in_scope, programs) if wide else programs


class JaxProgram(Program):
    """Donates the state: XLA writes the new one into its buffers, which only this program knows.

    What raises while a step is traced or compiled, or for its inputs, does so before the state is donated, and leaves
    it as it was. An error within XLA's run, such as memory that runs out, loses it.
    """

    steps_at_once = STEPS
    holder: Leaves

    def __init__(self, B: Any, step: Any, state: State | Holder):
        super().__init__(B, step, state)
        self._traced: dict[Any, TracedStep] = {}

    def _hold(self, state: State) -> Leaves:
        with scope(is_wide(state)):
            return Leaves(tree.map_leaves(self._owned, state))

    def _owned(self, x: Any) -> Any:
        """A copy, which may be donated; a number stays NumPy's until a step takes it, which costs less."""
        if isinstance(x, jax.Array):
            return jnp.array(self._strong(x), copy=True)
        return self.B.engine.asarray(x) if np.ndim(x) else private_copy(x)

    def _strong(self, x: Any) -> jax.Array:
        """A tensor whose dtype does not yield to others: a state that was weak once would trace the step again."""
        x = self.B.engine.asarray(x)
        return x.astype(x.dtype)

    def run(self, batch: Any) -> Any:
        """Do one step and give its logs, without waiting for them."""
        leaves, structure = self._flatten(batch)
        with self.holder.lock:
            traced = self._find(batch, structure, leaves)
            if not (traced.capacity and traced.changed and traced.counts):
                return traced.rebuild_logs(self._call(traced, traced.once, leaves))
            rows = [pad_rows(x[None], traced.capacity) for x in map(np.asarray, leaves)]
            return traced.rebuild_logs(self._call(traced, traced.repeated, rows, np.int32(1)))

    def run_many(self, batches: Any) -> Any:
        with self.holder.lock:
            traced, groups = self._groups(batches)
            if traced is None:
                return super().run_many(batches)
            for steps, inputs in groups:
                if traced.counts:
                    logs = self._call(traced, traced.repeated, inputs, np.int32(steps))
                elif steps == traced.capacity:
                    logs = self._call(traced, traced.repeated, inputs)
                else:
                    for batch in zip(*inputs, strict=True):
                        logs = self._call(traced, traced.once, list(batch))
            return traced.rebuild_logs(logs)

    def run_each(self, batches: Any) -> Any:
        with self.holder.lock:
            traced, groups = self._groups(batches)
            if traced is None or not traced.counts:
                return super().run_each(batches)
            parts = [(steps, self._call(traced, traced.each, inputs, np.int32(steps))) for steps, inputs in groups]
        if len(parts) == 1 and parts[0][0] == traced.capacity:
            return traced.rebuild_logs(parts[0][1])
        arrays = ([np.asarray(y)[:steps] for y in logs] for steps, logs in parts)
        return traced.rebuild_logs([np.concatenate(ys) for ys in zip(*arrays, strict=True)])

    def _groups(self, batches: Any) -> tuple[TracedStep | None, list[tuple[int, list[Any]]]]:
        """The traced step, if a loop is of use, and the batches of each call: how many, and their padded tensors."""
        leaves, structure = self._flatten(batches)
        traced = self._find(batches, structure, [x[0] for x in leaves])
        size = traced.capacity
        if not size:
            return None, []
        parts = [[x[i : i + size] for x in leaves] for i in range(0, len(leaves[0]), size)]
        if traced.counts:
            return traced, [(len(part[0]), [pad_rows(np.asarray(x), size) for x in part]) for part in parts]
        return traced, [(len(part[0]), part) for part in parts]

    def _flatten(self, batch: Any) -> tuple[list[Any], Any]:
        """The arrays and tensors in a batch, and what it is like besides, which can be hashed."""
        if type(batch) is tuple and all(x is None or (type(x) is np.ndarray and x.dtype.isnative) for x in batch):
            return [x for x in batch if x is not None], tuple(x is None for x in batch)  # as `fit` has it
        leaves, structure = jax.tree.flatten(ordered(batch))
        return [private_copy(x) if isinstance(x, np.ndarray) else self.B.admit(x) for x in leaves], structure

    def _call(self, traced: TracedStep, program: Callable[..., Any], inputs: list[Any], *steps: Any) -> list[Any]:
        """The logs of a program, whose new state takes the place of the donated one in one assignment."""
        tensors = self.holder.tensors
        changed, kept = [tensors[i] for i in traced.changed], [tensors[i] for i in traced.kept]
        new = tensors.copy()
        changed, logs = program(changed, kept, inputs, *steps)
        for i, x in zip(traced.changed, changed, strict=True):
            new[i] = x
        self.holder.tensors = new
        return logs

    def _find(self, batch: Any, structure: Any, inputs: list[Any]) -> TracedStep:
        """The step traced for this layout; `inputs` is one batch of those in the tree `batch`."""
        key = (structure, floatx(), *[(x.shape, x.dtype) for x in inputs])
        traced = self._traced.get(key)
        if traced is None:
            wide = self.holder.is_wide or is_wide(inputs)
            with scope(wide):
                traced = self._traced[key] = self._trace(tree.flatten(batch)[1], inputs, wide)
        self.steps_at_once = STEPS if traced.capacity else 1
        return traced

    def _trace(self, rebuild: tree.Rebuild, inputs: list[Any], wide: bool) -> TracedStep:
        holder: Leaves = self.holder
        rebuild_logs: Any = None

        def flat(tensors: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
            nonlocal rebuild_logs
            self.traces += 1
            with use(self.B):
                state, logs = self.step(holder.rebuild(tensors), rebuild(inputs))
            outputs, rebuild_logs = tree.flatten(logs)
            new = (getattr(state, part)[path] for part, path in holder.places)
            return [self._strong(x) for x in new], [self._strong(y) for y in outputs]

        step = Step(jax.make_jaxpr(flat)(holder.tensors, inputs), len(holder.tensors))
        capacity, counts = None, on_cpu()
        if step.repeats and not (counts and step.convolves):
            size = max(1, step.logs_bytes, sum(x.nbytes for x in inputs))
            capacity = min(STEPS, LOOP_BYTES[bool(step.changed)] // size) or None
        return TracedStep(step, capacity, counts, rebuild_logs, wide)

    def replace(self, **parts: dict[str, Any]) -> None:
        """Put copies of other values in place of entries of the state's parts: the next step writes over them."""
        holder = self.holder
        with holder.lock:
            tensors = holder.tensors.copy()
            for i, (part, path) in enumerate(holder.places):
                x = parts.get(part, {}).get(path)
                if x is None:
                    continue
                dtype = self.B.dtype(tensors[i])
                with scope(dtype in WIDE):
                    is_tensor = isinstance(x, jax.Array)
                    tensors[i] = self._owned(self.B.engine.asarray(x, dtype) if is_tensor else np.asarray(x, dtype))
            holder.tensors = tensors

    def take_over(self, other: Program, entries: Mapping[Entry, Entry]) -> None:
        """Exchange tensors with the other program: none is copied, and each has one holder that may donate it."""
        ours, theirs = self.holder, cast("Leaves", other.holder)
        places, other_places = ({place: i for i, place in enumerate(h.places)} for h in (ours, theirs))
        tensors, other_tensors = ours.tensors.copy(), theirs.tensors.copy()
        for place, other_place in entries.items():
            i, j = places[place], other_places[other_place]
            tensors[i], other_tensors[j] = other_tensors[j], tensors[i]
        ours.tensors, theirs.tensors = tensors, other_tensors

    def state(self) -> State:
        with self.holder.lock:
            return super().state()


def _in_scope(call: Callable[..., Any]) -> Callable[..., Any]:
    def wide(*args: Any) -> Any:
        with scope(True):
            return call(*args)

    return wide
