"""The base class of optimizers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kcompat import ops
from kcompat.layers.layer import unique_name
from kcompat.registration import refuse
from kcompat.spec import floatx
from kcompat.variables import Variable


class Optimizer:
    """Changes parameters along their gradients.

    Its state is variables: the iteration, the learning rate, and for each parameter one of each slot in
    `slot_names`. Subclasses define `update`.

    Args:
        learning_rate: a positive number. It may be changed at any time: `optimizer.learning_rate = 0.01`.
        name: made from the class name if None.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, loss_scale_factor, gradient_accumulation_steps:
            not supported yet.
    """

    slot_names: tuple[str, ...] = ()

    def __init__(
        self,
        learning_rate: float = 0.01,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ):
        refuse(
            type(self).__name__,
            weight_decay=weight_decay,
            clipnorm=clipnorm,
            clipvalue=clipvalue,
            global_clipnorm=global_clipnorm,
            ema_overwrite_frequency=ema_overwrite_frequency,
            loss_scale_factor=loss_scale_factor,
            gradient_accumulation_steps=gradient_accumulation_steps,
        )
        refuse(type(self).__name__, False, use_ema=use_ema)
        refuse(type(self).__name__, 0.99, ema_momentum=ema_momentum)
        self.name = name or unique_name(type(self).__name__)
        self.iterations = Variable(np.int32(0), trainable=False, name="iteration", part="slots")
        self._rate = Variable(_checked_rate(learning_rate), trainable=False, name="learning_rate", part="slots")
        self.slots: dict[str, dict[str, Variable]] = {}
        self.built = False

    @property
    def learning_rate(self) -> Variable:
        """The learning rate, as a variable; assign a number to change it."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._rate.assign(_checked_rate(value))

    @property
    def variables(self) -> list[Variable]:
        """The optimizer's state."""
        return [self.iterations, self._rate, *(v for slot in self.slots.values() for v in slot.values())]

    def build(self, parameters: list[Variable]) -> None:
        """Make the slots of the parameters, zeros; slots that exist stay."""
        for slot in self.slot_names:
            held = self.slots.setdefault(slot, {})
            for p in parameters:
                if p.path not in held:
                    zeros = np.zeros(p.shape, p.dtype)
                    held[p.path] = Variable(zeros, trainable=False, name=f"{p.path}/{slot}", part="slots")
        self.built = True

    def update(self, rate: Any, iteration: Any, runs: list[list[Any]]) -> tuple[Any, ...]:
        """The new parameters, then the new slots.

        Args:
            rate: the learning rate, a rank-0 tensor.
            iteration: the number of this update, from 1, a rank-0 float tensor.
            runs: equally long lists of tensors: parameters, gradients, then each slot.
        """
        raise NotImplementedError

    def stateless_apply(
        self, optimizer_variables: dict[str, Any], grads: dict[str, Any], trainable_variables: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """New parameters and new optimizer variables; all are dicts from a path to a tensor."""
        slots = dict(optimizer_variables)
        iteration = ops.add(slots[self.iterations.path], 1)
        slots[self.iterations.path] = iteration
        if not trainable_variables:
            return trainable_variables, slots
        rate = slots[self._rate.path]
        paths = [self.slots[slot][p].path for slot in self.slot_names for p in trainable_variables]
        count = len(trainable_variables)
        runs = [list(trainable_variables.values()), [grads[p] for p in trainable_variables]]
        runs += [[slots[path] for path in paths[i : i + count]] for i in range(0, len(paths), count)]
        result = self.update(rate, ops.cast(iteration, self._rate.dtype), runs)
        slots.update(zip(paths, result[count:], strict=True))
        return dict(zip(trainable_variables, result[:count], strict=True)), slots

    def apply(self, grads: list[Any], trainable_variables: list[Variable]) -> None:
        """Update variables in place, outside of a compiled step: one gradient each."""
        if len(grads) != len(trainable_variables):
            raise ValueError(f"{len(grads)} gradients for {len(trainable_variables)} variables")
        self.build(trainable_variables)
        own = {v.path: v for v in [*self.variables, *trainable_variables]}
        params, slots = self.stateless_apply(
            {v.path: v.value for v in self.variables},
            {v.path: g for v, g in zip(trainable_variables, grads, strict=True)},
            {v.path: v.value for v in trainable_variables},
        )
        for path, value in {**params, **slots}.items():
            own[path].assign(value)


def _checked_rate(value: Any) -> np.ndarray:
    if not isinstance(value, (int, float, np.number, np.ndarray, Variable)) or isinstance(value, bool):
        raise TypeError(f"learning_rate is a number (schedules are not supported yet), got {value!r}")
    rate = float(value)
    if not math.isfinite(rate) or rate < 0:
        raise ValueError(f"learning_rate is finite and not negative, got {rate}")
    return np.asarray(rate, floatx())
