"""One optimizer, one model: its slots and its count of steps are those of one training."""

from __future__ import annotations

import weakref
from typing import Any

_owners: weakref.WeakKeyDictionary[Any, weakref.ref[Any]] = weakref.WeakKeyDictionary()


def claim_optimizer(optimizer: Any, model: Any) -> None:
    """Note whose optimizer it is. Raises ValueError if it is another model's that still uses it."""
    if optimizer is None:
        return
    reference = _owners.get(optimizer)
    owner = reference() if reference is not None else None
    if owner is not None and owner is not model and owner.optimizer is optimizer:
        raise ValueError(
            f"the optimizer {optimizer.name!r} is that of model {owner.name!r}, so model {model.name!r} needs one of "
            "its own: the moments and the count of steps would mix; pass another object, such as "
            "kcompat.optimizers.get(...), or kcompat.configurable.clone(optimizer)"
        )
    _owners[optimizer] = weakref.ref(model)
