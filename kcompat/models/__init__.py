"""Models, with Keras 3's names, arguments and defaults."""

from kcompat.models.sequential import Sequential
from kcompat.training.diagnosis import NonFiniteLoss
from kcompat.training.trainer import Model

__all__ = ["Model", "NonFiniteLoss", "Sequential"]
