"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from kcompat.optimizers.optimizer import Optimizer
from kcompat.runtime.active import active


class SGD(Optimizer):
    """`p -= learning_rate * g`, or with a momentum.

    With momentum `v = momentum * v - learning_rate * g` and `p += v`; with `nesterov`
    `p += momentum * v - learning_rate * g` (Sutskever et al., 2013).

    Args:
        learning_rate: the size of a step.
        momentum: in [0, 1].
        nesterov: whether to look ahead; only with a momentum.
        **kwargs: see `Optimizer`.
    """

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any):
        super().__init__(learning_rate, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum is in [0, 1], got {momentum!r}")
        self.momentum, self.nesterov = momentum, nesterov
        if momentum:
            self.slot_names = ("momentum",)

    def update(self, rate: Any, iteration: Any, runs: list[list[Any]]) -> tuple[Any, ...]:
        """See `Optimizer.update`."""
        del iteration
        tensors = [x for run in runs for x in run]
        if not self.momentum:
            return active().sgd_update(rate, *tensors)
        return active().momentum_update(rate, *tensors, momentum=self.momentum, nesterov=self.nesterov)
