"""Optimizers that scale each parameter's step by its past gradients."""

from __future__ import annotations

import math
from typing import Any

from kcompat import ops
from kcompat.optimizers.optimizer import Optimizer
from kcompat.registration import refuse
from kcompat.runtime.active import active


class Adam(Optimizer):
    """Adaptive moments (Kingma & Ba, 2015), in its second form: epsilon is the paper's epsilon-hat.

    Args:
        learning_rate: the size of a step.
        beta_1: the decay of the mean of gradients.
        beta_2: the decay of the mean of their squares.
        epsilon: added to the root of the mean square.
        amsgrad: not supported yet.
        **kwargs: see `Optimizer`.
    """

    slot_names = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ):
        refuse("Adam", False, amsgrad=amsgrad)
        super().__init__(learning_rate, **kwargs)
        for name, beta in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not 0 < beta < 1:
                raise ValueError(f"{name} is between 0 and 1, got {beta!r}")
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def update(self, rate: Any, iteration: Any, runs: list[list[Any]]) -> tuple[Any, ...]:
        """See `Optimizer.update`."""
        # -expm1(t log b) is 1 - b ** t without the cancellation that costs three digits at t = 1
        bias_1 = -ops.expm1(iteration * math.log(self.beta_1))
        bias_2 = -ops.expm1(iteration * math.log(self.beta_2))
        tensors = [x for run in runs for x in run]
        attrs = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return active().adam_update(rate * ops.sqrt(bias_2) / bias_1, *tensors, **attrs)


class RMSprop(Optimizer):
    """Steps divided by the root of the mean square of gradients (Hinton, 2012).

    Args:
        learning_rate: the size of a step.
        rho: the decay of the mean square.
        momentum, centered: not supported yet.
        epsilon: added to the mean square, under the root.
        **kwargs: see `Optimizer`.
    """

    slot_names = ("velocity",)

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ):
        refuse("RMSprop", 0.0, momentum=momentum)
        refuse("RMSprop", False, centered=centered)
        super().__init__(learning_rate, **kwargs)
        self.rho, self.epsilon = rho, epsilon

    def update(self, rate: Any, iteration: Any, runs: list[list[Any]]) -> tuple[Any, ...]:
        """See `Optimizer.update`."""
        del iteration
        tensors = [x for run in runs for x in run]
        return active().rmsprop_update(rate, *tensors, rho=self.rho, epsilon=self.epsilon)
