"""A model made of layers in a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kcompat.layers.dense import InputLayer
from kcompat.layers.layer import Layer
from kcompat.random.places import building
from kcompat.spec import TensorSpec, floatx
from kcompat.training.trainer import Model


class Sequential(Model):
    """Layers in a row: each takes what the one before gives.

    Args:
        layers: the layers; if the first is an `Input`, the model is built at once.
        trainable: False freezes all weights.
        name: made from the class name if None.
    """

    def __init__(self, layers: Iterable[Layer] | None = None, trainable: bool = True, name: str | None = None):
        super().__init__(name=name, trainable=trainable)
        self._row: list[Layer] = []
        self._input: InputLayer | None = None
        for layer in layers or ():
            self._append(layer)
        self._build_if_known()

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the `Input`."""
        return list(self._row)

    def add(self, layer: Layer) -> None:
        """Append a layer."""
        self._append(layer)
        self._build_if_known()

    def _append(self, layer: Layer) -> None:
        if not isinstance(layer, Layer):
            raise TypeError(f"Sequential takes layers, got {layer!r}")
        if any(layer.name == other.name for other in self._row):
            raise ValueError(f"two layers are called {layer.name!r}; give one of them another name")
        self._release()
        if isinstance(layer, InputLayer):
            if self._row or self._input:
                raise ValueError("an Input comes first, and once")
            self._input = layer
        else:
            self._row.append(layer)
            self.built = False

    def _build_if_known(self) -> None:
        if self._input is not None and self._row:
            self.build_for(self._input.batch_shape)

    def pop(self) -> Layer:
        """Remove the last layer and give it."""
        if not self._row:
            raise ValueError("there is no layer to remove")
        self._release()
        return self._row.pop()

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Build the layers, one after the other; a row that was built before builds what is new."""
        spec: Any = TensorSpec(input_shape, self._input.dtype if self._input is not None else floatx())
        for layer in self._row:
            if not isinstance(spec, TensorSpec):
                raise ValueError(f"{layer.name} takes one tensor, and the layer before gives {len(spec)}")
            with building("", self.place):
                spec = layer.compute_output_spec(spec)
        self.built = True
        self.input_shape = tuple(input_shape)

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        for layer in self._row:
            inputs = layer(inputs)
        return inputs

    def check_data(self, x: Any) -> None:
        """See `Layer.check_data`; the data also has the shape that the model was built for."""
        expected, got = self.input_shape, tuple(x.shape)
        if expected is not None and (
            len(got) != len(expected) or any(n not in (None, m) for n, m in zip(expected[1:], got[1:], strict=True))
        ):
            raise ValueError(f"{self.name} takes inputs of shape {expected}, the batch first; x has shape {got}")
        if self._row:
            self._row[0].check_data(x)

    def _layers_within(self) -> Iterator[tuple[str, Layer]]:
        yield from ((layer.name, layer) for layer in self.__dict__.get("_row", ()))

    def _place_children(self) -> None:
        for i, layer in enumerate(self._row):  # by number: default names depend on what the process made before
            layer._attribute = str(i)

    def _name_variables(self, path: str | None = None) -> None:
        for layer in self._row:  # a model's own name is no part of its variables' paths
            layer._name_variables(f"{path}/{layer.name}" if path else layer.name)

    def __len__(self) -> int:
        return len(self._row)
