"""What every metric is: a value that is accumulated over batches in variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kcompat import initializers, ops
from kcompat.config import floatx
from kcompat.configurable import Configurable
from kcompat.naming import unique_name
from kcompat.registration import register
from kcompat.spec import as_dtype
from kcompat.variables import Variable
from kcompat.variables.scope import bind


@register("metric")
class Metric(Configurable):
    """A value accumulated over batches.

    Subclasses define `update_state` and `result`, and make variables in `__init__`.

    Args:
        dtype: the float dtype that the value is accumulated in; floatx if None.
        name: for the logs; made of the class's name if None.
    """

    def __init__(self, dtype: Any = None, name: str | None = None):
        self.name = name or unique_name(type(self).__name__)
        self.dtype = as_dtype(dtype or floatx())
        self.initial: dict[Variable, np.ndarray] = {}
        """The variables, each with the value that `reset_state` sets it to."""

    def add_variable(
        self,
        shape: tuple[int, ...],
        initializer: Any,
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """A variable to accumulate in.

        Args:
            shape: the shape.
            initializer: the first value, which `reset_state` sets it back to: a name, an object, or a function of
                `(shape, dtype)`.
            dtype: the metric's dtype if None.
            aggregation: how replicas of the variable would be combined. There are none, so it changes nothing.
            name: the last part of the variable's path.
        """
        del aggregation
        initializer = initializers.get(initializer)
        variable = Variable(
            initializer, tuple(shape), dtype or self.dtype, False, f"{self.name}/{name or 'variable'}", part="metrics"
        )
        self.initial[variable] = variable.numpy()
        return variable

    def add_weight(
        self, shape: tuple[int, ...] = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> Variable:
        """A variable as of `add_variable`, a scalar of 0 unless said otherwise."""
        return self.add_variable(shape, "zeros" if initializer is None else initializer, dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """What the metric accumulates in."""
        return list(self.initial)

    def reset_state(self) -> None:
        """Forget what was seen."""
        for variable, initial in self.initial.items():
            variable.assign(initial)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take a batch in: `(y_true, y_pred, sample_weight)`, or `(values, sample_weight)`."""
        raise NotImplementedError(f"{type(self).__name__} defines no update_state(self, y_true, y_pred, sample_weight)")

    def result(self) -> Any:
        """The value so far, a scalar."""
        raise NotImplementedError(f"{type(self).__name__} defines no result(self)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in a batch, and give the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    # Pure functions of what the variables hold, for a training loop of one's own.

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The values of the variables after `update_state` with these arguments, from the values before it."""
        with bind(self._values(metric_variables)) as scope:
            self.update_state(*args, **kwargs)
            return [scope.get(variable) for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result with the variables at these values."""
        with bind(self._values(metric_variables)):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """The values of the variables before anything was seen."""
        return [ops.convert_to_tensor(initial) for initial in self.initial.values()]

    def _values(self, metric_variables: Sequence[Any]) -> dict[Variable, Any]:
        if len(metric_variables) != len(self.initial):
            raise ValueError(
                f"metric_variables has {len(metric_variables)} values, and {self.name} has {len(self.initial)} "
                "variables; pass metric.variables or what a stateless method gave"
            )
        return {
            variable: ops.convert_to_tensor(value, variable.dtype)
            for variable, value in zip(self.initial, metric_variables, strict=True)
        }
