"""The place where data comes in."""

from __future__ import annotations

from typing import Any

from kcompat.layers.layer import Layer
from kcompat.registration import refuse, register
from kcompat.spec import TensorSpec


@register("layer")
class InputLayer(Layer):
    """The shape and dtype of a model's data. Made by `Input`."""

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
    ):
        refuse("InputLayer", False, sparse=sparse, ragged=ragged, optional=optional)
        refuse("InputLayer", input_tensor=input_tensor)
        if (shape is None) == (batch_shape is None):
            raise ValueError(
                f"Input takes shape or batch_shape, one of them; got shape={shape!r}, batch_shape={batch_shape!r}"
            )
        super().__init__(name=name, dtype=dtype)
        shape = (shape,) if isinstance(shape, int) else shape
        self.batch_shape = (batch_size, *shape) if batch_shape is None else tuple(batch_shape)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        """Shape, dtype and name."""
        return {"batch_shape": self.batch_shape, "dtype": self.dtype, "name": self.name}

    def call(self, inputs: Any) -> Any:
        """The inputs themselves."""
        return inputs

    @property
    def spec(self) -> TensorSpec:
        """Shape and dtype with the batch axis."""
        return TensorSpec(self.batch_shape, self.dtype)


def Input(  # noqa: N802  (Keras's name)
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
) -> InputLayer:
    """What a model's data looks like, as its first layer.

    Args:
        shape: sizes without the batch axis; None for a size that varies.
        batch_size: the batch size, if it is fixed.
        dtype: floatx if None.
        batch_shape: sizes with the batch axis, in place of `shape` and `batch_size`.
        name: the layer's name.
    """
    return InputLayer(shape, batch_size, dtype, batch_shape=batch_shape, name=name)
