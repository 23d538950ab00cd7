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
    constraints,
    initializers,
    keras_names,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    saving,
    utils,
)
from kcompat.initializers import Initializer
from kcompat.layers import Input, Layer
from kcompat.losses import Loss
from kcompat.metrics import Metric
from kcompat.models import Model, Sequential
from kcompat.optimizers import Optimizer
from kcompat.random import SeedGenerator
from kcompat.regularizers import Regularizer
from kcompat.runtime.registry import get_backend, list_backends, set_backend, use_backend
from kcompat.variables import Variable

__version__ = "0.1.0"

__all__ = [
    "Initializer",
    "Input",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "SeedGenerator",
    "Sequential",
    "Variable",
    "activations",
    "callbacks",
    "config",
    "constraints",
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
    "regularizers",
    "saving",
    "set_backend",
    "use_backend",
    "utils",
]

keras_names.explain_missing()
