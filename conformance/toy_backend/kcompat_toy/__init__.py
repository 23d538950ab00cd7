"""The smallest backend: a tensor class, four conversions and the primitives.

kcompat finds it by the entry point `toy` in pyproject.toml. Every composed op runs through its body in the
spec, and gradients are those of `kcompat.runtime.tape`.
"""

from kcompat_toy import ops
from kcompat_toy.engine import engine

__all__ = ["engine", "ops"]
