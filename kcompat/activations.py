"""Activation functions by name: the spec's, and those to which `keras.activations` gives other arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat import ops
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import get as _get
from kcompat.registration import register, registered_functions
from kcompat.registration import serialize as _serialize
from kcompat.spec import OPS

FAMILIES = ("activation", "shrink", "softmax")
SECOND_NAMES = {"silu": "swish", "hard_silu": "hard_swish"}
"""Ops with another name that is an op, too: a config has the first."""

NOT_IN_KERAS = ("op_name",)
"""Names here that are none of `keras.activations`."""


@register("activation")
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


@register("activation")
def gelu(x: Any, approximate: bool = False) -> Any:
    """As `kcompat.ops.gelu`, whose default is the approximation by tanh: Keras's is not the same here and there."""
    return ops.gelu(x, approximate=approximate)


@register("activation")
def exponential(x: Any) -> Any:
    """`exp(x)`."""
    return ops.exp(x)


for _op in OPS.values():
    if _op.family in FAMILIES and _op.name not in (*SECOND_NAMES.values(), "relu", "gelu"):
        register("activation", *filter(None, [SECOND_NAMES.get(_op.name)]))(getattr(ops, _op.name))
register("activation")(ops.tanh)

_FUNCTIONS = registered_functions("activation")
_FUNCTIONS |= {second: _FUNCTIONS[first] for first, second in SECOND_NAMES.items()}
globals().update(_FUNCTIONS)
__all__ = ["deserialize", "get", "op_name", "serialize", *_FUNCTIONS]


def get(identifier: Any) -> Callable[..., Any]:
    """An activation from its name or config, a function of one tensor, or None, which is `linear`."""
    return _FUNCTIONS["linear"] if identifier is None else _get("activation", identifier)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """An activation from its name or config."""
    return _deserialize(config, custom_objects, "activation")


def serialize(activation: Any) -> Any:
    """The config of an activation: the name of one of these functions."""
    return _serialize(activation)


def op_name(identifier: Any, owner: str) -> str:
    """The name of the op that an activation is: recurrent layers run it within a scan, where only ops may be used."""
    function = get(identifier)
    if function is exponential:
        return "exp"
    if function not in _FUNCTIONS.values():
        raise NotImplementedError(
            f"{owner}: an activation within a recurrence is one of kcompat.activations, got {identifier!r}; "
            f"there are {', '.join(sorted(_FUNCTIONS))}"
        )
    return function.__name__
