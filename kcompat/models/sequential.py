"""A model made of layers in a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kcompat.layers.input import InputLayer
from kcompat.layers.layer import Layer
from kcompat.models.model import Model
from kcompat.random.places import building
from kcompat.registration import deserialize, register, serialize
from kcompat.spec import TensorSpec, floatx
from kcompat.variables.structure import note_change


@register("model")
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
        if isinstance(layer, InputLayer):
            if self._row or self._input:
                raise ValueError("an Input comes first, and once")
            self._input = layer
        else:
            self._row.append(layer)
            self._change()

    def _change(self) -> None:
        """Let a row of other layers than before be built for what is new."""
        self.built = self._is_settled = False
        note_change()

    def _build_if_known(self) -> None:
        if self._input is not None and self._row:
            self.build(self._input.batch_shape)

    def pop(self) -> Layer:
        """Remove the last layer and give it."""
        if not self._row:
            raise ValueError("there is no layer to remove")
        layer = self._row.pop()
        self._change()
        self._build_if_known()
        return layer

    def build(self, input_shape: Any) -> None:
        """Build the layers, one after the other; a row that was built before builds what is new."""
        spec: Any = TensorSpec(input_shape, self._input.dtype if self._input is not None else floatx())
        for layer in self._row:
            if not isinstance(spec, TensorSpec):
                raise ValueError(f"{layer.name} takes one tensor, and the layer before gives {len(spec)}")
            with building(""):  # a seed gives the first weights that it gave in the first version
                spec = layer.compute_output_spec(spec)

    def call(self, inputs: Any) -> Any:
        """What the last layer gives."""
        for layer in self._row:
            inputs = layer(inputs)
        return inputs

    def check_data(self, x: Any) -> None:
        """Raise for data that the first layer cannot take, or of another shape than the model was built for."""
        expected, shape = self.input_shape, tuple(x.shape)
        if expected is not None and (
            len(shape) != len(expected) or any(n not in (None, m) for n, m in zip(expected[1:], shape[1:], strict=True))
        ):
            raise ValueError(f"{self.name} takes inputs of shape {expected}, the batch first; x has shape {shape}")
        if self._row:
            self._row[0].check_data(x)

    def sublayers(self) -> Iterator[tuple[str, Layer]]:
        """The layers, by their names."""
        yield from ((layer.name, layer) for layer in self.__dict__.get("_row", ()))

    def place_sublayers(self) -> None:
        """Number the layers: default names depend on what the process made before."""
        for i, layer in enumerate(self._row):
            layer.stand_at(str(i))

    def name_variables(self, path: str | None = None) -> None:
        """Give the variables paths that begin with `path`; a model's own name is no part of them."""
        super().name_variables(path or "")

    def arguments(self) -> dict[str, Any]:
        """The layers as they are now, the `Input` first if there is one, with name and `trainable`."""
        layers = [*([self._input] if self._input is not None else []), *self._row]
        return {"layers": layers, "trainable": self.trainable, "name": self.name}

    def get_config(self) -> dict[str, Any]:
        """Name, `trainable`, and the layers' configs, the `Input` first if there is one."""
        layers = [*([self._input] if self._input is not None else []), *self._row]
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [serialize(layer) for layer in layers],
            "build_input_shape": self.input_shape,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Sequential:
        """A model of the same layers, built if that of the config was; its first weights are its own."""
        model = cls([deserialize(layer, kind="layer") for layer in config["layers"]], name=config.get("name"))
        shape = config.get("build_input_shape")
        if not model.built and shape is not None:
            model.build(tuple(shape))
        if not config.get("trainable", True):
            model.trainable = False
        return model

    def __len__(self) -> int:
        return len(self._row)
