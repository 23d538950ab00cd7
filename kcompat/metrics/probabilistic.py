"""Metrics of predicted probabilities."""

from kcompat import losses
from kcompat.losses.probabilistic import mask_ignored
from kcompat.metrics.definition import define_metric

BinaryCrossentropy = define_metric(
    "BinaryCrossentropy",
    losses.binary_crossentropy,
    "bce",
    "BCE",
    order="name dtype from_logits label_smoothing",
    label_smoothing=0,
)
CategoricalCrossentropy = define_metric("CategoricalCrossentropy", losses.categorical_crossentropy, label_smoothing=0)
SparseCategoricalCrossentropy = define_metric(
    "SparseCategoricalCrossentropy", losses.sparse_categorical_crossentropy, mask=mask_ignored
)
KLDivergence = define_metric("KLDivergence", losses.kl_divergence)
Poisson = define_metric("Poisson", losses.poisson)
