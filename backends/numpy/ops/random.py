"""Random bits."""

from kcompat.backends._host import random_bits

__all__ = ["random_bits"]
