"""A traced step as an XLA program that does it several times."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, jaxpr_as_fun, jaxprs_in_params


class Step:
    """`(state, batch) -> (state, logs)`, all of them lists of tensors, traced.

    What the step leaves as it is, or does not read, stays out of the program: `changed` and `kept` are the places
    in the state of what it replaces, and of what it only reads.
    """

    def __init__(self, traced: ClosedJaxpr, size: int):
        jaxpr = traced.jaxpr
        inputs, outputs = jaxpr.invars[:size], jaxpr.outvars
        self.changed = [i for i in range(size) if outputs[i] is not inputs[i]]
        read = {id(x) for eqn in jaxpr.eqns for x in eqn.invars}
        read |= {id(outputs[i]) for i in self.changed} | {id(y) for y in outputs[size:]}
        self.kept = [i for i in range(size) if outputs[i] is inputs[i] and id(inputs[i]) in read]
        self._apply, self._size = jaxpr_as_fun(traced), size
        self._logs = traced.out_avals[size:]
        self.logs_bytes = sum(y.size * y.dtype.itemsize for y in self._logs)
        keeps_types = all(traced.in_avals[i] == traced.out_avals[i] for i in self.changed)
        self.repeats = keeps_types and not jaxpr.effects
        """Whether it may stand in a loop."""
        self.convolves = _convolves(jaxpr)
        """Whether it would lose by it on a CPU: there XLA's convolution has several threads outside of loops alone."""
        self._options = _without_ynnpack() if _convolves(jaxpr, images=2) or _recurs(jaxpr) else None

    def once(self) -> Callable[..., Any]:
        """The program `(changed, kept, batch) -> (changed, logs)`."""
        return jax.jit(self._once, donate_argnums=0, compiler_options=self._options)

    def repeated(self) -> Callable[..., Any]:
        """The program `(changed, kept, batches, steps) -> (changed, logs of the last step)`.

        The number of steps is a tensor, so that one program does for any, up to the length of `batches`.
        """

        def run(changed: list[Any], kept: list[Any], batches: list[Any], steps: Any) -> Any:
            def step(i: Any, carry: Any) -> Any:
                return self._once(carry[0], kept, [_at(x, i) for x in batches])

            logs = [jnp.zeros(y.shape, y.dtype) for y in self._logs]
            return lax.fori_loop(0, steps, step, (changed, logs))

        return jax.jit(run, donate_argnums=0, compiler_options=self._options)

    def unasked(self) -> Callable[..., Any]:
        """The program `(changed, kept, batches) -> (changed, logs of the last step)`, one step for each batch.

        A GPU need not ask the host after each step whether to go on, as it does where a tensor says how many to do.
        """

        def run(changed: list[Any], kept: list[Any], batches: list[Any]) -> Any:
            def step(carry: Any, batch: list[Any]) -> Any:
                return self._once(carry[0], kept, batch), None

            logs = [jnp.zeros(y.shape, y.dtype) for y in self._logs]
            return lax.scan(step, (changed, logs), batches)[0]

        return jax.jit(run, donate_argnums=0)

    def each(self) -> Callable[..., Any]:
        """The program `(changed, kept, batches, steps) -> (changed, logs of all steps)`, these stacked."""

        def run(changed: list[Any], kept: list[Any], batches: list[Any], steps: Any) -> Any:
            def step(i: Any, carry: Any) -> Any:
                changed, logs = self._once(carry[0], kept, [_at(x, i) for x in batches])
                rows = zip(carry[1], logs, strict=True)
                return changed, [lax.dynamic_update_index_in_dim(stack, y, i, 0) for stack, y in rows]

            logs = [jnp.zeros((len(batches[0]), *y.shape), y.dtype) for y in self._logs]
            return lax.fori_loop(0, steps, step, (changed, logs))

        return jax.jit(run, donate_argnums=0, compiler_options=self._options)

    def _once(self, changed: list[Any], kept: list[Any], batch: list[Any]) -> tuple[list[Any], list[Any]]:
        state: list[Any] = [0] * self._size  # an absent one is not read
        for places, values in ((self.changed, changed), (self.kept, kept)):
            for i, x in zip(places, values, strict=True):
                state[i] = x
        results = self._apply(*state, *batch)
        return [results[i] for i in self.changed], results[self._size :]


@functools.cache
def _without_ynnpack() -> dict[str, Any] | None:
    """Options with which XLA convolves and multiplies by itself on a CPU.

    YNNPACK, to which it would go, takes four times as long for the convolution of many images, two thirds of the time
    for one, and a fifth longer for a recurrence. The gradient of a recurrence gains by it.
    """
    options = {"xla_cpu_experimental_ynn_fusion_type": ""}
    try:
        jax.jit(lambda: 0, compiler_options=options)()
    except jax.errors.JaxRuntimeError:  # another XLA, which has no such option
        return None
    return options


def _at(x: Any, i: Any) -> Any:
    return lax.dynamic_index_in_dim(x, i, keepdims=False)


def _convolves(jaxpr: Jaxpr, images: int = 0) -> bool:
    """Whether a convolution of so many images or more is part of what would run on a CPU."""
    for eqn in jaxpr.eqns:
        if eqn.primitive.name == "conv_general_dilated":
            x: Any = eqn.invars[0].aval
            if x.shape[eqn.params["dimension_numbers"].lhs_spec[0]] >= images:
                return True
        elif any(_convolves(inner, images) for inner in jaxprs_in_params(_on_cpu(eqn.params))):
            return True
    return False


def _recurs(jaxpr: Jaxpr, within: bool = False) -> bool:
    """Whether a recurrence is part of it that is not differentiated: a loop in a call that has a gradient's rule."""
    for eqn in jaxpr.eqns:
        name = eqn.primitive.name
        inside = within or name.startswith("custom_vjp_call")
        if (inside and name == "scan") or any(_recurs(inner, inside) for inner in jaxprs_in_params(eqn.params)):
            return True
    return False


def _on_cpu(params: dict[str, Any]) -> dict[str, Any]:
    """Of a choice between platforms, only the branch for the CPU."""
    platforms: Sequence[Any] | None = params.get("branches_platforms")
    if platforms is None:
        return params
    chosen = next(i for i, names in enumerate(platforms) if names is None or "cpu" in names)
    return {"branch": params["branches"][chosen]}
