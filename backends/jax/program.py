"""A train step as one XLA program, which writes the new state over the old one."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from kcompat import tree
from kcompat.active import use
from kcompat.backends.jax.dtypes import is_wide, scope
from kcompat.backends.jax.trees import ordered, plain
from kcompat.program import Holder, Program, State


def private_copy(x: Any, dtype: str | None = None) -> np.ndarray:
    """A NumPy array that is JAX's alone, ready to be transferred.

    JAX reads NumPy's memory after the call has returned, or keeps it (on CPU even `jnp.array(x, copy=True)` and
    jit do), so a caller who fills the same array again would change what was computed from it.
    """
    return np.array(x, dtype or np.asarray(x).dtype.name)


class JaxProgram(Program):
    """Donates the state: XLA writes the new one into its buffers, which only this program knows."""

    def __init__(self, B: Any, step: Any, state: State | Holder):
        super().__init__(B, step, state)
        self._compiled = jax.jit(self._traced, donate_argnums=0)

    def _hold(self, state: State) -> Holder:
        with scope(is_wide(state)):
            return Holder(ordered(tree.map_leaves(self._owned, state)))

    def _owned(self, x: Any) -> jax.Array:
        """A copy, which may be donated."""
        return jnp.array(self._strong(x), copy=True)

    def _strong(self, x: Any) -> jax.Array:
        """A tensor whose dtype does not yield to others: a state that was weak once would trace the step again."""
        x = self.B.engine.asarray(x)
        return x.astype(x.dtype)

    def _traced(self, state: State, batch: Any) -> Any:
        self.traces += 1
        with use(self.B):
            new_state, logs = self.step(state, batch)
        return ordered(tree.map_leaves(self._strong, new_state)), ordered(logs)

    def _transferred(self, x: Any) -> Any:
        """An argument of the program; jit transfers a NumPy array faster than a call of ours would."""
        return private_copy(x) if isinstance(x, np.ndarray) else self.B.admit(x)

    def run(self, batch: Any) -> Any:
        """Do one step and give its logs, without waiting for them."""
        batch = ordered(tree.map_leaves(self._transferred, batch))
        with scope(is_wide(self.holder.state, batch)):
            self.holder.state, logs = self._compiled(self.holder.state, batch)
        return plain(logs)

    def replace(self, **parts: dict[str, Any]) -> None:
        """See `Program.replace`; tensors are copied, since the next step writes over them."""
        copied = tree.map_leaves(lambda x: self._owned(x) if self.B.engine.is_tensor(x) else x, parts)
        super().replace(**copied)
        self.holder.state = ordered(self.holder.state)
