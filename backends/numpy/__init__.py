"""The NumPy backend: the reference, and one that trains."""

from kcompat.backends.numpy import ops
from kcompat.backends.numpy.engine import engine

__all__ = ["engine", "ops"]
