"""Activation functions by name: the spec's, and those to which `keras.activations` gives other arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat import ops
from kcompat.registration import by_name
from kcompat.spec import OPS

FAMILIES = ("activation", "shrink", "softmax")


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """`x` from `threshold` on, at most `max_value`; below, `negative_slope * (x - threshold)`.

    Args:
        x: a tensor.
        negative_slope: the slope below the threshold.
        max_value: the largest result; None: any.
        threshold: what is not above it is on the slope. With a threshold a result jumps from 0 to it.
    """
    x = ops.convert_to_tensor(x)
    if negative_slope != 0.0 and max_value is None and threshold == 0:
        return ops.leaky_relu(x, negative_slope)
    above = ops.relu(x) if threshold == 0 else ops.where(ops.less_equal(x, threshold), 0.0, x)
    if max_value is not None:
        above = ops.where(ops.greater_equal(above, max_value), float(max_value), ops.relu(above))
    return above - ops.relu(threshold - x) * negative_slope if negative_slope != 0.0 else above


def gelu(x: Any, approximate: bool = False) -> Any:
    """See `kcompat.ops.gelu`, whose default is the approximation by tanh: Keras's is not the same here and there."""
    return ops.gelu(x, approximate=approximate)


_KNOWN = {op.name: getattr(ops, op.name) for op in OPS.values() if op.family in FAMILIES}
_KNOWN |= {"tanh": ops.tanh, "exponential": ops.exp, "relu": relu, "gelu": gelu}
globals().update(_KNOWN)
__all__ = ["get", "op_name", *_KNOWN]
NOT_IN_KERAS = ("op_name", "swish", "hard_swish")
"""Names here that are none of `keras.activations`; Keras knows the last two as strings."""


def get(identifier: Any) -> Callable[[Any], Any]:
    """An activation from its name, a function of one tensor, or None, which is `linear`."""
    if identifier is None:
        return _KNOWN["linear"]
    if callable(identifier):
        return identifier
    return by_name("activation", identifier, _KNOWN)


def op_name(identifier: Any, owner: str) -> str:
    """The name of the op that an activation is: recurrent layers run it within a scan, where only ops may be used."""
    function = get(identifier)
    name = getattr(function, "__name__", "")
    if function not in _KNOWN.values():
        raise NotImplementedError(
            f"{owner}: an activation within a recurrence is one of kcompat.activations, got {identifier!r}; "
            f"there are {', '.join(sorted(_KNOWN))}"
        )
    return name
