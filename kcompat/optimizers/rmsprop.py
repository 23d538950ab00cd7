"""RMSprop."""

from __future__ import annotations

from typing import Any

from kcompat.optimizers.optimizer import Optimizer, check_within
from kcompat.registration import register

FORMULAS = {
    (): "rmsprop_update",
    ("momentum",): "rmsprop_momentum_update",
    ("average_gradient",): "rmsprop_centered_update",
    ("momentum", "average_gradient"): "rmsprop_centered_momentum_update",
}
"""The formulas by the slots that they have beside the velocity."""


@register("optimizer", "rmsprop")
class RMSprop(Optimizer):
    """Steps divided by the root of the mean square of gradients (Hinton, 2012).

    Args:
        learning_rate: the size of a step.
        rho: the decay of the mean square.
        momentum: the decay of a sum of past steps, which is then the step; in [0, 1].
        epsilon: added to the mean square, under the root.
        centered: whether to divide by the standard deviation instead: the square of the mean gradient is subtracted
            from the mean square (Graves, 2013).
        **kwargs: see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ):
        self.rho, self.epsilon, self.centered = rho, epsilon, bool(centered)
        self.momentum = check_within("momentum", momentum, 0, 1)
        more = ("momentum",) * bool(momentum) + ("average_gradient",) * bool(centered)
        self.formula, self.slot_groups = FORMULAS[more], (("velocity",), *((slot,) for slot in more))
        super().__init__(learning_rate, **kwargs)
