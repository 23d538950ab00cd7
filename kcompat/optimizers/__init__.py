"""Optimizers, with Keras 3's names, arguments and defaults."""

from __future__ import annotations

from typing import Any

from kcompat.optimizers.adaptive import Adam, RMSprop
from kcompat.optimizers.optimizer import Optimizer
from kcompat.optimizers.sgd import SGD
from kcompat.registration import by_name

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "get"]

_KNOWN = {cls.__name__: cls for cls in (SGD, Adam, RMSprop)}
_KNOWN |= {name.lower(): cls for name, cls in _KNOWN.items()}


def get(identifier: Any) -> Optimizer:
    """An optimizer from its name, class, or the object itself."""
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    if isinstance(identifier, str):
        return by_name("optimizer", identifier, _KNOWN)()
    raise TypeError(f"an optimizer is a name or an Optimizer, got {identifier!r}")
