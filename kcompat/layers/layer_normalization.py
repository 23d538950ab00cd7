"""Normalization of each sample by its own statistics."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.layers._checks import known_size
from kcompat.layers._weights import WeightOptions, options_of
from kcompat.layers.layer import Layer
from kcompat.registration import refuse, register
from kcompat.spec.rules import normalize_axes


@register("layer")
class LayerNormalization(Layer):
    """`(inputs - mean) / sqrt(variance + epsilon) * gamma + beta`, the statistics over `axis` (Ba et al., 2016).

    Shapes: inputs `(batch, ...)`, result the same; `gamma` and `beta` have the sizes of the normalized axes.

    Args:
        axis: the axis, or several, that are normalized together, usually the features.
        epsilon: added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer: first values.
        beta_regularizer, gamma_regularizer: what the weights add to the loss.
        beta_constraint, gamma_constraint: what the weights are projected to after each update.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ):
        refuse("LayerNormalization", False, rms_scaling=kwargs.pop("rms_scaling", False))  # in configs of Keras
        super().__init__(**kwargs)
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        WeightOptions(beta_initializer, beta_regularizer, beta_constraint).keep(self, "beta")
        WeightOptions(gamma_initializer, gamma_regularizer, gamma_constraint).keep(self, "gamma")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        axes = normalize_axes(self.axis, len(input_shape))
        shape = tuple(known_size(self, input_shape, axis, minimum_rank=2) for axis in axes)
        self.gamma = self.add_weight(shape, **options_of(self, "gamma")) if self.scale else None
        self.beta = self.add_weight(shape, **options_of(self, "beta")) if self.center else None

    def call(self, inputs: Any) -> Any:
        return ops.layer_normalization(inputs, self.gamma, self.beta, self.axis, self.epsilon)
