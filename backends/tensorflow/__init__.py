"""The TensorFlow backend: eager, or traced once into a graph."""

from kcompat.backends.tensorflow import ops
from kcompat.backends.tensorflow.engine import engine

__all__ = ["engine", "ops"]
