"""Adam and AMSGrad."""

from __future__ import annotations

import math
from typing import Any

from kcompat import ops
from kcompat.optimizers.optimizer import Optimizer, check_within
from kcompat.registration import register


@register("optimizer")
class Adam(Optimizer):
    """Adaptive moments (Kingma & Ba, 2015), in its second form: epsilon is the paper's epsilon-hat.

    Args:
        learning_rate: the size of a step.
        beta_1: the decay of the mean of gradients.
        beta_2: the decay of the mean of their squares.
        epsilon: added to the root of the mean square.
        amsgrad: whether to divide by the largest mean square so far (Reddi et al., 2018).
        **kwargs: see `Optimizer`.
    """

    formula = "adam_update"
    slot_groups: tuple[tuple[str, ...], ...] = (("momentum", "velocity"),)

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ):
        self.beta_1 = check_within("beta_1", beta_1, 0, 1, closed=False)
        self.beta_2 = check_within("beta_2", beta_2, 0, 1, closed=False)
        self.epsilon, self.amsgrad = epsilon, bool(amsgrad)
        if amsgrad:
            self.formula, self.slot_groups = "amsgrad_update", (*self.slot_groups, ("velocity_hat",))
        super().__init__(learning_rate, **kwargs)

    def step_size(self, rate: Any, iteration: Any) -> Any:
        bias_1, bias_2 = (_bias_correction(beta, iteration) for beta in (self.beta_1, self.beta_2))
        return ops.divide(ops.multiply(rate, ops.sqrt(bias_2)), bias_1)


def _bias_correction(beta: float, iteration: Any) -> Any:
    """`1 - beta ** t`, without the cancellation that costs three digits at `t = 1`."""
    return ops.negative(ops.expm1(ops.multiply(iteration, math.log(beta))))
