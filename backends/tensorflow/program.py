"""A train step as a function over variables that hold the state, compiled by XLA where that is faster."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from kcompat import tree
from kcompat.active import use
from kcompat.backends.tensorflow.loop import Step
from kcompat.program import Holder, Program, State
from kcompat.spec import floatx

STEPS = 16
"""How many steps one call does at most; the time between two calls is small against these."""

LOOP_BYTES = 1 << 22
"""The most memory for the batches of one call."""


class Compiled(NamedTuple):
    """A step compiled for batches of one layout."""

    call: Callable[..., Any]
    capacity: int | None  # how many batches the program takes; None: one, without an axis for them
    rebuild_logs: tree.Rebuild


class TensorFlowProgram(Program):
    """Traces the pure step once for the shapes of a batch: read the variables, do the steps, assign what changed.

    The state stays within TensorFlow; passing it in and out of the graph costs more than a small step.
    """

    steps_at_once = STEPS

    def __init__(self, B: Any, step: Any, state: State | Holder):
        super().__init__(B, step, state)
        self._compiled: dict[Any, Compiled] = {}

    def _hold(self, state: State) -> Holder:
        return Holder(tree.map_leaves(lambda x: tf.Variable(self.B.engine.asarray(x), trainable=False), state))

    def run(self, batch: Any) -> Any:
        """See `Program.run`."""
        leaves, structure = self._flatten(batch)
        found = self._find(batch, structure, leaves)
        return self._call(found, [x[None] for x in leaves] if found.capacity else leaves)

    def run_many(self, batches: Any) -> Any:
        """See `Program.run_many`; up to `steps_at_once` of them are one call."""
        leaves, structure = self._flatten(batches)
        found = self._find(batches, structure, [x[0] for x in leaves])
        at_once = found.capacity or 1
        logs = None
        for start in range(0, len(leaves[0]), at_once):
            chosen = [x[start : start + at_once] if found.capacity else x[start] for x in leaves]
            logs = self._call(found, chosen)
        return logs

    def _flatten(self, batch: Any) -> tuple[list[Any], Any]:
        """The arrays and tensors in a batch, and what it is like besides, which can be hashed."""
        if type(batch) is tuple and all(x is None or type(x) is np.ndarray for x in batch):  # as `fit` has it
            return [x for x in batch if x is not None], tuple(x is None for x in batch)
        leaves, _ = tree.flatten(batch)
        leaves = [x if isinstance(x, (np.ndarray, tf.Tensor)) else self.B.engine.asarray(x) for x in leaves]
        return leaves, _structure(batch)

    def _call(self, found: Compiled, inputs: list[Any]) -> Any:
        steps = []
        if found.capacity:
            steps = [tf.constant(len(inputs[0]))]
            inputs = [_padded(x, found.capacity) for x in inputs]
        return found.rebuild_logs(list(found.call(*steps, *map(tf.constant, inputs))))

    def _find(self, batch: Any, structure: Any, inputs: list[Any]) -> Compiled:
        """The program for this layout; `inputs` is one batch of those in the tree `batch`."""
        key = (structure, floatx(), *[(tuple(x.shape), x.dtype) for x in inputs])
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = self._compile(tree.flatten(batch)[1], inputs)
        return found

    def _compile(self, rebuild: tree.Rebuild, inputs: list[Any]) -> Compiled:
        variables, rebuild_state = tree.flatten(self.holder.state)
        size, changed, rebuild_logs = len(variables), [], None

        def flat(*tensors: Any) -> Any:
            nonlocal changed, rebuild_logs
            self.traces += 1
            with use(self.B):
                state, logs = self.step(rebuild_state(list(tensors[:size])), rebuild(list(tensors[size:])))
            new = [getattr(state, part)[path] for part, held in self.holder.state._asdict().items() for path in held]
            changed = [i for i, x in enumerate(new) if x is not tensors[i]]
            outputs, rebuild_logs = tree.flatten(logs)
            asarray = self.B.engine.asarray
            return [asarray(new[i], variables[i].dtype.name) for i in changed], [asarray(y) for y in outputs]

        batch = [tf.TensorSpec(x.shape, x.dtype) for x in inputs]
        held = [tf.TensorSpec(x.shape, x.dtype) for x in variables]
        traced = tf.function(flat, autograph=False).get_concrete_function(*held, *batch)
        step = Step(traced, changed, variables)
        compiled = not step.convolves() or bool(tf.config.list_logical_devices("GPU"))
        if not step.repeats:
            self.steps_at_once = 1
            once = functools.partial(step.once, batch=batch)
            return Compiled(_tolerant(once, compiled), None, rebuild_logs)
        capacity = max(1, min(STEPS, LOOP_BYTES // max(1, sum(x.shape.num_elements() * x.dtype.size for x in batch))))
        repeated = functools.partial(step.repeated, batch=batch, rows=capacity)
        return Compiled(_tolerant(repeated, compiled), capacity, rebuild_logs)

    def replace(self, **parts: dict[str, Any]) -> None:
        """Put other values (arrays or tensors) in place of entries of the state's parts, such as `slots={...}`."""
        for part, values in parts.items():
            variables = getattr(self.holder.state, part)
            for path, x in values.items():
                variables[path].assign(self.B.engine.asarray(x, self.B.dtype(variables[path])))


def _tolerant(make: Callable[[bool], Callable[..., Any]], compiled: bool) -> Callable[..., Any]:
    """A function compiled by XLA if it can be, which the first call shows; nothing is assigned before."""
    chosen = make(compiled)
    tried = not compiled

    def call(*inputs: Any) -> Any:
        nonlocal chosen, tried
        if tried:
            return chosen(*inputs)
        try:
            result = chosen(*inputs)
        except tf.errors.OpError:
            chosen = make(False)
            result = chosen(*inputs)
        tried = True
        return result

    return call


def _padded(x: Any, rows: int) -> Any:
    """An array with `rows` rows, of which the first are those of `x`; the others hold anything."""
    if len(x) == rows:
        return x
    found = np.empty((rows, *x.shape[1:]), x.dtype if isinstance(x, np.ndarray) else x.dtype.as_numpy_dtype)
    found[: len(x)] = x
    return found


def _structure(batch: Any) -> Any:
    """What a tree is like besides its leaves, hashable."""
    if isinstance(batch, dict):
        return tuple((key, _structure(child)) for key, child in batch.items())
    if isinstance(batch, (list, tuple)):
        return (type(batch), *map(_structure, batch))
    return batch is None
