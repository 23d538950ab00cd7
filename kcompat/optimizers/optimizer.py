"""The base class of optimizers."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kcompat import ops
from kcompat.configurable import Configurable
from kcompat.naming import unique_name
from kcompat.registration import refuse, serialize
from kcompat.runtime.active import active
from kcompat.spec import OPS, floatx
from kcompat.variables import Variable


class Optimizer(Configurable):
    """Changes variables along their gradients.

    Its own state is variables too: the iteration, the learning rate, and for each variable that it changes one of each
    slot. A subclass states its formula: the op that computes a step, whose hyper-parameters are attributes of the
    optimizer, and the names of the slots. Where the iteration enters, it overrides `step_size`.

    Args:
        learning_rate: a number, not negative. It may be changed at any time: `optimizer.learning_rate = 0.01`.
        name: made from the class name if None.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum: not supported yet.
        ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps: not supported yet.
    """

    formula: str = ""
    """The name of the op, declared in `kcompat.spec.update`."""

    slot_groups: tuple[tuple[str, ...], ...] = ()
    """The names of the slots, in the order in which the formula takes them.

    They are in groups because of Keras's order of `variables`: the slots of a group variable by variable, and one group
    after the other.
    """

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
        self.iterations = self._own_variable("iteration", np.int32(0))
        self._rate = self._own_variable("learning_rate", _checked_rate(learning_rate))
        self.slots: dict[str, dict[Variable, Variable]] = {}
        """For each name of a slot, the slots of the variables that the optimizer was built for."""
        self._built_for: dict[Variable, None] = {}  # in the order of `build`
        self.built = False

    # State.

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The names of the slots, in the order in which the formula takes them."""
        return tuple(name for group in self.slot_groups for name in group)

    @property
    def variables(self) -> list[Variable]:
        """The optimizer's own variables, in Keras's order."""
        slots = (self.slots[name][v] for group in self.slot_groups for v in self._built_for for name in group)
        return [self.iterations, self._rate, *slots]

    @property
    def learning_rate(self) -> Variable:
        """The learning rate, as a variable; assign a number to change it."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._rate.assign(_checked_rate(value))

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the slots of these variables, zeros. Slots that exist stay."""
        self.built = True
        paths = {variable.path for variable in self.variables}
        for variable in variables:
            if variable in self._built_for:
                continue
            self._built_for[variable] = None
            for name in self.slot_names:
                zeros = np.zeros(variable.shape, variable.dtype)
                slot = self._own_variable(f"{variable.path.replace('/', '_')}_{name}", zeros)
                while slot.path in paths:  # those of `a/b_c` and `a_b/c` would have one
                    slot.path += "_1"
                paths.add(slot.path)
                self.slots.setdefault(name, {})[variable] = slot

    def _own_variable(self, name: str, value: Any) -> Variable:
        variable = Variable(value, trainable=False, name=name, part="slots")
        variable.path = f"{self.name}/{name}"
        return variable

    # Steps.

    def step_size(self, rate: Any, iteration: Any) -> Any:
        """What the formula takes as `rate`, of the learning rate and the number of this step, from 1: rank-0 floats."""
        del iteration
        return rate

    def update_values(
        self, variables: Sequence[Variable], values: Sequence[Any], grads: Sequence[Any], state: Mapping[Variable, Any]
    ) -> tuple[list[Any], dict[Variable, Any]]:
        """One step as a pure function: the new values of `variables`, and those of the optimizer's variables.

        Args:
            variables: all that the optimizer was built for, or some of them.
            values: a tensor for each.
            grads: a gradient for each; a variable without one, None, keeps its value and its slots.
            state: the values of the optimizer's variables; the second result has those that change.
        """
        self._check_known(variables)
        trained = [i for i, grad in enumerate(grads) if grad is not None]
        if not trained:
            if variables:
                raise ValueError(f"{self.name}: no variable has a gradient: {_paths(variables)}")
            return [], {}
        if len(trained) < len(variables):
            lacking = _paths(v for v, grad in zip(variables, grads, strict=True) if grad is None)
            warnings.warn(f"{self.name}: no gradients for {lacking}, which stay as they are", stacklevel=2)
        iteration = ops.add(state[self.iterations], 1)
        new_values, new_state = list(values), {self.iterations: iteration}
        rate = self.step_size(state[self._rate], ops.cast(iteration, self._rate.dtype))
        for dtype in dict.fromkeys(variables[i].dtype for i in trained):
            alike = [i for i in trained if variables[i].dtype == dtype]
            slots = [self.slots[name][variables[i]] for name in self.slot_names for i in alike]
            gradients = [ops.convert_to_tensor(grads[i], dtype) for i in alike]
            tensors = [*(values[i] for i in alike), *gradients, *(state[slot] for slot in slots)]
            result = self._apply_formula(ops.convert_to_tensor(rate, dtype), tensors)
            for i, value in zip(alike, result[: len(alike)], strict=True):
                new_values[i] = _constrain(variables[i], value)
            new_state.update(zip(slots, result[len(alike) :], strict=True))
        return new_values, new_state

    def _apply_formula(self, rate: Any, tensors: list[Any]) -> tuple[Any, ...]:
        hyperparameters = {p.name: getattr(self, p.name) for p in OPS[self.formula].attributes}
        return getattr(active(), self.formula)(rate, *tensors, **hyperparameters)

    def _check_known(self, variables: Iterable[Variable]) -> None:
        unknown = [variable for variable in variables if variable not in self._built_for]
        if unknown:
            raise ValueError(
                f"{self.name} was not built for {_paths(unknown)}: variables that came after the optimizer was built, "
                "such as those of a layer that was added after compile(); compile the model again, or call "
                "optimizer.build(variables) with all of them"
            )

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """One step as a pure function of lists, in the order of the variables given to `build` and of `variables`.

        Gives the new values of the trainable variables, then those of the optimizer's.
        """
        own, variables = self.variables, list(self._built_for)
        for name, tensors, expected in (
            ("optimizer_variables", optimizer_variables, own),
            ("grads", grads, variables),
            ("trainable_variables", trainable_variables, variables),
        ):
            if len(tensors) != len(expected):
                raise ValueError(f"{self.name}: {name} has {len(tensors)} tensors for {len(expected)} variables")
        state = dict(zip(own, optimizer_variables, strict=True))
        values, new_state = self.update_values(variables, trainable_variables, grads, state)
        return values, [*{**state, **new_state}.values()]

    def apply(self, grads: Sequence[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Change variables in place, outside of a compiled step: those the optimizer was built for, or those given.

        The first call with variables builds the optimizer for them.
        """
        if trainable_variables is None and not self.built:
            raise ValueError(f"{self.name} is not built; call optimizer.build(variables), or apply(grads, variables)")
        variables = list(self._built_for if trainable_variables is None else trainable_variables)
        if len(grads) != len(variables):
            raise ValueError(f"{len(grads)} gradients for {len(variables)} variables")
        if not self.built:
            self.build(variables)
        state = {variable: variable.value for variable in self.variables}
        values, new_state = self.update_values(variables, [v.value for v in variables], grads, state)
        for variable, value in (*zip(variables, values, strict=True), *new_state.items()):
            variable.assign(value)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """Change variables in place, given as pairs of a gradient and a variable. Gives the iterations."""
        pairs = list(grads_and_vars)
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])
        return self.iterations

    # Configs.

    def arguments(self) -> dict[str, Any]:
        """The arguments of the constructor by name, those of `Optimizer` too; the learning rate is the present one."""
        own = super().arguments()
        if any(p.kind is p.VAR_KEYWORD for p in _parameters(type(self))):  # which take those of `Optimizer`
            own = {**{p.name: p.default for p in _parameters(Optimizer)}, **own}
        now = {"learning_rate": float(self._rate), "name": self.name}
        return {name: now.get(name, value) for name, value in own.items()}

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor as plain data, without the state."""
        return {name: serialize(value) for name, value in self.arguments().items()}


def check_within(name: str, value: Any, low: float, high: float, *, closed: bool = True) -> float:
    """A hyper-parameter in `[low, high]`, or strictly between if not `closed`. Raises ValueError for others."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name} is a number, got {value!r}")
    if not (low <= value <= high if closed else low < value < high):
        raise ValueError(f"{name} is {f'in [{low}, {high}]' if closed else f'between {low} and {high}'}, got {value!r}")
    return float(value)


def _parameters(cls: type) -> Iterator[inspect.Parameter]:
    return iter(list(inspect.signature(cls.__init__).parameters.values())[1:])  # type: ignore[misc]


def _paths(variables: Iterable[Variable]) -> str:
    return ", ".join(repr(variable.path) for variable in variables)


def _checked_rate(value: Any) -> np.ndarray:
    if not isinstance(value, (int, float, np.number, np.ndarray, Variable)) or isinstance(value, bool):
        raise TypeError(f"learning_rate is a number (schedules are not supported yet), got {value!r}")
    rate = float(value)
    if not math.isfinite(rate) or rate < 0:
        raise ValueError(f"learning_rate is finite and not negative, got {rate}")
    return np.asarray(rate, floatx())


def _constrain(variable: Variable, value: Any) -> Any:
    """What the constraint of a variable makes of its new value: a tensor of the same shape, in the same dtype."""
    if variable.constraint is None:
        return value
    projected = variable.constraint(value)
    if tuple(getattr(projected, "shape", ("?",))) != variable.shape:
        shape = f"shape {tuple(projected.shape)}" if hasattr(projected, "shape") else repr(projected)
        raise ValueError(
            f"the constraint of {variable.path!r} gave {shape}; it takes the weight, of shape {variable.shape}, "
            "and gives one of that shape to keep"
        )
    return ops.cast(projected, variable.dtype)
