"""Metrics of a margin."""

from kcompat import losses
from kcompat.metrics.definition import define_metric

Hinge = define_metric("Hinge", losses.hinge)
SquaredHinge = define_metric("SquaredHinge", losses.squared_hinge)
CategoricalHinge = define_metric("CategoricalHinge", losses.categorical_hinge)
