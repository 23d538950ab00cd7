"""Variables, the scope that makes code written with them a pure function, and the store of a model's variables."""

from kcompat.variables.variable import Variable

__all__ = ["Variable"]
