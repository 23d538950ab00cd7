"""Constraints: projections of a weight, applied after each update of the optimizer."""

from __future__ import annotations

from typing import Any

from kcompat import config, ops
from kcompat.configurable import Configurable
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import get as _get
from kcompat.registration import register
from kcompat.registration import serialize as serialize


class Constraint(Configurable):
    """A function of a weight that gives the weight to keep. Subclasses define `__call__(w)`."""

    def __call__(self, w: Any) -> Any:
        """The weight to keep; here the weight itself."""
        return w


def _norms(w: Any, axis: Any) -> Any:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@register("constraint")
class MaxNorm(Constraint):
    """Scales vectors along `axis` down to a length of at most `max_value` (Srebro et al., 2005).

    `axis=0` takes the incoming weights of each unit of a Dense kernel; `[0, 1, 2]` those of a convolution's filter.
    """

    def __init__(self, max_value: float = 2, axis: Any = 0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        return ops.multiply(w, ops.divide(ops.clip(norms, 0, self.max_value), ops.add(norms, config.epsilon())))


@register("constraint")
class NonNeg(Constraint):
    """Replaces negative weights by 0."""

    def __call__(self, w: Any) -> Any:
        return ops.maximum(w, 0.0)


@register("constraint")
class UnitNorm(Constraint):
    """Scales vectors along `axis` to length 1."""

    def __init__(self, axis: Any = 0):
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        return ops.divide(w, ops.add(_norms(w, self.axis), config.epsilon()))


@register("constraint")
class MinMaxNorm(Constraint):
    """Moves the length of vectors along `axis` towards the range from `min_value` to `max_value`.

    `rate` is the share of the way that each update goes; 1 projects.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        norms = _norms(w, self.axis)
        wanted = ops.add(
            ops.multiply(ops.clip(norms, self.min_value, self.max_value), self.rate),
            ops.multiply(norms, 1.0 - self.rate),
        )
        return ops.multiply(w, ops.divide(wanted, ops.add(norms, config.epsilon())))


max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm


def get(identifier: Any) -> Any:
    """A constraint from its name, config, class, object, or a function of a weight; None stays None."""
    return _get("constraint", identifier)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """A constraint from its config."""
    return _deserialize(config, custom_objects, "constraint")
