"""A backend-agnostic, Keras-compatible deep-learning library.

`kcompat.ops` are the operations, `kcompat.layers`, `kcompat.models`, `kcompat.optimizers` and so on what is built of
them. The backend is NumPy unless `KCOMPAT_BACKEND`, `set_backend` or `use_backend` says otherwise; no
framework is imported before it is asked for.
"""

from kcompat import activations, layers, losses, metrics, models, ops, optimizers, random, utils
from kcompat.callbacks import callback as callbacks
from kcompat.initializers import random as initializers
from kcompat.layers import Input, Layer
from kcompat.models import Model, Sequential
from kcompat.random import SeedGenerator
from kcompat.runtime.registry import get_backend, list_backends, set_backend, use_backend
from kcompat.variables import Variable

__version__ = "0.1.0"

__all__ = [
    "Input",
    "Layer",
    "Model",
    "SeedGenerator",
    "Sequential",
    "Variable",
    "activations",
    "callbacks",
    "get_backend",
    "initializers",
    "layers",
    "list_backends",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "set_backend",
    "use_backend",
    "utils",
]
