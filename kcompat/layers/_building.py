"""Building a layer: all that goes with making its weights, around the `build` that its class defines."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kcompat.random.places import at, building, current_place
from kcompat.runtime import shapes, tree

if TYPE_CHECKING:
    from kcompat.layers.layer import Layer


def once(build: Callable[..., None]) -> Callable[..., None]:
    """Let `build` do what belongs to it, the first time that it is called; later calls do nothing.

    The layer notes its place, from which first weights and masks follow, tells the layers within theirs, draws the
    keys of its seed generators, and gives the variables their paths. `super().build(...)` within a `build` runs that
    of the base class alone.
    """

    @functools.wraps(build)
    def run(self: Layer, *args: Any, **kwargs: Any) -> None:
        if self._is_building:
            build(self, *args, **kwargs)
            return
        if self.built:
            return
        with at_place(self):
            self.place_sublayers()
            self._is_building = True
            try:
                build(self, *args, **kwargs)
            finally:
                self._is_building = False
            for i, generator in enumerate(self._generators):
                with building(f"seed.{i}"):
                    generator.state  # noqa: B018  (draws its key here, where its place is known)
        given = [*args, *kwargs.values()]
        if given:
            self.input_shape = map_shapes(shapes.known, given[0])
        self.built = True
        self.name_variables()

    return run


def at_place(layer: Layer) -> Any:
    """A context in which draws without a seed come from the layer's place: where it was first met."""
    if layer._place is None:
        seed, outer = current_place()
        layer._place = seed, f"{outer}/{layer._attribute}"
    return at(layer._place)


def shape_of(inputs: Any) -> Any:
    """The shapes of a tensor, or of a nested structure of tensors."""
    return tree.map_leaves(lambda x: tuple(x.shape), inputs)


def map_shapes(f: Callable[[tuple[int | None, ...]], Any], shapes: Any) -> Any:
    """`f` of each shape in a nested structure of shapes; a shape is a tuple, or list, of sizes."""
    if isinstance(shapes, dict):
        return {key: map_shapes(f, shape) for key, shape in shapes.items()}
    if any(isinstance(part, (list, tuple, dict)) for part in shapes):
        return type(shapes)(map_shapes(f, shape) for shape in shapes)
    return f(tuple(shapes))
