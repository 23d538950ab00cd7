"""Losses that layers add: in a call, by `add_loss` and activity regularizers, and for their weights, by regularizers.

While a step runs, what a call adds belongs to the step; outside of one the layers keep it until the next call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kcompat.layers._calling import current_call
from kcompat.layers._tracking import walk
from kcompat.spec import SCALARS
from kcompat.variables.scope import current_scope

if TYPE_CHECKING:
    from kcompat.layers.layer import Layer


def add_loss(layer: Layer, value: Any) -> None:
    """Note a loss of the call that runs; outside of any it stays until the layer is called."""
    value = as_scalar(value, f"add_loss of {layer.name!r}")
    call = current_call()
    if call is None:
        layer._losses.append(value)
    else:
        call.losses.append((layer, value))


def settle_losses(root: Layer, losses: list[tuple[Layer, Any]]) -> None:
    """Replace what the last call of `root` added by what this one did."""
    scope = current_scope()
    if scope is not None:
        scope.losses[root] = losses
        return
    for layer in root.walk():
        layer._losses = []
    for layer, value in losses:
        layer._losses.append(value)


def added_losses(layer: Layer) -> list[Any]:
    """What the last call added for a layer and those within it; within a call, what it added so far."""
    scope, call = current_scope(), current_call()
    if scope is None and call is None:
        return [value for part in walk(layer) for value in part._losses]
    noted = list(call.losses) if call is not None else []
    if scope is not None:
        noted += [entry for entries in scope.losses.values() for entry in entries]
    parts = set(map(id, walk(layer))) if noted else set()
    return [value for owner, value in noted if id(owner) in parts]


def regularization_losses(layer: Layer) -> list[Any]:
    """The regularizers' scalars of the weights that are trained."""
    weights = [v for v in layer.trainable_weights if v.regularizer is not None]
    return [as_scalar(v.regularizer(v), f"the regularizer of {v.path!r}") for v in weights]


def as_scalar(value: Any, owner: str) -> Any:
    """A loss that is added: a number or a tensor of rank 0. Raises ValueError, naming its owner, for what is none."""
    if not isinstance(value, SCALARS) and tuple(getattr(value, "shape", ("?",))) != ():
        shape = f"shape {tuple(value.shape)}" if hasattr(value, "shape") else repr(value)
        raise ValueError(f"{owner} gave {shape}, and what is added to a loss is a scalar; take a sum or a mean")
    return value
