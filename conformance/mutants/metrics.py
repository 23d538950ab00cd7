"""Mutants of metrics."""

from kcompat import metrics
from kcompat.conformance.mutants.mutation import edited_function

edited_function("Mean", metrics.Mean, "weights are not counted", "ops.sum(weight)", "size_of(values)")
edited_function("Mean", metrics.Mean, "the last batch alone", "ops.add(self.total, total)", "total")
edited_function("Mean", metrics.Mean, "batches counted, not values", "size_of(values) * weight", "1.0 * weight")
edited_function("Sum", metrics.Sum, "weights ignored", "if sample_weight is not None:", "if False:")
edited_function(
    "BinaryAccuracy", metrics.binary_accuracy, "the threshold is above it", "ops.greater(", "ops.greater_equal("
)
edited_function(
    "BinaryAccuracy", metrics.binary_accuracy, "the threshold ignored", "y_pred, threshold)", "y_pred, 0.5)"
)
