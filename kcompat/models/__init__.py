"""Models, with Keras 3's names, arguments and defaults."""

from kcompat.models.diagnosis import NonFiniteLoss
from kcompat.models.sequential import Sequential
from kcompat.models.training import Model

__all__ = ["Model", "NonFiniteLoss", "Sequential"]
