"""A train step as a graph over variables that hold the state."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from kcompat import tree
from kcompat.active import use
from kcompat.program import Holder, Program, State


class TensorFlowProgram(Program):
    """Traces the pure step once for the shapes of a batch: read the variables, do the step, assign what changed.

    The state stays within TensorFlow; passing it in and out of the graph costs more than a small step.
    """

    def __init__(self, B: Any, step: Any, state: State | Holder):
        super().__init__(B, step, state)
        self._compiled: dict[Any, Any] = {}

    def _hold(self, state: State) -> Holder:
        return Holder(tree.map_leaves(lambda x: tf.Variable(self.B.engine.asarray(x), trainable=False), state))

    def run(self, batch: Any) -> Any:
        """Do one step and give its logs."""
        leaves, rebuild = tree.flatten(batch)
        leaves = [x if isinstance(x, tf.Tensor) else self.B.engine.asarray(x) for x in leaves]
        key = (_structure(batch), *[(x.shape, x.dtype) for x in leaves])
        if key not in self._compiled:
            self._compiled[key] = self._trace(leaves, rebuild)
        compiled, rebuild_logs = self._compiled[key]
        return rebuild_logs(list(compiled(*leaves)))

    def _trace(self, leaves: list[Any], rebuild: tree.Rebuild) -> tuple[Any, tree.Rebuild]:
        rebuild_logs: Any = None

        def function(*inputs: Any) -> list[Any]:
            nonlocal rebuild_logs
            self.traces += 1
            variables = self.holder.state
            state = tree.map_leaves(lambda variable: variable.value(), variables)
            with use(self.B):
                new, logs = self.step(state, rebuild(list(inputs)))
            for part, values in new._asdict().items():
                for path, x in values.items():
                    if x is not getattr(state, part)[path]:
                        getattr(variables, part)[path].assign(x)
            outputs, rebuild_logs = tree.flatten(logs)
            return [self.B.engine.asarray(x) for x in outputs]

        specs = [tf.TensorSpec(x.shape, x.dtype) for x in leaves]
        return tf.function(function, autograph=False).get_concrete_function(*specs), rebuild_logs

    def replace(self, **parts: dict[str, Any]) -> None:
        """Put other values (arrays or tensors) in place of entries of the state's parts, such as `slots={...}`."""
        for part, values in parts.items():
            variables = getattr(self.holder.state, part)
            for path, x in values.items():
                variables[path].assign(self.B.engine.asarray(x, self.B.dtype(variables[path])))


def _structure(batch: Any) -> Any:
    """What a tree is like besides its leaves, hashable."""
    if isinstance(batch, dict):
        return tuple((key, _structure(child)) for key, child in batch.items())
    if isinstance(batch, (list, tuple)):
        return (type(batch), *map(_structure, batch))
    return batch is None
