"""A backend-agnostic, Keras-compatible deep-learning library.

`kcompat.ops` are the operations, `kcompat.layers`, `kcompat.models`, `kcompat.optimizers` and so on what is built of
them. The backend is NumPy unless `KCOMPAT_BACKEND`, `set_backend` or `use_backend` says otherwise; no
framework is imported before it is asked for.
"""

from pathlib import Path

# In a wheel `spec`, `backends`, `conformance` and `bench` are within this folder; in a checkout they stand beside it.
__path__ = __path__ if Path(__file__).with_name("spec").exists() else [*__path__, str(Path(__file__).parents[1])]

from kcompat import (
    activations,
    callbacks,
    config,
    initializers,
    keras_names,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    utils,
)
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
    "config",
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

keras_names.explain_missing(__name__)
