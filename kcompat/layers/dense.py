"""Dense: a matrix product."""

from __future__ import annotations

from typing import Any

from kcompat import activations, ops
from kcompat.layers._checks import check_inputs, known_size, positive
from kcompat.layers._weights import WeightOptions, options_of
from kcompat.layers.layer import Layer
from kcompat.registration import refuse, register


@register("layer")
class Dense(Layer):
    """`activation(inputs @ kernel + bias)` over the last axis.

    Shapes: inputs `(batch, ..., features)`, kernel `(features, units)`, result `(batch, ..., units)`.

    Args:
        units: the size of the result's last axis.
        activation: a name or a function; None leaves the result as it is.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: first values.
        kernel_regularizer, bias_regularizer, activity_regularizer: what weights, and the result, add to the loss.
        kernel_constraint, bias_constraint: what weights are projected to after each update.
        lora_rank, lora_alpha, quantization_config: not supported yet.
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
        lora_alpha: Any = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        refuse("Dense", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = positive("units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        WeightOptions(kernel_initializer, kernel_regularizer, kernel_constraint).keep(self, "kernel")
        WeightOptions(bias_initializer, bias_regularizer, bias_constraint).keep(self, "bias")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        features = known_size(self, input_shape, -1, minimum_rank=2)
        self.kernel = self.add_weight((features, self.units), **options_of(self, "kernel"))
        self.bias = self.add_weight((self.units,), **options_of(self, "bias")) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        check_inputs(self, inputs, {-1: self.kernel.shape[0]}, minimum_rank=2)
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)
