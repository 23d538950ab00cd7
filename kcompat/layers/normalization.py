"""Normalization by statistics of the batch."""

from __future__ import annotations

from typing import Any

from kcompat import initializers, ops
from kcompat.layers._checks import known_size
from kcompat.layers._weights import WeightOptions, options_of
from kcompat.layers.layer import Layer
from kcompat.registration import refuse, register
from kcompat.spec.rules import normalize_axis


@register("layer")
class BatchNormalization(Layer):
    """Normalization by the batch's mean and variance while training, else by their moving averages.

    `(inputs - mean) / sqrt(variance + epsilon) * gamma + beta` over all axes but `axis` (Ioffe & Szegedy, 2015).
    The variance is biased, also in the moving average, which is `momentum * old + (1 - momentum) * new`.
    A layer with `trainable=False` normalizes by the moving averages also while training.

    Args:
        axis: the axis that keeps its own statistics, usually the channels.
        momentum: the weight of the old value in the moving averages.
        epsilon: added to the variance.
        center: whether to add `beta`.
        scale: whether to multiply by `gamma`.
        beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer: first values.
        beta_regularizer, gamma_regularizer: what the weights add to the loss.
        beta_constraint, gamma_constraint: what the weights are projected to after each update.
        renorm, renorm_clipping, renorm_momentum, synchronized: not supported yet.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Any,
    ):
        refuse("BatchNormalization", False, renorm=renorm, synchronized=synchronized)
        refuse("BatchNormalization", renorm_clipping=renorm_clipping)
        refuse("BatchNormalization", 0.99, renorm_momentum=renorm_momentum)
        super().__init__(**kwargs)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale
        WeightOptions(beta_initializer, beta_regularizer, beta_constraint).keep(self, "beta")
        WeightOptions(gamma_initializer, gamma_regularizer, gamma_constraint).keep(self, "gamma")
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (known_size(self, input_shape, self.axis, minimum_rank=2),)
        self.gamma = self.add_weight(shape, **options_of(self, "gamma")) if self.scale else None
        self.beta = self.add_weight(shape, **options_of(self, "beta")) if self.center else None
        self.moving_mean = self.add_weight(shape, self.moving_mean_initializer, name="moving_mean", trainable=False)
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, name="moving_variance", trainable=False
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        rank = len(inputs.shape)
        axis = normalize_axis(self.axis, rank)
        mean, variance = self.moving_mean, self.moving_variance
        if training and self.trainable:
            mean, variance = ops.moments(inputs, tuple(i for i in range(rank) if i != axis))
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        return ops.batch_normalization(inputs, mean, variance, axis, self.beta, self.gamma, self.epsilon)

    def _follow(self, average: Any, new: Any) -> None:
        average.assign(average * self.momentum + ops.stop_gradient(new) * (1.0 - self.momentum))
