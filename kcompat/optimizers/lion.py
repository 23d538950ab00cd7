"""Lion."""

from __future__ import annotations

from typing import Any

from kcompat.optimizers.optimizer import Optimizer, check_within
from kcompat.registration import register


@register("optimizer")
class Lion(Optimizer):
    """Steps of one size, in the direction of the sign of the momentum (Chen et al., 2023).

    Args:
        learning_rate: the size of a step in each element; a third to a tenth of what Adam takes.
        beta_1: the share of the momentum in the direction, beside the gradient's; above 0, at most 1.
        beta_2: the decay of the momentum.
        **kwargs: see `Optimizer`.
    """

    formula = "lion_update"
    slot_groups = (("momentum",),)

    def __init__(self, learning_rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **kwargs: Any):
        self.beta_1, self.beta_2 = check_within("beta_1", beta_1, 0, 1), beta_2
        if not beta_1:
            raise ValueError("beta_1 is above 0: of the gradient's sign alone nothing is left of Lion; got 0")
        super().__init__(learning_rate, **kwargs)
