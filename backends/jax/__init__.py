"""The JAX backend: JAX's own gradients, and one XLA program for a train step."""

from kcompat.backends.jax import ops
from kcompat.backends.jax.engine import engine

__all__ = ["engine", "ops"]
