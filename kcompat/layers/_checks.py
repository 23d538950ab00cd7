"""Arguments and inputs of layers, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from kcompat.layers.layer import Layer


def positive(name: str, value: Any) -> int:
    """`value` as a positive int."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} is a positive integer, got {value!r}")
    return int(value)


def known_size(layer: Layer, shape: tuple[int | None, ...], axis: int, minimum_rank: int) -> int:
    """The size of one axis of a layer's inputs, which its weights depend on."""
    if len(shape) < minimum_rank:
        raise ValueError(f"{layer.name} takes inputs of rank {minimum_rank} or more, batch first; got shape {shape}")
    size = shape[axis]
    if size is None:
        raise ValueError(f"{layer.name}: axis {axis} of the inputs needs a known size, got shape {shape}")
    return size


def check_inputs(
    layer: Layer, inputs: Any, sizes: dict[int, int], rank: int | None = None, minimum_rank: int = 1
) -> None:
    """Raise ValueError if the inputs have another rank, or other sizes, than the layer was built for."""
    shape = tuple(inputs.shape)
    if (rank is not None and len(shape) != rank) or len(shape) < minimum_rank:
        expected = f"rank {rank}" if rank is not None else f"rank {minimum_rank} or more"
        raise ValueError(f"{layer.name} takes inputs of {expected}, batch first; got shape {shape}")
    for axis, size in sizes.items():
        if shape[axis] != size:
            raise ValueError(f"{layer.name} was built for size {size} of axis {axis}; got inputs of shape {shape}")


def check_images(layer: Layer, shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `shape` is that of a batch of images."""
    if len(shape) != 4:
        raise ValueError(
            f"{layer.name} takes images, rank 4: (batch, height, width, channels), or channels second; "
            f"got shape {shape}"
        )


def check_padding(padding: str) -> str:
    """`valid` or `same`, in any case."""
    if not isinstance(padding, str) or padding.lower() not in ("valid", "same"):
        raise ValueError(f"padding is 'valid' or 'same', got {padding!r}")
    return padding.lower()
