"""What a loss object does: weighting and reducing the values of a loss function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kcompat import ops
from kcompat.config import floatx
from kcompat.configurable import Configurable
from kcompat.losses.alignment import match_weight, size_of
from kcompat.losses.targets import Targets
from kcompat.naming import unique_name
from kcompat.registration import register
from kcompat.spec import TensorSpec, as_dtype

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


@register("loss")
class Loss(Configurable):
    """A weighted, reduced loss.

    Subclasses define `call(y_true, y_pred)`, one value a sample.

    Args:
        name: for messages; made of the class's name if None.
        reduction: `sum_over_batch_size` or `mean` (the sum of weighted values over their number),
            `mean_with_sample_weight` (over the sum of the weights), `sum`, or `none`.
        dtype: the float dtype that the loss is computed in, whatever its arguments have; floatx if None.
    """

    targets: Targets | None = None
    """Which targets are allowed; None: not known, so none is refused."""

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None):
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction is one of {', '.join(map(str, REDUCTIONS))}; got {reduction!r}")
        self.name, self.reduction = name or unique_name(type(self).__name__), reduction
        self.dtype = as_dtype(dtype or floatx())

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample."""
        raise NotImplementedError(f"{type(self).__name__} defines no call(self, y_true, y_pred)")

    def mask(self, y_true: Any, y_pred: Any, values: Any) -> Any:
        """Which of the values count, as a bool tensor; None: all of them."""
        del y_true, y_pred, values
        return None

    def check_targets(self, y: np.ndarray, outputs: Any) -> None:
        """Raise ValueError for targets that this loss does not take: NaN, or labels that are no class.

        Args:
            y: the targets, on the host.
            outputs: a `TensorSpec` of the predictions, or a structure of them.
        """
        if self.targets is not None and y.size:
            self.targets.check(y, outputs, self)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, reduced as `reduction` says; a mean is one over the values that count."""
        integers = self.targets is not None and self.targets.are_integers
        y_true = ops.convert_to_tensor(y_true, None if integers else self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, self.dtype)
        values = ops.convert_to_tensor(self._check_result(self.call(y_true, y_pred), y_pred), self.dtype)
        weight = None if sample_weight is None else match_weight(sample_weight, values)
        mask = self.mask(y_true, y_pred, values)
        if mask is not None:
            counted = ops.cast(mask, values.dtype)
            if self.reduction in ("sum_over_batch_size", "mean"):
                count = ops.sum(counted)
                counted = counted * (size_of(values) / ops.where(ops.equal(count, 0.0), 1.0, count))
            weight = counted if weight is None else ops.multiply(counted, weight)
        if weight is not None:
            values = ops.multiply(values, weight)
        return self._reduce(values, weight)

    def _check_result(self, values: Any, y_pred: Any) -> Any:
        """What `call` gave. Raises TypeError for a number, and for an array that does not come of `y_pred`."""
        is_apart = isinstance(y_pred, TensorSpec) and isinstance(values, (np.ndarray, np.generic))
        if is_apart or not hasattr(values, "dtype"):
            raise TypeError(
                f"the loss {self.name!r} gave {values!r}, a {type(values).__name__} that has no gradient; "
                "give a tensor, computed from y_pred with kcompat.ops"
            )
        return values

    def _reduce(self, values: Any, weight: Any) -> Any:
        """Weighted values, reduced as `reduction` says."""
        if self.reduction in ("none", None):
            return values
        total = ops.sum(values)
        if self.reduction == "sum":
            return total
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            weights = ops.sum(ops.multiply(weight, ops.ones_like(values)))
            return ops.where(ops.equal(weights, 0.0), 0.0, total / ops.where(ops.equal(weights, 0.0), 1.0, weights))
        return total / float(max(1, size_of(values)))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor as plain data; `dtype` only if it was given, as in Keras's configs."""
        config = super().get_config()
        if self.arguments().get("dtype") is None:
            config.pop("dtype", None)
        return config


@register("loss")
class LossFunctionWrapper(Loss):
    """A loss made of a function of `(y_true, y_pred, **kwargs)`."""

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name or getattr(fn, "__name__", "loss"), reduction, dtype)
        self.fn, self.kwargs = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.fn(y_true, y_pred, **self.kwargs)
