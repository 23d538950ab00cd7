"""What a layer holds: the layers, variables and seed generators among its attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kcompat.layers.layer import Layer


def layers_in(path: str, value: Any, layer_class: type[Layer]) -> Iterator[tuple[str, Layer]]:
    """The layers in an attribute, also in lists, tuples and dicts, each with its path: `blocks.0`."""
    if isinstance(value, layer_class):
        yield path, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from layers_in(f"{path}.{i}", item, layer_class)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from layers_in(f"{path}.{key}", item, layer_class)


def walk(layer: Layer) -> Iterator[Layer]:
    """A layer and all those within it, each once."""
    seen: set[int] = set()
    stack = [layer]
    while stack:
        current = stack.pop()
        if id(current) not in seen:
            seen.add(id(current))
            yield current
            stack.extend(reversed([child for _, child in current.sublayers()]))


def name_variables(layer: Layer, path: str) -> None:
    """Give the variables of a layer, and of those within it, paths that begin with `path`."""
    prefix = f"{path}/" if path else ""
    for variable in layer._own_variables:
        variable.path = f"{prefix}{variable.name}"
    for i, generator in enumerate(layer._generators):
        if generator.has_state:
            generator.state.path = f"{prefix}{generator.name}" + (f"_{i}" if i else "")
    for attribute, child in layer.sublayers():
        name_variables(child, f"{prefix}{attribute}")
