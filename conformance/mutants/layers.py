"""Mutants of layers."""

from kcompat.conformance.mutants.mutation import edited_function
from kcompat.layers import BatchNormalization

edited_function(
    "BatchNormalization",
    BatchNormalization,
    "the momentum is the weight of the new",
    "average * self.momentum + ops.stop_gradient(new) * (1.0 - self.momentum)",
    "average * (1.0 - self.momentum) + ops.stop_gradient(new) * self.momentum",
)
edited_function(
    "BatchNormalization",
    BatchNormalization,
    "batch statistics always",
    "if training and self.trainable:",
    "if True:",
)
