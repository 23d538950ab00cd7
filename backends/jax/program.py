"""A train step as one XLA program, which writes the new state over the old one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kcompat.backends.jax.dtypes import WIDE, is_wide, scope
from kcompat.backends.jax.loop import Step
from kcompat.backends.jax.memory import padded, private_copy
from kcompat.backends.jax.platform import on_cpu
from kcompat.backends.jax.trees import ordered
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.program import Holder, Program, State
from kcompat.spec import floatx

STEPS = 16
"""How many steps one call does at most; the time between two programs is small against these."""

LOOP_BYTES = {True: 1 << 22, False: 1 << 19}
"""The most memory for the batches of one call, or for its logs: for steps that change the state, and for others.

These can be computed one beside the other, so that a loop gains less than it costs to bring more together.
"""


class Leaves(Holder):
    """The tensors of the state in one list, which costs JAX less than dicts, in the order of parts and paths."""

    def __init__(self, state: State):
        self.tensors, self.rebuild = tree.flatten(state)
        self.places = [(part, path) for part, values in state._asdict().items() for path in values]
        self.is_wide = is_wide(self.tensors)

    @property
    def state(self) -> State:  # type: ignore[override]
        """The state as a tree."""
        return self.rebuild(self.tensors)


class Compiled:
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
    """Donates the state: XLA writes the new one into its buffers, which only this program knows."""

    steps_at_once = STEPS
    holder: Leaves

    def __init__(self, B: Any, step: Any, state: State | Holder):
        super().__init__(B, step, state)
        self._compiled: dict[Any, Compiled] = {}

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
        """See `Program.run`; does not wait for the logs."""
        leaves, structure = self._flatten(batch)
        found = self._find(batch, structure, leaves)
        if not (found.capacity and found.changed and found.counts):
            return found.rebuild_logs(self._call(found, found.once, leaves))
        rows = [padded(x[None], found.capacity) for x in map(np.asarray, leaves)]
        return found.rebuild_logs(self._call(found, found.repeated, rows, np.int32(1)))

    def run_many(self, batches: Any) -> Any:
        """See `Program.run_many`; up to `steps_at_once` of them are one call."""
        found, groups = self._groups(batches)
        if found is None:
            return super().run_many(batches)
        for steps, inputs in groups:
            if found.counts:
                logs = self._call(found, found.repeated, inputs, np.int32(steps))
            elif steps == found.capacity:
                logs = self._call(found, found.repeated, inputs)
            else:
                for batch in zip(*inputs, strict=True):
                    logs = self._call(found, found.once, list(batch))
        return found.rebuild_logs(logs)

    def run_each(self, batches: Any) -> Any:
        """See `Program.run_each`."""
        found, groups = self._groups(batches)
        if found is None or not found.counts:
            return super().run_each(batches)
        parts = [(steps, self._call(found, found.each, inputs, np.int32(steps))) for steps, inputs in groups]
        if len(parts) == 1 and parts[0][0] == found.capacity:
            return found.rebuild_logs(parts[0][1])
        arrays = ([np.asarray(y)[:steps] for y in logs] for steps, logs in parts)
        return found.rebuild_logs([np.concatenate(ys) for ys in zip(*arrays, strict=True)])

    def _groups(self, batches: Any) -> tuple[Compiled | None, list[tuple[int, list[Any]]]]:
        """The programs for stacked batches, if a loop is of use, and as many of them as one call takes, padded."""
        leaves, structure = self._flatten(batches)
        found = self._find(batches, structure, [x[0] for x in leaves])
        if not found.capacity:
            return None, []
        parts = [[x[i : i + found.capacity] for x in leaves] for i in range(0, len(leaves[0]), found.capacity)]
        if found.counts:
            return found, [(len(part[0]), [padded(x, found.capacity) for x in part]) for part in parts]
        return found, [(len(part[0]), part) for part in parts]

    def _flatten(self, batch: Any) -> tuple[list[Any], Any]:
        """The arrays and tensors in a batch, and what it is like besides, which can be hashed."""
        if type(batch) is tuple and all(x is None or (type(x) is np.ndarray and x.dtype.isnative) for x in batch):
            return [x for x in batch if x is not None], tuple(x is None for x in batch)  # as `fit` has it
        leaves, structure = jax.tree.flatten(ordered(batch))
        return [private_copy(x) if isinstance(x, np.ndarray) else self.B.admit(x) for x in leaves], structure

    def _call(self, found: Compiled, program: Callable[..., Any], inputs: list[Any], *steps: Any) -> list[Any]:
        tensors = self.holder.tensors
        changed, kept = [tensors[i] for i in found.changed], [tensors[i] for i in found.kept]
        changed, logs = program(changed, kept, inputs, *steps)
        for i, x in zip(found.changed, changed, strict=True):
            tensors[i] = x
        return logs

    def _find(self, batch: Any, structure: Any, inputs: list[Any]) -> Compiled:
        """The programs for this layout; `inputs` is one batch of those in the tree `batch`."""
        key = (structure, floatx(), *[(x.shape, x.dtype) for x in inputs])
        found = self._compiled.get(key)
        if found is None:
            wide = self.holder.is_wide or is_wide(inputs)
            with scope(wide):
                found = self._compiled[key] = self._trace(tree.flatten(batch)[1], inputs, wide)
        self.steps_at_once = STEPS if found.capacity else 1
        return found

    def _trace(self, rebuild: tree.Rebuild, inputs: list[Any], wide: bool) -> Compiled:
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
        return Compiled(step, capacity, counts, rebuild_logs, wide)

    def replace(self, **parts: dict[str, Any]) -> None:
        """See `Program.replace`; tensors are copied, since the next step writes over them."""
        holder = self.holder
        for i, (part, path) in enumerate(holder.places):
            x = parts.get(part, {}).get(path)
            if x is None:
                continue
            dtype = self.B.dtype(holder.tensors[i])
            with scope(dtype in WIDE):
                is_tensor = isinstance(x, jax.Array)
                holder.tensors[i] = self._owned(self.B.engine.asarray(x, dtype) if is_tensor else np.asarray(x, dtype))


def _in_scope(call: Callable[..., Any]) -> Callable[..., Any]:
    def wide(*args: Any) -> Any:
        with scope(True):
            return call(*args)

    return wide
