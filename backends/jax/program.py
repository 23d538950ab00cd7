"""A train step as one XLA program, which writes the new state over the old one."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kcompat import tree
from kcompat.active import use
from kcompat.backends.jax.dtypes import available
from kcompat.program import Holder, Program, State


class Ordered:
    """A tree on its way out of a transformation of JAX, which sorts the keys of dicts: there it is itself again."""

    def __init__(self, contents: Any):
        self.contents = contents


def _flatten(ordered: Ordered) -> tuple[list[Any], Any]:
    leaves, rebuild = tree.flatten(ordered.contents)
    return leaves, rebuild


jax.tree_util.register_pytree_node(Ordered, _flatten, lambda rebuild, leaves: rebuild(list(leaves)))


class OrderedHolder(Holder):
    """A holder that knows the order that its dicts had before JAX sorted their keys."""

    def __init__(self, state: State):
        super().__init__(state)
        self.keys = [tuple(part) for part in state]

    def in_order(self, state: State) -> State:
        """The same state, its dicts in their first order; what a step has added comes last."""
        return State(
            *({path: part[path] for path in (*keys, *part)} for keys, part in zip(self.keys, state, strict=True))
        )


class JaxProgram(Program):
    """Donates the state: XLA writes the new one into its buffers, which only this program knows."""

    holder: OrderedHolder

    def __init__(self, B: Any, step: Any, state: State | Holder):
        super().__init__(B, step, state)
        self._compiled = jax.jit(self._traced, donate_argnums=0)

    def _hold(self, state: State) -> Holder:
        return OrderedHolder(tree.map_leaves(self._own, state))

    def _own(self, x: Any) -> jax.Array:
        """A copy that may be donated. A given dtype makes it strong, so that replacing it does not trace again."""
        x = self.B.engine.asarray(x)
        return jnp.array(x, x.dtype, copy=True)

    def _traced(self, state: State, batch: Any) -> Any:
        self.traces += 1
        with use(self.B):
            new_state, logs = self.step(self.holder.in_order(state), batch)
        return new_state, Ordered(logs)

    def _transferred(self, x: Any) -> Any:
        """What jit takes: a NumPy array as it is, which jit copies faster than we can."""
        if isinstance(x, np.ndarray):
            available(x.dtype.name)
            return x
        return self.B.admit(x)

    def run(self, batch: Any) -> Any:
        """Do one step and give its logs, without waiting for them."""
        self.holder.state, logs = self._compiled(self.holder.state, tree.map_leaves(self._transferred, batch))
        return logs

    def state(self) -> State:
        """See `Program.state`."""
        return self.holder.in_order(super().state())

    def replace(self, **parts: dict[str, Any]) -> None:
        """See `Program.replace`; the arrays given are copied, since the next step writes over them."""
        super().replace(**tree.map_leaves(self._own, parts))
