"""Recurrent layers, one step of one sample at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from kcompat.conformance.references import reference

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": np.tanh,
    "sigmoid": scipy.special.expit,
    "gelu": lambda x: x * scipy.special.ndtr(x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "hard_sigmoid": lambda x: np.interp(x, [-3, 3], [0, 1]),
}
"""NumPy's, SciPy's, and those of Hendrycks and Gimpel (2016), Glorot and Bengio (2010) and Keras 3."""

Step = Callable[[Any, list[Any]], list[Any]]


def _over_time(
    step: Step, inputs: Any, initial: Any, mask: Any, reverse: bool = False, zero_output_for_mask: bool = False
) -> list[Any]:
    """Outputs and last states, where `step` takes one row of the inputs and the states before it."""
    batch, times = inputs.shape[:2]
    outputs, last = np.zeros((batch, times, initial[0].shape[1])), [np.zeros(h.shape) for h in initial]
    for row in range(batch):
        states = [h[row] for h in initial]
        for t in reversed(range(times)) if reverse else range(times):
            seen = mask is None or bool(mask[row, t])
            states = step(inputs[row, t], states) if seen else states
            outputs[row, t] = states[0] if seen or not zero_output_for_mask else 0.0
        for h, state in zip(last, states, strict=True):
            h[row] = state
    return [outputs, *last]


def _parts(weights: Any, count: int, like: Any) -> list[Any]:
    """The weights of each gate; zeros where there are none."""
    return [np.zeros(like.shape[-1])] * count if weights is None else np.split(weights, count, axis=-1)


@reference("simple_rnn")
def simple_rnn(
    inputs: Any,
    initial_state: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    activation: str = "tanh",
    **how: Any,
) -> Any:
    """Elman (1990), as Keras documents SimpleRNN."""

    def step(x: Any, states: list[Any]) -> list[Any]:
        z = np.concatenate([x, states[0]]) @ np.concatenate([kernel, recurrent_kernel])
        return [ACTIVATIONS[activation](z if bias is None else z + bias)]

    return _over_time(step, inputs, [initial_state], mask, **how)


@reference("lstm")
def lstm(
    inputs: Any,
    initial_h: Any,
    initial_c: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
    **how: Any,
) -> Any:
    """Gers et al. (2000), section 3, with an output squashed by `activation`; the gates are in Keras's order."""
    act, squash = ACTIVATIONS[activation], ACTIVATIONS[recurrent_activation]
    per_gate = [_parts(w, 4, initial_h) for w in (kernel, recurrent_kernel, bias)]

    def step(x: Any, states: list[Any]) -> list[Any]:
        h, c = states
        entry, forget, cell, output = (x @ w + h @ u + b for w, u, b in zip(*per_gate, strict=True))
        c = squash(forget) * c + squash(entry) * act(cell)
        return [squash(output) * act(c), c]

    return _over_time(step, inputs, [initial_h, initial_c], mask, **how)


@reference("gru")
def gru(
    inputs: Any,
    initial_state: Any,
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any = None,
    mask: Any = None,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
    reset_after: bool = True,
    **how: Any,
) -> Any:
    """Cho et al. (2014), equations 5 to 8; with `reset_after` cuDNN's documentation. The gates are in Keras's order."""
    act, squash = ACTIVATIONS[activation], ACTIVATIONS[recurrent_activation]
    biases = (None, None) if bias is None else bias if reset_after else (bias, None)
    per_gate = [_parts(w, 3, initial_state) for w in (kernel, recurrent_kernel, *biases)]

    def step(x: Any, states: list[Any]) -> list[Any]:
        (h,) = states
        (wz, wr, w), (uz, ur, u), (bz, br, b), (cz, cr, c) = per_gate
        update = squash(x @ wz + bz + h @ uz + cz)
        reset = squash(x @ wr + br + h @ ur + cr)
        recalled = reset * (h @ u + c) if reset_after else (reset * h) @ u
        return [update * h + (1 - update) * act(x @ w + b + recalled)]

    return _over_time(step, inputs, [initial_state], mask, **how)
