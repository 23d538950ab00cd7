"""Activation functions by name: the spec's family of them, and `tanh`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kcompat import ops
from kcompat.lookup import by_name
from kcompat.spec import OPS

_KNOWN = {op.name: getattr(ops, op.name) for op in OPS.values() if op.family == "activation"}
_KNOWN |= {"tanh": ops.tanh, "swish": ops.silu, "exponential": ops.exp}
globals().update(_KNOWN)
__all__ = ["get", "op_name", *_KNOWN]


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
