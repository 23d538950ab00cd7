"""Models, with Keras 3's names, arguments and defaults."""

from kcompat.models.model import Model
from kcompat.models.sequential import Sequential
from kcompat.training.diagnosis import NonFiniteLoss

__all__ = ["Model", "NonFiniteLoss", "Sequential"]
