"""JAX by hand: one donated state, a jitted step, for small models several steps a call by `lax.scan`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from kcompat.bench.loops.loop import BETA_1, BETA_2, EPSILON, RATE, Loop
from kcompat.bench.workloads import Workload


def ways(workload: Workload, device: str) -> dict[str, Callable[[], Loop]]:
    """The loops that train a workload, by name."""
    from kcompat.bench.loops import jax_networks as networks

    single, several = {"one step a call": 1}, {"8 steps a call": 8}
    if workload.family == "mlp":
        variants = [("", networks.perceptron, {"10 steps a call": 10, "40 steps a call": 40} | single)]
    elif workload.family == "cnn" and device == "cpu":
        variants = [("im2col, ", networks.convolutional_by_columns, single)]
    elif workload.family == "cnn":
        variants = [("lax.conv, ", networks.convolutional, several | single)]
    elif workload.family == "lstm":
        variants = [("own pullback, ", networks.recurrent_by_hand, several), ("", networks.recurrent, several)]
    else:
        return {}
    return {
        name + calls: functools.partial(Jitted, workload.weights(), network, steps)
        for name, network, counts in variants
        for calls, steps in counts.items()
    }


class Jitted(Loop):
    """`network(params, x)` gives the logits."""

    def __init__(self, weights: list[np.ndarray], network: Callable[..., Any], steps_at_once: int = 1):
        self.steps_at_once = steps_at_once
        params = {str(i): jnp.asarray(w) for i, w in enumerate(weights)}
        zeros = jax.tree.map(jnp.zeros_like, params)
        self.state = {
            "params": params,
            "m": zeros,
            "v": jax.tree.map(jnp.zeros_like, params),
            "t": jnp.int32(0),
            "loss": jnp.float32(0),
            "right": jnp.int32(0),
        }

        def loss(params: Any, x: Any, y: Any) -> Any:
            z = network(params, x)
            log_p = z - jax.nn.logsumexp(z, axis=-1, keepdims=True)
            return -jnp.mean(jnp.take_along_axis(log_p, y[:, None], 1)), jnp.sum(jnp.argmax(z, -1) == y)

        def step(state: Any, batch: Any) -> Any:
            (value, right), grads = jax.value_and_grad(loss, has_aux=True)(state["params"], *batch)
            t = state["t"] + 1
            rate = RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
            m = jax.tree.map(lambda m, g: m + (g - m) * (1 - BETA_1), state["m"], grads)
            v = jax.tree.map(lambda v, g: v + (g * g - v) * (1 - BETA_2), state["v"], grads)
            update = lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON)  # noqa: E731
            params = jax.tree.map(update, state["params"], m, v)
            sums = {"loss": state["loss"] + value, "right": state["right"] + right}
            return {"params": params, "m": m, "v": v, "t": t, **sums}, None

        def run(state: Any, x: Any, y: Any) -> Any:
            return step(state, (x, y))[0] if steps_at_once == 1 else lax.scan(step, state, (x, y))[0]

        def test(params: Any, sums: Any, x: Any, y: Any) -> Any:
            value, right = loss(params, x, y)
            return sums[0] + value, sums[1] + right

        self._run = jax.jit(run, donate_argnums=0)
        self._test = jax.jit(test)
        self._forward = jax.jit(network)

    def run(self, x: np.ndarray, y: np.ndarray) -> None:
        self.state = self._run(self.state, x, y)

    def test(self, x: np.ndarray, y: np.ndarray) -> None:
        state = self.state
        sums = self._test(state["params"], (state["loss"], state["right"]), x, y)
        state["loss"], state["right"] = sums

    def forward(self, x: np.ndarray) -> Any:
        return self._forward(self.state["params"], x)

    def logs(self) -> tuple[float, float]:
        judged = float(self.state["loss"]), int(self.state["right"])
        self.state |= {"loss": jnp.float32(0), "right": jnp.int32(0)}
        return judged

    def weights(self) -> list[np.ndarray]:
        return [np.asarray(w) for w in self.state["params"].values()]
