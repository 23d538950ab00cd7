"""The arguments of a weight that many layers repeat: initializer, regularizer, constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kcompat import constraints, initializers, regularizers

if TYPE_CHECKING:
    from kcompat.layers.layer import Layer


class WeightOptions(NamedTuple):
    """How a weight begins, what it adds to the loss, and what it is projected to after an update."""

    initializer: Any
    regularizer: Any = None
    constraint: Any = None

    def keep(self, layer: Layer, weight: str) -> None:
        """Keep them as attributes of a layer, as Keras does: `kernel_initializer` and so on."""
        setattr(layer, f"{weight}_initializer", initializers.get(self.initializer))
        setattr(layer, f"{weight}_regularizer", regularizers.get(self.regularizer))
        setattr(layer, f"{weight}_constraint", constraints.get(self.constraint))


def options_of(layer: Layer, weight: str, name: str | None = None) -> dict[str, Any]:
    """The arguments of `add_weight` that were kept for a weight, and its name, `weight` if None."""
    parts = {part: getattr(layer, f"{weight}_{part}") for part in WeightOptions._fields}
    return {**parts, "name": name or weight}
