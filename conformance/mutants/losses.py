"""Mutants of losses."""

from kcompat import losses
from kcompat.conformance.mutants.mutation import edited_function

edited_function("MeanSquaredError", losses.mean_squared_error, "half of it", "axis=-1)", "axis=-1) * 0.5")
edited_function("MeanSquaredError", losses.mean_squared_error, "the sum over features", "ops.mean(", "ops.sum(")
edited_function("MeanAbsoluteError", losses.mean_absolute_error, "squared", "ops.absolute(", "ops.square(")
edited_function(
    "MeanAbsolutePercentageError",
    losses.mean_absolute_percentage_error,
    "relative to the prediction",
    "ops.absolute(y_true), epsilon()",
    "ops.absolute(y_pred), epsilon()",
)
edited_function(
    "MeanSquaredLogarithmicError", losses.mean_squared_logarithmic_error, "log for log1p", "ops.log1p(", "ops.log("
)
edited_function("Huber", losses.huber, "delta ignored", "ops.minimum(error, delta)", "ops.minimum(error, 1.0)")
edited_function(
    "Huber",
    losses.huber,
    "divided by delta: smooth L1",
    "near * (error - near * 0.5)",
    "near * (error - near * 0.5) / delta",
)
edited_function("LogCosh", losses.log_cosh, "to base 2", "math.log(2.0)", "0.6931")
edited_function("CosineSimilarity", losses.cosine_similarity, "the sign: a similarity", "return -ops", "return ops")
edited_function(
    "CosineSimilarity", losses.cosine_similarity, "of the last axis", "y_pred, axis=axis))", "y_pred, axis=-1))"
)
edited_function(
    "KLDivergence",
    losses.kl_divergence,
    "swapped",
    "y_true * ops.log(y_true / y_pred)",
    "y_pred * ops.log(y_pred / y_true)",
)
edited_function(
    "KLDivergence", losses.kl_divergence, "the entropy left out", "ops.log(y_true / y_pred)", "-ops.log(y_pred)"
)
edited_function(
    "Poisson", losses.poisson, "of the logarithm of the rate", "y_pred - y_true", "ops.exp(y_pred) - y_true"
)
edited_function("Hinge", losses.hinge, "margin of one half", "1.0 - y_true", "0.5 - y_true")
edited_function("SquaredHinge", losses.squared_hinge, "not squared", "ops.square(", "(")
edited_function(
    "CategoricalHinge", losses.categorical_hinge, "without the margin", "wrong - right + 1.0", "wrong - right"
)
edited_function(
    "BinaryCrossentropy",
    losses.binary_crossentropy,
    "labels smoothed to 0 alone",
    "_smoothed(y_true, label_smoothing, 2)",
    "y_true * (1.0 - label_smoothing)",
)
edited_function(
    "CategoricalCrossentropy", losses.categorical_crossentropy, "smoothing over two classes", "y_true.shape[axis]", "2"
)
edited_function(
    "BinaryFocalCrossentropy",
    losses.binary_focal_crossentropy,
    "gamma ignored",
    "ops.power(miss, gamma)",
    "ops.power(miss, 2.0)",
)
edited_function(
    "BinaryFocalCrossentropy",
    losses.binary_focal_crossentropy,
    "alpha for the other class",
    "(y_true * alpha + (1.0 - y_true) * (1.0 - alpha))",
    "(y_true * (1.0 - alpha) + (1.0 - y_true) * alpha)",
)
edited_function(
    "CategoricalFocalCrossentropy",
    losses.categorical_focal_crossentropy,
    "the share, not what it lacks",
    "1.0 - share, gamma",
    "share, gamma",
)
edited_function(
    "CategoricalGeneralizedCrossEntropy",
    losses.categorical_generalized_cross_entropy,
    "not divided by q",
    "(-1.0 / q)",
    "(-1.0)",
)
edited_function(
    "Dice",
    losses.dice,
    "squares in the denominator",
    "ops.sum(y_true, axis=axis)",
    "ops.sum(y_true * y_true, axis=axis)",
)
edited_function(
    "Tversky",
    losses.tversky,
    "alpha and beta exchanged",
    "missed * alpha + invented * beta",
    "missed * beta + invented * alpha",
)
