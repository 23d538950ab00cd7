"""A train step as a function over variables that hold the state, compiled by XLA where that is faster."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from kcompat.backends._host import pad_rows
from kcompat.backends.tensorflow.loop import Step
from kcompat.runtime import tree
from kcompat.runtime.active import use
from kcompat.runtime.program import Holder, Program, State
from kcompat.spec import floatx

STEPS = 64
"""How many steps one call does at most; the time between two calls is small against these."""

EARLY = 32
"""How many steps run one by one, without XLA, which takes longer to compile them than to run many more."""

LOOP_BYTES = {True: 1 << 22, False: 1 << 19}
"""The most memory for the batches of one call, or for its logs: for steps that change the state, and for others.

These take little time, so that a loop gains less than it costs to bring more together.
"""


class TracedStep:
    """A step traced for batches of one layout, and the functions made of it, each when it is first called."""

    def __init__(self, step: Step, batch: list[tf.TensorSpec], capacity: int | None, rebuild_logs: tree.Rebuild):
        self.capacity = capacity
        """How many batches a loop takes; None: there is none."""
        self.rebuild_logs = rebuild_logs
        self.changes = step.changes
        self.early = EARLY
        """How many more steps are early ones."""
        self.refusal: str | None = None
        """Why XLA did not compile a function that it was to compile; it runs as TensorFlow's graph."""
        self._step, self._batch = step, batch
        large = not step.changes and (capacity or 1) == 1  # so that kernels take longer than the time between them
        unfit = step.convolves() or (large and step.gated())
        self._by_xla = not unfit or bool(tf.config.list_logical_devices("GPU"))
        self._functions: dict[str, Any] = {}

    def call(self, kind: str, inputs: list[Any]) -> list[Any]:
        """The logs of `once`, `repeated` or `each`; these take stacked batches, of which there may be fewer."""
        if kind in self._functions:
            return self._functions[kind](*self._arguments(kind, inputs))
        return self._first_call(kind, inputs)

    def call_early(self, inputs: list[Any]) -> list[Any]:
        """The logs of one of the early steps."""
        self.early -= 1
        kind = "early" if self._by_xla else "once"
        if kind not in self._functions:
            self._functions[kind] = self._step.once(False, self._batch)
        return self._functions[kind](*map(tf.constant, inputs))

    def _arguments(self, kind: str, inputs: list[Any]) -> list[tf.Tensor]:
        if kind == "once":
            return [tf.constant(x) for x in inputs]
        tensor = _shared if self._by_xla else tf.constant
        return [tf.constant(len(inputs[0])), *(tensor(self._padded(x)) for x in inputs)]

    def _padded(self, x: Any) -> Any:
        assert self.capacity is not None
        return x if len(x) == self.capacity else pad_rows(np.asarray(x), self.capacity)

    def _first_call(self, kind: str, inputs: list[Any]) -> list[Any]:
        """Compile by XLA, or where it refuses, which the call shows before anything is assigned, as a graph."""
        rows = {} if kind == "once" else {"rows": self.capacity}
        self._functions.pop("early", None)  # which is over, and need not be in memory beside XLA's compiler
        function = getattr(self._step, kind)(self._by_xla, self._batch, **rows)
        try:
            logs = function(*self._arguments(kind, inputs))
        except tf.errors.OpError as error:
            if not self._by_xla:
                raise
            self._by_xla, self.refusal = False, error.message
            return self._first_call(kind, inputs)
        self._functions[kind] = function
        return logs


class TensorFlowProgram(Program):
    """Traces the pure step once for the shapes of a batch: read the variables, do the steps, assign what changed.

    The state stays within TensorFlow; passing it in and out of the graph costs more than a small step. The variables
    are assigned once all new values and logs are there, so a step that raises leaves the state as it was before the
    call. Several steps of one call are one in this respect.

    A step runs as TensorFlow's graph at first, and where XLA refuses it; `refusal` keeps its reason. That is no
    `obstacle`: nothing of it runs in Python.
    """

    steps_at_once = STEPS
    steps_to_settle = EARLY + 1
    refusal: str | None = None
    """Why XLA did not compile the step for the batch that ran last; None if it did, or was not asked to."""

    def __init__(self, B: Any, step: Any, state: State | Holder):
        super().__init__(B, step, state)
        self._traced: dict[Any, TracedStep] = {}

    def _hold(self, state: State) -> Holder:
        return Holder(tree.map_leaves(lambda x: tf.Variable(self.B.engine.asarray(x), trainable=False), state))

    def run(self, batch: Any) -> Any:
        leaves, structure = self._flatten(batch)
        with self.holder.lock:
            traced = self._find(batch, structure, leaves)
            if traced.early:
                logs = traced.call_early(leaves)
            elif not traced.capacity or not traced.changes:
                logs = traced.call("once", leaves)
            else:
                logs = traced.call("repeated", [x[None] for x in leaves])
            return self._finish(traced, logs)

    def run_many(self, batches: Any) -> Any:
        with self.holder.lock:
            traced, groups = self._groups(batches)
            if traced.early or not traced.capacity:
                return super().run_many(batches)
            for inputs in groups:
                logs = traced.call("repeated", inputs)
            return self._finish(traced, logs)

    def run_each(self, batches: Any) -> Any:
        with self.holder.lock:
            traced, groups = self._groups(batches)
            if traced.early or not traced.capacity:
                return super().run_each(batches)
            parts = [[y.numpy()[: len(inputs[0])] for y in traced.call("each", inputs)] for inputs in groups]
            return self._finish(traced, [np.concatenate(ys) for ys in zip(*parts, strict=True)])

    def _finish(self, traced: TracedStep, logs: Any) -> Any:
        """The logs as the step gives them."""
        self.refusal = traced.refusal
        return traced.rebuild_logs(list(logs))

    def _groups(self, batches: Any) -> tuple[TracedStep, list[list[Any]]]:
        """The traced step for stacked batches, and the tensors of each call, as many batches as it takes."""
        leaves, structure = self._flatten(batches)
        traced = self._find(batches, structure, [x[0] for x in leaves])
        at_once = traced.capacity or 1
        return traced, [[x[i : i + at_once] for x in leaves] for i in range(0, len(leaves[0]), at_once)]

    def _flatten(self, batch: Any) -> tuple[list[Any], Any]:
        """The arrays and tensors in a batch, and what it is like besides, which can be hashed."""
        if type(batch) is tuple and all(x is None or type(x) is np.ndarray for x in batch):  # as `fit` has it
            return [x for x in batch if x is not None], tuple(x is None for x in batch)
        leaves, _ = tree.flatten(batch)
        leaves = [x if isinstance(x, (np.ndarray, tf.Tensor)) else self.B.engine.asarray(x) for x in leaves]
        return leaves, _structure(batch)

    def _find(self, batch: Any, structure: Any, inputs: list[Any]) -> TracedStep:
        """The step traced for this layout; `inputs` is one batch of those in the tree `batch`."""
        key = (structure, floatx(), *[(tuple(x.shape), x.dtype) for x in inputs])
        traced = self._traced.get(key)
        if traced is None:
            traced = self._traced[key] = self._trace(tree.flatten(batch)[1], inputs)
        self.steps_at_once = traced.capacity if traced.capacity and not traced.early else 1
        return traced

    def _trace(self, rebuild: tree.Rebuild, inputs: list[Any]) -> TracedStep:
        variables, rebuild_state = tree.flatten(self.holder.state)
        size, changed = len(variables), []
        rebuild_logs: Any = None

        def flat(*tensors: Any) -> Any:
            nonlocal changed, rebuild_logs
            self.traces += 1
            with use(self.B):
                state, logs = self.step(rebuild_state(list(tensors[:size])), rebuild(list(tensors[size:])))
            new = [
                getattr(state, part)[path] for part, values in self.holder.state._asdict().items() for path in values
            ]
            changed = [i for i, x in enumerate(new) if x is not tensors[i]]
            outputs, rebuild_logs = tree.flatten(logs)
            asarray = self.B.engine.asarray
            return [asarray(new[i], variables[i].dtype.name) for i in changed], [asarray(y) for y in outputs]

        batch = [tf.TensorSpec(x.shape, x.dtype) for x in inputs]
        specs = [tf.TensorSpec(x.shape, x.dtype) for x in variables]
        traced = tf.function(flat, autograph=False).get_concrete_function(*specs, *batch)
        step = Step(traced, changed, variables)
        size = max(1, step.logs_bytes, sum(x.shape.num_elements() * x.dtype.size for x in batch))
        capacity = min(STEPS, LOOP_BYTES[step.changes] // size) or None if step.repeats else None
        return TracedStep(step, batch, capacity, rebuild_logs)

    def replace(self, **parts: dict[str, Any]) -> None:
        with self.holder.lock:
            for part, values in parts.items():
                variables = getattr(self.holder.state, part)
                for path, x in values.items():
                    variables[path].assign(self.B.engine.asarray(x, self.B.dtype(variables[path])))

    def state(self) -> State:
        with self.holder.lock:
            return super().state()


def _shared(x: Any) -> tf.Tensor:
    """The tensor of an array, over the same memory if that is aligned.

    Only for programs compiled by XLA: what these give is always in memory of its own, and the input is not looked at
    once they are done. Under others a part of the state could be the input, and change with it.
    """
    return tf.raw_ops.Identity(input=x)  # which converts without the copy that `tf.constant` makes


def _structure(batch: Any) -> Any:
    """What a tree is like besides its leaves, hashable."""
    if isinstance(batch, dict):
        return tuple((key, _structure(child)) for key, child in batch.items())
    if isinstance(batch, (list, tuple)):
        return (type(batch), *map(_structure, batch))
    return batch is None
