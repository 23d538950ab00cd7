"""Metrics of the errors of numbers."""

from kcompat import losses
from kcompat.metrics.definition import define_metric

MeanSquaredError = define_metric("MeanSquaredError", losses.mean_squared_error, "mse", "MSE")
MeanAbsoluteError = define_metric("MeanAbsoluteError", losses.mean_absolute_error, "mae", "MAE")
MeanAbsolutePercentageError = define_metric(
    "MeanAbsolutePercentageError", losses.mean_absolute_percentage_error, "mape", "MAPE"
)
MeanSquaredLogarithmicError = define_metric(
    "MeanSquaredLogarithmicError", losses.mean_squared_logarithmic_error, "msle", "MSLE"
)
LogCoshError = define_metric("LogCoshError", losses.log_cosh, name="logcosh")
