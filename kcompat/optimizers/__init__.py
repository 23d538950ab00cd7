"""Optimizers, with Keras 3's names, arguments and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kcompat.optimizers.adam import Adam
from kcompat.optimizers.lion import Lion
from kcompat.optimizers.optimizer import Optimizer
from kcompat.optimizers.rmsprop import RMSprop
from kcompat.optimizers.sgd import SGD
from kcompat.registration import KINDS, serialize
from kcompat.registration import deserialize as _deserialize
from kcompat.registration import get as _get

__all__ = ["SGD", "Adam", "Lion", "Optimizer", "RMSprop", "deserialize", "get", "serialize"]


def get(identifier: Any) -> Any:
    """An optimizer from its name in upper or lower case, config, class, or the object itself; None stays None."""
    if isinstance(identifier, str):
        optimizer = _get("optimizer", _in_known_case(identifier))
    elif isinstance(identifier, Mapping) and "class_name" in identifier:
        optimizer = deserialize(identifier)
    elif isinstance(identifier, type) and issubclass(identifier, Optimizer):
        optimizer = identifier()
    else:
        optimizer = identifier
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"an optimizer is a name or an Optimizer, got {identifier!r}")
    return optimizer


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """An optimizer from its config, without the state it had; its class name may be in upper or lower case."""
    known = {**config, "class_name": _in_known_case(config["class_name"])}
    return _deserialize(known, custom_objects, "optimizer")


def _in_known_case(name: str) -> str:
    """The name in lower case if that is one of the library's: `ADAM` is Adam."""
    return name.lower() if name.lower() in KINDS["optimizer"].names else name
