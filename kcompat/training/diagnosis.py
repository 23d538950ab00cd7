"""Where a loss stopped being a number.

Watching every gradient of every step would slow training down. So `fit` keeps the state from before the epoch
and, if the loss is no longer finite, runs the epoch again, step by step, and looks. Steps are
deterministic, the seeds being part of the state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kcompat import ops
from kcompat.data.arrays import unpack_x_y_sample_weight
from kcompat.runtime.program import State
from kcompat.runtime.registry import load

ADVICE = "lower the learning rate, look for extreme values in the data, or use from_logits=True with raw outputs"


class NonFiniteLoss(ArithmeticError):  # noqa: N818  (it names what happened)
    """The loss of a model in training is NaN or infinite."""


KEPT_BYTES = 1 << 25
"""The largest state that is copied before each epoch; to copy a larger one takes time and memory from training."""


def seen_too_late(epoch: int, steps: int, reason: str) -> str:
    """That the loss is not finite, where the epoch cannot be run again."""
    return f"epoch {epoch + 1}, step {steps} or before: the loss is not finite; {reason}; {ADVICE}"


def first_failure(model: Any, state: State, batches: Iterable[Any], epoch: int) -> str:
    """What went wrong first, in words."""

    def step(state: State, batch: Any) -> tuple[State, Any]:
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        (loss, _), grads = model.loss_and_gradients(state, x, y, sample_weight)
        bad = {path: ops.sum(ops.cast(ops.logical_not(ops.isfinite(g)), "int32")) for path, g in grads.items()}
        state, _ = model.train_step(state, batch)
        return state, (loss, bad)

    B = load(model.backend)
    program = B.engine.compile(B, step, state)
    to_numpy = B.engine.to_numpy
    for number, batch in enumerate(batches, start=1):
        loss, bad = program.run(batch)
        loss, failing = float(to_numpy(loss)), [path for path, count in bad.items() if int(to_numpy(count))]
        where = f"epoch {epoch + 1}, step {number}"
        x = batch[0]
        if x.dtype.kind == "f" and not np.isfinite(x).all():
            return f"{where}: the inputs hold {_kind(x)}; clean the data before training"
        if failing:
            return f"{where}: the loss is {loss}, and {_blame(failing)}; {ADVICE}"
        if not np.isfinite(loss):
            return f"{where}: the loss is {loss} while all gradients are finite; {ADVICE}"
    return f"epoch {epoch + 1}: the mean loss is not finite, though each step's is: it overflows; {ADVICE}"


def _blame(failing: list[str]) -> str:
    """The parameter nearest to the output is where a backward pass goes wrong first."""
    layer = failing[-1].rpartition("/")[0]
    rest = f"; so are those of {', '.join(failing[:-1])}" if failing[:-1] else ""
    return f"the gradient of {failing[-1]!r} in layer {layer!r} is not finite{rest}"


def _kind(x: np.ndarray) -> str:
    return "NaN" if np.isnan(x).any() else "infinite values"
