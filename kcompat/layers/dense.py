"""Dense, Activation, Embedding, and the place where data comes in."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat import activations, ops
from kcompat.initializers import random as initializers
from kcompat.layers.layer import Layer
from kcompat.registration import refuse
from kcompat.spec import TensorSpec, as_dtype, floatx


class InputLayer(Layer):
    """The shape and dtype of a model's data. Made by `Input`."""

    def __init__(
        self, shape: tuple[int | None, ...], batch_size: int | None = None, dtype: Any = None, name: Any = None
    ):
        super().__init__(name=name)
        self.batch_shape = (batch_size, *shape)
        self.dtype = as_dtype(dtype or floatx())
        self.built = True

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
    if (shape is None) == (batch_shape is None):
        raise ValueError(
            f"Input takes shape or batch_shape, one of them; got shape={shape!r}, batch_shape={batch_shape!r}"
        )
    if batch_shape is not None:
        batch_size, *shape = batch_shape
    return InputLayer(tuple((shape,) if isinstance(shape, int) else shape), batch_size, dtype, name)


class Dense(Layer):
    """`activation(inputs @ kernel + bias)` over the last axis.

    Shapes: inputs `(batch, ..., features)`, kernel `(features, units)`, result `(batch, ..., units)`.

    Args:
        units: the size of the result's last axis.
        activation: a name or a function; None leaves the result as it is.
        use_bias: whether to add a bias.
        kernel_initializer: the kernel's first values.
        bias_initializer: the bias's first values.
        kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, lora_rank:
            not supported yet.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: Any = None,
        **kwargs: Any,
    ):
        refuse(
            "Dense",
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            lora_rank=lora_rank,
        )
        super().__init__(**kwargs)
        self.units = positive("units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """See `Layer.build`."""
        features = known_size(self, input_shape, -1, minimum_rank=2)
        self.kernel = self.add_weight((features, self.units), self.kernel_initializer, name="kernel")
        self.bias = self.add_weight((self.units,), self.bias_initializer, name="bias") if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        check_inputs(self, inputs, {-1: self.kernel.shape[0]}, minimum_rank=2)
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)


class Activation(Layer):
    """An activation function as a layer."""

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        return self.activation(inputs)


class Embedding(Layer):
    """A vector for each integer: row `i` of a trained table.

    Shapes: integer inputs `(batch, ...)` in [0, input_dim), result `(batch, ..., output_dim)`.
    Indices out of range in a model's data raise ValueError before training starts.

    Args:
        input_dim: how many integers there are.
        output_dim: the size of a vector.
        embeddings_initializer: the table's first values.
        embeddings_regularizer, embeddings_constraint, mask_zero, weights, lora_rank: not supported yet.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: Any = None,
        **kwargs: Any,
    ):
        refuse(
            "Embedding",
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            weights=weights,
            lora_rank=lora_rank,
        )
        refuse("Embedding", False, mask_zero=mask_zero)
        super().__init__(**kwargs)
        self.input_dim, self.output_dim = positive("input_dim", input_dim), positive("output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """See `Layer.build`."""
        shape = (self.input_dim, self.output_dim)
        self.embeddings = self.add_weight(shape, self.embeddings_initializer, name="embeddings")

    def check_data(self, x: Any) -> None:
        """See `Layer.check_data`."""
        low, high = np.min(x), np.max(x)
        if low < 0 or high >= self.input_dim:
            raise ValueError(f"{self.name} takes integers in [0, {self.input_dim}), the data has {low} to {high}")
        if np.asarray(x).dtype.kind == "f" and np.any(x != np.floor(x)):
            raise ValueError(f"{self.name} takes integers, the data has fractions")

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        return ops.take(self.embeddings, ops.cast(inputs, "int32"), axis=0)


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
