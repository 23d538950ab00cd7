"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from kcompat.optimizers.optimizer import Optimizer, check_within
from kcompat.registration import register


@register("optimizer")
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

    formula = "sgd_update"

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: Any):
        self.momentum, self.nesterov = check_within("momentum", momentum, 0, 1), bool(nesterov)
        if momentum:
            self.formula, self.slot_groups = "momentum_update", (("momentum",),)
        super().__init__(learning_rate, **kwargs)
