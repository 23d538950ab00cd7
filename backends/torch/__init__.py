"""The PyTorch backend: eager, with torch's own autograd."""

from kcompat.backends.torch import ops
from kcompat.backends.torch.engine import engine

__all__ = ["engine", "ops"]
