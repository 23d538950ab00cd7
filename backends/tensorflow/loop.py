"""A traced step as a function over variables that does it several times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


class Step:
    """`(state, batch) -> (changed, logs)`, traced once: lists of tensors, of the state only what the step replaces.

    `changed` are the places of that in the state.
    """

    def __init__(self, traced: Any, changed: list[int], variables: list[tf.Variable]):
        self._traced, self._changed, self._variables = traced, changed, variables
        self._read = [bool(x.consumers()) for x in traced.inputs[: len(variables)]]
        logs = traced.structured_outputs[1]
        self._logs = [tf.TensorSpec(y.shape, y.dtype) for y in logs]
        self.changes = bool(changed)
        self.repeats = all(y.shape.is_fully_defined() for y in logs)
        """Whether it may stand in a loop: its logs have one shape."""
        self.logs_bytes = sum(y.shape.num_elements() * y.dtype.size for y in self._logs) if self.repeats else 0
        graph = traced.graph.as_graph_def()
        nodes = [graph.node, *(function.node_def for function in graph.library.function)]
        self._ops = {node.op for part in nodes for node in part}

    def convolves(self) -> bool:
        """Whether a convolution is part of it, for which XLA has no good kernel on a CPU."""
        return any(op.startswith(("Conv", "DepthwiseConv")) for op in self._ops)

    def gated(self) -> bool:
        """Whether sigmoids in a loop are part of it, for which XLA takes longer than TensorFlow's own kernel."""
        return "Sigmoid" in self._ops and any(op.endswith("While") for op in self._ops)

    def once(self, compiled: bool, batch: list[tf.TensorSpec]) -> Callable[..., Any]:
        """The function `(*batch) -> logs`."""

        def run(*batch: Any) -> Any:
            state = self._state()
            changed, logs = self._traced(*state, *batch)
            self._assign(changed, logs)
            return logs

        return tf.function(run, autograph=False, jit_compile=compiled).get_concrete_function(*batch)

    def repeated(self, compiled: bool, batch: list[tf.TensorSpec], rows: int) -> Callable[..., Any]:
        """The function `(steps, *batches) -> logs of the last step`, of `rows` batches.

        The number of steps is a tensor, so that one program does for any, up to `rows`.
        """

        whole = self._traced if compiled else _apart(self._traced)

        def run(steps: Any, *batches: Any) -> Any:
            state = self._state()

            def step(i: Any, changed: list[Any], logs: list[Any]) -> Any:
                del logs
                return i + 1, *whole(*self._current(state, changed), *[x[i] for x in batches])

            logs = [tf.zeros(y.shape, y.dtype) for y in self._logs]
            start = (tf.constant(0), [state[i] for i in self._changed], logs)
            _, changed, logs = tf.while_loop(lambda i, *_: i < steps, step, start)
            self._assign(changed, logs)
            return logs

        return _traced(run, compiled, batch, rows)

    def each(self, compiled: bool, batch: list[tf.TensorSpec], rows: int) -> Callable[..., Any]:
        """Like `repeated`, with the logs of all steps, stacked."""

        def run(steps: Any, *batches: Any) -> Any:
            state = self._state()

            def step(i: Any, changed: list[Any], stacks: list[Any]) -> Any:
                changed, logs = self._traced(*self._current(state, changed), *[x[i] for x in batches])
                return i + 1, changed, [stack.write(i, y) for stack, y in zip(stacks, logs, strict=True)]

            stacks = [tf.TensorArray(y.dtype, rows, element_shape=y.shape) for y in self._logs]
            start = (tf.constant(0), [state[i] for i in self._changed], stacks)
            _, changed, stacks = tf.while_loop(lambda i, *_: i < steps, step, start)
            logs = [stack.stack() for stack in stacks]
            self._assign(changed, logs)
            return logs

        return _traced(run, compiled, batch, rows)

    def _current(self, state: list[Any], changed: list[Any]) -> list[Any]:
        """The state with what the steps so far changed of it."""
        current = list(state)
        for place, x in zip(self._changed, changed, strict=True):
            current[place] = x
        return current

    def _state(self) -> list[Any]:
        """What the variables hold; of those that no step reads, nothing."""
        return [
            v.value() if read or i in self._changed else tf.zeros(v.shape, v.dtype)
            for i, (v, read) in enumerate(zip(self._variables, self._read, strict=True))
        ]

    def _assign(self, changed: list[Any], logs: list[Any]) -> None:
        """Assign the variables once all of this is computed, so that an operator that raises changes none.

        Identities are waited for: TensorFlow inlines the step, and then nothing waits for all that is in it.
        """
        changed, logs = [[tf.identity(x) for x in tensors] for tensors in (changed, logs)]
        with tf.control_dependencies([tf.group(*changed, *logs)]):
            for i, x in zip(self._changed, changed, strict=True):
                self._variables[i].assign(x)


def _apart(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f` as a graph of its own within the graph that calls it.

    The nodes of a loop have no one order. By chance TensorFlow meets the gradient of a max pooling before the pooling,
    and then leaves it to a kernel that takes six times as long.
    """
    return tf.function(lambda *x: f(*x), autograph=False, experimental_attributes={"_noinline": True})


def _traced(run: Callable[..., Any], compiled: bool, batch: list[tf.TensorSpec], rows: int) -> Callable[..., Any]:
    specs = [tf.TensorSpec((rows, *x.shape), x.dtype) for x in batch]
    function = tf.function(run, autograph=False, jit_compile=compiled)
    return function.get_concrete_function(tf.TensorSpec((), tf.int32), *specs)
